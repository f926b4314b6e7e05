"""What is being built, kept in the working folder: an interrupted build resumes and no other mixes in."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from genomebook import __version__
from genomebook.book.schema import BOOK_JSON, VolumeFiles
from genomebook.book.write import aside, canonical
from genomebook.errors import BookError
from genomebook.genome.fasta import Record
from genomebook.genome.names import karyotype_key

PLAN = "plan.json"
DONE = "done.json"
LOCK = "lock"


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
        return self.path / "old"

    def volume(self, number: int) -> VolumeFiles:
        """Files of a volume, by its number from 1 in karyotype order."""
        return VolumeFiles(self.result / folder_name(number))

    def volume_scratch(self, number: int) -> VolumeFiles:
        """Intermediate files of a volume."""
        return VolumeFiles(self.scratch / folder_name(number))


def folder_name(number: int) -> str:
    """Folder of a volume inside a book: ``volumes/00001``."""
    return f"volumes/{number:05d}"


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
    if restart:
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


def clear(work: Workdir) -> None:
    """Empty the working folder of all that a build puts there, but for the lock; the plan goes last."""
    for folder in (work.old, work.result, work.genome, work.scratch):
        if folder.exists():
            shutil.rmtree(folder)
    for name in (PLAN, DONE):
        (work.path / name).unlink(missing_ok=True)


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
    if work.book.exists():
        os.rename(work.book, work.old)
    try:
        os.rename(work.result, work.book)
    finally:
        recover(work)
    clear(work)


def recover(work: Workdir) -> None:
    """Give an old book its name back when a build was stopped between the two renames."""
    if work.old.exists() and not work.book.exists():
        os.rename(work.old, work.book)


def is_done(work: Workdir, plan: Plan) -> bool:
    """Whether this very build was stopped after its book had come to its place."""
    done = _read(work.path / DONE)
    digest = _read(work.book / BOOK_JSON).get("digest")
    return digest is not None and done == {"plan": asdict(plan), "digest": digest}


@contextmanager
def locked(work: Workdir) -> Iterator[None]:
    """Keep a second build of the same book out while this one runs.

    The working folder is made if missing, and removed at the end when nothing but the lock is in it.

    Raises
    ------
    BookError
        When another process holds it.
    """
    work.path.mkdir(parents=True, exist_ok=True)
    lock = work.path / LOCK
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BookError(
                f"{work.path}: another build of this book is running; wait for it or stop it"
            ) from None
        try:
            yield
        finally:
            if [path.name for path in work.path.iterdir()] == [LOCK]:
                lock.unlink()
                work.path.rmdir()
