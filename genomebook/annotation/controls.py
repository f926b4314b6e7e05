"""Controls of boundaries: whether they belong to the sequence or to the way in which they were found.

Each function takes a `Divider`, the letters of one volume and the boundaries found in them (``real``), and
gives rows by signal, each figure beside the same figure of its control. Letters are uint8[n] ASCII in any
case with runs of N; places are local, 0-based. Intervals are described in `genomebook.annotation.chance`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.annotation.chance import LEAST, SHIFTS, Bases, Places, ratio, share, spread, too_few
from genomebook.annotation.enrichment import is_near
from genomebook.annotation.evidence import LEVELS, Divided, Divider, Figure, Row, make_row
from genomebook.files.progress import Message, no_message
from genomebook.language.alphabet import BASES, CODE, NOT_BASE, reverse_complement
from genomebook.language.shuffle import dinucleotide_shuffle

Letters = NDArray[np.uint8]
Real = Mapping[str, Divided]
Rows = dict[str, list[Row]]

REACH = 5
"""Letters within which two boundaries are the same one."""

RATES = (0.001, 0.01, 0.05)
"""Shares of bases substituted."""

MARGIN = 5_000
"""Letters after a moved start in which boundaries may differ; a quarter of the volume if that is less."""

SETTLED = 0.9
"""Boundaries that still differ after this share of the volume never agree."""

WINDOW = 256
"""Words of a window, as published."""

_SHIFTED = "boundaries moved round the sequence"
_SHORT = "shorter than what is to be left out"


class Place(NamedTuple):
    """Where the letters come from: what is drawn at random is drawn for this place.

    Attributes
    ----------
    name : str
        Of the volume.
    start : int
        0-based place of its first letter on the contig.
    seed : int
        Of everything drawn.
    """

    name: str
    start: int = 0
    seed: int = 1

    def rng(self, letters: Letters, what: str) -> np.random.Generator:
        """Random state that follows from the place, the length and what is drawn alone."""
        words = [self.seed, zlib.crc32(self.name.encode()), self.start, len(letters)]
        return np.random.default_rng([*words, zlib.crc32(what.encode())])


class Drop(NamedTuple):
    """A start moved by so many letters, and how people call it, such as "shift by 100 words"."""

    label: str
    letters: int


def of_level(divided: Divided, level: str) -> Places:
    """Boundaries of a level of `LEVELS`."""
    return divided.sentences if level == "sentence" else divided.paragraphs


def _each(real: Real) -> Iterator[tuple[str, str, Places]]:
    for signal, divided in real.items():
        for level in LEVELS:
            yield signal, level, of_level(divided, level)


def density(
    divider: Divider,
    letters: Letters,
    real: Real,
    place: Place,
    shuffles: int = 3,
    tell: Message = no_message,
) -> Rows:
    """Boundaries per 1,000 bases, beside shuffles that keep dinucleotide counts.

    The interval of the control is over blocks of all shuffles together. Boundaries as dense in a shuffle as
    in the sequence are typesetting: the length prior puts them there.
    """
    bases, rng = Bases.of_letters(letters), place.rng(letters, "density")
    drawn: list[Real] = []
    for number in range(shuffles if bases.size else 0):
        tell(f"shuffle {number + 1} of {shuffles}")
        text = dinucleotide_shuffle(letters.tobytes(), place.seed + number, place.name, place.start)
        drawn.append(divider.divide(np.frombuffer(text, np.uint8)))
    rows: Rows = {signal: [] for signal in real}
    for signal, level, found in _each(real):
        own = _per_kb([found], bases, rng)
        other = _per_kb([of_level(one[signal], level) for one in drawn], bases, rng)
        label, beside = f"{level} ends", "dinucleotide shuffle"
        why = "the volume is all gap"
        rows[signal].append(make_row("density", level, label, "per kb", own, other, beside, len(found), why))
    return rows


def _per_kb(each: list[Places], bases: Bases, rng: np.random.Generator) -> Figure | None:
    if not bases.size or not each:
        return None
    sizes = np.tile(bases.block_sizes(), len(each)) / 1000
    found = ratio(np.concatenate([bases.per_block(places) for places in each]), sizes, rng)
    return found._replace(high=3 / sizes.sum()) if found and not found.value else found


def strand(divider: Divider, letters: Letters, real: Real, place: Place, tell: Message = no_message) -> Rows:
    """Share of boundaries that have one of the other strand within `REACH` letters.

    The other strand is the reverse complement, divided by itself and read back; the control is that, moved
    round the sequence.
    """
    tell("other strand")
    other = divider.divide(np.frombuffer(reverse_complement(letters.tobytes()), np.uint8))
    turned = {
        (signal, level): np.sort(len(letters) - of_level(other[signal], level))
        for signal, level, _ in _each(real)
    }
    label = f"other strand, within {REACH} bp"
    return _kept("strand", label, letters, real, turned, place)


def substitution(
    divider: Divider, letters: Letters, real: Real, place: Place, rates: Sequence[float] = RATES,
    tell: Message = no_message,
) -> Rows:  # fmt: skip
    """Share of boundaries that are within `REACH` letters of one after so many bases were substituted.

    The control is the boundaries after the substitutions, moved round the sequence.
    """
    rows: Rows = {signal: [] for signal in real}
    for rate in rates:
        label = f"{rate:.1%} of bases substituted".replace(".0%", "%")
        tell(label)
        changed = divider.divide(substitute(letters, rate, place))
        others = {(signal, level): of_level(changed[signal], level) for signal, level, _ in _each(real)}
        for signal, more in _kept("substitution", label, letters, real, others, place).items():
            rows[signal] += more
    return rows


def substitute(letters: Letters, rate: float, place: Place) -> Letters:
    """Put another base, drawn evenly, for each base with probability ``rate``; gaps and case stay."""
    rng = place.rng(letters, f"substitute {rate}")
    codes = CODE[letters]
    at = np.flatnonzero((rng.random(len(letters)) < rate) & (codes < NOT_BASE))
    out = letters.copy()
    plain = np.frombuffer(BASES.encode(), np.uint8)
    out[at] = plain[(codes[at] + rng.integers(1, 4, len(at))) % 4] | (letters[at] & 0x20)
    return out


def _kept(
    control: str, label: str, letters: Letters, real: Real, others: Mapping[tuple[str, str], Places],
    place: Place,
) -> Rows:  # fmt: skip
    """Share of boundaries within `REACH` letters of others, beside the others moved round the sequence."""
    bases, rng = Bases.of_letters(letters), place.rng(letters, f"{control} {label}")
    rows: Rows = {signal: [] for signal in real}
    for signal, level, found in _each(real):
        other = others[signal, level]
        own = share(is_near(found, other, REACH), found, bases, rng)
        moved = bases.shifted(other, rng) if own else []
        chance = spread([float(is_near(found, one, REACH).mean()) for one in moved])
        if own and not len(other):
            chance = Figure(0.0, 0.0, 0.0)
        rows[signal].append(
            make_row(control, level, label, "share", own, chance, _SHIFTED, len(found), too_few(len(found)))
        )
    return rows


def offset(
    divider: Divider,
    letters: Letters,
    real: Real,
    place: Place,
    drops: Sequence[Drop],
    tell: Message = no_message,
) -> Rows:
    r"""Share of boundaries that stay where they are when the start of the volume moves.

    The first letters are left out and the rest is divided anew: A and B are the boundaries before and after,
    more than `MARGIN` letters after the new start. The share is :math:`|A \cap B| / |A \cup B|`, to the
    letter, so that a boundary more counts like one less. The control is the same of all boundaries and those
    moved round the sequence. One more row says how far from the new start the last difference is, the most
    of all drops (interval: least and most); none when differences go on to the end (`SETTLED`).
    """
    margin = min(MARGIN, len(letters) // 4)
    bases, rng = Bases.of_letters(letters), place.rng(letters, "offset")
    by_chance = {(signal, level): _moved_both(found, bases, rng) for signal, level, found in _each(real)}
    rows: Rows = {signal: [] for signal in real}
    settle: dict[tuple[str, str], list[float]] = {}
    for drop in drops:
        tell(drop.label)
        begin = drop.letters + margin
        left = divider.divide(letters[drop.letters :]) if begin < len(letters) else None
        for signal, level, found in _each(real):
            why: str | None = _SHORT
            own = chance = None
            before = found[found > begin]
            if left is not None:
                after = of_level(left[signal], level) + drop.letters
                last = _last_difference(found[found > drop.letters], after)
                settle.setdefault((signal, level), []).append(max(0, last - drop.letters))
                own, why = _both(before, after[after > begin], bases, rng), too_few(len(before))
                chance = by_chance[signal, level] if own else None
            rows[signal].append(
                make_row("offset", level, drop.label, "share", own, chance, _SHIFTED, len(before), why)
            )
    for signal, level, found in _each(real):
        reach = settle.get((signal, level), [])
        why = too_few(0) if not len(found) else f"differences go on to the end of {len(letters):,} letters"
        settled = reach and len(found) and max(reach) <= SETTLED * len(letters)
        figure = Figure(max(reach), min(reach), max(reach)) if settled else None
        label = "letters until all agree"
        rows[signal].append(
            make_row(
                "offset", level, label, "letters", figure, None, "", len(reach), why if reach else _SHORT
            )
        )
    return rows


def _last_difference(one: Places, other: Places) -> int:
    """Last place that is in one of two sets only; 0 when they are the same."""
    return int(np.setxor1d(one, other).max(initial=0))


def _both(one: Places, other: Places, bases: Bases, rng: np.random.Generator) -> Figure | None:
    either = np.union1d(one, other)
    return share(np.isin(either, one) & np.isin(either, other), either, bases, rng)


def _moved_both(found: Places, bases: Bases, rng: np.random.Generator) -> Figure | None:
    values = []
    for moved in bases.shifted(found, rng):
        same = int(is_near(moved, found, 0).sum())
        values.append(same / (len(found) + len(moved) - same))
    return spread(values)


def window(letters: Letters, real: Real, place: Place, edges: Places) -> Rows:
    r"""Share of the variance in boundaries per window that the window itself takes away.

    A rule that gives every window its quota makes lengths follow the window: where few ends are due, many are
    called. With :math:`N_w` boundaries in window w, and :math:`N'_w` in the same windows when the same
    lengths follow each other in random order (a renewal process of that length distribution),

    .. math:: S = 1 - \mathrm{Var}(N_w) / \mathrm{E}[\mathrm{Var}(N'_w)].

    Means are equal, so it is one less the quotient of the two dispersion indices. A quota in every window
    makes S 1; boundaries that know of no window make it 0; boundaries that gather in places make it less.

    Parameters
    ----------
    letters, real, place
        As above.
    edges : int64[m]
        Windows, as letters before each edge, ascending (`word_windows`, or those of the rule measured).
    """
    bases, rng = Bases.of_letters(letters), place.rng(letters, "window")
    at = np.unique(bases.pack(edges)) if bases.size else np.empty(0, np.int64)
    rows: Rows = {signal: [] for signal in real}
    for signal, level, found in _each(real):
        own = chance = None
        why = f"{max(0, len(at) - 1)} windows are too few" if len(at) < 11 else too_few(len(found))
        if len(at) >= 11 and len(found) >= LEAST:
            own, chance = _window_share(bases.pack(found), at, bases, rng)
        rows[signal].append(
            make_row(
                "window", level, f"{level} ends in windows of {WINDOW} words", "share", own, chance,
                "the same lengths in random order", len(found), why,
            )
        )  # fmt: skip
    return rows


def _window_share(
    packed: Places, at: Places, bases: Bases, rng: np.random.Generator
) -> tuple[Figure | None, Figure | None]:
    lengths = np.diff(packed, prepend=0, append=bases.size)
    drawn = []
    for _ in range(SHIFTS):
        moved = np.cumsum(rng.permutation(lengths))[:-1]
        drawn.append(float(np.histogram(moved, at)[0].var()))
    expected = float(np.mean(drawn))
    if expected == 0:
        return None, None
    counts = np.histogram(packed, at)[0].astype(np.float64)
    starts = bases.unpack(at[:-1])
    squares = bases.per_block(starts, (counts - counts.mean()) ** 2)
    found = ratio(squares, bases.per_block(starts) * expected, rng)
    own = None if found is None else Figure(1 - found.value, 1 - found.high, 1 - found.low)
    return own, spread([1 - one / expected for one in drawn])


def word_windows(ends: Places, size: int = WINDOW) -> Places:
    """Edges of windows of ``size`` words from the ends of words (letters before each), the first at 0."""
    return np.concatenate([[0], np.asarray(ends, np.int64)[size - 1 :: size]])
