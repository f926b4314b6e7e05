"""Books on the web and in object storage: a local copy that is filled as it is read."""

from __future__ import annotations

import os
from pathlib import Path
from threading import RLock

from genomebook.book.annex import MANIFEST, NAMES, open_annex
from genomebook.book.meta import read_meta
from genomebook.book.schema import BOOK_JSON
from genomebook.errors import BookError
from genomebook.files.checks import CHECKSUMS, SOURCES
from genomebook.files.manifest import json_object
from genomebook.files.remote import DEFAULT_SIZE, RemoteCopy, size_in_bytes
from genomebook.files.web import WebFolder

CACHE_SIZE = "GENOMEBOOK_CACHE_SIZE"
"""Environment variable: room for a copy, as in 500MB."""

_MANIFEST_BYTES = 16 << 20
_CHECKSUM_BYTES = 256 << 20

_PROBE_S = 5
"""Longest wait in seconds to hear whether a book that is open is still there."""

_COPIES: dict[str, RemoteCopy] = {}
_LAYING_OUT = RLock()


def check_remote(address: str) -> None:
    """Check that there is a book at an address whose server gives parts of files; nothing is kept.

    Raises
    ------
    GenomebookError
        There is not; one line says why.
    """
    _copy_size()
    WebFolder(address).probe(BOOK_JSON)


def check_there(address: str) -> None:
    """Check within seconds that the server still gives the book that this process has open.

    Raises
    ------
    GenomebookError
        It does not; one line says why.
    """
    remote_copy(address).web.probe(BOOK_JSON, _PROBE_S)


def remote_copy(address: str) -> RemoteCopy:
    """The copy of a book that this process holds; made at its first use.

    Raises
    ------
    GenomebookError
        The address cannot be read; one line says why.
    """
    address = address.rstrip("/")
    with _LAYING_OUT:
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

    A process that has done so keeps them: another book at the address is refused.

    Returns
    -------
    Path
        Folder of the copy, to open as any book.

    Raises
    ------
    GenomebookError
        The address cannot be read, or what is there is no book, or another one now; one line says why.
    """
    with _LAYING_OUT:
        copy = remote_copy(address)
        if copy.digest:
            _check_unchanged(copy)
        else:
            _fetch_manifests(copy)
        book = read_meta(copy.folder)
        copy.lay_out("", {name: entry.bytes for name, entry in book.files.items()})
        for name in NAMES:
            _lay_out_annex(copy, name, book.digest)
        copy.digest = book.digest
        copy.count_anew()
        return copy.folder


def _fetch_manifests(copy: RemoteCopy) -> None:
    """Fetch the manifests and checksums of a book and its annexes."""
    web = copy.web
    manifests = {"": BOOK_JSON, **{name: f"{name}/{MANIFEST}" for name in NAMES}}
    contents = dict(zip(manifests, web.whole(list(manifests.values()), _MANIFEST_BYTES), strict=True))
    there = [name for name, content in contents.items() if content is not None]
    for name in set(NAMES).difference(there):
        copy.leave_out(name)
    sums = [f"{name}/{CHECKSUMS}" if name else CHECKSUMS for name in there]
    for name, place, content in zip(there, sums, web.whole(sums, _CHECKSUM_BYTES), strict=True):
        if content is None and not name:
            raise BookError(f"{web.address}/{place}: missing; upload the whole folder of the book")
        copy.write(place, content or b"")  # an annex without them says so when it is used
        copy.write(manifests[name], contents[name] or b"")


def _check_unchanged(copy: RemoteCopy) -> None:
    """Refuse another book at the address of one that this process has read."""
    place = f"{copy.web.address}/{BOOK_JSON}"
    (content,) = copy.web.whole([BOOK_JSON], _MANIFEST_BYTES)
    if content is None:
        raise BookError(f"{place}: no longer there; check the address of the book")
    if json_object(Path(BOOK_JSON), content, "upload the book anew").get("digest") != copy.digest:
        raise BookError(f"{place}: another book now; start this command again to read it")
    copy.write(BOOK_JSON, content)  # its time tells a reader that files have begun anew


def _lay_out_annex(copy: RemoteCopy, name: str, book_digest: str) -> None:
    """Lay out an annex; a bad one says so when it is used, as that of a local book."""
    try:
        annex = open_annex(copy.folder / name, name, book_digest)
        if annex:
            copy.lay_out(name, {file: entry.bytes for file, entry in (annex.files or {}).items()})
    except BookError:
        SOURCES.pop(copy.folder / name, None)


def _copy_size() -> int:
    return size_in_bytes(os.environ.get(CACHE_SIZE) or DEFAULT_SIZE)
