"""A book whose words have glosses and tags that say which word they are of, and the page of it as HTML."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path

from genomebook.book import Book
from genomebook.book.schema import TAGS
from tests.support import altered, word_tables

DIGITS = str.maketrans("0123456789", "abcdefghij")


def gloss(word_id: int) -> str:
    """Made-up English word of a DNA word; none for every fifth."""
    return "" if word_id % 5 == 0 else f"q{word_id}".translate(DIGITS)


def tag(word_id: int) -> str:
    """Made-up tag of a DNA word; none for every third."""
    return "" if word_id % 3 == 0 else f"Alu {word_id} %"


def put(source: Path, folder: Path, glosses: Mapping[int, str], tags: Mapping[int, str] | None) -> Path:
    """Copy a book and give its words these glosses and tags, by id; None leaves it without grounding."""
    shutil.copytree(source, folder)
    book = Book.open(folder)
    word_of = dict(zip(book.lexicon.table["id"], book.lexicon.table["word"], strict=True))
    word_tables.put_glosses(book, {word_of[i]: text for i, text in glosses.items() if text})
    if tags is not None:
        rows = {i: text for i, text in tags.items() if text}
        phrases = [f"{text} of it" for text in rows.values()]
        altered.put(
            folder, "ground", {TAGS: {"id": list(rows), "tag": list(rows.values()), "phrase": phrases}}
        )
    return folder


def put_all(source: Path, folder: Path) -> Path:
    """Copy a book and give its words `gloss` and `tag`."""
    ids = Book.open(source).lexicon.table["id"].tolist()
    return put(source, folder, {i: gloss(i) for i in ids}, {i: tag(i) for i in ids})


class Columns(HTMLParser):
    """The columns of a page: of each what stands in it by class, where it leads, its tooltip."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []
        self.tags: set[str] = set()
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        kind = values.get("class", "").split(" ")[0]
        self.tags.add(tag)
        if tag != "wbr":
            self.open.append(kind)
        if kind == "c":
            self.found.append({"title": values.get("title", "")})
        if "c" in self.open:
            if kind == "to":
                self.found[-1] |= {name: values.get(name, "") for name in ("href", "tabindex", "aria-label")}
            elif kind in ("w", "g", "t"):
                self.found[-1][kind] = ""

    def handle_endtag(self, tag: str) -> None:
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if "c" in self.open and self.open[-1] in ("w", "g", "t"):
            self.found[-1][self.open[-1]] += data
