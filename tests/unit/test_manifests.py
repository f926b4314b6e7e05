"""Manifests edited by hand: one line that names the file, whatever was put there, and nothing else opened."""

from __future__ import annotations

import builtins
import copy
import io
import json
import os
import shutil
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest

from genomebook.book import Book
from genomebook.book.annex import MANIFEST, NAMES
from genomebook.book.verify import problems
from genomebook.errors import GenomebookError
from genomebook.files.digests import manifest_text, own_digest
from tests.support import altered, books
from tests.support.equipped import ASKED

WRONG: tuple[Any, ...] = (
    None, True, -1, 10**30, 10**400, 1.5, float("nan"), "", "x" * 70, "../secret.txt", [], [[]], {}, {"": {}},
)  # fmt: skip


def places(body: Any) -> Iterator[tuple[MutableMapping[str, Any], str]]:
    """Every field of a JSON object and of those in it; of lists and of many alike, the first."""
    if isinstance(body, dict):
        for key in list(body)[:40]:
            yield body, key
            yield from places(body[key])
    elif isinstance(body, list) and body:
        yield from places(body[0])


def edits(text: str, step: int) -> Iterator[dict[str, Any]]:
    """Copies of a JSON object with one field gone or of a value that it cannot have; every ``step``-th."""
    number = 0
    for place in range(sum(1 for _ in places(json.loads(text)))):
        for wrong in ("gone", *WRONG):
            number += 1
            if number % step:
                continue
            body = json.loads(text)
            of, key = list(places(body))[place]
            if wrong == "gone":
                del of[key]
            else:
                of[key] = copy.deepcopy(wrong)
            yield body


def refusals(book: Path) -> list[str]:
    """Lines of all that refuse a book; an error of any other kind is not caught."""
    found = []
    for question in (*ASKED, problems):
        try:
            lines = question(Book.open(book))
            found += lines if question is problems else []
        except GenomebookError as error:
            found.append(str(error))
    return found


def refusal(book: Path, manifest: str) -> str:
    """Line that refuses a manifest; empty when it is taken."""
    try:
        opened = Book.open(book)
        if manifest != "book.json":
            opened.annex(manifest.split("/")[0])
    except GenomebookError as error:
        return str(error)
    return ""


@pytest.fixture
def book(equipped_book: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(equipped_book, tmp_path / "a.book"))


@pytest.mark.parametrize("name", ["book.json", *(f"{name}/{MANIFEST}" for name in NAMES)])
def test_a_manifest_edited_by_hand_is_refused_by_name(book: Path, name: str) -> None:
    file = book / name
    whole = file.read_text()
    tried = 0
    for body in edits(whole, 13):
        for signed in (False, True):
            body["digest"] = own_digest(body) if signed else body.get("digest")
            file.write_text(manifest_text(body))
            line = refusal(book, name)
            assert signed or line, body  # signed, a field may say so: a title, for one
            assert not line or line.startswith(f"{file}: ")
            assert "\n" not in line
            tried += 1
    assert tried >= 24


@pytest.mark.parametrize(
    ("name", "step"),
    [("book.json", 223), ("ground/manifest.json", 53), ("search/index.json", 71),
     ("evidence/evidence.json", 97), ("atlas/atlas.json", 223)],
)  # fmt: skip
def test_with_every_digest_right_what_cannot_be_is_refused_or_does_no_harm(
    book: Path, name: str, step: int
) -> None:
    """Who wrote it knew how: all that is asked gives an answer, or one line."""
    file = book / name
    whole = file.read_text()
    tried = 0
    for body in edits(whole, step):
        if name in ("book.json", "ground/manifest.json"):
            body["digest"] = own_digest(body)
            file.write_text(manifest_text(body))
        else:
            file.write_text(json.dumps(body))
            altered.resigned(book)
        for line in refusals(book):
            assert "\n" not in line
            assert file.name in line or str(book) in line, (body, line)
        tried += 1
    assert tried >= 8


@pytest.mark.parametrize(
    "name", ["../secret.txt", "/etc/passwd", "a/b.txt", "..", "", "words.u16\n", ".hidden", "words.u16\0"]
)
@pytest.mark.parametrize("manifest", ["book.json", "ground/manifest.json", "search/manifest.json"])
def test_a_file_elsewhere_is_refused_before_anything_is_opened(
    book: Path, manifest: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (book.parent / "secret.txt").write_text("secret")
    file = book / manifest
    body = json.loads(file.read_text())
    body["files"][name] = next(iter(body["files"].values()))
    body["digest"] = own_digest(body)
    file.write_text(manifest_text(body))
    opened: list[str] = []

    def told(do: Any) -> Any:
        def call(path: Any, *rest: Any, **named: Any) -> Any:
            opened.append(os.fsdecode(path) if isinstance(path, str | bytes | Path) else "")
            return do(path, *rest, **named)

        return call

    for module in (builtins, io, os):
        monkeypatch.setattr(module, "open", told(module.open))
    line = refusal(book, manifest)
    assert line.startswith(f"{file}: ")
    assert "\n" not in line
    assert str(file) in opened
    assert {Path(path) for path in opened} <= {file, book / "book.json"}


@pytest.mark.parametrize("command", ["verify", "info", "read", "search", "ground", "index", "evidence"])
def test_every_command_says_it_in_one_line(
    book: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    body = json.loads((book / "book.json").read_text())
    body["counts"] = [body["counts"]]
    body["digest"] = own_digest(body)
    (book / "book.json").write_text(manifest_text(body))
    more = {"read": ["chr1"], "search": ["ACGTACGTACGTACGTACGTACGT"]}.get(command, [])
    error = books.program(capsys, command, book, *more).error
    assert error.startswith(f"{book / 'book.json'}: ")
    assert not book.with_name("a.book.part").exists()
