"""Enrichment of boundaries at annotation edges, compared with circular shifts of the boundaries.

A position is the number of bases before a boundary or an edge in a volume. A circular shift moves all
boundaries by the same distance, which keeps their number and spacing, and never into a gap
(`genomebook.annotation.positions`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genomebook import stats
from genomebook.annotation.positions import BoundaryPositions, is_near
from genomebook.genome.stretches import Positions, prefix_sums, starts_of

MIN_HITS = 5
"""Minimum of expected hits, of blocks with boundaries and of blocks with edges for a figure."""


@dataclass(frozen=True)
class Compared:
    """A figure and its control, each with a 95 % interval; None without a figure.

    Attributes
    ----------
    value, low, high : float or None
        Figure and interval.
    control, control_low, control_high : float or None
        Mean of the same figure over circular shifts, and its 2.5th and 97.5th percentiles.
    n : int
        Boundaries or edges counted.
    why : str
        Why there is no figure.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    control: float | None = None
    control_low: float | None = None
    control_high: float | None = None
    n: int = 0
    why: str = ""


@dataclass(frozen=True)
class Enrichment(Compared):
    """How much more often than by chance boundaries are near edges, and the share of edges with one near.

    Attributes
    ----------
    value, low, high : float or None
        Share of the boundaries near an edge, divided by ``expected``; interval by block bootstrap.
    control, control_low, control_high : float or None
        Shares of shifted boundaries divided by ``expected``: about 1.
    n, n_edges : int
        Boundaries and edges compared.
    share : float or None
        Share of the boundaries near an edge.
    expected : float or None
        Mean of that share over all circular shifts.
    recall : Compared
        Share of the edges near a boundary, with shifted boundaries as control.
    """

    n_edges: int = 0
    share: float | None = None
    expected: float | None = None
    recall: Compared = Compared()


def enrichment(
    positions: Positions,
    edges: Positions,
    length: int,
    gaps: Positions,
    within: int = 20,
    shifts: int = stats.SHIFTS,
    seed: int = 1,
    name: str = "",
    start: int = 0,
) -> Enrichment:
    """Compare how often boundaries, and the same boundaries shifted circularly, are near edges.

    Parameters
    ----------
    positions : int64[k]
        Boundaries of one volume.
    edges : int64[m]
        Edges of a track in it (see `genomebook.annotation.tracks.edges`).
    length : int
        Bases of the volume.
    gaps : int64[g, 2]
        Runs of N, ascending, 0-based half-open, as `Volume.gaps` gives them.
    within : int
        Bases from an edge that count as near.
    shifts : int
        Circular shifts, each by `stats.MIN_SHIFT` positions or more.
    seed : int
        Combined with ``name``, ``start`` and ``length``, so that a volume always gets the same shifts.
    name : str
        Volume.
    start : int
        0-based position of its first base.

    Returns
    -------
    Enrichment
        Without figures, but with ``why``, if the volume is too short or has too few boundaries or edges;
        those at an end of the volume and in or beside a gap do not count.

    Notes
    -----
    The mean over all circular shifts is exact: each boundary visits each position once, so it is the share of
    positions near an edge. The interval is that of the ratio of both, over the same blocks.
    """
    room = BoundaryPositions.around(length, gaps)
    ends, at = room.only(positions), room.only(edges)
    why = _too_short(room, ends, at, within)
    if why:
        return _without(ends, at, why)
    borders = stats.block_borders(room.size)
    near, reached = is_near(ends, at, within), is_near(at, ends, within)
    zones = _covered(room.rank(at - within), room.rank(at + within + 1), borders)
    sizes, close = np.diff(borders).astype(np.float64), np.diff(zones)
    held, there = room.per_block(ends), room.per_block(at)
    share, expected = float(near.mean()), float(zones[-1] / room.size)
    why = _too_few(len(ends) * expected, held, there)
    if why:
        return _without(ends, at, why)

    drawn = stats.resample(len(sizes), stats.generator(seed, name, start, length, 0))
    hits = room.per_block(ends[near])
    low, high = stats.quotient_interval(
        (drawn @ hits) * (drawn @ sizes), (drawn @ held) * (drawn @ close), len(sizes)
    )
    if not hits.sum():
        high = 3 / (len(ends) * expected)  # none of n: the 95 % bound of a rate is 3 / n
    rng = stats.generator(seed, name, start, length, 1)
    counts = room.hits_of_shifts(ends, at, stats.shift_distances(room.size, shifts, rng), within)
    times, recalled = counts[:, 0] / len(ends) / expected, counts[:, 1] / len(at)
    recall = Compared(
        float(reached.mean()), *stats.ratio_interval(room.per_block(at[reached]), there, drawn),
        *stats.spread(recalled), n=len(at),
    )  # fmt: skip
    return Enrichment(
        share / expected, low, high, *stats.spread(times), n=len(ends), n_edges=len(at),
        share=share, expected=expected, recall=recall,
    )  # fmt: skip


def _without(ends: Positions, at: Positions, why: str) -> Enrichment:
    return Enrichment(n=len(ends), n_edges=len(at), why=why, recall=Compared(n=len(at), why=why))


def _too_short(room: BoundaryPositions, ends: Positions, at: Positions, within: int) -> str:
    if not len(ends):
        return "no boundary was found"
    if not len(at):
        return "the track has no edge in this chromosome or sequence"
    shortest = stats.MIN_BLOCKS * 10 * max(within, 1)
    if room.size < shortest:
        return (
            f"the chromosome or sequence has {room.size:,} positions for a boundary, fewer than {shortest:,}"
        )
    return ""


def _too_few(by_chance: float, held: NDArray[np.float64], there: NDArray[np.float64]) -> str:
    if by_chance < MIN_HITS:
        return f"chance alone would put {by_chance:.2g} boundaries near an edge: {MIN_HITS} are needed"
    for what, counts in (("boundaries", held), ("edges", there)):
        blocks = int(np.count_nonzero(counts))
        if blocks < MIN_HITS:
            return (
                f"the {what} are in {blocks} of {len(counts)} blocks: {MIN_HITS} are needed for an interval"
            )
    return ""


def _covered(starts: Positions, ends: Positions, at: Positions) -> NDArray[np.float64]:
    """Bases of [0, x) covered by ascending, possibly overlapping intervals, for each x of ``at``."""
    own = np.maximum(starts, starts_of(ends))
    size = prefix_sums(ends - own)
    points = np.stack([own, ends], axis=1).ravel()
    sums = np.stack([size[:-1], size[1:]], axis=1).ravel()
    return np.asarray(np.interp(at, points, sums), np.float64)
