"""Checking a book: every file against its digest, every volume against the reference's digests."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from genomebook.book.read import Book, Volume
from genomebook.book.write import book_digest, file_digest
from genomebook.errors import DamagedBookError, GenomebookError
from genomebook.genome.digests import SequenceDigest

WINDOW = 4_000_000


def _file_problems(book: Book) -> Iterator[str]:
    if book_digest(book.meta) != book.digest:
        yield f"{book.path / 'book.json'}: altered; restore the file or rebuild the book"
    for name, known in book.meta["files"].items():
        path = book.path / name
        if not path.is_file():
            yield f"{path}: missing; restore the file or rebuild the book"
        elif path.stat().st_size != known["bytes"]:
            yield f"{path}: {path.stat().st_size} bytes, {known['bytes']} expected; restore the file or rebuild the book"
        elif file_digest(path) != known["sha256"]:
            yield f"{path}: altered (its SHA-256 differs); restore the file or rebuild the book"


def _volume_problems(volume: Volume, advance: Callable[[int], None]) -> Iterator[str]:
    digest = SequenceDigest()
    for start in range(0, volume.length, WINDOW):
        end = min(start + WINDOW, volume.length)
        digest.update(volume.sequence(start, end))
        advance(end - start)
    if (digest.refget, digest.md5) != (volume.refget, volume.md5):
        yield f"{volume.files.words}: the words of {volume.name}, joined, are not the reference; rebuild the book"
    yield from _tiling_problems(volume)


def _tiling_problems(volume: Volume) -> Iterator[str]:
    """Sections tile the volume; paragraphs tile what is between gaps, and sentences tile paragraphs."""
    bounds = {}
    for level in ("parts", "chapters", "sections", "paragraphs", "sentences"):
        rows = getattr(volume, level)()
        starts, ends = rows["start"].to_numpy(), rows["end"].to_numpy()
        if len(starts) != volume.counts[level] or (starts[1:] < ends[:-1]).any() or (starts >= ends).any():
            yield f"{volume.files.table(level)}: rows overlap or are too few; restore the file or rebuild the book"
        bounds[level] = (starts, ends)
    gaps = volume.gaps()
    for level in ("sentences", "paragraphs"):
        starts, ends = bounds[level]
        covered = int((ends - starts).sum() + (gaps[:, 1] - gaps[:, 0]).sum())
        if covered != volume.length:
            yield f"{volume.files.table(level)}: covers {covered:,} of {volume.length:,} letters; rebuild the book"
    for level in ("sections", "chapters", "parts"):
        starts, ends = bounds[level]
        if not len(starts) or starts[0] != 0 or ends[-1] != volume.length or (starts[1:] != ends[:-1]).any():
            yield f"{volume.files.table(level)}: does not tile the volume; restore the file or rebuild the book"
    if not np.isin(bounds["paragraphs"][0], bounds["sentences"][0]).all():
        yield f"{volume.files.table('paragraphs')}: paragraphs do not begin with sentences; rebuild the book"


def problems(book: Book, advance: Callable[[int], None] = lambda letters: None) -> list[str]:
    """Find everything that is wrong with a book.

    Parameters
    ----------
    book : Book
        Opened.
    advance : callable
        Told how many letters have been checked since the last call.

    Returns
    -------
    list of str
        One line per problem, naming the file and the remedy; empty when the book is whole. Volumes are only
        read when every file is as it was written.
    """
    found = list(_file_problems(book))
    for volume in book if not found else ():
        try:
            found += _volume_problems(volume, advance)
        except GenomebookError as error:
            found.append(str(error))
    return found


def verify(book: Book, raise_errors: bool = False, advance: Callable[[int], None] = lambda letters: None) -> bool:
    """Say whether a book is whole, or raise with the first problem and how many there are.

    Raises
    ------
    DamagedBookError
        When ``raise_errors`` and something is wrong.
    """
    found = problems(book, advance)
    if found and raise_errors:
        more = f" (and {len(found) - 1} more problems)" if len(found) > 1 else ""
        raise DamagedBookError(found[0] + more)
    return not found
