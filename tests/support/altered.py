"""Books with files that a test put there, which pass for those that were written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from genomebook.book import Book
from genomebook.book.annex import MANIFEST, NAMES, adding, finish_annex
from genomebook.book.lexicon import write_word_table
from genomebook.book.meta import read_meta
from genomebook.book.write import finish

Tables = Mapping[str, "pd.DataFrame | Mapping[str, object]"]

GROUNDING: dict[str, list[str]] = {"classes": [], "intervals": [], "heard": []}
"""What an annex of grounding says that has words only, no places."""


def resigned(folder: Path) -> Book:
    """Make whatever lies in a book and its annexes pass for what was written there."""
    made = ("format", "version", "files", "checksums", "digest")
    meta = json.loads((folder / "book.json").read_text())
    finish(folder, {key: value for key, value in meta.items() if key not in made})
    digest = read_meta(folder).digest
    for name in NAMES:
        if (folder / name).is_dir():
            about = json.loads((folder / name / MANIFEST).read_text())["about"]
            finish_annex(folder / name, name, digest, about)
    return Book.open(folder)


def put(folder: Path, name: str, tables: Tables, about: Mapping[str, object] | None = None) -> None:
    """Give a book an annex of some tables of words."""
    with adding(folder, name) as draft:
        for file, rows in tables.items():
            write_word_table(draft.folder / file, rows)
        draft.about = dict(about or (GROUNDING if name == "ground" else {}))
