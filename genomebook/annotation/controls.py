"""Controls of boundaries: whether they come from the sequence or from the method.

Each function takes a `BoundaryFinder`, the letters of a volume (uint8[n], ASCII in any case, with runs of N)
and its boundaries (``real``), and returns rows by signal: a figure and its control. Positions are local and
0-based. Intervals and shifts are those of `genomebook.stats`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook import stats
from genomebook.annotation.evidence import LEVELS, BoundaryFinder, EvidenceRow, make_row
from genomebook.annotation.positions import BoundaryPositions, is_near
from genomebook.files.progress import Message, no_message
from genomebook.genome.stretches import Positions, true_runs
from genomebook.language.alphabet import BASES, CODE, NOT_BASE, reverse_complement
from genomebook.language.shuffle import dinucleotide_shuffle
from genomebook.segmentation.boundaries import Boundaries
from genomebook.stats import Estimate

Letters = NDArray[np.uint8]
Real = Mapping[str, Boundaries]
Rows = dict[str, list[EvidenceRow]]

REACH = 5
"""Bases within which two boundaries count as the same."""

RATES = (0.001, 0.01, 0.05)
"""Shares of bases substituted."""

MARGIN = 5_000
"""Bases after a moved start where boundaries may differ; at most a quarter of the volume."""

SETTLED = 0.9
"""Boundaries that still differ after this share of the volume never agree."""

WORDS_PER_WINDOW = 256
"""As published."""

MIN_BOUNDARIES = 10
"""Minimum number of boundaries for a share."""

MIN_WINDOWS = 10

_SHIFTED = "boundaries moved round the sequence"
_SHORT = "shorter than what is to be left out"


class SeededLocus(NamedTuple):
    """Origin of the letters; it seeds all random draws.

    Attributes
    ----------
    name : str
        Name of the volume.
    start : int
        0-based position of its first letter on the contig.
    seed : int
        Seed of all random draws.
    """

    name: str
    start: int = 0
    seed: int = 1

    def rng(self, letters: Letters, what: str) -> np.random.Generator:
        """Random generator that depends only on the locus, the length and what is drawn."""
        return stats.generator(self.seed, self.name, self.start, len(letters), zlib.crc32(what.encode()))


class MovedStart(NamedTuple):
    """A start moved by a number of letters, and its label, such as "shift by 100 words"."""

    label: str
    letters: int


def gap_runs(letters: Letters) -> Positions:
    """Runs of letters that are not bases: int64[g, 2], 0-based half-open."""
    return true_runs(CODE[letters] == NOT_BASE)


def positions_of(letters: Letters) -> BoundaryPositions:
    """Positions of a volume where a boundary can stand."""
    return BoundaryPositions.around(len(letters), gap_runs(letters))


def _each(real: Real) -> Iterator[tuple[str, str, Positions]]:
    for signal, boundaries in real.items():
        for level in LEVELS:
            yield signal, level, boundaries.of(level)


def too_few(count: int) -> str:
    """Reason for giving no share of so few boundaries."""
    counted = "1 boundary is" if count == 1 else f"{count} boundaries are"
    return f"{counted} too few: {MIN_BOUNDARIES} at least" if count else "no boundary was found"


def share(
    hits: NDArray[np.bool_], positions: Positions, room: BoundaryPositions, rng: np.random.Generator
) -> Estimate | None:
    """Share of the positions that hit, with its interval; None for fewer than `MIN_BOUNDARIES`."""
    if len(positions) < MIN_BOUNDARIES:
        return None
    estimate = stats.ratio(room.per_block(positions, hits.astype(np.float64)), room.per_block(positions), rng)
    if estimate is None or hits.any() != hits.all():
        return estimate
    bound = min(1.0, 3 / len(positions))  # none of n: the 95 % bound of a share is 3 / n
    return estimate._replace(low=1 - bound) if hits.all() else estimate._replace(high=bound)


def density(
    finder: BoundaryFinder, letters: Letters, real: Real, locus: SeededLocus, shuffles: int = 3,
    report: Message = no_message,
) -> Rows:  # fmt: skip
    """Boundaries per 1,000 bases, beside shuffles that keep dinucleotide counts.

    The interval of the control pools the blocks of all shuffles. If boundaries are as dense in shuffled
    sequence as in the real one, the length prior alone explains them.
    """
    room, rng = positions_of(letters), locus.rng(letters, "density")
    drawn: list[Real] = []
    for number in range(shuffles if room.size else 0):
        report(f"shuffle {number + 1} of {shuffles}")
        text = dinucleotide_shuffle(letters.tobytes(), locus.seed + number, locus.name, locus.start)
        drawn.append(finder.divide(np.frombuffer(text, np.uint8)))
    bases = int(np.count_nonzero(CODE[letters] != NOT_BASE))
    sizes = np.diff(stats.block_borders(room.size)) * (bases / max(room.size, 1) / 1000)
    rows: Rows = {signal: [] for signal in real}
    for signal, level, ends in _each(real):
        own = _per_kb([ends], sizes, room, rng)
        other = _per_kb([shuffled[signal].of(level) for shuffled in drawn], sizes, room, rng)
        label, beside = f"{level} ends", "dinucleotide shuffle"
        why = "the chromosome or sequence is all gap"
        rows[signal].append(make_row("density", level, label, "per kb", own, other, beside, len(ends), why))
    return rows


def _per_kb(
    each: list[Positions], sizes: NDArray[np.float64], room: BoundaryPositions, rng: np.random.Generator
) -> Estimate | None:
    """Boundaries of one or more copies per 1,000 bases; ``sizes`` of the blocks of one, in 1,000 bases."""
    if not room.size or not each:
        return None
    counts = np.concatenate([room.per_block(positions) for positions in each])
    estimate = stats.ratio(counts, np.tile(sizes, len(each)), rng)
    if estimate and not estimate.value:
        return estimate._replace(high=3 / (sizes.sum() * len(each)))
    return estimate


def strand(
    finder: BoundaryFinder, letters: Letters, real: Real, locus: SeededLocus, report: Message = no_message
) -> Rows:
    """Share of boundaries with a boundary of the other strand within `REACH` letters.

    The reverse complement is segmented independently and its boundaries are mapped back; the control shifts
    these circularly.
    """
    report("other strand")
    other = finder.divide(np.frombuffer(reverse_complement(letters.tobytes()), np.uint8))
    turned = {(signal, level): len(letters) - ends for signal, level, ends in _each(other)}
    label = f"other strand, within {REACH} bp"
    return _kept("strand", label, letters, real, turned, locus)


def substitution(
    finder: BoundaryFinder, letters: Letters, real: Real, locus: SeededLocus, rates: Sequence[float] = RATES,
    report: Message = no_message,
) -> Rows:  # fmt: skip
    """Share of boundaries with a boundary within `REACH` letters after some of the bases were substituted.

    The control shifts the boundaries found after the substitutions circularly.
    """
    rows: Rows = {signal: [] for signal in real}
    for rate in rates:
        label = f"{rate:.1%} of bases substituted".replace(".0%", "%")
        report(label)
        changed = finder.divide(substitute(letters, rate, locus))
        others = {(signal, level): ends for signal, level, ends in _each(changed)}
        for signal, more in _kept("substitution", label, letters, real, others, locus).items():
            rows[signal] += more
    return rows


def substitute(letters: Letters, rate: float, locus: SeededLocus) -> Letters:
    """Substitute each base with probability ``rate`` by another; gaps and case stay."""
    rng = locus.rng(letters, f"substitute {rate}")
    codes = CODE[letters]
    at = np.flatnonzero((rng.random(len(letters)) < rate) & (codes < NOT_BASE))
    out = letters.copy()
    plain = np.frombuffer(BASES.encode(), np.uint8)
    out[at] = plain[(codes[at] + rng.integers(1, 4, len(at))) % 4] | (letters[at] & 0x20)
    return out


def _kept(
    control: str, label: str, letters: Letters, real: Real, others: Mapping[tuple[str, str], Positions],
    locus: SeededLocus,
) -> Rows:  # fmt: skip
    """Share of boundaries within `REACH` letters of others, beside circular shifts of the others."""
    room, rng = positions_of(letters), locus.rng(letters, f"{control} {label}")
    rows: Rows = {signal: [] for signal in real}
    for signal, level, ends in _each(real):
        other, here = room.only(others[signal, level]), room.only(ends)
        own, chance = share(is_near(here, other, REACH), here, room, rng), None
        if own:
            distances = stats.shift_distances(room.size, stats.SHIFTS, rng)
            reached = room.hits_of_shifts(other, here, distances, REACH)[:, 1]
            chance = stats.spread(reached / len(here))
        rows[signal].append(
            make_row(control, level, label, "share", own, chance, _SHIFTED, len(ends), too_few(len(ends)))
        )
    return rows


def offset(
    finder: BoundaryFinder, letters: Letters, real: Real, locus: SeededLocus, starts: Sequence[MovedStart],
    report: Message = no_message,
) -> Rows:  # fmt: skip
    r"""Share of boundaries that stay where they are when the start of the volume moves.

    The first letters are left out and the rest is segmented again. A and B are the boundaries before and
    after, more than `MARGIN` letters beyond the new start. The share is :math:`|A \cap B| / |A \cup B|`,
    exact to the letter, so that an extra boundary counts as much as a missing one. The control compares all
    boundaries with themselves, shifted circularly. A further row gives the distance from the new start to the
    last difference, the largest of all starts (interval: smallest and largest), and has no figure when
    differences continue to the end (`SETTLED`).
    """
    margin = min(MARGIN, len(letters) // 4)
    room, rng = positions_of(letters), locus.rng(letters, "offset")
    by_chance = {(signal, level): _shifted_onto(ends, room, rng) for signal, level, ends in _each(real)}
    rows: Rows = {signal: [] for signal in real}
    settle: dict[tuple[str, str], list[float]] = {}
    for start in starts:
        report(start.label)
        begin = start.letters + margin
        left = finder.divide(letters[start.letters :]) if begin < len(letters) else None
        for signal, level, ends in _each(real):
            why: str | None = _SHORT
            own = chance = None
            before = ends[ends > begin]
            if left is not None:
                after = left[signal].of(level) + start.letters
                last = np.setxor1d(ends[ends > start.letters], after).max(initial=0)
                settle.setdefault((signal, level), []).append(max(0, int(last) - start.letters))
                own, why = _both(before, after[after > begin], room, rng), too_few(len(before))
                chance = by_chance[signal, level] if own else None
            rows[signal].append(
                make_row("offset", level, start.label, "share", own, chance, _SHIFTED, len(before), why)
            )
    for signal, level, ends in _each(real):
        reach = settle.get((signal, level), [])
        why = too_few(0) if not len(ends) else f"differences go on to the end of {len(letters):,} letters"
        settled = reach and len(ends) and max(reach) <= SETTLED * len(letters)
        estimate = Estimate(max(reach), min(reach), max(reach)) if settled else None
        label = "letters until all agree"
        rows[signal].append(
            make_row(
                "offset", level, label, "letters", estimate, None, "", len(reach), why if reach else _SHORT
            )
        )
    return rows


def _both(
    before: Positions, after: Positions, room: BoundaryPositions, rng: np.random.Generator
) -> Estimate | None:
    either = room.only(np.union1d(before, after))
    return share(np.isin(either, before) & np.isin(either, after), either, room, rng)


def _shifted_onto(ends: Positions, room: BoundaryPositions, rng: np.random.Generator) -> Estimate | None:
    """Boundaries shared with a shifted copy of themselves, over those in either."""
    here = room.only(ends)
    if not len(here):
        return None
    distances = stats.shift_distances(room.size, stats.SHIFTS, rng)
    same = room.hits_of_shifts(here, here, distances, 0)[:, 0]
    return stats.spread(same / (2 * len(here) - same))


def window(letters: Letters, real: Real, locus: SeededLocus, edges: Positions) -> Rows:
    r"""Share of the variance in boundaries per window that is lost to a quota per window.

    A rule that gives every window a quota forces lengths to follow the window: it calls ends where few are
    due. With :math:`N_w` boundaries in window w, and :math:`N'_w` in the same windows when the lengths are
    put in random order (a renewal process with that length distribution),

    .. math:: S = 1 - \mathrm{Var}(N_w) / \mathrm{E}[\mathrm{Var}(N'_w)].

    The means are equal, so S is one minus the ratio of the dispersion indices: 1 for a quota in every window,
    0 for boundaries independent of windows, negative for clustered boundaries.

    Parameters
    ----------
    letters, real, locus
        As above.
    edges : int64[m]
        Edges of the windows as letters before each, ascending (`word_windows`, or the windows of the rule).
    """
    room, rng = positions_of(letters), locus.rng(letters, "window")
    at = np.unique(room.rank(edges)) if room.size else np.empty(0, np.int64)
    rows: Rows = {signal: [] for signal in real}
    for signal, level, ends in _each(real):
        own = chance = None
        few = len(at) <= MIN_WINDOWS
        why = f"{max(0, len(at) - 1)} windows are too few" if few else too_few(len(ends))
        if not few and len(ends) >= MIN_BOUNDARIES:
            own, chance = _window_share(room.rank(room.only(ends)), at, room.size, rng)
        rows[signal].append(
            make_row(
                "window", level, f"{level} ends in windows of {WORDS_PER_WINDOW} words", "share", own, chance,
                "the same lengths in random order", len(ends), why,
            )
        )  # fmt: skip
    return rows


def _window_share(
    ranks: Positions, at: Positions, size: int, rng: np.random.Generator
) -> tuple[Estimate | None, Estimate | None]:
    lengths = np.diff(ranks, prepend=0, append=size)
    renewals = (np.cumsum(rng.permutation(lengths))[:-1] for _ in range(stats.SHIFTS))
    drawn = np.array([np.diff(np.searchsorted(ends, at)).var() for ends in renewals])
    expected = float(drawn.mean())
    if expected == 0:
        return None, None
    counts = np.diff(np.searchsorted(ranks, at))
    borders = stats.block_borders(size)
    squares, _ = np.histogram(at[:-1], borders, weights=(counts - counts.mean()) ** 2)
    windows, _ = np.histogram(at[:-1], borders)
    dispersion = stats.ratio(squares, windows * expected, rng)
    own = dispersion and Estimate(1 - dispersion.value, 1 - dispersion.high, 1 - dispersion.low)
    return own, stats.spread(1 - drawn / expected)


def word_windows(ends: Positions, size: int = WORDS_PER_WINDOW) -> Positions:
    """Edges of windows of ``size`` words from the ends of words (letters before each), the first at 0."""
    return np.concatenate([[0], np.asarray(ends, np.int64)[size - 1 :: size]])
