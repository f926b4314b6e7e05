"""Stage: a book to the text in two bits a letter and its index of spaced seeds.

The files do not depend on shares or threads.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genomebook.book.read import Book, Volume
from genomebook.book.schema import Level
from genomebook.errors import BookError
from genomebook.files.atomic import aside
from genomebook.files.progress import Advance, no_progress
from genomebook.genome.stretches import prefix_sums, true_runs
from genomebook.language.alphabet import BASES, CODE, LETTERS, NOT_BASE
from genomebook.pipeline.search.parts import write_seeds
from genomebook.search.schema import (
    AMBIGUOUS,
    AMBIGUOUS_LETTERS,
    PARAGRAPHS,
    RUNS,
    SENTENCES,
    TEXT,
    Sampling,
    TextMeta,
    sampling_for,
)
from genomebook.search.text import pack, positions

LETTERS_PER_READ = 4_000_000
"""Letters of a volume that are read, packed and counted at a time."""

LONGEST = 2**32 - 1

MAX_AMBIGUOUS = 16
"""Ambiguous letters side by side that a run of letters may have; more end it, as a gap does."""

_STANDS_FOR = dict(zip("NRYSWKMBDHVU", "AACCAGACAAAT", strict=True))

_STORED: NDArray[np.uint8] = np.array(
    [BASES.index(_STANDS_FOR.get(letter, letter)) for letter in LETTERS], np.uint8
)
"""Code in the text by code in the book: U is T, an ambiguous letter the first of its bases."""

_U = LETTERS.index("U")
_LETTERS = np.frombuffer(LETTERS.encode(), np.uint8)


def seed_index(
    book: Book,
    folder: Path,
    *,
    workers: int = 1,
    sampling: Sampling | None = None,
    advance: Advance = no_progress,
) -> TextMeta:
    """Write the text and the seeds of a book.

    Parameters
    ----------
    book : Book
        Any.
    folder : Path
        For the files; exists.
    workers : int
        Threads.
    sampling : Sampling, optional
        Which seeds; by default those for a text of this length.
    advance : callable
        Called with the letters done: in all, three times those of the book.

    Returns
    -------
    TextMeta
        For ``index.json``.

    Raises
    ------
    BookError
        When the book has no bases, or more than a uint32 can count.
    """
    runs, odd, gc = _write_text(book, folder, advance)
    letters = int(runs[3].sum())
    units = _write_starts(book, folder, runs)
    return TextMeta(
        letters=letters,
        ambiguous=odd,
        gc=round(gc / (letters - odd), 4),
        runs=runs.shape[1],
        volumes=len(book.volumes),
        sentences=units["sentences"],
        paragraphs=units["paragraphs"],
        seeds=write_seeds(folder, letters, sampling or sampling_for(letters), workers, advance),
    )


def _codes(volume: Volume) -> Iterator[tuple[int, NDArray[np.uint8], NDArray[np.bool_]]]:
    """A volume a part at a time: place of its first letter, codes (T for U), whether each is in the text."""
    around = MAX_AMBIGUOUS + 1
    for start in range(0, volume.length, LETTERS_PER_READ):
        end = min(start + LETTERS_PER_READ, volume.length)
        low = max(0, start - around)
        letters = volume.sequence(low, min(end + around, volume.length))
        codes = CODE[np.frombuffer(letters, np.uint8)]
        codes[codes == _U] = BASES.index("T")
        yield start, codes[start - low : end - low], _kept(codes)[start - low : end - low]


def _kept(codes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether letters are in the text: bases, and between two bases a few ambiguous letters."""
    base = codes < NOT_BASE
    low, high = true_runs(codes > NOT_BASE).T
    beside = np.append(base, False)  # before the first letter and behind the last: no base
    few = (high - low <= MAX_AMBIGUOUS) & beside[low - 1] & beside[high]
    marks = np.zeros(len(codes) + 1, np.int8)
    marks[low[few]], marks[high[few]] = 1, -1
    return np.asarray(base | (np.cumsum(marks[:-1], dtype=np.int8) > 0) if few.any() else base)


def _write_text(book: Book, folder: Path, advance: Advance) -> tuple[NDArray[np.int64], int, int]:
    """Write the letters, those that are ambiguous, and the runs.

    Gives the runs, int64[4, k], how many letters are ambiguous, and how many are G or C.
    """
    rows: list[tuple[int, int, int]] = []
    left, done, gc, odd = np.empty(0, np.uint8), 0, 0, 0
    with ExitStack() as stack:
        file, places, names = (
            stack.enter_context(stack.enter_context(aside(folder / name)).open("wb"))
            for name in (TEXT, AMBIGUOUS, AMBIGUOUS_LETTERS)
        )
        for number, volume in enumerate(book):
            for start, codes, kept in _codes(volume):
                _add_runs(rows, number, start, kept)
                gc += int(np.count_nonzero((codes == 1) | (codes == 2)))
                letters = codes[kept]
                at = np.flatnonzero(letters > NOT_BASE)
                places.write((at + done + len(left)).astype("<u4").tobytes())
                names.write(_LETTERS[letters[at]].tobytes())
                odd += len(at)
                letters = np.concatenate([left, _STORED[letters]])
                whole = len(letters) // 32 * 32
                file.write(pack(letters[:whole]))
                left = letters[whole:]
                done += whole
                advance(len(codes))
        file.write(pack(np.append(left, np.zeros(32 + -len(left) % 32, np.uint8))))
        done += len(left)
        if not done:
            raise BookError(f"{book.path}: has no letter A, C, G, T or U; there is nothing to search")
        if done > LONGEST:
            raise BookError(f"{book.path}: {done:,} letters are more than an index holds; index parts of it")
    if not odd:
        for name in (AMBIGUOUS, AMBIGUOUS_LETTERS):
            (folder / name).unlink()
    volumes, starts, lengths = np.array(rows, np.int64).T
    runs = np.stack([volumes, starts, prefix_sums(lengths)[:-1], lengths])
    with aside(folder / RUNS) as path:
        path.write_bytes(runs.astype("<i8").tobytes())
    return runs, odd, gc


def _add_runs(rows: list[tuple[int, int, int]], number: int, start: int, kept: NDArray[np.bool_]) -> None:
    """Add the runs of a part of a volume: its number, their first letters, their lengths."""
    for low, high in (true_runs(kept) + start).tolist():
        if rows and rows[-1][0] == number and rows[-1][1] + rows[-1][2] == low:
            rows[-1] = (number, rows[-1][1], rows[-1][2] + high - low)
        else:
            rows.append((number, low, high - low))


def _write_starts(book: Book, folder: Path, runs: NDArray[np.int64]) -> dict[str, int]:
    """Write where sentences and paragraphs begin in the text; give how many there are of each."""
    counts: dict[str, int] = {}
    files: dict[Level, str] = {"sentences": SENTENCES, "paragraphs": PARAGRAPHS}
    for level, name in files.items():
        counts[level] = 0
        with aside(folder / name) as path, path.open("wb") as file:
            column, firsts = book.contents.table(level).column("start"), book.contents.firsts(level)
            for number, volume in enumerate(book):
                first = firsts[number]
                starts = column[first : first + volume.counts[level]]
                file.write(positions(runs, number, starts.astype(np.int64)).astype("<u4").tobytes())
                counts[level] += len(starts)
    return counts
