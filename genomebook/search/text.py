"""The letters of a book in two bits each, for reading at random places, and what lies where in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.book.flat import open_flat
from genomebook.compiled import kernel
from genomebook.search.schema import PARAGRAPHS, REMEDY, RUNS, SENTENCES, TEXT

_LETTERS = np.frombuffer(b"ACGT", np.uint8)


class Stretch(NamedTuple):
    """Part of a volume (number from 0); 0-based half-open letters of it."""

    volume: int
    start: int
    end: int


def words_of(letters: int) -> int:
    """Number of uint64 in the file of a text."""
    return -(-letters // 32) + 1


@kernel(nogil=True, inline="always")
def letter(packed, at):  # type: ignore[no-untyped-def]
    """Code of one letter."""
    return np.int64((packed[at >> 5] >> np.uint64((at & 31) << 1)) & np.uint64(3))


@kernel(nogil=True, inline="always")
def word(packed, at):  # type: ignore[no-untyped-def]
    """Letters [at, at + 32) as they are packed."""
    shift = np.uint64((at & 31) << 1)
    low = packed[at >> 5] >> shift
    if shift == 0:
        return low
    return low | (packed[(at >> 5) + 1] << (np.uint64(64) - shift))


@kernel(nogil=True)
def unpack(packed, start, end):  # type: ignore[no-untyped-def]
    """Codes of the letters [start, end) of a packed text: uint8[end - start], A, C, G, T as 0 to 3."""
    out = np.empty(end - start, np.uint8)
    for at in range(start, end):
        out[at - start] = letter(packed, at)
    return out


def positions(runs: NDArray[np.int64], volume: int, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Positions in the text of the first bases at or after places of a volume.

    Parameters
    ----------
    runs : int64[4, k]
        Volume, start in the volume, start in the text, length.
    volume : int
        Number, from 0.
    places : int64[n]
        0-based letters of the volume.

    Returns
    -------
    int64[n]
        Of a volume without bases, where the next one begins.
    """
    low, high = np.searchsorted(runs[0], [volume, volume + 1])
    if low == high:
        begin = runs[2, low] if low < runs.shape[1] else runs[2, -1] + runs[3, -1]
        return np.full(len(places), begin, np.int64)
    run = low + np.maximum(np.searchsorted(runs[1, low:high], places, "right") - 1, 0)
    return np.asarray(runs[2, run] + np.clip(places - runs[1, run], 0, runs[3, run]))


class Text:
    """Letters of a book without gaps, one run of bases after another.

    Parameters
    ----------
    folder : Path
        Of the index.
    about : mapping
        Its ``index.json``.

    Attributes
    ----------
    gc : float
        Share of the letters that are G or C.
    packed : uint64[ceil(letters / 32) + 1]
        32 letters each, memory-mapped.
    runs : int64[4, k]
        Volume, start in the volume, start in the text, length.
    bounds : int64[k + 1]
        Where the runs begin in the text, then its length.
    sentences, paragraphs : uint32[n]
        Where each begins in the text.
    """

    def __init__(self, folder: Path, about: Mapping[str, Any]) -> None:
        self.letters: int = about["letters"]
        self.gc: float = about["gc"]
        self.packed: NDArray[np.uint64] = open_flat(folder / TEXT, "<u8", words_of(self.letters), REMEDY)
        runs = open_flat(folder / RUNS, "<i8", 4 * about["runs"], REMEDY).reshape(4, -1)
        self.runs: NDArray[np.int64] = np.ascontiguousarray(runs, np.int64)
        self.bounds: NDArray[np.int64] = np.append(self.runs[2], self.letters)
        self.sentences: NDArray[np.uint32] = open_flat(folder / SENTENCES, "<u4", about["sentences"], REMEDY)
        self.paragraphs: NDArray[np.uint32] = open_flat(
            folder / PARAGRAPHS, "<u4", about["paragraphs"], REMEDY
        )

    def run_at(self, position: int) -> tuple[int, int]:
        """Start and end, in the text, of the run that holds a position."""
        run = int(np.searchsorted(self.bounds, position, "right")) - 1
        return int(self.bounds[run]), int(self.bounds[run + 1])

    def read(self, start: int, end: int) -> bytes:
        """Upper-case letters [start, end) of the text."""
        return bytes(_LETTERS[unpack(self.packed, start, end)])

    def stretch(self, start: int, end: int) -> Stretch:
        """Where the letters [start, end), of one run, lie in the book."""
        run = int(np.searchsorted(self.bounds, start, "right")) - 1
        volume, origin, first, _ = self.runs[:, run].tolist()
        return Stretch(volume, start - first + origin, end - first + origin)

    def position(self, volume: int, place: int) -> int:
        """Position in the text of the first base at or after a place of a volume (number from 0)."""
        return int(positions(self.runs, volume, np.array([place]))[0])

    def unit(self, starts: NDArray[np.uint32], number: int) -> tuple[int, int]:
        """Start and end in its volume of a unit that begins at ``starts[number]``."""
        first, last = self.span(starts, number, self.letters)
        return self.stretch(first, first + 1).start, self.stretch(last - 1, last).end

    @staticmethod
    def span(starts: NDArray[np.uint32], number: int, letters: int) -> tuple[int, int]:
        """Start and end in the text, of so many letters, of a unit."""
        return int(starts[number]), int(starts[number + 1]) if number + 1 < len(starts) else letters

    @staticmethod
    def holder(starts: NDArray[np.uint32], start: int, end: int) -> int:
        """Number of the unit (sentence, paragraph) that holds most of [start, end); the first of equals."""
        first = int(starts.searchsorted(np.uint32(start), "right")) - 1
        last = int(starts.searchsorted(np.uint32(end - 1), "right"))
        edges = [start, *starts[first + 1 : last].tolist(), end]
        sizes = [edges[at + 1] - edges[at] for at in range(len(edges) - 1)]
        return first + sizes.index(max(sizes))
