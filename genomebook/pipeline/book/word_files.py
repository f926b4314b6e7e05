"""Memory maps of what the stages of a build have written so far, by volume."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genomebook.book.schema import Level
from genomebook.genome.stretches import prefix_sums
from genomebook.pipeline.book.sentences import PARAGRAPH_ROW, SENTENCE_ROW
from genomebook.pipeline.book.shelves import ShelfFiles
from genomebook.pipeline.book.words import WORD_COUNTS

MIN_MAPPED_BYTES = 1 << 24
"""Bytes of a range of rows that is mapped by itself."""


def mapped(path: Path, dtype: Any) -> NDArray[Any]:
    """Map a flat file; an empty array for an empty one."""
    if not path.stat().st_size:
        return np.empty(0, dtype)
    return np.memmap(path, dtype, "r").view(np.ndarray)


def rows_of(path: Path, whole: NDArray[Any], first: int, last: int) -> NDArray[Any]:
    """Rows [first, last) of a mapped file; a large range is mapped anew, so that its pages can be freed."""
    size = whole.dtype.itemsize * int(np.prod(whole.shape[1:]))
    if (last - first) * size < MIN_MAPPED_BYTES:
        return whole[first:last]
    shape = (last - first, *whole.shape[1:])
    return np.memmap(path, whole.dtype, "r", first * size, shape).view(np.ndarray)


class WordFiles:
    """Words and gaps of the volumes of a build, by number from 0.

    Parameters
    ----------
    words, gaps, counts : Path
        uint16 ids; int64[gaps, 2]; int64[volumes, 4] (`WORD_COUNTS`).
    """

    def __init__(self, words: Path, gaps: Path, counts: Path) -> None:
        self._words, self._ids = words, mapped(words, "<u2")
        self._gaps = mapped(gaps, "<i8").reshape(-1, 2)
        self.counts: NDArray[np.int64] = np.fromfile(counts, "<i8").reshape(-1, len(WORD_COUNTS))
        self._first, self._first_gap = (prefix_sums(self.counts[:, column]) for column in (0, 1))
        self._odds: dict[Path, NDArray[np.int8]] = {}

    def words(self, volumes: Iterable[range]) -> int:
        """Count the words of some shelves."""
        return int(sum(self.counts[shelf.start : shelf.stop, 0].sum() for shelf in volumes))

    def ids(self, number: int) -> NDArray[np.uint16]:
        """Words of a volume."""
        return rows_of(self._words, self._ids, *self._first[number : number + 2].tolist())

    def all_ids(self) -> Iterator[NDArray[np.uint16]]:
        """Words of each volume."""
        return (self.ids(number) for number in range(len(self.counts)))

    def odds(self, signal: Path, number: int) -> NDArray[np.int8]:
        """Log-odds of a volume by a signal: int8[words, 2]."""
        if signal not in self._odds:
            self._odds[signal] = mapped(signal, "i1").reshape(-1, 2)
        return rows_of(signal, self._odds[signal], *self._first[number : number + 2].tolist())

    def gaps(self, number: int) -> NDArray[np.int64]:
        """Gaps of a volume: int64[k, 2] of start and end."""
        return self._gaps[self._first_gap[number] : self._first_gap[number + 1]]


def read_divisions(
    scratch: ShelfFiles, volumes: int
) -> tuple[list[NDArray[np.void]], list[NDArray[np.void]]]:
    """Sentences and paragraphs (`SENTENCE_ROW`, `PARAGRAPH_ROW`) of each volume of a shelf."""
    counts = np.fromfile(scratch.counts("sentences"), "<i8").reshape(volumes, 2)
    divisions = []
    dtypes: dict[Level, np.dtype[np.void]] = {"sentences": SENTENCE_ROW, "paragraphs": PARAGRAPH_ROW}
    for column, (level, dtype) in enumerate(dtypes.items()):
        rows = mapped(scratch.rows(level), dtype)
        divisions.append([rows[low:high] for low, high in pairwise(prefix_sums(counts[:, column]).tolist())])
    return divisions[0], divisions[1]
