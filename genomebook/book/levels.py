"""Zoom levels of a book: what a volume looks like from far away, at any width for the same cost.

Level 0 has bins of `BASE` letters, each level above it bins `STEP` times as wide, up to the first that has
`TOP` bins or fewer. A profile of a range is read from the level just below the width that is asked for.
Narrow ranges are measured in the book itself, letter by letter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import msgspec
import numpy as np
from numpy.typing import NDArray

from genomebook.book.annex import MANIFEST, Annex
from genomebook.book.schema import STRENGTH_UNIT, SURPRISAL_UNIT
from genomebook.book.volume import Volume
from genomebook.errors import DamagedBookError
from genomebook.files.checks import Flat
from genomebook.files.manifest import Count, validated
from genomebook.genome.stretches import prefix_sums
from genomebook.language.alphabet import GAP

BASE, STEP, TOP = 2048, 4, 256
"""Letters of a bin of level 0; how much wider a bin of the next level is; bins of the top level, at most."""

FIELDS = ("gc", "gap", "lower", "strength", "surprisal", "sentences", "paragraphs", "genes")
"""Quantities of every book, in the order of docs/book-format.md."""

TRACK = "track:"
"""Prefix of the name of a track where it stands beside those of `FIELDS`."""

PER_BIN = ("gap", "genes")
"""Quantities averaged over all letters; the others, and tracks, over those outside gaps."""

_GC, _LOWER, _KNOWN = 0, 1, 2


def _letter_classes() -> NDArray[np.uint8]:
    table = np.zeros((3, 256), np.uint8)
    for letter in b"ACGTU":
        for case in (letter, letter | 32):
            table[_KNOWN, case] = 1
            table[_GC, case] = letter in b"GC"
    table[_LOWER, ord("a") : ord("z") + 1] = 1
    table[_LOWER, ord("n")] = 0
    return table


_CLASSES = _letter_classes()


def widths(length: int) -> list[int]:
    """Letters of a bin at each level of a volume of `length` letters, finest first."""
    out = [BASE]
    while -(-length // out[-1]) > TOP:
        out.append(out[-1] * STEP)
    return out


def bins_of(length: int) -> list[int]:
    """Number of bins at each level of a volume."""
    return [-(-length // width) for width in widths(length)]


class Sums:
    """Sums over bins, from which every coarser bin is exact.

    Attributes
    ----------
    top, bottom : dict of str to float64[bins]
        Numerator and denominator of each quantity.
    """

    def __init__(
        self, top: Mapping[str, NDArray[np.float64]], bottom: Mapping[str, NDArray[np.float64]]
    ) -> None:
        self.top, self.bottom = dict(top), dict(bottom)

    def values(self) -> dict[str, NDArray[np.float32]]:
        """Quotients, NaN where the denominator is 0: float32[bins] each."""
        return {
            name: np.divide(
                top, self.bottom[name], out=np.full(len(top), np.nan), where=self.bottom[name] > 0
            ).astype(np.float32)
            for name, top in self.top.items()
        }

    def coarser(self) -> Sums:
        """Sums over bins `STEP` times as wide."""
        return Sums(
            {name: _grouped(values) for name, values in self.top.items()},
            {name: _grouped(values) for name, values in self.bottom.items()},
        )


def _grouped(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.add.reduceat(values, np.arange(0, len(values), STEP)), np.float64)


def measure(volume: Volume, edges: NDArray[np.int64]) -> Sums:
    """Measure letters, words and boundaries between edges.

    Parameters
    ----------
    volume : Volume
        The volume.
    edges : int64[bins + 1]
        Local positions, ascending; an empty bin has no value.

    Returns
    -------
    Sums
        Of all of `FIELDS` but the genes. Words, and their strength in nats and surprisal in bits, count in
        the bin in which they begin; a sentence or paragraph end in the bin of its last letter. Ends are
        given for each 1,000 letters outside gaps.
    """
    start, end = int(edges[0]), int(edges[-1])
    size = np.diff(edges).astype(np.float64)
    letters = np.frombuffer(volume.sequence(start, end), np.uint8)
    inside = edges - start
    gc, lower, known = (prefix_sums(table[letters])[inside] for table in _CLASSES)
    gap = prefix_sums((letters | 32) == ord("n"))[inside]
    bases, apart = (np.diff(of).astype(np.float64) for of in (known, gap))
    text = size - apart
    words = volume.words(start, end)
    kept = (words.ids != GAP) & (words.starts >= start)
    at = np.searchsorted(edges, words.starts[kept], "right") - 1

    def per_word(values: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        return np.bincount(at, values, len(size)).astype(np.float64)

    count = per_word()
    top = {
        "gc": np.diff(gc).astype(np.float64),
        "gap": apart,
        "strength": per_word(words.strength[kept] * STRENGTH_UNIT),
        "surprisal": per_word(words.surprisal[kept] * SURPRISAL_UNIT),
        "sentences": 1000 * _ends(volume.sentences(start, end)["end"].to_numpy(np.int64), edges),
        "paragraphs": 1000 * _ends(volume.paragraphs(start, end)["end"].to_numpy(np.int64), edges),
        "lower": np.diff(lower).astype(np.float64),
    }
    is_masked = bool(volume.counts["lower_case_runs"])
    bottom = {
        "gc": bases, "gap": size, "strength": count, "surprisal": count, "sentences": text,
        "paragraphs": text, "lower": text if is_masked else np.zeros_like(text),
    }  # fmt: skip
    return Sums(top, bottom)


def _ends(ends: NDArray[np.int64], edges: NDArray[np.int64]) -> NDArray[np.float64]:
    """Units that end in each bin, by the position of their last letter."""
    last = ends[(ends > edges[0]) & (ends <= edges[-1])] - 1
    at = np.searchsorted(edges, last, "right") - 1
    return np.bincount(at, minlength=len(edges) - 1).astype(np.float64)


class LevelsAbout(msgspec.Struct):
    """Metadata of the annex: width of the finest bins, step, quantities, tracks in order of their files."""

    base: Count
    step: Count
    fields: list[str]
    tracks: list[str]


class Levels:
    """The zoom levels on disk.

    Parameters
    ----------
    annex : Annex
        ``overview`` of the book.
    lengths : mapping of str to int
        Length of each volume, in book order.
    """

    def __init__(self, annex: Annex, lengths: Mapping[str, int]) -> None:
        self._annex, self._lengths = annex, dict(lengths)
        file = annex.path / MANIFEST
        about = validated(file, annex.about, LevelsAbout, annex.remedy)
        if (about.base, about.step, tuple(about.fields)) != (BASE, STEP, FIELDS):
            raise DamagedBookError(f"{file}: other zoom levels than this program reads; {annex.remedy}")
        self.tracks: tuple[str, ...] = tuple(about.tracks)
        """Names of the feature tracks whose density is known."""
        self.names: tuple[str, ...] = (*FIELDS, *(TRACK + track for track in self.tracks))
        """All quantities: `FIELDS`, then each track with the prefix `TRACK`."""

    @cached_property
    def _firsts(self) -> dict[str, int]:
        """Number of the first bin of each volume, and the total under ''."""
        sums = prefix_sums([sum(bins_of(length)) for length in self._lengths.values()]).tolist()
        return dict(zip([*self._lengths, ""], sums, strict=True))

    def _flat(self, name: str) -> Flat:
        return self._annex.flat(file_of(self.names.index(name)), "<f2", self._firsts[""])

    def bins(self, name: str, volume: str, level: int, first: int, last: int) -> NDArray[np.float32]:
        """Values of bins first to last (exclusive) of a level of a volume: float32; NaN where unknown.

        Parameters
        ----------
        name : str
            One of `names`.
        volume : str
            Name of the volume.
        level, first, last : int
            Level from 0, and bins of it.
        """
        at = self._firsts[volume] + sum(bins_of(self._lengths[volume])[:level])
        return np.asarray(self._flat(name)[at + first : at + last], np.float32)

    def problems(self) -> Iterator[str]:
        """Yield a line for each file with values that cannot be."""
        for number, name in enumerate(self.names):
            values = self._flat(name).all
            low, high = (0, 1) if name in ("gc", "gap", "lower") else (-np.inf, np.inf)
            if np.isinf(values).any() or ((values < low) | (values > high)).any():
                yield f"{self._annex.path / file_of(number)}: values out of range; {self._annex.remedy}"


def file_of(number: int) -> str:
    """Name of the file of a quantity; that of a track has a number, since its name is anyone's."""
    return f"{FIELDS[number]}.f16" if number < len(FIELDS) else f"track{number - len(FIELDS)}.f16"
