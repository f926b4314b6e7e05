"""What stages add to a book: each a folder of its own in it, with a manifest, renamed once when it is whole.

``book.json`` does not name them, so adding one changes no byte of the book, and the book's digest stays.
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
from genomebook.files.checks import CheckedFolder
from genomebook.files.digests import manifest_text
from genomebook.files.jobs import OLD, working_folder
from genomebook.files.locks import locked
from genomebook.files.manifest import Files, Sha256, check_own_digest, read_json, validated

MANIFEST = "manifest.json"
FORMAT = "genomebook-annex"
NAMES = ("ground", "senses", "atlas", "evidence", "search")
"""Folders that stages add to a book; ``search`` is made by ``genomebook index``."""

COMMANDS = {name: "index" if name == "search" else name for name in NAMES}


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
    """A folder that a stage added to a book: its files, and what the stage says ``about`` them."""

    def __init__(self, path: Path, meta: AnnexMeta, remedy: str) -> None:
        super().__init__(path, meta.files, meta.checksums, remedy)
        self.about: dict[str, Any] = meta.about
        self.digest: str = meta.digest
        self.book: str = meta.book


def remedy_of(name: str) -> str:
    """What to do about a damaged annex."""
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
        Of the book that it has to be of; any when empty.

    Returns
    -------
    Annex or None
        None when there is none.

    Raises
    ------
    DamagedBookError
        When its manifest is missing, altered, or of another book.
    BookFormatError
        When it has another format version.
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


def is_annex_as_written(annex: Annex) -> bool:
    """Whether the manifest has the very bytes that its content is written as."""
    file = annex.path / MANIFEST
    body = read_json(file, annex.remedy)
    return file.read_bytes() == manifest_text(body).encode()


def finish_annex(folder: Path, name: str, book_digest: str, about: Mapping[str, Any]) -> None:
    """List all files of a folder in its manifest.

    Parameters
    ----------
    folder : Path
        Holds the files of the annex and nothing else.
    name : str
        One of `NAMES`.
    book_digest : str
        Of the book.
    about : mapping
        What the stage says of itself.
    """
    names = own_files(folder, MANIFEST)
    body = {"format": FORMAT, "version": VERSION, "name": name, "book": book_digest, "about": dict(about)}
    write_manifest(folder / MANIFEST, {**body, **list_files(folder, names)})


@contextmanager
def writing(book: Path) -> Iterator[Path]:
    """Keep every other writer of a book out.

    Yields
    ------
    Path
        Its working folder.

    Raises
    ------
    BookError
        When there is no book, or another command is writing to it.
    """
    work = working_folder(book)
    if not work.is_dir():
        read_meta(book)  # no working folder beside what is no book
    with locked(work):
        recover(work, book)
        read_meta(book)
        yield work


class Draft:
    """An annex that is being made: an empty folder for its files, and what is said about it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.about: dict[str, Any] = {}


@contextmanager
def adding(book: Path, name: str) -> Iterator[Draft]:
    """Add an annex to a book while no other command writes to it.

    Parameters
    ----------
    book : Path
        Folder of the book.
    name : str
        One of `NAMES`.

    Yields
    ------
    Draft
        To be filled. When the block ends well the folder gets its manifest and its place; an older one makes
        way only then.

    Raises
    ------
    BookError
        When there is no book, or another command is writing to it.
    """
    with writing(book) as work:
        refuse_link(book / name)
        draft = Draft(work / name)
        with folder_aside(book / name, draft.folder, old_annex(work, name)):
            yield draft
            finish_annex(draft.folder, name, read_meta(book).digest, draft.about)


def refuse_link(place: Path) -> None:
    """Refuse to put an annex where a symbolic link is: somebody else made it, and it leads elsewhere."""
    if place.is_symlink():
        raise BookError(f"{place}: is a symbolic link, so it is not replaced; remove it")


def old_annex(work: Path, name: str) -> Path:
    """Where an annex that makes way is for the moment between two renames."""
    return work / f"{name}.old"


def recover(work: Path, book: Path) -> None:
    """Undo what any writer left in a working folder that was stopped while it gave a folder its place."""
    pairs = [(book.resolve(), work / OLD), *((book / name, old_annex(work, name)) for name in NAMES)]
    for place, old in pairs:
        restore_folder(place, old)
        shutil.rmtree(old, ignore_errors=True)
    for name in NAMES:
        shutil.rmtree(work / name, ignore_errors=True)
