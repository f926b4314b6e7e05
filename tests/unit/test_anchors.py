"""Windows anchored in content: a passage keeps its scores and boundaries wherever it stands."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from genomebook.language.encode import Encoder
from genomebook.models.anchors import AnchoredPlan
from genomebook.models.onnx_reader import OnnxReader
from genomebook.models.registry import load_reader
from genomebook.models.windows import Window
from genomebook.segmentation.boundaries import word_ends
from genomebook.segmentation.scorer import BoundaryScorer, open_scorer
from tests.support.dna import random_dna

READER = "bilingual-mini"


def plan_of(ids: NDArray[np.int64], window: int, after: int = 0) -> AnchoredPlan:
    return AnchoredPlan(lambda start, end: ids[start:end], len(ids), window, after)


def random_ids(count: int, seed: int = 0) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(16, 4000, count)


@given(
    length=st.integers(1, 2000),
    window=st.sampled_from([8, 16, 64, 256]),
    looks_ahead=st.booleans(),
    letters=st.sampled_from([1, 3, 4000]),
)
@settings(max_examples=60, deadline=None)
def test_every_position_is_scored_once_with_its_context(
    length: int, window: int, looks_ahead: bool, letters: int
) -> None:
    ids = random_ids(length) % letters
    after = window // 4 if looks_ahead else 0
    plan = plan_of(ids, window, after)
    scored = np.zeros(length, int)
    for start, end, first, last in plan.windows(0, length):
        assert 0 <= start < first < last <= end <= length
        assert end - start <= window
        assert first - start >= window // 2 or start == 0
        assert end - last >= after or end == length
        scored[first:last] += 1
    assert (scored[1:] == 1).all()


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_a_share_has_the_windows_of_the_whole(data: st.DataObject) -> None:
    after = data.draw(st.sampled_from([0, 16]))
    plan = plan_of(random_ids(3000) % data.draw(st.sampled_from([2, 4000])), 64, after)
    first = data.draw(st.integers(0, 3000))
    last = data.draw(st.integers(first, 3000))
    wanted = [w for w in plan.windows(0, 3000) if max(w.first, first) < min(w.last, last)]
    assert plan.windows(first, last) == wanted


@pytest.mark.parametrize("after", [0, 64])
def test_a_slice_has_the_windows_of_the_whole_but_for_the_stated_margin(after: int) -> None:
    ids = random_ids(9000)
    whole = plan_of(ids, 256, after)
    before, behind = whole.margin
    for start in (1, 2, 777, 2048, 3001):
        part = plan_of(np.concatenate([[1], ids[start:7000]]), 256, after)
        there = {
            position: Window(*(place + start - 1 for place in window))
            for window in part.windows(0, part.length)
            for position in range(window.first + start - 1, window.last + start - 1)
        }
        for window in whole.windows(start + before, 7000 - behind):
            for position in range(max(window.first, start + before), min(window.last, 7000 - behind)):
                other = there[position]
                assert (other.start, other.end, other.last) == (window.start, window.end, window.last)


def test_windows_are_few() -> None:
    for after, most in ((0, 2.5), (64, 5.5)):
        windows = plan_of(random_ids(100_000), 256, after).windows(0, 100_000)
        assert sum(window.end - window.start for window in windows) < most * 100_000


def test_an_exact_repeat_does_not_cost_a_window_a_word() -> None:
    reader = load_reader(READER)
    assert isinstance(reader, OnnxReader)
    repeat = np.tile(np.array([40, 41, 45], np.uint16), 700)
    calls: list[int] = []
    run = reader.run
    reader.run = lambda asked, want: calls.append(len(asked)) or run(asked, want)  # type: ignore[method-assign,func-returns-value]
    scores = reader.score(repeat, surprisal=False)
    assert calls[0] < 200
    assert scores.boundary is not None
    assert np.array_equal(scores.boundary[900:1500], scores.boundary[903:1503])


# shipped weights


@pytest.fixture(scope="module")
def scorer() -> BoundaryScorer:
    return open_scorer(READER)


@pytest.fixture(scope="module")
def letters() -> NDArray[np.uint8]:
    """Made-up DNA with stretches of another composition, so that there is something to divide."""
    parts = [
        random_dna(900, seed) if seed % 2 else random_dna(900, seed).replace(b"C", b"A") for seed in range(34)
    ]
    return np.frombuffer(b"".join(parts), np.uint8)


def test_a_word_has_the_same_bits_in_a_slice(letters: NDArray[np.uint8]) -> None:
    reader = load_reader(READER)
    assert isinstance(reader, OnnxReader)
    ids = reader.checkpoint.scripts.dna(letters.tobytes())[:3000]
    before, after = plan_of(random_ids(9), reader.window).margin
    whole = reader.score(ids, hidden=True)
    for start in (1, 130, 500):
        part = reader.score(ids[start:2200], hidden=True)
        for one, other in zip(whole, part, strict=True):
            assert one is not None
            assert other is not None
            low, high = start + before, 2200 - after - 2
            assert np.array_equal(one[low:high], other[low - start : high - start])


def test_a_passage_keeps_its_scores_and_sentences_wherever_it_stands(
    scorer: BoundaryScorer, letters: NDArray[np.uint8]
) -> None:
    """Of all signals; paragraphs, decoded over sentences, may take longer to forget where they began."""
    margin = 8_000
    whole, odds = scorer.divide(letters), _odds(scorer, letters)
    assert set(whole) == {"transfer", "surprise", "shift", "switch", "combined"}
    for start, end in ((1, 30_000), (5_555, 30_600)):
        found, there = scorer.divide(letters[start:end]), _odds(scorer, letters[start:end])
        for name in whole:
            theirs, mine = found[name].sentences + start, whole[name].sentences
            inside = [ends[(ends > start + margin) & (ends < end - margin)] for ends in (mine, theirs)]
            assert len(inside[0]) > 10
            assert inside[0].tolist() == inside[1].tolist(), (name, start)
            here = range(start + margin, end - margin)
            pairs = [(odds[name][at], there[name][at - start]) for at in here if at in odds[name]]
            assert len(pairs) > 500
            assert all(one == other for one, other in pairs), (name, start)


def _odds(scorer: BoundaryScorer, letters: NDArray[np.uint8]) -> dict[str, dict[int, tuple[int, int]]]:
    """Log-odds of each signal by the end of the word that they stand after."""
    ids = Encoder(scorer.vocabulary).encode(letters)
    ends = word_ends(ids, letters, scorer.vocabulary).tolist()
    return {
        name: dict(zip(ends, map(tuple, units.tolist()), strict=True))
        for name, units in scorer.score(ids).items()
    }
