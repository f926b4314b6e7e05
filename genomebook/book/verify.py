"""Verify a book: files against their digests, volumes against the digests of the reference."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from genomebook.book.annex import MANIFEST, NAMES, is_annex_as_written
from genomebook.book.feature_schema import TRACKS
from genomebook.book.features import feature_problems
from genomebook.book.meta import is_as_written
from genomebook.book.occurrences import count_blocks
from genomebook.book.read import Book, Volume
from genomebook.book.schema import BOOK_JSON, LEVELS, LEXICON, OCCURRENCES, ROWS, Level
from genomebook.errors import DamagedBookError, GenomebookError
from genomebook.files.checks import CHECKSUMS, CheckedFolder, digest_blocks
from genomebook.files.progress import Advance, no_progress
from genomebook.genome.digests import SequenceDigest
from genomebook.genome.stretches import prefix_sums

WINDOW = 4_000_000
GROUPS = 16
"""Row groups checked together."""

CHUNK = 1 << 20
"""Words counted together."""

COLUMNS = 1024
"""Blocks of the occurrence index checked together."""


REMEDY = "restore the file or rebuild the book"


def _file_problems(book: Book) -> Iterator[str]:
    if not is_as_written(book.path):
        yield f"{book.path / BOOK_JSON}: altered; {REMEDY}"
    yield from _folder_problems(book.folder)
    for name in NAMES:
        try:
            annex = book.annex(name)
        except GenomebookError as error:
            yield str(error)
            continue
        if annex is not None:
            if not is_annex_as_written(annex):
                yield f"{annex.path / MANIFEST}: altered; {annex.remedy}"
            yield from _folder_problems(annex)


def _folder_problems(folder: CheckedFolder) -> Iterator[str]:
    """Files that differ from the manifest of their folder; unlisted files are ignored."""
    try:
        known_sums = folder.sums
        folder.fetch()
    except GenomebookError as error:
        yield str(error)
        return
    for name, known in (folder.files or {}).items():
        path = folder.path / name
        if not path.is_file():
            yield f"{path}: missing; {folder.remedy}"
        elif path.stat().st_size != known.bytes:
            yield f"{path}: {path.stat().st_size} bytes, {known.bytes} expected; {folder.remedy}"
        else:
            digest, sums = digest_blocks(path)  # read, not mapped, to release the pages of a large book
            if digest != known:
                yield f"{path}: altered (its SHA-256 differs); {folder.remedy}"
            elif not np.array_equal(sums, known_sums[name]):
                yield f"{folder.path / CHECKSUMS}: not those of {name}; {folder.remedy}"


def _volume_problems(volume: Volume, pool: Executor, advance: Advance) -> Iterator[str]:
    digest = SequenceDigest(pool)  # hashes one window while the next is decoded
    for start in range(0, volume.length, WINDOW):
        end = min(start + WINDOW, volume.length)
        digest.update(volume.sequence(start, end))
        advance(end - start)
    if (digest.refget, digest.md5) != (volume.refget, volume.md5):
        yield f"{volume.files.words}: the words, joined, are not the letters of {volume.name}; rebuild it"


def _spans(book: Book, level: Level) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Starts and ends of all rows of a level on the concatenated volumes, a few groups at a time.

    Raises
    ------
    DamagedBookError
        If a row lies outside its volume.
    """
    contents = book.contents
    table, firsts = contents.table(level), contents.firsts(level)
    before = prefix_sums(contents.lengths)
    groups = -(-contents.total(level) // ROWS)
    for group in range(0, groups, GROUPS):
        rows = table.groups(group, min(group + GROUPS, groups))
        number = np.searchsorted(firsts, group * ROWS + np.arange(len(rows)), "right") - 1
        starts, ends = (before[number] + rows[name].to_numpy() for name in ("start", "end"))
        if (starts < before[number]).any() or (ends > before[number + 1]).any():
            raise table.damaged("a row lies outside its volume")
        yield starts, ends


def _tiling_problems(book: Book) -> Iterator[str]:
    """Check that sections tile the volumes, paragraphs the parts between gaps, and sentences paragraphs."""
    gaps = book.contents.gaps[:].reshape(2, -1)
    in_gaps = int(gaps[1].sum() - gaps[0].sum())
    letters = sum(book.contents.lengths)
    firsts = [starts for starts, _ in _spans(book, "paragraphs")]
    first_letters = np.concatenate([np.empty(0, np.int64), *firsts])
    for level in LEVELS:
        file = book.contents.files.table(level)
        begun = covered = at = 0
        ordered, tiled = True, True
        for starts, ends in _spans(book, level):
            before = np.append(at, ends[:-1])
            ordered &= bool((starts >= before).all() and (starts < ends).all())
            tiled &= bool((starts == before).all())
            covered += int((ends - starts).sum())
            if level == "sentences" and len(first_letters):
                near = first_letters[np.searchsorted(first_letters[:-1], starts)]
                begun += int(np.count_nonzero(near == starts))
            at = int(ends[-1])
        if not ordered:
            yield f"{file}: rows overlap; {REMEDY}"
        elif level in ("sentences", "paragraphs"):
            if covered + in_gaps != letters:
                yield f"{file}: covers {covered + in_gaps:,} of {letters:,} letters; rebuild the book"
            if level == "sentences" and begun != len(first_letters):
                here = book.contents.files.table("paragraphs")
                yield f"{here}: paragraphs do not begin with sentences; rebuild the book"
        elif not tiled or at != letters:
            yield f"{file}: does not tile the volumes; {REMEDY}"


def _lexicon_problems(book: Book) -> Iterator[str]:
    """Check the occurrence index and the lexicon against the words."""
    index = book.occurrences[:].reshape(-1, book.blocks)
    words = book.contents.words
    chunks = (words[first : first + CHUNK] for first in range(0, len(words), CHUNK))
    total = np.zeros(len(index), np.int64)
    first = 0
    for counts in count_blocks(chunks, len(index), COLUMNS):
        if not np.array_equal(counts, index[:, first : first + counts.shape[1]]):
            yield f"{book.path / OCCURRENCES}: does not agree with the words; {REMEDY}"
            return
        total += counts.sum(axis=1, dtype=np.int64)
        first += counts.shape[1]
    table = book.lexicon.table
    with_letters = np.flatnonzero(book.vocabulary.lengths)
    if not np.array_equal(table["id"], with_letters) or not np.array_equal(
        table["count"], total[with_letters]
    ):
        yield f"{book.path / LEXICON}: does not agree with the words; {REMEDY}"


def problems(book: Book, advance: Advance = no_progress) -> list[str]:
    """List all problems of a book.

    Parameters
    ----------
    book : Book
        The book.
    advance : callable
        Progress callback, called with the number of letters checked since the last call.

    Returns
    -------
    list of str
        One line per problem, with file and remedy; empty if the book is intact. Volumes are checked only if
        all files are intact, the lexicon only if the volumes are.
    """
    lines = list(_file_problems(book))
    with ThreadPoolExecutor(2) as pool:
        for volume in book if not lines else ():
            try:
                lines += _volume_problems(volume, pool, advance)
            except GenomebookError as error:
                lines.append(str(error))
    if not lines:
        try:
            lines += _tiling_problems(book)
            lines += _lexicon_problems(book)
            lines += book.annotation.problems() if book.annotation else ()
            lines += book.transcripts.problems()
            lines += book.levels.problems() if book.levels else ()
            tracks = book.annex(TRACKS)
            lines += feature_problems(book.features, tracks) if tracks else ()
        except GenomebookError as error:
            lines.append(str(error))
    return lines


def verify(book: Book, raise_errors: bool = False, advance: Advance = no_progress) -> bool:
    """Whether a book is intact; or raise with the first problem and the number of problems.

    Raises
    ------
    DamagedBookError
        If ``raise_errors`` and there is a problem.
    """
    lines = problems(book, advance)
    if lines and raise_errors:
        more = f" (and {len(lines) - 1} more problems)" if len(lines) > 1 else ""
        raise DamagedBookError(lines[0] + more)
    return not lines
