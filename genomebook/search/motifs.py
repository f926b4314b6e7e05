"""Every place of a motif in a book, on both strands.

A place has only A, C, G and T (U): N and ambiguous letters of the sequence match nothing, not even N of the
motif, and lower case counts like upper case. A motif that is its own reverse complement is on both strands
wherever it is on one: such a place counts once and its strand is ``.``.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.book.read import Book
from genomebook.book.volume import Volume
from genomebook.errors import SearchError
from genomebook.genome.stretches import prefix_sums, true_runs
from genomebook.language.alphabet import CODE, LETTERS, NOT_BASE, reverse_complement
from genomebook.search.motif_kernel import scan
from genomebook.search.motif_letters import as_motif, is_palindrome, masks
from genomebook.search.schema import FOLDER, INDEX, read_index
from genomebook.search.text import PackedText, pack

MAX_MISMATCHES = 8
THREADS = 2

_CHUNK = 8_000_000
"""Positions that a thread compares at a time."""

_READ = 16_000_000
_KEPT = 250_000_000
"""Bytes of packed text that are kept for a book without an index; of a longer one, nothing is."""

_U = LETTERS.index("U")
_T = LETTERS.index("T")


@dataclass(frozen=True)
class Motif:
    """What is looked for.

    Attributes
    ----------
    letters : str
        IUPAC letters, 3 to 64, in upper case, T for U.
    mismatches : int
        Letters that may differ.
    """

    letters: str
    mismatches: int = 0

    @classmethod
    def of(cls, text: str, mismatches: int = 0) -> Motif:
        """Read a motif as typed.

        Raises
        ------
        SearchError
            It is not one, or nearly every place would match.
        """
        letters = as_motif(text)
        telling = sum(letter != "N" for letter in letters)
        allowed = min(MAX_MISMATCHES, telling - 3)
        if not 0 <= mismatches <= max(allowed, 0):
            raise SearchError(
                f"{mismatches} mismatches in {telling} letters that are not N: allow at most "
                f"{max(allowed, 0)}, so that three letters count"
            )
        return cls(letters, mismatches)

    @property
    def is_palindrome(self) -> bool:
        """Whether it is its own reverse complement."""
        return is_palindrome(self.letters)

    @property
    def strands(self) -> str:
        """Strands of the places, by their number in `MotifPlaces.strands`."""
        return "." if self.is_palindrome else "+-"

    @property
    def masks(self) -> NDArray[np.uint8]:
        """Bases that each letter takes, uint8[strands, letters]: forward, then of the reverse complement."""
        rows = [self.letters]
        if not self.is_palindrome:
            rows.append(reverse_complement(self.letters.encode()).decode())
        return np.stack([masks(row) for row in rows])


class MotifPlaces(NamedTuple):
    """Places of a motif in one volume, ascending.

    Attributes
    ----------
    volume : int
        Number in the book, from 0.
    counts : int64[strands]
        All places of each strand.
    starts : int64[k]
        First letters, 0-based in the volume; fewer than there are, when only some were asked for.
    strands : uint8[k]
        Index in `Motif.strands`.
    mismatches : uint8[k]
        Letters that differ.
    """

    volume: int
    counts: NDArray[np.int64]
    starts: NDArray[np.int64]
    strands: NDArray[np.uint8]
    mismatches: NDArray[np.uint8]


class _Text(NamedTuple):
    """Packed bases, and the runs of them that lie side by side in a volume: int64[4, k] as in an index."""

    packed: NDArray[np.uint64]
    runs: NDArray[np.int64]


def find_motif(
    book: Book, motif: Motif, *, keep: int | None = None, threads: int = THREADS
) -> Iterator[MotifPlaces]:
    """Find a motif, chunk after chunk, in the order of the book: the first places come at once.

    Parameters
    ----------
    book : Book
        Its search index gives the packed text; without one the words are joined and packed, and kept in
        memory where that takes at most 250 MB.
    motif : Motif
        What to look for.
    keep : int, optional
        Places to give; further ones are only counted. All by default.
    threads : int
        Chunks compared at once.

    Yields
    ------
    MotifPlaces
        One or more for each volume that is long enough.
    """
    left = keep
    with ThreadPoolExecutor(threads) as pool:
        for text in _texts(book):
            waiting: list[Future[list[MotifPlaces]]] = []
            for chunk in _chunks(text.runs, len(motif.letters)):
                waiting.append(pool.submit(_scan, text, motif, chunk, left))
                if len(waiting) > 2 * threads:
                    for places in waiting.pop(0).result():
                        yield first_places(places, left)
                        left = None if left is None else left - min(left, len(places.starts))
            for future in waiting:
                for places in future.result():
                    yield first_places(places, left)
                    left = None if left is None else left - min(left, len(places.starts))


def first_places(places: MotifPlaces, keep: int | None) -> MotifPlaces:
    """The first places of a chunk, all of them without `keep`; the counts stay those of the whole chunk."""
    if keep is None or len(places.starts) <= keep:
        return places
    return places._replace(
        starts=places.starts[:keep], strands=places.strands[:keep], mismatches=places.mismatches[:keep]
    )


def _scan(text: _Text, motif: Motif, chunk: NDArray[np.int64], keep: int | None) -> list[MotifPlaces]:
    """Places that begin in some stretches: int64[3, k] of run, first and end position in the text."""
    room = 1 << 14 if keep is None else keep
    while True:
        starts, strands, edits = np.empty(room, np.int64), np.empty(room, np.uint8), np.empty(room, np.uint8)
        bounds = (np.ascontiguousarray(chunk[1]), np.ascontiguousarray(chunk[2]))
        counts = scan(text.packed, *bounds, motif.masks, motif.mismatches, starts, strands, edits)
        total = int(counts.sum())
        if keep is not None or total <= room:
            break
        room = total
    starts, strands, edits = starts[:total], strands[:total], edits[:total]
    run = chunk[0][np.searchsorted(chunk[1], starts, "right") - 1]
    local = starts - text.runs[2, run] + text.runs[1, run]
    volume = int(text.runs[0, chunk[0, 0]])
    return [MotifPlaces(volume, counts, local, strands, edits)]


def _chunks(runs: NDArray[np.int64], size: int) -> Iterator[NDArray[np.int64]]:
    """Where places of `size` letters may begin, of one volume each: int64[3, k] of run, first, end."""
    ready: list[tuple[int, int, int]] = []
    positions, volume = 0, -1
    for run, (of, _, start, length) in enumerate(runs.T.tolist()):
        end = start + length - size + 1
        if ready and (of != volume or positions >= _CHUNK):
            yield np.array(ready, np.int64).T
            ready, positions = [], 0
        volume = of
        for first in range(start, end, _CHUNK):
            last = min(first + _CHUNK, end)
            ready.append((run, first, last))
            positions += last - first
            if positions >= _CHUNK:
                yield np.array(ready, np.int64).T
                ready, positions = [], 0
    if ready:
        yield np.array(ready, np.int64).T


_packed: weakref.WeakKeyDictionary[Book, list[_Text]] = weakref.WeakKeyDictionary()
_packing = threading.Lock()


def _texts(book: Book) -> Iterator[_Text]:
    """The text of a book: that of its index, else volume after volume."""
    with _packing:
        kept = _packed.get(book)
    if kept is None and (indexed := _indexed(book)):
        kept = [indexed]
    if kept is None:
        whole: list[_Text] | None = [] if sum(volume.length for volume in book) <= 4 * _KEPT else None
        for volume in book:
            text = _pack_volume(volume)
            if whole is not None:
                whole.append(text)
            yield text
        kept = whole
    else:
        yield from kept
    if kept is not None:
        with _packing:
            _packed[book] = kept


def _indexed(book: Book) -> _Text | None:
    """The packed text of the index, where there is one."""
    folder = book.path / FOLDER
    if not (folder / INDEX).is_file():
        return None
    text = PackedText(folder, read_index(book, folder))
    return _Text(text.packed, _cut_at(text.runs, text.ambiguous_positions))


def _cut_at(runs: NDArray[np.int64], points: NDArray[np.int64]) -> NDArray[np.int64]:
    """Cut runs at single positions of the text, which are left out."""
    if not len(points):
        return runs
    rows = []
    for volume, start, at, length in runs.T.tolist():
        low, high = np.searchsorted(points, [at, at + length])
        edges = [at - 1, *points[low:high].tolist(), at + length]
        rows += [(volume, start + a + 1 - at, a + 1, b - a - 1) for a, b in pairwise(edges) if b - a > 1]
    return np.array(rows, np.int64).reshape(-1, 4).T


def _pack_volume(volume: Volume) -> _Text:
    """Join and pack the letters of a volume; its runs have no letter but A, C, G and T."""
    pieces, spans = [], []
    left = np.empty(0, np.uint8)
    for start in range(0, volume.length, _READ):
        letters = volume.sequence(start, min(start + _READ, volume.length))
        codes = CODE[np.frombuffer(letters, np.uint8)]
        codes[codes == _U] = _T
        is_base = codes < NOT_BASE
        spans.append(true_runs(is_base) + start)
        codes = np.concatenate([left, codes[is_base]])
        whole = len(codes) // 32 * 32
        pieces.append(pack(codes[:whole]))
        left = codes[whole:]
    pieces.append(pack(np.append(left, np.zeros(32 + -len(left) % 32, np.uint8))))
    found = np.concatenate(spans) if spans else np.empty((0, 2), np.int64)
    sizes = found[:, 1] - found[:, 0]
    numbers = np.full(len(found), volume.number, np.int64)
    runs = np.stack([numbers, found[:, 0], prefix_sums(sizes)[:-1], sizes])
    return _Text(np.frombuffer(b"".join(pieces), "<u8"), _joined(runs))


def _joined(runs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Join runs that touch where the volume was read in parts."""
    if runs.shape[1] < 2:
        return runs
    first = np.append(True, runs[1, 1:] != runs[1, :-1] + runs[3, :-1])
    firsts = np.flatnonzero(first)
    lengths = np.add.reduceat(runs[3], firsts)
    return np.stack([runs[0, firsts], runs[1, firsts], runs[2, firsts], lengths])
