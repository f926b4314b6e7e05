from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from genomebook.segmentation.switch import BESIDE, CHANGE, FLOOR, PEAK, TEMPER, at_peaks, change_odds, switch
from tests.support.sources import runs

UNIT = 1 / 64

Words = tuple[NDArray[np.int32], NDArray[np.bool_]]


def plain_odds(cost: list[list[int]]) -> list[float]:
    """Log-odds of a change after each word but the last, summed over every path of states."""
    states = range(len(cost[0]))
    stay = 1 - CHANGE * (len(states) - 1)
    likelihood = [[math.exp(-TEMPER * UNIT * (c - min(row))) + FLOOR for c in row] for row in cost]
    changed, same = [0.0] * (len(cost) - 1), [0.0] * (len(cost) - 1)
    for path in itertools.product(states, repeat=len(cost)):
        p = math.prod(likelihood[i][k] for i, k in enumerate(path)) / len(states)
        p *= math.prod(stay if a == b else CHANGE for a, b in itertools.pairwise(path))
        for i, (a, b) in enumerate(itertools.pairwise(path)):
            (same if a == b else changed)[i] += p
    return [math.log(c) - math.log(s) for c, s in zip(changed, same, strict=True)]


@st.composite
def words(draw: st.DrawFn, most: int = 6) -> Words:
    """Costs of runs of words, with gaps between and at the ends; gaps cost nothing."""
    s = draw(st.integers(2, 3))
    largest = draw(st.sampled_from([3, 100, 500, 5000]))
    rows, gaps = [], []
    for number in range(draw(st.integers(1, 3))):
        between = draw(st.integers(0 if number in (0, 2) else 1, 2))
        rows += [[0] * s] * between
        gaps += [True] * between
        size = draw(st.integers(0, most))
        rows += draw(
            st.lists(st.lists(st.integers(0, largest), min_size=s, max_size=s), min_size=size, max_size=size)
        )
        gaps += [False] * size
    return np.array(rows, np.int32).reshape(-1, s), np.array(gaps, bool)


@given(words())
def test_odds_of_a_change_are_those_of_all_paths(given_words: Words) -> None:
    cost, is_gap = given_words
    wanted = np.zeros(len(cost))
    for first, last in runs(is_gap):
        wanted[first : last - 1] = plain_odds(cost[first:last].tolist())
    assert change_odds(cost, is_gap, UNIT) == pytest.approx(wanted, abs=1e-6)


def test_a_change_is_as_rare_as_said_where_words_tell_nothing() -> None:
    odds = change_odds(np.zeros((50, 3), np.int32), np.zeros(50, bool), UNIT)
    assert odds[:-1] == pytest.approx(math.log(2 * CHANGE / (1 - 2 * CHANGE)))
    assert odds[-1] == 0


def test_long_runs_do_not_underflow() -> None:
    rng = np.random.default_rng(1)
    cost = rng.integers(0, 30_000, (20_000, 3)).astype(np.int32)
    odds = change_odds(cost, np.zeros(20_000, bool), UNIT)
    assert np.isfinite(odds).all()
    part = change_odds(cost[5000:15_000], np.zeros(10_000, bool), UNIT)
    assert part[1000:-1000] == pytest.approx(odds[6000:14_000], abs=1e-9)  # what is far away is forgotten


# --- peaks


def plain_peaks(odds: list[float]) -> list[float]:
    """The gaps between the words of one run."""
    out = []
    for i, here in enumerate(odds):
        near = range(max(0, i - PEAK), min(len(odds), i + PEAK + 1))
        best = max(odds[j] for j in near)
        peak = here == best and all(odds[j] < best for j in near if j < i)
        total = sum(math.exp(odds[j]) for j in near)
        out.append(math.log(total) if peak else here - BESIDE)
    return out


def peaks(odds: list[float]) -> list[float]:
    """Of one run of words: one more than there are gaps between them."""
    found = at_peaks(np.array([*odds, 0.0]), np.zeros(len(odds) + 1, bool))
    assert found[-1] == 0
    return list(found[:-1])


def test_peaks_by_hand() -> None:
    low, high = -8.0, -2.0
    near = [low] * PEAK
    gathered = math.log(math.exp(high) + 2 * PEAK * math.exp(low))
    assert peaks([*near, high, *near]) == pytest.approx(
        [low - BESIDE] * PEAK + [gathered] + [low - BESIDE] * PEAK
    )
    # two changes further apart than the reach are two peaks; nearer, the lower one is none
    apart = peaks([low, high, *near, high - 1, low])
    assert apart[1] > high
    assert apart[PEAK + 2] > high - 1
    nearer = peaks([low, high, *near[1:], high - 1, low])
    assert nearer[1] == pytest.approx(math.log(math.exp(high) + math.exp(high - 1) + PEAK * math.exp(low)))
    assert nearer[PEAK + 1] == high - 1 - BESIDE


def test_of_equals_the_first_is_the_peak() -> None:
    found = peaks([-5.0] * 12)
    assert found[0] == pytest.approx(-5 + math.log(PEAK + 1))
    assert found[1:] == [-5.0 - BESIDE] * 11


@pytest.mark.parametrize("odds", [-3.0, 3.0])
def test_a_change_beside_a_gap_counts_as_any_other(odds: float) -> None:
    """The zeros beside gaps and at the end are no odds, on either side."""
    run = [odds - 4, odds - 4, odds - 4, odds, odds - 4]
    alone = peaks(run)
    assert alone[3] == pytest.approx(odds + math.log(1 + 4 * math.exp(-4)))
    assert peaks(run[::-1])[::-1] == pytest.approx(alone)
    inside = at_peaks(np.array([0, *run, 0, 0, *run, 0, 0]), np.array([1, *[0] * 6, 1, *[0] * 6, 1], bool))
    assert inside.tolist() == [0, *alone, 0, 0, *alone, 0, 0]


@given(st.lists(st.lists(st.integers(-20, 6).map(lambda x: x / 2), max_size=25), max_size=4))
def test_peaks_are_gathered_within_runs(parts: list[list[float]]) -> None:
    odds, gaps, wanted = [0.0], [True], [0.0]
    for run in parts:
        odds += [*run, 0, 0]
        gaps += [*[False] * (len(run) + 1), True]
        wanted += [*plain_peaks(run), 0, 0]
    assert at_peaks(np.array(odds), np.array(gaps)) == pytest.approx(wanted)


# --- both


def test_nothing_and_gaps_alone_have_no_odds() -> None:
    for n in (0, 1, 5):
        for gap in (True, False):
            found = switch(np.zeros((n, 3), np.int32), np.full(n, gap), UNIT)
            assert found.shape == (n,)
            assert (n > 1 and not gap) or not found.any()


@given(words(30), words(30))
def test_what_lies_beyond_a_gap_does_not_matter(one: Words, two: Words) -> None:
    s = min(one[0].shape[1], two[0].shape[1])
    a, b = np.ascontiguousarray(one[0][:, :s]), np.ascontiguousarray(two[0][:, :s])
    cost = np.concatenate([a, np.zeros((1, s), np.int32), b])
    is_gap = np.concatenate([one[1], [True], two[1]])
    wanted = [*switch(a, one[1], UNIT), 0, *switch(b, two[1], UNIT)]
    assert switch(cost, is_gap, UNIT).tolist() == wanted


@given(words(30))
def test_odds_read_backwards_are_the_same(given_words: Words) -> None:
    cost, is_gap = given_words
    there = change_odds(cost, is_gap, UNIT)
    back = change_odds(cost[::-1].copy(), is_gap[::-1].copy(), UNIT)[::-1]
    one, other = back[1:], there[:-1]  # after word i is before it, read backwards
    certain = np.abs(other) > 20  # of what is less than 1e-8 likely, rounding takes digits
    assert one[~certain] == pytest.approx(other[~certain], abs=1e-6)
    assert one[certain] == pytest.approx(other[certain], rel=1e-5)


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(range(3), 2)))
def test_a_change_of_source_is_one_peak_at_its_place(before: int, after: int) -> None:
    rng = np.random.default_rng(10 * before + after)
    cost = rng.integers(600, 760, (120, 3)).astype(np.int32)
    cost[:70, before] -= 250
    cost[70:, after] -= 250
    odds = switch(cost, np.zeros(120, bool), UNIT)
    assert int(odds[:-1].argmax()) == 69
    assert odds[69] > 0
    others = np.delete(odds[:-1], range(65, 74))
    assert others.max() < -5
