"""Position arithmetic: prefix sums, runs of values, intervals and the letters they cover.

Positions are 0-based; an interval [start, end) is half-open. Where nothing else is said, arrays are int64.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

Positions = NDArray[np.int64]


def prefix_sums(sizes: ArrayLike, dtype: DTypeLike = np.int64) -> NDArray[Any]:
    """Sum what comes before each item, and all of it: ``[0, s0, s0 + s1, ...]``.

    Parameters
    ----------
    sizes : array_like[n] or [n, d]
        Sizes; of a matrix each column is summed.
    dtype : dtype
        Of the sums.

    Returns
    -------
    dtype[n + 1] or [n + 1, d]
        Where items of these sizes begin when they are laid end to end, and where the last one ends.
    """
    values = np.asarray(sizes, dtype)
    sums = np.zeros((len(values) + 1, *values.shape[1:]), dtype)
    np.cumsum(values, axis=0, out=sums[1:])
    return sums


def starts_of(ends: Positions) -> Positions:
    """Starts of intervals that follow each other from 0, by their ends."""
    starts: Positions = np.zeros(len(ends), np.int64)
    starts[1:] = ends[:-1]
    return starts


def true_runs(mask: NDArray[np.bool_]) -> Positions:
    """Runs of True: int64[k, 2] of starts and ends."""
    runs: Positions = np.flatnonzero(np.diff(mask, prepend=False, append=False)).reshape(-1, 2)
    return runs


def equal_runs(values: NDArray[Any]) -> Positions:
    """Runs of equal neighbours: int64[k, 2] of starts and ends; together they are all of `values`."""
    changes = np.flatnonzero(values[1:] != values[:-1]) + 1
    edges = np.concatenate([[0], changes, [len(values)]]) if len(values) else changes
    return np.stack([edges[:-1], edges[1:]], axis=1)


def between(points: Positions, size: int, low: int = 0, high: int | None = None) -> Iterator[tuple[int, int]]:
    """Intervals between single positions, whole: those of them that overlap [low, high).

    Parameters
    ----------
    points : int64[k]
        Positions that belong to no interval, ascending.
    size : int
        Positions in all.
    low, high : int
        Bounds; `high` is `size` when left out.

    Yields
    ------
    int, int
        Start and end, never the same.
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
    """Which of some intervals overlap [low, high); starts and ends ascend.

    Bounds should have the type of the arrays: NumPy copies an array to compare it with another type.
    """
    first = int(np.searchsorted(ends, low, "right"))
    return slice(first, max(first, int(np.searchsorted(starts, high, "left"))))


def overlap(starts: Positions, ends: Positions, low: int, high: int) -> Positions:
    """Positions that intervals share with [low, high), which each of them overlaps: int64[k]."""
    return np.asarray(np.minimum(ends, high) - np.maximum(starts, low), np.int64)


def merged(spans: Positions) -> Positions:
    """Intervals int64[n, 2] in any order, those that overlap or touch made one: int64[k, 2], ascending."""
    spans = spans[np.argsort(spans[:, 0], kind="stable")]
    reach = np.maximum.accumulate(spans[:, 1])
    first = np.flatnonzero(spans[1:, 0] > reach[:-1]) + 1  # of each merged interval but the first
    starts = np.concatenate([spans[:1, 0], spans[first, 0]])
    return np.stack([starts, np.concatenate([reach[first - 1], reach[-1:]])], axis=1)


@dataclass(frozen=True)
class Stretches:
    """Intervals laid end to end: positions in them are numbered as if nothing lay between.

    Attributes
    ----------
    starts, ends : int64[k]
        Ascending; none overlap.
    before : int64[k + 1]
        Positions in the intervals before each; the last is the number of all.
    """

    starts: Positions
    ends: Positions
    before: Positions

    @classmethod
    def of(cls, spans: Positions) -> Self:
        """Take intervals int64[k, 2], ascending, none overlap."""
        starts, ends = np.ascontiguousarray(spans.reshape(-1, 2).T, np.int64)
        return cls(starts, ends, prefix_sums(ends - starts))

    @property
    def size(self) -> int:
        """Positions in all intervals."""
        return int(self.before[-1])

    def rank(self, positions: Positions) -> Positions:
        """Count the positions of the intervals before each of `positions`, int64 of any shape."""
        if not len(self.starts):
            return np.zeros(np.shape(positions), np.int64)
        number = np.maximum(np.searchsorted(self.starts, positions, "right") - 1, 0)
        inside = np.clip(positions, self.starts[number], self.ends[number]) - self.starts[number]
        return np.asarray(self.before[number] + inside, np.int64)
