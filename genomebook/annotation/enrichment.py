"""How much more often boundaries stand at annotation edges than boundaries moved round the sequence do.

A position is the number of letters before a boundary or an edge, local to one volume. A circular shift moves
all boundaries by one distance, so that their number and the lengths between them stay and only their places
go. It counts over the places where a boundary can stand, which is between two letters of which neither is in
a gap: none lands in a gap.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from statistics import NormalDist
from typing import Self

import numpy as np
from numpy.typing import NDArray

from genomebook.compiled import kernel
from genomebook.genome.stretches import Stretches

Positions = NDArray[np.int64]

BLOCK = 50_000
"""Letters of a block of the bootstrap; less in a volume that has not `BLOCKS` of them."""

BLOCKS = 20
"""Blocks at least."""

DRAWS = 2_000
"""Bootstrap samples."""

LEAST_SHIFT = 1_000
"""Letters of the smallest shift; a quarter of a volume shorter than four of these."""

LEAST_HITS = 5
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


class _Room(Stretches):
    """The places of a volume where a boundary can stand, numbered over its gaps."""

    @classmethod
    def between(cls, length: int, gaps: Positions) -> Self:
        gaps = np.asarray(gaps, np.int64).reshape(-1, 2)
        starts = np.concatenate([[0], gaps[:, 1]]) + 1
        spans = np.stack([starts, np.concatenate([gaps[:, 0], [length]])], axis=1)
        return cls.of(spans[spans[:, 0] < spans[:, 1]])

    def only(self, places: Positions) -> Positions:
        """Those of the places that are in the room, ascending, none twice."""
        places = np.unique(np.asarray(places, np.int64))
        return places[self.pack(places + 1) > self.pack(places)] if self.size else places[:0]


def is_near(positions: Positions, edges: Positions, within: int) -> NDArray[np.bool_]:
    """bool[k]: whether each position has an edge (int64[m], ascending) at most ``within`` letters away."""
    first = np.searchsorted(edges, positions - within)
    return np.asarray(np.searchsorted(edges, positions + within, "right") > first)


def enrichment(
    positions: Positions,
    edges: Positions,
    length: int,
    gaps: Positions,
    within: int = 20,
    shifts: int = 1000,
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
        Circular shifts, each by `LEAST_SHIFT` letters at least.
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
    The mean over all circular shifts needs no drawing: each boundary visits each place once, so it is the
    share of places that are near an edge. The interval is that of the ratio of both, over blocks of `BLOCK`
    letters drawn with replacement: percentiles of `DRAWS` samples, widened for the number of blocks
    (Hesterberg, What teachers should know about the bootstrap, 2015: expanded percentile interval).
    """
    room = _Room.between(length, gaps)
    marks, at = room.only(positions), room.only(edges)
    why = _too_little(room, marks, at, within)
    if why:
        recall = Compared(n=len(at), why=why)
        return Enrichment(n=len(marks), n_edges=len(at), why=why, recall=recall)
    # Of each block: places, places near an edge, boundaries, boundaries near an edge, edges, edges found.
    borders = np.linspace(0, room.size, max(BLOCKS, room.size // BLOCK) + 1).astype(np.int64)
    near, found = is_near(marks, at, within), is_near(at, marks, within)
    zones = _covered(room.pack(at - within), room.pack(at + within + 1), borders)
    places, close = np.diff(borders).astype(np.float64), np.diff(zones)
    held, hits = _per_block(room.pack(marks), borders), _per_block(room.pack(marks[near]), borders)
    there, met = _per_block(room.pack(at), borders), _per_block(room.pack(at[found]), borders)
    share, expected = float(near.mean()), float(zones[-1] / room.size)
    why = _too_few(len(marks) * expected, held, there)
    if why:
        recall = Compared(n=len(at), why=why)
        return Enrichment(n=len(marks), n_edges=len(at), why=why, recall=recall)

    words = [seed, zlib.crc32(name.encode()), start, length]
    rng = np.random.default_rng([*words, 0])
    drawn = rng.multinomial(len(places), np.full(len(places), 1 / len(places)), DRAWS)
    low, high = _interval((drawn @ hits) * (drawn @ places), (drawn @ held) * (drawn @ close), len(places))
    if not hits.sum():
        high = 3 / (len(marks) * expected)  # none of n: the 95 % bound of a rate is 3 / n
    least = min(LEAST_SHIFT, room.size // 4)
    by = np.random.default_rng([*words, 1]).integers(least, room.size - least + 1, shifts)
    counts = _shifted(room.pack(marks), at, room.starts, room.before, by, within)
    times = counts[:, 0] / len(marks) / expected
    recalled = counts[:, 1] / len(at)
    recall = Compared(
        float(found.mean()), *_interval(drawn @ met, drawn @ there, len(places)), float(recalled.mean()),
        *_middle(recalled), n=len(at),
    )  # fmt: skip
    return Enrichment(
        share / expected, low, high, float(times.mean()), *_middle(times), n=len(marks), n_edges=len(at),
        share=share, expected=expected, recall=recall,
    )  # fmt: skip


def _too_little(room: _Room, marks: Positions, at: Positions, within: int) -> str:
    if not len(marks):
        return "no boundary was found"
    if not len(at):
        return "the track has no edge in this volume"
    shortest = BLOCKS * 10 * max(within, 1)
    if room.size < shortest:
        return (
            f"the volume has {room.size:,} places for a boundary, too few to shift by: {shortest:,} at least"
        )
    return ""


def _too_few(by_chance: float, held: NDArray[np.float64], there: NDArray[np.float64]) -> str:
    if by_chance < LEAST_HITS:
        return f"chance alone would put {by_chance:.2g} boundaries near an edge: {LEAST_HITS} are needed"
    for what, counts in (("boundaries", held), ("edges", there)):
        blocks = int(np.count_nonzero(counts))
        if blocks < LEAST_HITS:
            return (
                f"the {what} are in {blocks} of {len(counts)} blocks: {LEAST_HITS} are needed for an interval"
            )
    return ""


def _covered(starts: Positions, ends: Positions, at: Positions) -> NDArray[np.float64]:
    """How much of [0, x) the intervals cover, for each x of ``at``; they ascend and may overlap."""
    own = np.maximum(starts, np.concatenate([[0], ends[:-1]]))
    size = np.cumsum(ends - own)
    points = np.stack([own, ends], axis=1).ravel()
    sums = np.stack([size - (ends - own), size], axis=1).ravel()
    return np.asarray(np.interp(at, points, sums), np.float64)


def _per_block(places: Positions, borders: Positions) -> NDArray[np.float64]:
    return np.diff(np.searchsorted(places, borders)).astype(np.float64)


def _interval(top: NDArray[np.float64], bottom: NDArray[np.float64], blocks: int) -> tuple[float, float]:
    """Interval of the ratios of bootstrap samples; samples with nothing below the line say nothing."""
    z, free = NormalDist().inv_cdf(0.975), blocks - 1
    student = z + (z**3 + z) / (4 * free) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * free**2)
    tail = NormalDist().cdf(-student * np.sqrt(blocks / free))
    return _middle(top[bottom > 0] / bottom[bottom > 0], 100 * tail)


def _middle(values: NDArray[np.float64], tail: float = 2.5) -> tuple[float, float]:
    low, high = np.percentile(values, [tail, 100 - tail])
    return float(low), float(high)


@kernel(nogil=True)
def _shifted(numbers, edges, starts, before, shifts, within):  # type: ignore[no-untyped-def]
    """Count boundaries near an edge, and edges near a boundary, for each shift: int64[shifts, 2].

    ``numbers`` are the places of the boundaries in the room, ascending; one walk along both a shift.
    """
    size, k, m = before[-1], len(numbers), len(edges)
    counts = np.zeros((len(shifts), 2), np.int64)
    for s in range(len(shifts)):
        by = shifts[s] % size
        first = np.searchsorted(numbers, size - by)
        run = edge = unseen = 0
        for i in range(k):
            j = first + i
            number = numbers[j] + by - size if j < k else numbers[j - k] + by
            while before[run + 1] <= number:
                run += 1
            place = starts[run] + number - before[run]
            while edge < m and edges[edge] < place - within:
                edge += 1
            if edge == m:
                break
            if edges[edge] <= place + within:
                counts[s, 0] += 1
                unseen = max(unseen, edge)
                while unseen < m and edges[unseen] <= place + within:
                    counts[s, 1] += 1
                    unseen += 1
    return counts
