"""Text and JSON files that training reads and writes."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from genomebook.files.atomic import aside
from genomebook.files.digests import manifest_text


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
