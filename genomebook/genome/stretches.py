"""Position arithmetic: prefix sums, runs and intervals.

Positions are 0-based, intervals half-open, arrays int64 unless noted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

Positions = NDArray[np.int64]


def prefix_sums(sizes: ArrayLike, dtype: DTypeLike = np.int64) -> NDArray[Any]:
    """Prefix sums ``[0, s0, s0 + s1, ...]``, the total last.

    Parameters
    ----------
    sizes : array_like[n] or [n, d]
        Sizes; a matrix is summed by column.
    dtype : dtype
        Type of the sums.

    Returns
    -------
    dtype[n + 1] or [n + 1, d]
        Starts of items of these sizes laid end to end, and the end of the last.
    """
    values = np.asarray(sizes, dtype)
    sums = np.zeros((len(values) + 1, *values.shape[1:]), dtype)
    np.cumsum(values, axis=0, out=sums[1:])
    return sums


def starts_of(ends: Positions) -> Positions:
    """Starts of adjacent intervals from 0, given their ends."""
    starts: Positions = np.zeros(len(ends), np.int64)
    starts[1:] = ends[:-1]
    return starts


def true_runs(mask: NDArray[np.bool_]) -> Positions:
    """Runs of True: int64[k, 2] of starts and ends."""
    runs: Positions = np.flatnonzero(np.diff(mask, prepend=False, append=False)).reshape(-1, 2)
    return runs


def equal_runs(values: NDArray[Any]) -> Positions:
    """Runs of equal values: int64[k, 2] of starts and ends that tile `values`."""
    changes = np.flatnonzero(values[1:] != values[:-1]) + 1
    edges = np.concatenate([[0], changes, [len(values)]]) if len(values) else changes
    return np.stack([edges[:-1], edges[1:]], axis=1)


def between(points: Positions, size: int, low: int = 0, high: int | None = None) -> Iterator[tuple[int, int]]:
    """Whole intervals between single positions that overlap [low, high).

    Parameters
    ----------
    points : int64[k]
        Positions outside all intervals, ascending.
    size : int
        Total number of positions.
    low, high : int
        Bounds; `high` defaults to `size`.

    Yields
    ------
    int, int
        Start and end of a non-empty interval.
    """
    high = size if high is None else high
    first = int(np.searchsorted(points, low, "right"))
    start = int(points[first - 1]) + 1 if first else 0
    for number in range(first, len(points) + 1):
        if start >= high:
            return
        end = int(points[number]) if number < len(points) else size
        if max(start, low) < end:
            yield start, end
        start = end + 1


def overlapping(starts: NDArray[Any], ends: NDArray[Any], low: int, high: int) -> slice:
    """Slice of the sorted intervals that overlap [low, high).

    Bounds should have the dtype of the arrays, or NumPy copies them.
    """
    first = int(np.searchsorted(ends, low, "right"))
    return slice(first, max(first, int(np.searchsorted(starts, high, "left"))))


def overlap(starts: Positions, ends: Positions, low: int, high: int) -> Positions:
    """Length of the overlap of each interval with [low, high): int64[k]; all must overlap it."""
    return np.asarray(np.minimum(ends, high) - np.maximum(starts, low), np.int64)


def merged(spans: Positions) -> Positions:
    """Merge overlapping or adjacent intervals int64[n, 2] in any order: int64[k, 2], ascending."""
    spans = spans[np.argsort(spans[:, 0], kind="stable")]
    reach = np.maximum.accumulate(spans[:, 1])
    first = np.flatnonzero(spans[1:, 0] > reach[:-1]) + 1  # of each merged interval but the first
    starts = np.concatenate([spans[:1, 0], spans[first, 0]])
    return np.stack([starts, np.concatenate([reach[first - 1], reach[-1:]])], axis=1)


@dataclass(frozen=True)
class Stretches:
    """Disjoint intervals with a joint coordinate: positions numbered as if concatenated.

    Attributes
    ----------
    starts, ends : int64[k]
        Ascending, disjoint.
    before : int64[k + 1]
        Prefix sums of their lengths.
    """

    starts: Positions
    ends: Positions
    before: Positions

    @classmethod
    def of(cls, spans: Positions) -> Self:
        """Make from ascending, disjoint intervals int64[k, 2]."""
        starts, ends = np.ascontiguousarray(spans.reshape(-1, 2).T, np.int64)
        return cls(starts, ends, prefix_sums(ends - starts))

    @property
    def size(self) -> int:
        """Total length."""
        return int(self.before[-1])

    def rank(self, positions: Positions) -> Positions:
        """Joint coordinate: covered positions before each of `positions`, int64 of any shape."""
        if not len(self.starts):
            return np.zeros(np.shape(positions), np.int64)
        number = np.maximum(np.searchsorted(self.starts, positions, "right") - 1, 0)
        inside = np.clip(positions, self.starts[number], self.ends[number]) - self.starts[number]
        return np.asarray(self.before[number] + inside, np.int64)
