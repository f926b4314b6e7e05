"""Annexes: folders that later stages add to a book, each with a manifest, renamed when complete.

``book.json`` does not list them, so an annex does not change the digest of the book.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from genomebook.book.meta import read_meta
from genomebook.book.schema import VERSION
from genomebook.book.write import list_files, own_files, write_manifest
from genomebook.errors import BookError, BookFormatError, DamagedBookError
from genomebook.files.atomic import folder_aside, restore_folder
from genomebook.files.checks import SOURCES, CheckedFolder
from genomebook.files.digests import manifest_text
from genomebook.files.jobs import OLD, working_folder
from genomebook.files.locks import locked
from genomebook.files.manifest import Files, Sha256, check_own_digest, read_json, validated

MANIFEST = "manifest.json"
FORMAT = "genomebook-annex"
NAMES = ("ground", "senses", "atlas", "evidence", "search", "overview", "transcripts", "tracks", "meaning")
"""Folders that stages add to a book; ``search`` is made by ``genomebook index``."""

_ANNOTATE = "annotate --anew --track FILE"
COMMANDS = {
    **dict(zip(NAMES, NAMES, strict=True)),
    "search": "index",
    "transcripts": _ANNOTATE,
    "tracks": _ANNOTATE,
    "meaning": "gloss",
}
"""The command that makes each."""


class AnnexMeta(msgspec.Struct, forbid_unknown_fields=True):
    """``manifest.json`` of an annex."""

    format: Literal["genomebook-annex"]
    version: int
    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z]+\Z")]
    book: Sha256
    about: dict[str, Any]
    files: Files
    checksums: Sha256
    digest: Sha256


class Annex(CheckedFolder):
    """An open annex: its files and their metadata, ``about``."""

    def __init__(self, path: Path, meta: AnnexMeta, remedy: str) -> None:
        super().__init__(path, meta.files, meta.checksums, remedy)
        self.about: dict[str, Any] = meta.about
        self.digest: str = meta.digest
        self.book: str = meta.book


def remedy_of(name: str) -> str:
    """Remedy for a damaged annex."""
    return f"make it anew: genomebook {COMMANDS.get(name, name)} BOOK"


def open_annex(path: Path, name: str, book_digest: str = "") -> Annex | None:
    """Open an annex.

    Parameters
    ----------
    path : Path
        Its folder.
    name : str
        One of `NAMES`.
    book_digest : str
        Expected digest of the book; any if empty.

    Returns
    -------
    Annex or None
        None if there is none.

    Raises
    ------
    DamagedBookError
        If its manifest is missing, altered or of another book.
    BookFormatError
        If it has another format version.
    """
    if not path.is_dir():
        return None
    file, remedy = path / MANIFEST, remedy_of(name)
    try:
        body = read_json(file, remedy)
    except (FileNotFoundError, NotADirectoryError):
        raise DamagedBookError(f"{file}: missing; {remedy}") from None
    if body.get("version") != VERSION and isinstance(body.get("version"), int):
        raise BookFormatError(f"{file}: format {body['version']}, this program reads {VERSION}; {remedy}")
    check_own_digest(file, body, remedy)
    meta = validated(file, body, AnnexMeta, remedy)
    if meta.name != name or (book_digest and meta.book != book_digest):
        raise DamagedBookError(f"{file}: made for another book; {remedy}")
    return Annex(path, meta, remedy)


class Annexes:
    """The annexes of a book, each opened once.

    Parameters
    ----------
    book : Path
        Folder of the book.
    digest : str
        Digest of the book.
    """

    def __init__(self, book: Path, digest: str) -> None:
        self._book, self._digest = book, digest
        self._open: dict[str, Annex | None] = {}

    def __call__(self, name: str) -> Annex | None:
        """Open an annex (`NAMES`); None if it is absent.

        Raises
        ------
        DamagedBookError
            If it is damaged or of another book.
        """
        if name not in self._open:
            self._open[name] = open_annex(self._book / name, name, self._digest)
        return self._open[name]


def is_annex_as_written(annex: Annex) -> bool:
    """Whether the manifest is byte-identical to its canonical form."""
    file = annex.path / MANIFEST
    body = read_json(file, annex.remedy)
    return file.read_bytes() == manifest_text(body).encode()


def finish_annex(folder: Path, name: str, book_digest: str, about: Mapping[str, Any]) -> None:
    """Write the manifest of an annex.

    Parameters
    ----------
    folder : Path
        Contains only the files of the annex.
    name : str
        One of `NAMES`.
    book_digest : str
        Digest of the book.
    about : mapping
        Metadata of the stage.
    """
    names = own_files(folder, MANIFEST)
    body = {"format": FORMAT, "version": VERSION, "name": name, "book": book_digest, "about": dict(about)}
    write_manifest(folder / MANIFEST, {**body, **list_files(folder, names)})


@contextmanager
def writing(book: Path) -> Iterator[Path]:
    """Lock a book for writing.

    Yields
    ------
    Path
        Its working folder.

    Raises
    ------
    BookError
        If there is no book, or another command is writing to it.
    """
    if book in SOURCES:
        address = SOURCES[book].address(book)
        raise BookError(f"{address}: a book on the web is only read; run this where the book is")
    work = working_folder(book)
    if not work.is_dir():
        read_meta(book)  # do not create a working folder without a book
    with locked(work):
        recover(work, book)
        read_meta(book)
        yield work


class Draft:
    """An annex under construction: a folder for its files, and its metadata."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.about: dict[str, Any] = {}


@contextmanager
def adding(book: Path, name: str) -> Iterator[Draft]:
    """Lock a book and add an annex to it.

    Parameters
    ----------
    book : Path
        Folder of the book.
    name : str
        One of `NAMES`.

    Yields
    ------
    Draft
        To be filled. On success it gets its manifest and replaces an older annex.

    Raises
    ------
    BookError
        If there is no book, or another command is writing to it.
    """
    with writing(book) as work:
        refuse_link(book / name)
        draft = Draft(work / name)
        with folder_aside(book / name, draft.folder, old_annex(work, name)):
            yield draft
            finish_annex(draft.folder, name, read_meta(book).digest, draft.about)


def refuse_link(place: Path) -> None:
    """Refuse to replace a symbolic link by an annex."""
    if place.is_symlink():
        raise BookError(f"{place}: is a symbolic link, so it is not replaced; remove it")


def old_annex(work: Path, name: str) -> Path:
    """Temporary place of a replaced annex, between two renames."""
    return work / f"{name}.old"


def recover(work: Path, book: Path) -> None:
    """Restore what an interrupted writer left in a working folder."""
    pairs = [(book.resolve(), work / OLD), *((book / name, old_annex(work, name)) for name in NAMES)]
    for place, old in pairs:
        restore_folder(place, old)
        shutil.rmtree(old, ignore_errors=True)
    for name in NAMES:
        shutil.rmtree(work / name, ignore_errors=True)
