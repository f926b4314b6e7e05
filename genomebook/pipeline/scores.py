"""Stage: score every word of a book with a reader: one Parquet file a volume.

The book is divided into shares of words, each scored and kept by itself, so that an interrupted run resumes
and machines that see one folder can share the work: `plan_shares`, then `score_share` on any of them, then
`join_shares`. Files do not depend on the shares: a reader gives a word the same bits in every one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from threading import Event
from typing import Final, Literal, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from genomebook.book.meta import Made
from genomebook.book.read import Book, Volume
from genomebook.errors import DamagedBookError, ReaderError
from genomebook.files.atomic import aside
from genomebook.files.digests import canonical, file_digest
from genomebook.files.interrupts import stop_on_interrupt, stoppable
from genomebook.files.jobs import Job
from genomebook.files.locks import locked
from genomebook.files.manifest import FileName, Sha256
from genomebook.files.progress import Advance, no_progress
from genomebook.genome.stretches import between
from genomebook.language.alphabet import GAP
from genomebook.models.reader import Reader
from genomebook.options import check_new_path
from genomebook.pipeline.book.words import in_order

FORMAT: Final = "genomebook-scores-1"
SCORES = "scores.json"
WORDS_PER_SHARE = 16_384

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


class Share(NamedTuple):
    """Words [first, last) of the volume of a number, from 1 in the book's order."""

    volume: int
    first: int
    last: int

    @property
    def file(self) -> str:
        """Where its scores are kept while the rest is made."""
        return f"{self.volume:05d}-{self.first:012d}-{self.last:012d}.npy"

    @property
    def hidden_file(self) -> str:
        """Where its hidden states are kept."""
        return f"hidden-{self.file}"


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
            raise ReaderError(f"{book.path}: {what}; build the book with the reader's words, or use another")
        self.book, self.reader, self.hidden = book, reader, hidden
        self.volumes = list(book)
        self._words: dict[int, _Words] = {}

    def words(self, volume: int) -> _Words:
        """Words of a volume."""
        if volume not in self._words:
            self._words[volume] = _Words(self.volumes[volume - 1])
        return self._words[volume]

    @property
    def content(self) -> dict[str, object]:
        """What decides the scores."""
        return {key: value for key, value in self.record([]).items() if key != "volumes"}

    def record(self, volumes: list[VolumeScores]) -> dict[str, object]:
        """Content of ``scores.json``."""
        made = Made(self.reader.name, self.reader.digest)
        meta = ScoresMeta(
            format=FORMAT, book=self.book.digest, reader=made, hidden=self.hidden, volumes=volumes
        )
        return dict(msgspec.to_builtins(meta))


def plan_shares(scoring: Scoring, share: int = WORDS_PER_SHARE) -> list[Share]:
    """Divide a book into shares of about this many words; any number gives the same files."""
    return [
        Share(number, first, min(first + share, volume.counts["words"]))
        for number, volume in enumerate(scoring.volumes, 1)
        for first in range(0, volume.counts["words"], share)
    ]


def score_share(scoring: Scoring, share: Share, folder: Path) -> None:
    """Score a share into a folder, aside and renamed; nothing is done when it is there.

    Parameters
    ----------
    scoring : Scoring
        What is scored.
    share : Share
        Of `plan_shares`.
    folder : Path
        Gets a file of float32[n, 3] (surprisal in bits, log-odds of sentence and paragraph ends; NaN for gaps
        and for what the reader does not give) and, if wanted, one of float16[n, width].
    """
    if (folder / share.file).exists():
        return
    count, words = share.last - share.first, scoring.words(share.volume)
    out = np.full((count, len(_COLUMNS)), np.nan, np.float32)
    states = np.zeros((count if scoring.hidden else 0, scoring.reader.width), np.float16)
    for start, end in words.runs(share.first, share.last):
        first, last = max(start, share.first), min(end, share.last)
        run = words.ids[start:end]
        scores = scoring.reader.score(
            run,
            first - start,
            last - start,
            hidden=scoring.hidden,
            surprisal="surprisal" in scoring.reader.gives,
        )
        here = slice(first - share.first, last - share.first)
        if scores.surprisal is not None:
            out[here, 0] = scores.surprisal
        if scores.boundary is not None:
            out[here, 1:] = scores.boundary
        if scores.hidden is not None:
            states[here] = scores.hidden
    for name, array in ((share.hidden_file, states), (share.file, out)):  # the file that means done is last
        if array is out or scoring.hidden:
            with aside(folder / name) as temporary, temporary.open("wb") as file:
                np.save(file, array)


def join_shares(scoring: Scoring, shares: list[Share], parts: Path, result: Path) -> None:
    """Join scored shares into the result folder: ``00001.parquet`` and so on, then ``scores.json``.

    Parameters
    ----------
    scoring : Scoring
        What was scored.
    shares : list of Share
        All of `plan_shares`.
    parts : Path
        Folder of `score_share`.
    result : Path
        Made anew. Row i of a file is word i of the volume: start, end (int64, 0-based half-open in it),
        surprisal, sentence, paragraph (float32; null for a gap) and, if wanted, hidden (float16 list; zeros
        for a gap).
    """
    shutil.rmtree(result, ignore_errors=True)
    result.mkdir(parents=True)
    volumes = []
    for number, volume in enumerate(scoring.volumes, 1):
        path = result / f"{number:05d}.parquet"
        mine = [share for share in shares if share.volume == number]
        _write(scoring, volume, number, [parts / share.file for share in mine], path)
        volumes.append(VolumeScores(volume.name, path.name, file_digest(path)))
    (result / SCORES).write_bytes(canonical(scoring.record(volumes)))


def _write(scoring: Scoring, volume: Volume, number: int, files: list[Path], path: Path) -> None:
    """Write the Parquet file of a volume, in row groups that do not depend on the shares."""
    fields = [("start", pa.int64()), ("end", pa.int64()), *((name, pa.float32()) for name in _COLUMNS)]
    if scoring.hidden:
        fields.append(("hidden", pa.list_(pa.float16(), scoring.reader.width)))
    schema = pa.schema(fields)
    words, gaps = scoring.words(number), volume.gaps()
    lengths = scoring.book.vocabulary.lengths.astype(np.int64)
    if len(gaps) != len(words.gaps):
        raise DamagedBookError(f"{volume.files.gaps}: not as many gaps as the words say; rebuild the book")
    position, gap, first = 0, 0, 0
    with (
        path.open("wb") as file,  # a file, as Arrow takes no path that is not UTF-8
        pq.ParquetWriter(file, schema, compression="zstd", write_page_checksum=True) as writer,
    ):
        for scores, states in _groups(files, scoring.hidden):
            ids = words.ids[first : first + len(scores)]
            sizes = lengths[ids]
            here = np.flatnonzero(ids == GAP)
            sizes[here] = np.diff(gaps[gap : gap + len(here)], axis=1)[:, 0]
            ends = position + np.cumsum(sizes)
            columns = [pa.array(ends - sizes), pa.array(ends)]
            columns += [pa.array(values, mask=np.isnan(values)) for values in np.ascontiguousarray(scores.T)]
            if states is not None:
                columns.append(
                    pa.FixedSizeListArray.from_arrays(pa.array(states.reshape(-1)), states.shape[1])
                )
            writer.write_table(pa.table(columns, schema=schema), row_group_size=ROWS_PER_GROUP)
            position, gap, first = int(ends[-1]), gap + len(here), first + len(scores)


def _groups(
    files: list[Path], hidden: bool
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float16] | None]]:
    """Scores of consecutive words in groups of `ROWS_PER_GROUP` (the last is smaller), across files."""
    waiting: list[tuple[NDArray[np.float32], NDArray[np.float16] | None]] = []
    count = 0
    for number, path in enumerate(files):
        scores = np.load(path)
        waiting.append((scores, np.load(path.with_name(f"hidden-{path.name}")) if hidden else None))
        count += len(scores)
        while count >= ROWS_PER_GROUP or (number == len(files) - 1 and count):
            scores = np.concatenate([values for values, _ in waiting])
            states = (
                np.concatenate([values for _, values in waiting if values is not None]) if hidden else None
            )
            yield scores[:ROWS_PER_GROUP], None if states is None else states[:ROWS_PER_GROUP]
            waiting = [(scores[ROWS_PER_GROUP:], None if states is None else states[ROWS_PER_GROUP:])]
            count -= min(count, ROWS_PER_GROUP)


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
        Folder to make; see `join_shares`. The same call resumes an interrupted one, from ``OUTPUT.part``.
    workers : int
        Threads; 0 for one a core. Neither they nor the shares change a byte.
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
    check_new_path(output, "scores")
    scoring = Scoring(Book.open(source), reader, hidden)
    workers, stopped = workers or os.cpu_count() or 1, Event()
    job = Job(output, scoring.content)
    with locked(job.work), job.running(), stop_on_interrupt(stopped):
        check_new_path(output, "scores")
        shares, report = plan_shares(scoring, share), stoppable(advance, stopped)
        with ExitStack() as stack:
            pool = ThreadPoolExecutor(workers)
            stack.callback(pool.shutdown, cancel_futures=True)

            def run(part: Share) -> int:
                score_share(scoring, part, job.scratch)
                return part.last - part.first

            for words in in_order(pool, run, shares, 2 * workers):
                report(words)
        join_shares(scoring, shares, job.scratch, job.result)
        job.finish()
    return output
