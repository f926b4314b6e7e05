"""How much generated titles depend on the DNA: each unit is shuffled and titled again."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from operator import eq
from typing import NamedTuple

from genomebook.language.shuffle import dinucleotide_shuffle
from genomebook.models.generate import Titler
from genomebook.stats import wilson

PER = 100
"""Distinct titles are counted among this many units."""


class TitleControl(NamedTuple):
    """How much titles depend on the DNA.

    Attributes
    ----------
    n : int
        Units.
    titles, shuffled : tuple of str
        Of each unit, and of the unit shuffled.
    same : float
        Share of units whose title is that of their own shuffle; ``low`` and ``high``: 95 % interval (Wilson).
    chance : float
        Share of pairs of different units, one of them shuffled, with the same title.
    distinct, distinct_shuffled : float
        Different titles expected among `PER` of the units (all of them when there are fewer).
    """

    n: int
    titles: tuple[str, ...]
    shuffled: tuple[str, ...]
    same: float
    low: float
    high: float
    chance: float
    distinct: float
    distinct_shuffled: float


def control_titles(titler: Titler, units: Sequence[bytes], seed: int = 1) -> TitleControl:
    """Title units and their dinucleotide shuffles.

    Parameters
    ----------
    titler : Titler
        Makes the titles.
    units : sequence of bytes
        Letters of each unit.
    seed : int
        Seed of the shuffles.

    Returns
    -------
    TitleControl
        Figures; of no units, nan.
    """
    tokenize = titler.scripts.dna
    titles = tuple(titler.title(tokenize(letters)) for letters in units)
    mixed = [dinucleotide_shuffle(letters, seed, str(number)) for number, letters in enumerate(units)]
    shuffled = tuple(titler.title(tokenize(letters)) for letters in mixed)
    n, same = len(units), sum(map(eq, titles, shuffled))
    if not n:
        return TitleControl(0, (), (), *[math.nan] * 6)
    counts, others = Counter(titles), Counter(shuffled)
    pairs = sum(count * others[title] for title, count in counts.items()) - same
    return TitleControl(
        n,
        titles,
        shuffled,
        same / n,
        *wilson(same / n, n),
        pairs / (n * (n - 1)) if n > 1 else math.nan,
        _distinct(counts),
        _distinct(others),
    )


def _distinct(counts: Counter[str]) -> float:
    """Different titles expected among `PER` units drawn without putting back (Hurlbert 1971)."""
    n = counts.total()
    drawn = min(PER, n)
    return sum(1 - math.comb(n - count, drawn) / math.comb(n, drawn) for count in counts.values())
