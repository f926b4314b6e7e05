"""What is being built, kept in the working folder so that an interrupted build resumes and no other mixes in."""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from genomebook.book.schema import VolumeFiles
from genomebook.book.write import aside, canonical
from genomebook.errors import BookError
from genomebook.genome.fasta import Record
from genomebook.genome.names import karyotype_key

PLAN = "plan.json"


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
        ``ngram`` or ``ngram-book``.
    genes_digest : str
        SHA-256 of the gene file, or ``""``.
    """

    source: str
    source_bytes: int
    source_mtime_ns: int
    title: str
    assembly: str
    words: str
    words_digest: str
    reader: str
    genes_digest: str


@dataclass(frozen=True)
class Workdir:
    """The folder beside the book in which it is made: ``BOOK.part``."""

    book: Path

    @property
    def path(self) -> Path:
        """The working folder."""
        return self.book.with_name(self.book.name + ".part")

    @property
    def genome(self) -> Path:
        """The unpacked FASTA."""
        return self.path / "genome"

    @property
    def scratch(self) -> Path:
        """Intermediate files, removed at the end."""
        return self.path / "scratch"

    @property
    def result(self) -> Path:
        """What becomes the book."""
        return self.path / "book"

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
        shutil.rmtree(work.path, ignore_errors=True)
    if file.exists():
        try:
            before = json.loads(file.read_text())
        except ValueError:
            before = {}
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


@contextmanager
def locked(work: Workdir) -> Iterator[None]:
    """Keep a second build of the same book out while this one runs.

    Raises
    ------
    BookError
        When another process holds it.
    """
    work.path.mkdir(parents=True, exist_ok=True)
    with (work.path / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BookError(f"{work.path}: another build of this book is running; wait for it or stop it") from None
        yield
