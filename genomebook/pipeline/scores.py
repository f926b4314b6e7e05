"""Stage: score every word of a book with a reader: one Parquet file a volume.

The words are scored in shares (`genomebook.pipeline.shares`). Files do not depend on the shares: on CPUs of
one kind, with one version of the runtime, a reader gives a word the same bits in every one.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from genomebook.book.meta import Made
from genomebook.book.read import Book, Volume
from genomebook.errors import DamagedBookError, ReaderError
from genomebook.files.digests import canonical, file_digest
from genomebook.files.manifest import FileName, Sha256
from genomebook.files.progress import Advance, no_progress
from genomebook.genome.stretches import between
from genomebook.language.alphabet import CODE, GAP
from genomebook.language.cuts import cut_table, next_cut
from genomebook.models.reader import Reader
from genomebook.pipeline.book.words import in_order
from genomebook.pipeline.shares.readers import ReaderOf
from genomebook.pipeline.shares.whole import run_whole
from genomebook.pipeline.shares.work import About, ShareRows, evenly

FORMAT: Final = "genomebook-scores-1"
SCORES = "scores.json"
WORDS_PER_SHARE = 16_384
"""Words of a share of one process, and of a block of a larger share."""

WORDS_TO_A_CUT = 512
"""Words among which a share looks for a content cut to begin at."""

ROWS_PER_GROUP = 65_536

_COLUMNS = ("surprisal", "sentence", "paragraph")


class VolumeScores(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Name of a volume, and its file of scores with the SHA-256 of it."""

    name: str
    file: FileName
    sha256: Sha256


class ScoresMeta(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``scores.json``."""

    format: Literal["genomebook-scores-1"]
    book: Sha256
    reader: Made
    hidden: bool
    volumes: list[VolumeScores]


class _Words:
    """Ids of a volume and the gaps among them."""

    def __init__(self, volume: Volume) -> None:
        self.ids: NDArray[np.uint16] = volume.ids[:]

    @cached_property
    def gaps(self) -> NDArray[np.int64]:
        """Numbers of the words that are gaps."""
        return np.flatnonzero(self.ids == GAP)

    def runs(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """First and last word of each run between gaps that has words in [first, last)."""
        return between(self.gaps, len(self.ids), first, last)


class Scoring:
    """A book, the reader that scores it, and whether hidden states are kept.

    Parameters
    ----------
    book : Book
        Opened.
    reader : Reader
        Reader of the book's words.
    hidden : bool
        Whether hidden states are kept too (2 bytes x width a word).

    Raises
    ------
    ReaderError
        When the reader has another vocabulary than the book.
    """

    def __init__(self, book: Book, reader: Reader, hidden: bool = False) -> None:
        if reader.words != book.vocabulary.digest:
            what = f"reader {reader.name} does not read {book.vocabulary.name}"
            raise ReaderError(f"{book.path}: {what}; build the book with the model's words, or use another")
        self.book, self.reader, self.hidden = book, reader, hidden
        self.volumes = list(book)
        self._words: dict[int, _Words] = {}

    def words(self, volume: int) -> _Words:
        """Words of a volume."""
        if volume not in self._words:
            self._words[volume] = _Words(self.volumes[volume - 1])
        return self._words[volume]


def width_of(row: int) -> int:
    """Numbers of the hidden state in a row of so many bytes: float16, after the scores in float32."""
    return max(0, row - 4 * len(_COLUMNS)) // 2


class ScoreJoin:
    """Rows of scores to files; the reader that made them is not needed.

    Parameters
    ----------
    book : Book
        Opened.
    made : Made
        Name and digest of the reader.
    width : int
        Numbers of a hidden state; 0: none are kept.
    about : About
        What the scores are made from.
    """

    def __init__(self, book: Book, made: Made, width: int, about: About) -> None:
        self._book, self._made, self._width, self.about = book, made, width, about
        self._firsts = book.first_words

    @property
    def row(self) -> np.dtype[Any]:
        """Surprisal in bits and log-odds of sentence and paragraph ends (NaN: not given), hidden states."""
        fields: list[Any] = [("scores", "<f4", (len(_COLUMNS),))]
        if self._width:
            fields.append(("hidden", "<f2", (self._width,)))
        return np.dtype(fields)

    def join(self, rows: ShareRows, result: Path, advance: Advance) -> None:
        """Write ``00001.parquet`` and so on, then ``scores.json``.

        Row i of a file is word i of the volume: start, end (int64, 0-based half-open in it), surprisal,
        sentence, paragraph (float32; null for a gap) and, if wanted, hidden (float16 list; zeros for a gap).
        """
        volumes = []
        for number, volume in enumerate(self._book, 1):
            path = result / f"{number:05d}.parquet"
            groups = self._groups(rows, number, advance)
            _write(volume, self._book.vocabulary.lengths, self._width, groups, path)
            volumes.append(VolumeScores(volume.name, path.name, file_digest(path)))
        meta = ScoresMeta(
            format=FORMAT, book=self._book.digest, reader=self._made, hidden=self._width > 0, volumes=volumes
        )
        (result / SCORES).write_bytes(canonical(msgspec.to_builtins(meta)))

    def _groups(self, rows: ShareRows, number: int, advance: Advance) -> Iterator[NDArray[Any]]:
        """Rows of a volume in groups of `ROWS_PER_GROUP`; the last is smaller."""
        first, last = int(self._firsts[number - 1]), int(self._firsts[number])
        for at in range(first, last, ROWS_PER_GROUP):
            group = rows.read(at, min(at + ROWS_PER_GROUP, last))
            yield group
            advance(len(group))


class ScoreWork(ScoreJoin):
    """Scores of a book, made in shares of words.

    Parameters
    ----------
    scoring : Scoring
        What is scored.
    source : ReaderOf, optional
        How another process loads the reader; without it shares can only be made by this one.
    """

    unit = "words"

    def __init__(self, scoring: Scoring, source: ReaderOf | None = None) -> None:
        self.scoring, book, reader = scoring, scoring.book, scoring.reader
        source, width = source or ReaderOf(name=reader.name), reader.width if scoring.hidden else 0
        about = About(
            "score",
            self.unit,
            {"book": str(book.path.absolute()), "reader": source.name},
            {"book": book.digest, "reader": reader.digest},
            {**msgspec.to_builtins(source), "hidden": scoring.hidden, "made": reader.name},
        )
        super().__init__(book, Made(reader.name, reader.digest), width, about)

    @property
    def total(self) -> int:
        """Words, gaps included."""
        return int(self._firsts[-1])

    @property
    def output_bytes(self) -> int:
        """Rows and the positions of the words."""
        return self.total * (self.row.itemsize + 16)

    def bounds(self, shares: int) -> list[int]:
        """First word of each share: of an even division, the next word that begins at a content cut."""
        evens = evenly(self.total, shares)
        return sorted({evens[0], evens[-1], *map(self._at_cut, evens[1:-1])})

    def _at_cut(self, number: int) -> int:
        volume, first = self._volume(number)
        words = volume.numbered(number - first, number - first + WORDS_TO_A_CUT)
        gaps = np.flatnonzero(words.ids == GAP)
        end = int(gaps[0]) if len(gaps) else len(words)
        starts = words.starts[:end]
        if not end:
            return number
        letters = np.frombuffer(words.letters, np.uint8)[: words.ends[end - 1] - starts[0]]
        cut = int(next_cut(letters, 0, CODE, cut_table()))
        if cut == len(letters):
            return number + end if len(gaps) else number
        return number + int(np.searchsorted(starts, starts[0] + cut))

    def _volume(self, number: int) -> tuple[Volume, int]:
        """Volume of a word of the book, and the number of its first word."""
        which = int(np.searchsorted(self._firsts, number, "right")) - 1
        return self.scoring.volumes[which], int(self._firsts[which])

    def rows(self, first: int, last: int, workers: int) -> Iterator[NDArray[Any]]:
        """Score the words [first, last) of the book."""
        firsts = self._firsts.tolist()
        blocks = (
            (volume, max(at, first) - start, min(at + WORDS_PER_SHARE, last, end) - start)
            for volume, (start, end) in enumerate(pairwise(firsts), 1)
            if start < last and first < end
            for at in range(max(start, first), min(end, last), WORDS_PER_SHARE)
        )
        if workers == 1:
            yield from (self._score(*block) for block in blocks)
            return
        pool = ThreadPoolExecutor(workers)
        try:
            yield from in_order(pool, lambda block: self._score(*block), blocks, 2 * workers)
        finally:
            pool.shutdown(cancel_futures=True)

    def _score(self, number: int, first: int, last: int) -> NDArray[Any]:
        """Rows of the words [first, last) of the volume of a number, from 1."""
        scoring, words = self.scoring, self.scoring.words(number)
        out = np.zeros(last - first, self.row)
        out["scores"] = np.nan
        for start, end in words.runs(first, last):
            since, until = max(start, first), min(end, last)
            scores = scoring.reader.score(
                words.ids[start:end],
                since - start,
                until - start,
                hidden=scoring.hidden,
                surprisal="surprisal" in scoring.reader.gives,
            )
            here = slice(since - first, until - first)
            if scores.surprisal is not None:
                out["scores"][here, 0] = scores.surprisal
            if scores.boundary is not None:
                out["scores"][here, 1:] = scores.boundary
            if scores.hidden is not None:
                out["hidden"][here] = scores.hidden
        return out


def _write(
    volume: Volume, lengths: NDArray[Any], width: int, groups: Iterator[NDArray[Any]], path: Path
) -> None:
    """Write the Parquet file of a volume, in row groups that do not depend on the shares."""
    fields = [("start", pa.int64()), ("end", pa.int64()), *((name, pa.float32()) for name in _COLUMNS)]
    if width:
        fields.append(("hidden", pa.list_(pa.float16(), width)))
    schema = pa.schema(fields)
    words, gaps, lengths = _Words(volume), volume.gaps(), lengths.astype(np.int64)
    if len(gaps) != len(words.gaps):
        raise DamagedBookError(f"{volume.files.gaps}: not as many gaps as the words say; rebuild the book")
    position, gap, first = 0, 0, 0
    with (
        path.open("wb") as file,  # a file, as Arrow takes no path that is not UTF-8
        pq.ParquetWriter(file, schema, compression="zstd", write_page_checksum=True) as writer,
    ):
        for rows in groups:
            scores, ids = rows["scores"], words.ids[first : first + len(rows)]
            sizes = lengths[ids]
            here = np.flatnonzero(ids == GAP)
            sizes[here] = np.diff(gaps[gap : gap + len(here)], axis=1)[:, 0]
            ends = position + np.cumsum(sizes)
            columns = [pa.array(ends - sizes), pa.array(ends)]
            columns += [pa.array(values, mask=np.isnan(values)) for values in np.ascontiguousarray(scores.T)]
            if width:
                states = pa.array(np.ascontiguousarray(rows["hidden"]).reshape(-1))
                columns.append(pa.FixedSizeListArray.from_arrays(states, width))
            writer.write_table(pa.table(columns, schema=schema), row_group_size=ROWS_PER_GROUP)
            position, gap, first = int(ends[-1]), gap + len(here), first + len(rows)


def score(
    source: Path,
    reader: Reader,
    output: Path,
    workers: int = 0,
    hidden: bool = False,
    *,
    share: int = WORDS_PER_SHARE,
    advance: Advance = no_progress,
) -> Path:
    """Score every word of a book.

    Parameters
    ----------
    source : Path
        Folder of a book.
    reader : Reader
        Reader of the book's words.
    output : Path
        Folder to make; see `ScoreJoin.join`. The same call resumes an interrupted one, from ``OUTPUT.part``.
    workers : int
        Threads; 0 for one a core. Neither they nor the shares change a byte on one machine.
    hidden : bool
        Whether hidden states are written too.
    share : int
        Words of a share.
    advance : callable
        Called with the words done.

    Returns
    -------
    Path
        ``output``.

    Raises
    ------
    ReaderError
        When the reader does not read the book's words.
    BookError
        When there is no book, or it is damaged.
    OptionError
        When ``output`` is taken or its folder does not exist.
    """
    work = ScoreWork(Scoring(Book.open(source), reader, hidden))
    return run_whole(work, output, -(-work.total // share), workers=workers, advance=advance)
