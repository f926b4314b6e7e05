"""Random access to the sequence of a book, packed at two bits per base, and its coordinates."""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.compiled import kernel
from genomebook.errors import DamagedBookError
from genomebook.language.alphabet import CODE, INVALID, NOT_BASE
from genomebook.search.schema import (
    AMBIGUOUS,
    AMBIGUOUS_LETTERS,
    PARAGRAPHS,
    REMEDY,
    RUNS,
    SENTENCES,
    TEXT,
    TextMeta,
    index_files,
)

_LETTERS = np.frombuffer(b"ACGT", np.uint8)


class Locus(NamedTuple):
    """Interval of a volume (numbered from 0); 0-based half-open."""

    volume: int
    start: int
    end: int


def damaged(path: Path, what: str) -> DamagedBookError:
    """Error for a file of an index with impossible content."""
    return DamagedBookError(f"{path}: {what}; {REMEDY}")


def packed_length(letters: int) -> int:
    """Number of uint64 in the packed text."""
    return -(-letters // 32) + 1


def pack(codes: NDArray[np.uint8]) -> bytes:
    """Put codes of bases (0 to 3) into two bits each, the first in the lowest; a multiple of four of them."""
    quads = codes.reshape(-1, 4)
    return (quads[:, 0] | quads[:, 1] << 2 | quads[:, 2] << 4 | quads[:, 3] << 6).tobytes()


@kernel(nogil=True, inline="always")
def letter(packed, at):  # type: ignore[no-untyped-def]
    """Code of a base."""
    return np.int64((packed[at >> 5] >> np.uint64((at & 31) << 1)) & np.uint64(3))


@kernel(nogil=True, inline="always")
def word(packed, at):  # type: ignore[no-untyped-def]
    """Packed bases [at, at + 32)."""
    shift = np.uint64((at & 31) << 1)
    low = packed[at >> 5] >> shift
    if shift == 0:
        return low
    return low | (packed[(at >> 5) + 1] << (np.uint64(64) - shift))


@kernel(nogil=True)
def unpack(packed, start, end):  # type: ignore[no-untyped-def]
    """Codes of bases [start, end) of a packed text: uint8[end - start], A, C, G, T as 0 to 3."""
    out = np.empty(end - start, np.uint8)
    for at in range(start, end):
        out[at - start] = letter(packed, at)
    return out


def positions(runs: NDArray[np.int64], volume: int, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Text positions of the first bases at or after positions in a volume.

    Parameters
    ----------
    runs : int64[4, k]
        Volume, start in the volume, start in the text, length.
    volume : int
        Number from 0.
    places : int64[n]
        0-based positions in the volume.

    Returns
    -------
    int64[n]
        For a volume without bases, the start of the next volume.
    """
    low, high = np.searchsorted(runs[0], [volume, volume + 1])
    if low == high:
        begin = runs[2, low] if low < runs.shape[1] else runs[2, -1] + runs[3, -1]
        return np.full(len(places), begin, np.int64)
    run = low + np.maximum(np.searchsorted(runs[1, low:high], places, "right") - 1, 0)
    return np.asarray(runs[2, run] + np.clip(places - runs[1, run], 0, runs[3, run]))


class PackedText:
    """Concatenated sequence of a book, without its gaps.

    Parameters
    ----------
    folder : Path
        Folder of the index.
    about : TextMeta
        Its record in ``index.json``.

    Attributes
    ----------
    gc : float
        GC content.
    packed : uint64[ceil(letters / 32) + 1]
        32 bases per item, memory-mapped; an ambiguous letter is stored as one of its bases.
    runs : int64[4, k]
        Volume, start in the volume, start in the text, length.
    bounds : int64[k + 1]
        Starts of the runs in the text, then its length.
    sentences, paragraphs : uint32[n]
        Their starts in the text.

    Raises
    ------
    DamagedBookError
        If a file is missing or truncated, or the runs are invalid.
    """

    def __init__(self, folder: Path, about: TextMeta) -> None:
        self.folder, self._files = folder, index_files(folder)
        self.letters: int = about.letters
        self.gc: float = about.gc
        self.packed: NDArray[np.uint64] = self._open(TEXT, "<u8", packed_length(self.letters))
        runs = self._open(RUNS, "<i8", 4 * about.runs).reshape(4, -1)
        self.runs: NDArray[np.int64] = np.ascontiguousarray(runs, np.int64)
        if not _are_runs(self.runs, self.letters):
            raise damaged(folder / RUNS, f"does not hold the runs of {self.letters:,} letters")
        self.bounds: NDArray[np.int64] = np.append(self.runs[2], self.letters)
        self._bounds: list[int] = self.bounds.tolist()
        self.sentences: NDArray[np.uint32] = self._open(SENTENCES, "<u4", about.sentences)
        self.paragraphs: NDArray[np.uint32] = self._open(PARAGRAPHS, "<u4", about.paragraphs)
        self._odd: NDArray[np.uint32] = np.empty(0, np.uint32)
        self._odd_letters: NDArray[np.uint8] = np.empty(0, np.uint8)
        if about.ambiguous:
            self._odd = self._open(AMBIGUOUS, "<u4", about.ambiguous)
            self._odd_letters = self._open(AMBIGUOUS_LETTERS, "u1", about.ambiguous)

    def _open(self, name: str, dtype: str, items: int) -> NDArray[Any]:
        return self._files.kept(name, dtype, items)

    @property
    def ambiguous_positions(self) -> NDArray[np.int64]:
        """Text positions of the ambiguous letters: int64[a], ascending."""
        return self._odd.astype(np.int64)

    @property
    def compiled(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """The text as compiled functions take it: packed bases and the bounds of the runs."""
        return self.packed, self.bounds

    def run_at(self, position: int) -> tuple[int, int]:
        """Start and end in the text of the run that contains a position."""
        run = bisect_right(self._bounds, position) - 1
        return self._bounds[run], self._bounds[run + 1]

    def read(self, start: int, end: int) -> bytes:
        """Upper-case letters [start, end) of the text: T for U, ambiguity codes kept."""
        letters = _LETTERS[unpack(self.packed, start, end)]
        if len(self._odd):
            low, high = self._odd.searchsorted(np.array([start, end], np.uint32))
            at = self._odd[low:high].astype(np.int64) - start
            if ((at < 0) | (at >= end - start)).any():
                raise damaged(self.folder / AMBIGUOUS, "positions that do not ascend")
            codes = CODE[self._odd_letters[low:high]]
            if ((codes <= NOT_BASE) | (codes == INVALID)).any():
                raise damaged(self.folder / AMBIGUOUS_LETTERS, "a letter that is not ambiguous")
            letters[at] = self._odd_letters[low:high]
        return bytes(letters)

    def stretch(self, start: int, end: int) -> Locus:
        """Locus of [start, end), which lies within a run."""
        run = bisect_right(self._bounds, start) - 1
        volume, origin, first, _ = self.runs[:, run].tolist()
        return Locus(volume, start - first + origin, end - first + origin)

    def position(self, volume: int, place: int) -> int:
        """Text position of the first base at or after a position in a volume."""
        return int(positions(self.runs, volume, np.array([place]))[0])

    def unit(self, starts: NDArray[np.uint32], number: int) -> tuple[int, int]:
        """Start and end in its volume of the unit that begins at ``starts[number]``."""
        first, last = self.span(starts, number)
        return self.stretch(first, first + 1).start, self.stretch(last - 1, last).end

    def span(self, starts: NDArray[np.uint32], number: int) -> tuple[int, int]:
        """Start and end in the text of the unit that begins at ``starts[number]``.

        Raises
        ------
        DamagedBookError
            If there is no such unit, or it is empty.
        """
        if 0 <= number < len(starts):
            start = int(starts[number])
            end = int(starts[number + 1]) if number + 1 < len(starts) else self.letters
            if 0 <= start < end <= self.letters:
                return start, end
        name = SENTENCES if starts is self.sentences else PARAGRAPHS
        raise damaged(self.folder / name, f"number {number + 1:,} does not lie in the text")

    @staticmethod
    def holder(starts: NDArray[np.uint32], start: int, end: int) -> int:
        """Number of the unit with the largest overlap with [start, end); the first on ties."""
        first = int(starts.searchsorted(np.uint32(start), "right")) - 1
        last = int(starts.searchsorted(np.uint32(end - 1), "right"))
        edges = [start, *starts[first + 1 : last].tolist(), end]
        sizes = [edges[at + 1] - edges[at] for at in range(len(edges) - 1)]
        return first + sizes.index(max(sizes))


def _are_runs(runs: NDArray[np.int64], letters: int) -> bool:
    """Whether runs tile the text and ascend within the volumes."""
    volume, start, at, length = runs
    if not len(volume) or volume[0] < 0 or (start < 0).any() or (length <= 0).any():
        return False
    if at[0] != 0 or ((at < 0) | (at >= letters)).any() or at[-1] + length[-1] != letters:
        return False
    if (at[1:] - at[:-1] != length[:-1]).any():
        return False
    further = np.diff(volume)
    return bool((further >= 0).all() and ((further > 0) | (start[1:] >= start[:-1] + length[:-1])).all())
