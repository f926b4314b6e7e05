"""Ending a book: digests of every file, ``book.json``, and the rename that makes it appear whole."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from genomebook.book.schema import BOOK_JSON, FORMAT, VERSION


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """Give a temporary name beside ``path``; renamed to it when the block ends well, removed when not.

    An OSError that does not say where (a full disk) is made to name ``path``.
    """
    temporary = path.with_name(path.name + ".tmp")
    with ExitStack() as stack:
        stack.callback(temporary.unlink, missing_ok=True)
        try:
            yield temporary
        except OSError as error:
            error.filename = error.filename or str(path)
            raise
        os.replace(temporary, path)


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no spaces: the form that is digested."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def book_digest(meta: Mapping[str, Any]) -> str:
    """SHA-256 of ``book.json`` without its own ``digest``, so of every file through its digest."""
    return hashlib.sha256(
        canonical({key: value for key, value in meta.items() if key != "digest"})
    ).hexdigest()


def book_text(meta: Mapping[str, Any]) -> str:
    """Text of ``book.json``: ASCII, sorted, one value a line."""
    return json.dumps(meta, indent=1, sort_keys=True) + "\n"


def finish(folder: Path, content: Mapping[str, Any]) -> dict[str, Any]:
    """Digest all files of a folder and write its ``book.json``.

    Parameters
    ----------
    folder : Path
        Holds every file of the book and nothing else.
    content : mapping
        title, assembly, source, vocabulary, reader, parameters, volumes.

    Returns
    -------
    dict
        What was written.
    """
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    files = {
        name: {"bytes": (folder / name).stat().st_size, "sha256": file_digest(folder / name)}
        for name in names
        if name != BOOK_JSON
    }
    meta: dict[str, Any] = {"format": FORMAT, "version": VERSION, **content, "files": files}
    meta["digest"] = book_digest(meta)
    with aside(folder / BOOK_JSON) as path:
        path.write_text(book_text(meta))
    return meta


def renew(folder: Path, meta: Mapping[str, Any]) -> dict[str, Any]:
    """Write ``book.json`` anew after a file that no other depends on (``evidence.json``) came or changed.

    Parameters
    ----------
    folder : Path
        Of a whole book.
    meta : mapping
        What its ``book.json`` said.

    Returns
    -------
    dict
        What it says now; the digest is another.
    """
    made = ("format", "version", "files", "digest")
    return finish(folder, {key: value for key, value in meta.items() if key not in made})
