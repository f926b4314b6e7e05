"""Books on the web and in object storage: a local copy that is filled as it is read."""

from __future__ import annotations

import os
from pathlib import Path

from genomebook.book.annex import MANIFEST, NAMES, open_annex
from genomebook.book.meta import read_meta
from genomebook.book.schema import BOOK_JSON
from genomebook.errors import BookError
from genomebook.files.checks import CHECKSUMS
from genomebook.files.remote import DEFAULT_SIZE, RemoteCopy, size_in_bytes
from genomebook.files.web import WebFolder

CACHE_SIZE = "GENOMEBOOK_CACHE_SIZE"
"""Environment variable: room for a copy, as in 500MB."""

_MANIFEST_BYTES = 16 << 20
_CHECKSUM_BYTES = 256 << 20

_COPIES: dict[str, RemoteCopy] = {}


def check_remote(address: str) -> None:
    """Check that there is a book at an address whose server gives parts of files; nothing is kept.

    Raises
    ------
    GenomebookError
        There is not; one line says why.
    """
    _copy_size()
    WebFolder(address).probe(BOOK_JSON)


def remote_copy(address: str) -> RemoteCopy:
    """The copy of a book that this process holds; made at its first use.

    Raises
    ------
    GenomebookError
        The address cannot be read; one line says why.
    """
    address = address.rstrip("/")
    if address not in _COPIES:
        check_remote(address)
        _COPIES[address] = RemoteCopy(address, _copy_size())
    return _COPIES[address]


def generation(address: str) -> int:
    """How often the copy of a book has begun anew: a book opened before that is to be opened again."""
    copy = _COPIES.get(address.rstrip("/"))
    return copy.generation if copy else 0


def lay_out(address: str) -> Path:
    """Fetch the manifests and checksums of a book, and lay out the files of its copy.

    Returns
    -------
    Path
        Folder of the copy, to open as any book.

    Raises
    ------
    GenomebookError
        The address cannot be read, or what is there is no book; one line says why.
    """
    copy = remote_copy(address)
    web = copy.web
    manifests = {"": BOOK_JSON, **{name: f"{name}/{MANIFEST}" for name in NAMES}}
    contents = dict(zip(manifests, web.whole(list(manifests.values()), _MANIFEST_BYTES), strict=True))
    there = [name for name, content in contents.items() if content is not None]
    sums = [f"{name}/{CHECKSUMS}" if name else CHECKSUMS for name in there]
    for name, place, content in zip(there, sums, web.whole(sums, _CHECKSUM_BYTES), strict=True):
        if content is None:
            raise BookError(f"{web.address}/{place}: missing; upload the whole folder of the book")
        copy.write(place, content)
        copy.write(manifests[name], contents[name] or b"")
    book = read_meta(copy.folder)
    copy.lay_out("", {name: entry.bytes for name, entry in book.files.items()})
    for name in NAMES:
        annex = open_annex(copy.folder / name, name, book.digest) if name in there else None
        if annex is None:
            copy.leave_out(name)
        else:
            copy.lay_out(name, {file: entry.bytes for file, entry in (annex.files or {}).items()})
    copy.count_anew()
    return copy.folder


def _copy_size() -> int:
    return size_in_bytes(os.environ.get(CACHE_SIZE) or DEFAULT_SIZE)
