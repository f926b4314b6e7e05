"""Finish a folder: digests and checksums of its files, and its manifest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from genomebook.book.schema import BOOK_JSON, FORMAT, VERSION
from genomebook.files.atomic import aside
from genomebook.files.checks import CHECKSUMS, digest_blocks
from genomebook.files.digests import file_digest, manifest_text, own_digest


def list_files(folder: Path, names: Iterable[str]) -> dict[str, Any]:
    """Compute digests of files and write their checksums.

    Parameters
    ----------
    folder : Path
        Receives ``checksums.u64``.
    names : iterable of str
        Files in it.

    Returns
    -------
    dict
        ``files`` (bytes and SHA-256 of each) and ``checksums`` (SHA-256 of the checksums), for a manifest.
    """
    files, sums = {}, [np.empty(0, "<u8")]
    for name in sorted(names):
        entry, blocks = digest_blocks(folder / name)
        files[name] = msgspec.to_builtins(entry)
        sums.append(blocks)
    with aside(folder / CHECKSUMS) as path:
        path.write_bytes(np.concatenate(sums).tobytes())
    return {"files": files, "checksums": file_digest(folder / CHECKSUMS)}


def own_files(folder: Path, manifest: str) -> list[str]:
    """Files to list in a manifest: all but the manifest, checksums and hidden files."""
    left_out = {manifest, CHECKSUMS}
    names = (path.name for path in folder.iterdir() if path.is_file())
    return [name for name in names if name not in left_out and not name.startswith(".")]


def write_manifest(file: Path, body: Mapping[str, Any]) -> dict[str, Any]:
    """Write a manifest with its own digest."""
    whole = {**body, "digest": own_digest(body)}
    with aside(file) as path:
        path.write_text(manifest_text(whole), encoding="utf-8")
    return whole


def finish(folder: Path, content: Mapping[str, Any]) -> dict[str, Any]:
    """Digest all files of a new book and write its ``book.json``.

    Parameters
    ----------
    folder : Path
        Contains only the files of the book.
    content : mapping
        Content of ``book.json`` besides the files.

    Returns
    -------
    dict
        What was written.
    """
    names = own_files(folder, BOOK_JSON)
    known = {"format": FORMAT, "version": VERSION}
    return write_manifest(folder / BOOK_JSON, {**content, **known, **list_files(folder, names)})
