"""Position arithmetic against naive loops."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from genomebook.genome.stretches import (
    Stretches,
    between,
    equal_runs,
    merged,
    overlap,
    overlapping,
    prefix_sums,
    starts_of,
    true_runs,
)

SIZES = st.lists(st.integers(0, 9), max_size=12)
SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), max_size=9)


def pairs(spans: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    return np.array(spans, np.int64).reshape(-1, 2)


def apart(steps: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """Intervals from steps: so many positions free, then so many taken."""
    at, spans = 0, []
    for free, taken in steps:
        spans.append((at + free, at + free + taken))
        at += free + taken
    return pairs(spans)


def naive_runs(values: Sequence[object]) -> list[tuple[int, int, object]]:
    runs: list[tuple[int, int, object]] = []
    for at, value in enumerate(values):
        if runs and runs[-1][2] == value:
            runs[-1] = (runs[-1][0], at + 1, value)
        else:
            runs.append((at, at + 1, value))
    return runs


@pytest.mark.parametrize("dtype", [np.int64, np.float64, np.uint64])
@given(sizes=SIZES)
def test_prefix_sums(dtype: type, sizes: list[int]) -> None:
    sums = prefix_sums(sizes, dtype)
    assert sums.dtype == dtype
    assert sums.tolist() == [sum(sizes[:end]) for end in range(len(sizes) + 1)]
    columns = np.array([sizes, sizes[::-1]], dtype).T
    assert prefix_sums(columns, dtype)[:, 1].tolist() == prefix_sums(sizes[::-1], dtype).tolist()


def test_prefix_sums_do_not_wrap() -> None:
    sums = prefix_sums(np.full(3, 255, np.uint8))
    assert sums.tolist() == [0, 255, 510, 765]
    assert sums.dtype == np.int64


@given(sizes=SIZES)
def test_starts_of(sizes: list[int]) -> None:
    ends = np.cumsum(sizes, dtype=np.int64)
    assert starts_of(ends).tolist() == prefix_sums(sizes)[:-1].tolist()
    assert starts_of(ends).dtype == np.int64


@given(mask=st.lists(st.booleans(), max_size=20))
def test_true_runs(mask: list[bool]) -> None:
    runs = true_runs(np.array(mask, np.bool_))
    assert runs.dtype == np.int64
    assert runs.tolist() == [[start, end] for start, end, is_true in naive_runs(mask) if is_true]


@pytest.mark.parametrize("dtype", [np.uint16, np.int64, np.uint64, np.bool_])
@given(values=st.lists(st.integers(0, 2), max_size=20))
def test_equal_runs(dtype: type, values: list[int]) -> None:
    array = np.array(values, dtype)
    runs = equal_runs(array)
    assert runs.dtype == np.int64
    assert runs.tolist() == [[start, end] for start, end, _ in naive_runs(array.tolist())]


@given(mask=st.lists(st.booleans(), max_size=20), low=st.integers(-2, 22), size=st.integers(0, 22))
def test_between(mask: list[bool], low: int, size: int) -> None:
    points = np.flatnonzero(mask)
    whole = [(start, end) for start, end, is_point in naive_runs(mask) if not is_point]
    assert list(between(points, len(mask))) == whole
    some = [(start, end) for start, end in whole if end > low and start < low + size]
    if low >= 0 and size:
        assert list(between(points, len(mask), low, low + size)) == some


@given(steps=SPANS, low=st.integers(0, 60), size=st.integers(1, 30))
def test_overlapping(steps: list[tuple[int, int]], low: int, size: int) -> None:
    spans = apart(steps)
    high = low + size
    here = overlapping(spans[:, 0], spans[:, 1], low, high)
    shared = [sum(low <= at < high for at in range(*span)) for span in spans.tolist()]
    assert list(range(*here.indices(len(spans)))) == [at for at, count in enumerate(shared) if count]
    assert overlap(spans[here, 0], spans[here, 1], low, high).tolist() == [n for n in shared if n]


@given(raw=SPANS)
def test_merged(raw: list[tuple[int, int]]) -> None:
    spans = pairs([(start, start + size) for start, size in raw])
    taken = np.zeros(50, np.bool_)
    for start, end in spans.tolist():
        taken[start:end] = True
    assert merged(spans).tolist() == true_runs(taken).tolist()


@given(steps=SPANS, places=st.lists(st.integers(-3, 120), max_size=9))
def test_stretches(steps: list[tuple[int, int]], places: list[int]) -> None:
    spans = apart(steps)
    stretches = Stretches.of(spans)
    inside = [at for span in spans.tolist() for at in range(*span)]
    assert stretches.size == len(inside)
    ranks = stretches.rank(np.array(places, np.int64))
    assert ranks.dtype == np.int64
    assert ranks.tolist() == [sum(at < place for at in inside) for place in places]
    assert stretches.rank(np.array([places, places], np.int64)).shape == (2, len(places))
