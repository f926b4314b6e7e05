"""Values of a track at any width: sums at the edges of bins of several sizes, or its rows where near."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genomebook.book.feature_files import TrackRows, level_places
from genomebook.book.feature_schema import COARSER, PLACES, SCORES, SUMS
from genomebook.genome.stretches import prefix_sums

SMOOTH = 4
"""A bin is read from a zoom level if it is at least this many of its bins wide."""

CHUNK = 1 << 20
"""Rows summed together."""

Sums = NDArray[np.float64]


def values_of(rows: TrackRows, low: int, high: int, bins: int) -> NDArray[np.float32]:
    """Mean of a signal, or share of letters covered, in equal bins of [low, high).

    Parameters
    ----------
    rows : TrackRows
        Of the track.
    low, high : int
        On the line of all volumes.
    bins : int
        Number of bins.

    Returns
    -------
    float32[bins]
        NaN where a signal has no value.
    """
    edges = np.linspace(low, high, bins + 1)
    width = (high - low) / bins
    places = level_places(rows.entry, rows.letters)
    sizes = [size for size in places if SMOOTH * size <= width]
    points, sums, known = _zoomed(rows, low, high, max(sizes)) if sizes else _summed(rows, low, high)
    total = np.diff(np.interp(edges, points, sums))
    if rows.entry.kind != "signal":
        return (total / width).astype(np.float32)
    letters = np.diff(np.interp(edges, points, known))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(letters > 1e-6, total / letters, np.nan).astype(np.float32)


def _zoomed(rows: TrackRows, low: int, high: int, size: int) -> tuple[Sums, Sums, Sums]:
    """Bin edges around [low, high), and the sums up to each: float64[k] all."""
    places = level_places(rows.entry, rows.letters)
    first, count = places[size]
    begin, end = low // size, min(-(-high // size) + 1, count)
    points = np.arange(begin, end, dtype=np.float64) * size
    flat = rows.columns[SUMS]
    sums = flat[first + begin : first + end]
    if rows.entry.kind != "signal":
        return points, sums, sums
    behind = sum(edges for _, edges in places.values())
    return points, sums, flat[behind + first + begin : behind + first + end]


def _summed(rows: TrackRows, low: int, high: int) -> tuple[Sums, Sums, Sums]:
    """Edges of the intervals in [low, high), and the sums up to each: float64[k] all."""
    where = np.concatenate([np.empty(0, np.int64), *rows.where(low, high)])
    starts, ends = (rows.columns[name].take(where) for name in PLACES)
    starts, ends = disjoint(starts, ends)
    weights = rows.columns[SCORES].take(where) if rows.entry.kind == "signal" else None
    points, sums, known = running_sums(starts, ends, weights)
    if not len(points):
        points = sums = known = np.zeros(1)
    return points, sums, known


def disjoint(
    starts: NDArray[np.int64], ends: NDArray[np.int64], reach: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cut off what an interval shares with those before it; sorted by start: int64[n] both.

    ``reach`` is where the letters end that are covered already.
    """
    before = np.maximum.accumulate(np.concatenate([[reach], ends]))[: len(ends)]
    starts = np.maximum(starts, before)
    return starts, np.maximum(starts, ends)


def running_sums(
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    weights: NDArray[np.float32] | None,
    begin: tuple[float, float] = (0.0, 0.0),
) -> tuple[Sums, Sums, Sums]:
    """Sum of weight x letters, and letters, at each edge of disjoint ascending intervals.

    Parameters
    ----------
    starts, ends : int64[n]
        Disjoint, ascending.
    weights : float32[n], optional
        1 by default.
    begin : (float, float)
        Both sums before the first.

    Returns
    -------
    float64[2 n] three times
        Positions, sums, letters.
    """
    lengths = (ends - starts).astype(np.float64)
    known = prefix_sums(lengths, np.float64) + begin[1]
    sums = known if weights is None else prefix_sums(lengths * weights, np.float64) + begin[0]
    points = np.stack([starts, ends], axis=1).ravel().astype(np.float64)
    pairs = [np.stack([column[:-1], column[1:]], axis=1).ravel() for column in (sums, known)]
    return points, pairs[0], pairs[1]


def zoom_sums(
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    weights: NDArray[np.float32] | None,
    zooms: dict[int, int],
) -> Sums:
    """Sums of a track at the edges of the bins of its zoom levels, as in ``sums.f64``.

    Parameters
    ----------
    starts, ends : int64[n]
        Sorted by start; those of a signal are disjoint.
    weights : float32[n] or None
        Values of a signal; None for other tracks, whose letters are counted once however many cover them.
    zooms : dict of int to int
        Letters of a bin and number of edges of each level, the finest first.

    Returns
    -------
    float64[sum of edges] (twice that for a signal, whose letters with a value follow)
    """
    if not zooms:
        return np.empty(0)
    size, count = next(iter(zooms.items()))
    sums, known = np.empty(count), np.empty(count)
    at, reach, begin = 0, 0, (0.0, 0.0)
    for first in range(0, len(starts), CHUNK):
        last = first + CHUNK
        cut = disjoint(starts[first:last], ends[first:last], reach)
        points, by_weight, letters = running_sums(
            *cut, None if weights is None else weights[first:last], begin
        )
        reach = int(points[-1])
        begin = (float(by_weight[-1]), float(letters[-1]))
        stop = min(reach // size + 1, count) if last < len(starts) else count
        edges = np.arange(at, stop, dtype=np.float64) * size
        sums[at:stop] = np.interp(edges, points, by_weight)
        known[at:stop] = np.interp(edges, points, letters)
        at = max(at, stop)
    levels = [_thinned(column, zooms) for column in ((sums,) if weights is None else (sums, known))]
    return np.concatenate(levels)


def _thinned(finest: Sums, zooms: dict[int, int]) -> Sums:
    """All levels from the finest; the last edge of each is at or beyond the end."""
    levels = [finest]
    for count in list(zooms.values())[1:]:
        coarse = levels[-1][::COARSER]
        levels.append(np.append(coarse, np.full(count - len(coarse), finest[-1])))
    return np.concatenate(levels)
