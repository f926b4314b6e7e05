from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genomebook.segmentation.shift import MEAN, REACH, SPREAD, shift


def measured(surprisal: list[int], gaps: set[int], at: list[int]) -> list[int]:
    is_gap = np.array([i in gaps for i in range(len(surprisal))], bool)
    return shift(np.array(surprisal, np.uint8), is_gap, np.array(at, np.int64)).tolist()


def standard(difference: float) -> int:
    return int(np.clip(np.round(16 * (difference - MEAN) / SPREAD), -127, 127))


def plain_shift(surprisal: list[int], gaps: set[int], at: int) -> int:
    before: list[int] = []
    while len(before) < REACH and at - len(before) > 0 and at - len(before) - 1 not in gaps:
        before.append(surprisal[at - len(before) - 1])
    after: list[int] = []
    while len(after) < REACH and at + len(after) < len(surprisal) and at + len(after) not in gaps:
        after.append(surprisal[at + len(after)])
    if not before or not after:
        return 0
    return standard(abs(sum(after) / len(after) - sum(before) / len(before)))


@pytest.mark.parametrize(
    ("surprisal", "gaps", "at", "difference"),
    [
        ([10, 10, 40, 40], set(), 2, 30.0),
        ([40, 40, 10, 10], set(), 2, 30.0),  # either direction
        ([10, 20, 40], set(), 1, 20.0),
        ([7, 7, 7, 7], set(), 2, 0.0),
        ([200, 0, 10, 20, 60], {1}, 3, 30.0),  # the gap at 1 is a wall: 10 and not 200 before it
        ([10, 20, 50, 0, 255], {3}, 2, 35.0),
        ([255] + [8] * REACH + [24] * REACH + [255], set(), 1 + REACH, 16.0),  # no farther than REACH
    ],
)
def test_by_hand(surprisal: list[int], gaps: set[int], at: int, difference: float) -> None:
    assert measured(surprisal, gaps, [at]) == [standard(difference)]


@pytest.mark.parametrize("at", [0, 2, 3, 6])
def test_ends_and_gaps_have_no_shift(at: int) -> None:
    """Boundaries 2 and 3 are the two sides of the gap."""
    surprisal = [10, 90, 0, 90, 10, 80]
    assert standard(0) != 0
    assert measured(surprisal, {2}, [at]) == [0]


def test_units_and_limits() -> None:
    assert standard(MEAN) == 0
    assert standard(MEAN + SPREAD) == 16
    assert measured([0, 255], set(), [1]) == [127]
    assert measured([0, 0], set(), [1]) == [round(-16 * MEAN / SPREAD)]
    assert measured([3, 4], set(), []) == []


@given(st.data(), st.integers(1, 120))
def test_any_place_of_any_sequence(data: st.DataObject, n: int) -> None:
    surprisal = data.draw(st.lists(st.integers(0, 255), min_size=n, max_size=n))
    gaps = data.draw(st.sets(st.integers(0, n - 1), max_size=4))
    at = data.draw(st.lists(st.integers(0, n), max_size=20).map(sorted))
    assert measured(surprisal, gaps, at) == [plain_shift(surprisal, gaps, place) for place in at]
