"""What is being built, kept in the working folder: an interrupted build resumes and no other mixes in."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from genomebook import __version__
from genomebook.book.annex import OLD
from genomebook.book.schema import BOOK_JSON, BookFiles, Level
from genomebook.errors import BookError
from genomebook.files.atomic import aside, put_folder
from genomebook.files.digests import canonical
from genomebook.files.locks import LOCK
from genomebook.genome.fasta import Record
from genomebook.genome.names import karyotype_key
from genomebook.pipeline.book.stream import Stream

PLAN = "plan.json"
DONE = "done.json"


@dataclass(frozen=True)
class Plan:
    """Everything a book follows from.

    Attributes
    ----------
    source : str
        The FASTA's file name.
    source_bytes, source_mtime_ns : int
        Its size and time, so that a changed file is noticed.
    title, assembly : str
        Shown to the reader.
    words : str
        Name of the vocabulary; ``words_digest`` says which.
    reader : str
        ``ngram`` or ``ngram-book``; ``reader_digest`` says which counts the former has.
    letters_digest, calibration_digest : str
        Counts of letters; constants of the signals.
    neural, neural_digest : str
        Neural reader, or ``""``.
    signal : str
        What cuts the book.
    generated_titles : bool
        Whether the neural reader writes titles too.
    genes, genes_digest : str
        File name and SHA-256 of the gene file, or ``""``.
    program : str
        Version of genomebook: stages of two versions do not mix.
    """

    source: str
    source_bytes: int
    source_mtime_ns: int
    title: str
    assembly: str
    words: str
    words_digest: str
    reader: str
    reader_digest: str
    letters_digest: str
    calibration_digest: str
    neural: str
    neural_digest: str
    signal: str
    generated_titles: bool
    genes: str
    genes_digest: str
    program: str = __version__


@dataclass(frozen=True)
class Workdir:
    """The folder beside the book in which it is made: ``BOOK.part``."""

    book: Path

    @classmethod
    def of(cls, book: Path) -> Workdir:
        """Of the book that a symbolic link, or a name like ``.``, leads to: it is what is replaced."""
        return cls(book.resolve() if book.is_symlink() or book.name in ("", "..") else book)

    @property
    def path(self) -> Path:
        """The working folder."""
        return Path(f"{self.book}.part")

    @property
    def genome(self) -> Path:
        """The unpacked FASTA."""
        return self.path / "genome"

    @property
    def scratch(self) -> Path:
        """Intermediate files, removed at the end."""
        return self.path / "scratch"

    @property
    def shuffled(self) -> Path:
        """int64[n_ids] counts of words in all shuffled copies."""
        return self.scratch / "shuffled.i64"

    @property
    def result(self) -> Path:
        """What becomes the book."""
        return self.path / "book"

    @property
    def old(self) -> Path:
        """The book that is being replaced, for the moment between two renames."""
        return self.path / OLD

    @property
    def files(self) -> BookFiles:
        """Files of the book that all volumes share."""
        return BookFiles(self.result)

    def stream(self, name: str, files: Mapping[str, Path]) -> Stream:
        """Files that a stage appends to, with its journal."""
        return Stream(self.scratch / f"{name}.json", files)

    def shelf(self, number: int) -> Scratch:
        """Intermediate files of a shelf, by its number from 0."""
        return Scratch(self.scratch, number)


@dataclass(frozen=True)
class Scratch:
    """Intermediate files of one shelf."""

    folder: Path
    number: int

    def _path(self, name: str, ending: str) -> Path:
        return self.folder / f"{self.number:06d}.{name}.{ending}"

    def counts(self, stage: str) -> Path:
        """int64[volumes, ...] of what a stage counted in each volume; there when the stage is done."""
        return self._path(stage, "i64")

    def rows(self, level: Level) -> Path:
        """Rows of all volumes, flat."""
        return self._path(level, "rows")

    def table(self, level: Level) -> Path:
        """Parquet table of all volumes."""
        return self._path(level, "parquet")


def in_book_order(records: list[Record]) -> list[Record]:
    """Sort volumes: chromosomes 1 to 22, X, Y, M, then the others."""
    return sorted(records, key=lambda record: karyotype_key(record.name))


def begin(work: Workdir, plan: Plan, restart: bool) -> None:
    """Make the working folder, or take up the one that an interrupted build left.

    Raises
    ------
    BookError
        When the folder was begun for something else.
    """
    file = work.path / PLAN
    if restart or (work.path / DONE).exists():  # that book was in its place and is gone: nothing to resume
        clear(work)
    if file.exists():
        before = _read(file)
        changed = sorted(key for key, value in asdict(plan).items() if before.get(key) != value)
        if changed:
            raise BookError(
                f"{work.path}: begun with another {', '.join(changed)}; "
                "give the same FASTA and options to resume it, or --restart to begin anew"
            )
    for folder in (work.path, work.genome, work.scratch, work.result):
        folder.mkdir(parents=True, exist_ok=True)
    with aside(file) as temporary:
        temporary.write_bytes(canonical(asdict(plan)))


def _read(file: Path) -> dict[str, Any]:
    """Content of a JSON file; nothing when it is missing or damaged."""
    try:
        content = json.loads(file.read_text())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def clear(work: Workdir, all_stages: bool = False) -> None:
    """Empty the working folder of what a build, or all stages, put there, but for the lock; the plan last.

    What a stopped ``index`` left there is of the book that is in its place, so it stays while that does.
    """
    own = {path.name for path in (work.old, work.result, work.genome, work.scratch)} | {PLAN, DONE}
    for path in sorted(work.path.iterdir(), key=lambda path: path.name == PLAN):
        if path.name == LOCK or not (all_stages or path.name in own):
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def put_in_place(work: Workdir, plan: Plan, digest: str) -> None:
    """Rename the finished folder to the book's name; an old book makes way only then.

    Parameters
    ----------
    work : Workdir
        Its result is a whole book.
    plan : Plan
        What was built.
    digest : str
        Of the new book.
    """
    with aside(work.path / DONE) as temporary:
        temporary.write_bytes(canonical({"plan": asdict(plan), "digest": digest}))
    put_folder(work.result, work.book, work.old)
    clear(work, all_stages=True)


def is_done(work: Workdir, plan: Plan) -> bool:
    """Whether this very build was stopped after its book had come to its place."""
    done = _read(work.path / DONE)
    digest = _read(work.book / BOOK_JSON).get("digest")
    return digest is not None and done == {"plan": asdict(plan), "digest": digest}
