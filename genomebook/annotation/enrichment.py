"""How much more often boundaries stand at annotation edges than boundaries moved round the sequence do.

A position is the number of letters before a boundary or an edge, local to one volume. A circular shift moves
all boundaries by one distance, so that their number and the lengths between them stay and only their places
go. None lands in a gap (`genomebook.annotation.positions`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genomebook import stats
from genomebook.annotation.positions import BoundaryPositions, is_near
from genomebook.genome.stretches import Positions

MIN_HITS = 5
"""What a figure needs: boundaries near an edge by chance, and blocks that hold boundaries, and edges."""


@dataclass(frozen=True)
class Compared:
    """A figure with its 95 % interval beside its control's; None where there is none, and ``why`` says so.

    Attributes
    ----------
    value, low, high : float or None
        Figure and interval.
    control, control_low, control_high : float or None
        Mean of the same figure over circular shifts, and its 2.5th and 97.5th percentiles.
    n : int
        Boundaries, or edges, that the figure is about.
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
    """How many times as often as by chance boundaries stand near edges, and the same asked of the edges.

    Attributes
    ----------
    value, low, high : float or None
        Share of the boundaries near an edge, divided by ``expected``; interval by block bootstrap.
    control, control_low, control_high : float or None
        Shares of shifted boundaries divided by ``expected``: 1 but for chance.
    n, n_edges : int
        Boundaries and edges that were compared.
    share : float or None
        Share of the boundaries that are near an edge.
    expected : float or None
        Mean of that share over all circular shifts.
    recall : Compared
        Share of the edges that have a boundary near, beside the same of shifted boundaries.
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
    """Compare how often boundaries stand near edges with how often they do when moved round the volume.

    Parameters
    ----------
    positions : int64[k]
        Boundaries of one volume.
    edges : int64[m]
        Edges of a track in it (see `genomebook.annotation.tracks.edges`).
    length : int
        Letters of the volume.
    gaps : int64[g, 2]
        Runs of N, ascending, 0-based half-open, as `Volume.gaps` gives them.
    within : int
        Letters from an edge that count as near.
    shifts : int
        Circular shifts, each by `stats.MIN_SHIFT` positions or more.
    seed : int
        With ``name``, ``start`` and ``length`` it makes the random state: the same volume is always shifted
        alike, whatever else is measured.
    name : str
        Volume.
    start : int
        0-based position of its first letter.

    Returns
    -------
    Enrichment
        Without figures, but with ``why``, where the volume is too short, or boundaries or edges are none or
        too few. Positions and edges at an end of the volume and in or beside a gap do not count.

    Notes
    -----
    The mean over all circular shifts needs no drawing: each boundary visits each position once, so it is the
    share of positions that are near an edge. The interval is that of the ratio of both, over the same blocks.
    """
    room = BoundaryPositions.around(length, gaps)
    found, at = room.only(positions), room.only(edges)
    why = _too_short(room, found, at, within)
    if why:
        return _without(found, at, why)
    borders = stats.block_borders(room.size)
    near, reached = is_near(found, at, within), is_near(at, found, within)
    zones = _covered(room.rank(at - within), room.rank(at + within + 1), borders)
    sizes, close = np.diff(borders).astype(np.float64), np.diff(zones)
    held, there = room.per_block(found), room.per_block(at)
    share, expected = float(near.mean()), float(zones[-1] / room.size)
    why = _too_few(len(found) * expected, held, there)
    if why:
        return _without(found, at, why)

    drawn = stats.resample(len(sizes), stats.generator(seed, name, start, length, 0))
    hits = room.per_block(found[near])
    low, high = stats.quotient_interval(
        (drawn @ hits) * (drawn @ sizes), (drawn @ held) * (drawn @ close), len(sizes)
    )
    if not hits.sum():
        high = 3 / (len(found) * expected)  # none of n: the 95 % bound of a rate is 3 / n
    rng = stats.generator(seed, name, start, length, 1)
    counts = room.hits_of_shifts(found, at, stats.shift_distances(room.size, shifts, rng), within)
    times, recalled = counts[:, 0] / len(found) / expected, counts[:, 1] / len(at)
    recall = Compared(
        float(reached.mean()), *stats.ratio_interval(room.per_block(at[reached]), there, drawn),
        *stats.spread(recalled), n=len(at),
    )  # fmt: skip
    return Enrichment(
        share / expected, low, high, *stats.spread(times), n=len(found), n_edges=len(at),
        share=share, expected=expected, recall=recall,
    )  # fmt: skip


def _without(found: Positions, at: Positions, why: str) -> Enrichment:
    return Enrichment(n=len(found), n_edges=len(at), why=why, recall=Compared(n=len(at), why=why))


def _too_short(room: BoundaryPositions, found: Positions, at: Positions, within: int) -> str:
    if not len(found):
        return "no boundary was found"
    if not len(at):
        return "the track has no edge in this volume"
    shortest = stats.MIN_BLOCKS * 10 * max(within, 1)
    if room.size < shortest:
        return f"the volume has {room.size:,} positions for a boundary, fewer than {shortest:,}"
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
    """How much of [0, x) the intervals cover, for each x of ``at``; they ascend and may overlap."""
    own = np.maximum(starts, np.concatenate([[0], ends[:-1]]))
    size = np.cumsum(ends - own)
    points = np.stack([own, ends], axis=1).ravel()
    sums = np.stack([size - (ends - own), size], axis=1).ravel()
    return np.asarray(np.interp(at, points, sums), np.float64)
