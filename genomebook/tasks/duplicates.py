"""Duplicates across splits: on the other strand, and nearly equal by shared seeds and alignment."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from genomebook.language.alphabet import CODE, NOT_BASE, reverse_complement
from genomebook.search.alignment.align import align

SHAPE = "111010110100110111"
"""Spaced seed by which sequences find each other: PatternHunter's (Ma, Tromp, Li 2002), one position more."""

LONGEST = 2_000
"""Letters of a sequence that are compared."""

MIN_IDENTITY, MIN_SHARE = 0.8, 0.8
"""Near duplicates: least share of equal columns, and of the shorter sequence that is aligned."""

_COMMON = 30
"""A seed that more places of train have says nothing."""

_MIN_SEEDS = 2


@dataclass(frozen=True)
class Nearest:
    """What the sequences of one split find in another.

    Parameters
    ----------
    row : int64[n]
        The sequence of the other split that shares the most seeds; -1 where none shares two.
    shared : int64[n]
        How many they share; 0 where there is none.
    turned : int
        Sequences that are the reverse complement of one of the other split.
    pairs : list
        Each sequence on the strand on which it shares them, and that other sequence; None without one.
    """

    row: NDArray[np.int64]
    shared: NDArray[np.int64]
    turned: int
    pairs: list[tuple[str, str] | None]

    @cached_property
    def near(self) -> NDArray[np.bool_]:
        """Whether each sequence is a near duplicate of the other one, by their alignment: bool[n]."""
        return np.array([pair is not None and _is_near(*pair) for pair in self.pairs], bool)


def _turned(sequence: str) -> str:
    return reverse_complement(sequence.encode()).decode()


def _seeds(sequences: list[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Seeds of all sequences and the row of each, without those that touch N or two sequences."""
    if not sequences:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    text = np.frombuffer(("N" * len(SHAPE)).join(piece[:LONGEST] for piece in sequences).encode(), np.uint8)
    codes = CODE[text]
    sizes = np.array([min(len(piece), LONGEST) + len(SHAPE) for piece in sequences])
    rows = np.repeat(np.arange(len(sequences)), sizes)[: len(text)]
    windows = max(0, len(text) - len(SHAPE) + 1)
    seeds, usable = np.zeros(windows, np.int64), np.ones(windows, bool)
    for at, letter in enumerate(SHAPE):
        part = codes[at : at + windows]
        usable &= part < NOT_BASE
        if letter == "1":
            seeds = seeds * 4 + part
    return seeds[usable], rows[:windows][usable]


def nearest(queries: list[str], others: list[str]) -> Nearest:
    """Find for each sequence the one of another split that shares most seeds, on either strand.

    Parameters
    ----------
    queries, others : list of str
        Upper-case sequences; the first `LONGEST` letters are compared.
    """
    seeds, owners = _seeds(others)
    order = np.argsort(seeds, kind="stable")
    seeds, owners = seeds[order], owners[order]
    both = [sequence[:LONGEST] for sequence in queries] + [
        _turned(sequence[:LONGEST]) for sequence in queries
    ]
    asked, askers = _seeds(both)
    low, high = np.searchsorted(seeds, asked), np.searchsorted(seeds, asked, "right")
    counts = np.where(high - low <= _COMMON, high - low, 0)
    hits = np.repeat(low - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
    shared = np.repeat(askers, counts) * len(others) + owners[hits]
    pairs, number = np.unique(shared, return_counts=True)
    row, strand, most = (
        np.full(len(queries), -1),
        np.zeros(len(queries), bool),
        np.zeros(len(queries), np.int64),
    )
    often = number >= _MIN_SEEDS
    for pair, seen in zip(pairs[often].tolist(), number[often].tolist(), strict=True):
        asker, other = divmod(pair, len(others))
        query = asker % len(queries)
        if seen > most[query]:
            row[query], strand[query], most[query] = other, asker >= len(queries), seen
    aligned = [
        (both[query + len(queries) * int(strand[query])], others[other][:LONGEST]) if other >= 0 else None
        for query, other in enumerate(row.tolist())
    ]
    known = Counter(others)
    turned = sum(known[_turned(sequence)] > 0 for sequence in queries)
    return Nearest(row, most, turned, aligned)


def _is_near(query: str, other: str) -> bool:
    found = align(query.encode(), other.encode())
    shorter = min(len(query), len(other))
    return found.matches >= MIN_IDENTITY * max(found.columns, MIN_SHARE * shorter)
