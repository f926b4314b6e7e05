"""What training writes: folders that appear when they are whole, JSON, and text that may be packed."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from genomebook.files.atomic import aside, put_folder
from genomebook.files.digests import manifest_text


@contextmanager
def folder_aside(folder: Path) -> Iterator[Path]:
    """Give an empty folder that becomes ``folder`` when the block succeeds and is removed when it fails."""
    fresh = folder.with_name(folder.name + ".tmp")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        yield fresh
        put_folder(fresh, folder, folder.with_name(folder.name + ".old"))
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file aside, then rename it."""
    with aside(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, body: Mapping[str, Any]) -> None:
    """Write a JSON file aside, then rename it: sorted keys, one value a line."""
    write_text(path, manifest_text(body))


def open_text(path: Path, encoding: str = "utf-8") -> TextIO:
    """Open a text file to read; ``.gz`` is unpacked."""
    return gzip.open(path, "rt", encoding=encoding) if path.suffix == ".gz" else path.open(encoding=encoding)
