from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from genomebook.segmentation.decode import Decoder, segment
from genomebook.segmentation.priors import PARAGRAPH, SENTENCE, UNITS_PER_NAT, LengthPrior

Scores = tuple[list[int], list[int], list[int]]


def plain_segment(strength: list[int], breaks: list[int], prior: list[int]) -> list[int]:
    """The dynamic programme as it is defined, over Python integers and the whole input."""
    n = len(strength)
    best, back = [0] * (n + 1), [0] * (n + 1)
    for j in range(1, n + 1):
        choices = [
            (best[j - size] + prior[size], -size)
            for size in range(1, min(len(prior) - 1, j) + 1)
            if not any(breaks[j - size : j - 1])
        ]
        value, negative = max(choices)
        best[j], back[j] = value + strength[j - 1], -negative
    ends, j = [], n
    while j:
        ends.append(j)
        j -= back[j]
    return ends[::-1]


def value_of(ends: list[int], strength: list[int], prior: list[int]) -> int:
    sizes = [b - a for a, b in zip([0, *ends], ends, strict=False)]
    return sum(prior[size] for size in sizes) + sum(strength[end - 1] for end in ends)


@st.composite
def scores(draw: st.DrawFn) -> Scores:
    """Strengths with many ties, breaks now and then, any prior."""
    n = draw(st.integers(1, 150))
    reach = draw(st.sampled_from([1, 5, 40, 127]))
    strength = draw(st.lists(st.integers(-reach, reach), min_size=n, max_size=n))
    often = draw(st.sampled_from([3, 10, 1000]))
    breaks = draw(st.lists(st.integers(0, often).map(lambda x: int(x == 1)), min_size=n, max_size=n))
    prior = draw(st.lists(st.integers(-60, 0), min_size=1, max_size=draw(st.sampled_from([3, 20]))))
    if draw(st.booleans()):  # the longest is by far the likeliest: nothing is certain for long
        prior[-1] = 1000
    return strength, breaks, [0, *prior]


def arrays(case: Scores) -> tuple[NDArray[np.int32], NDArray[np.uint8], NDArray[np.int32]]:
    strength, breaks, prior = case
    return np.array(strength, np.int32), np.array(breaks, np.uint8), np.array(prior, np.int32)


@settings(max_examples=300)
@given(scores())
def test_boundaries_are_those_of_the_plain_dynamic_programme(case: Scores) -> None:
    assert segment(*arrays(case)).tolist() == plain_segment(*case)


@settings(max_examples=300)
@given(scores(), st.lists(st.integers(0, 30), max_size=40))
def test_boundaries_do_not_depend_on_chunks(case: Scores, chunks: list[int]) -> None:
    strength, breaks, prior = arrays(case)
    decoder, found, at = Decoder(prior), [], 0
    for size in [*chunks, len(strength)]:
        given_now = decoder.push(strength[at : at + size], breaks[at : at + size]).tolist()
        at = min(at + size, len(strength))
        assert all(0 < end <= at for end in given_now)
        found += given_now
    found += decoder.finish().tolist()
    assert found == plain_segment(*case)


@given(scores())
def test_segments_tile_end_at_every_break_and_are_short_enough(case: Scores) -> None:
    strength, breaks, prior = case
    ends = segment(*arrays(case)).tolist()
    assert ends[-1] == len(strength)
    sizes = np.diff([0, *ends])
    assert sizes.min() >= 1
    assert sizes.max() <= len(prior) - 1
    assert {j + 1 for j, here in enumerate(breaks) if here} <= set(ends)


@pytest.mark.parametrize("n", [1, 2, 5, 9])
def test_no_other_division_is_better(n: int) -> None:
    rng = np.random.default_rng(n)
    strength = rng.integers(-20, 20, n).tolist()
    prior = [0, *rng.integers(-30, 0, 4).tolist()]
    ends = segment(*arrays((strength, [0] * n, prior))).tolist()
    divisions = ([j + 1 for j in range(n - 1) if bits >> j & 1] + [n] for bits in range(1 << (n - 1)))
    allowed = [d for d in divisions if max(np.diff([0, *d])) <= 4]
    assert len(allowed) >= 1
    assert value_of(ends, strength, prior) == max(value_of(d, strength, prior) for d in allowed)


def test_of_equal_divisions_the_shortest_last_segment_is_kept() -> None:
    zero = np.zeros(6, np.int32)
    assert segment(zero, np.zeros(6, np.uint8), np.zeros(4, np.int32)).tolist() == [1, 2, 3, 4, 5, 6]


def test_nothing_in_nothing_out() -> None:
    decoder = Decoder(SENTENCE.units())
    assert decoder.push(np.empty(0, np.int32), np.empty(0, np.uint8)).tolist() == []
    assert decoder.finish().tolist() == []


@pytest.mark.parametrize("size", [0, 1, 257])
def test_priors_without_or_with_too_many_lengths_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match="wanted 1 to 255"):
        Decoder(np.zeros(size, np.int32))


def test_sums_do_not_overflow_over_a_long_volume() -> None:
    """Twenty million units of the strongest boundaries: far more than 2^31 units in all."""
    decoder = Decoder(np.array([0, -1], np.int32))
    strong, free = np.full(1 << 20, 127, np.int32), np.zeros(1 << 20, np.uint8)
    total = sum(len(decoder.push(strong, free)) for _ in range(20)) + len(decoder.finish())
    assert total == 20 << 20


def random_scores(n: int, seed: int) -> NDArray[np.int32]:
    """Strengths as the reader gives them: standard deviation of one nat, and the rate of the build."""
    noise = np.random.default_rng(seed).normal(18, 16, n)
    return np.clip(np.round(noise), -127, 127).astype(np.int32)


@pytest.mark.parametrize("prior", [SENTENCE, PARAGRAPH], ids=["sentence", "paragraph"])
@pytest.mark.parametrize("chunk", [500, 1 << 16])
def test_what_is_undecided_stays_small(prior: LengthPrior, chunk: int) -> None:
    """All that the decoder carries from chunk to chunk are the units after its last certain boundary."""
    decoder, n, decided = Decoder(prior.units()), 300_000, 0
    strength = random_scores(n, 1)
    most = 0
    for at in range(0, n, chunk):
        part = strength[at : at + chunk]
        ends = decoder.push(part, np.zeros(len(part), np.uint8))
        decided = int(ends[-1]) if len(ends) else decided
        most = max(most, at + len(part) - decided)
        assert sum(len(a) for a in vars(decoder).values() if isinstance(a, np.ndarray)) < 10_000
    assert 0 < most < 2000


@pytest.mark.parametrize("prior", [SENTENCE, PARAGRAPH], ids=["sentence", "paragraph"])
@pytest.mark.parametrize("offset", [1, 7, 999, 12_345])
def test_a_passage_is_divided_alike_whatever_stands_around_it(prior: LengthPrior, offset: int) -> None:
    """Far from both ends (1,000 units) at least 99 of 100 boundaries are the same."""
    passage = random_scores(20_000, 2)
    inner: list[set[int]] = []
    for before, after in [(offset, 3), (31, 4567)]:
        strength = np.concatenate([random_scores(before, offset), passage, random_scores(after, 3)])
        ends = segment(strength, np.zeros(len(strength), np.uint8), prior.units()) - before
        inner.append({int(end) for end in ends if 1000 <= end <= len(passage) - 1000})
    assert len(inner[0]) > 500
    assert len(inner[0] ^ inner[1]) <= 0.01 * len(inner[0])


# --- priors


@pytest.mark.parametrize(("prior", "mean"), [(SENTENCE, 18.9), (PARAGRAPH, 4.6)])
def test_length_priors_are_log_normal_distributions(prior: LengthPrior, mean: float) -> None:
    units = prior.units()
    assert units.dtype == np.int32
    assert len(units) == prior.longest + 1
    p = np.exp(units[1:] / UNITS_PER_NAT)
    assert p.sum() == pytest.approx(1, abs=0.03)
    assert prior.mean() == pytest.approx(mean, abs=0.2)
    mode = round(math.exp(prior.mu - prior.sigma**2))
    assert abs(int(np.argmax(units[1:])) + 1 - mode) <= 1
    first = -((-prior.mu) ** 2) / (2 * prior.sigma**2)
    twelfth = -math.log(12) - (math.log(12) - prior.mu) ** 2 / (2 * prior.sigma**2)
    assert (units[12] - units[1]) / UNITS_PER_NAT == pytest.approx(twelfth - first, abs=0.07)
