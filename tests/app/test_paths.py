"""No path of the server reaches a page, whatever is wrong with its files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from genomebook.genome.human_names import VARIABLE
from tests.support import reader
from tests.support.apptest import APP

PAGES = ("library", "lexicon", "atlas", "search", "ask", "evidence")


def unknown_gene(at: AppTest) -> None:
    reader.go(at, "TP53")


def next_row(at: AppTest) -> None:
    reader.ask(at, "step", {"serial": 2, "track": "own:<b>", "forward": True})


def figure(at: AppTest) -> None:
    reader.ask(at, "file", {"serial": 3, "kind": "overview svg"})


def transcript(at: AppTest) -> None:
    reader.ask(at, "file", {"serial": 4, "kind": "protein MT-ND1"})


@pytest.fixture
def folder(chrm_book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a copy of a book, and the name of a file of gene names that is not there."""
    book = Path(shutil.copytree(chrm_book, tmp_path / "m.book"))
    monkeypatch.setenv("GENOMEBOOK_BOOK", str(book))
    monkeypatch.setenv(VARIABLE, str(tmp_path / "names" / "gone.gz"))
    return tmp_path


def sent(at: AppTest) -> str:
    """All that the page sends: what it draws, and the answers of its components."""
    answers = [component.proto.bytes or component.proto.json for component in at.get("bidi_component")]
    return repr(at._tree) + json.dumps([str(answer) for answer in answers])


@pytest.mark.parametrize("does", [unknown_gene, next_row, figure, transcript])
@pytest.mark.parametrize("damaged", ["", "transcripts", "genes.parquet"])
def test_no_path_in_what_read_says(folder: Path, does: Callable[[AppTest], None], damaged: str) -> None:
    for file in filter(Path.is_file, (folder / "m.book").rglob("*") if damaged else ()):
        if damaged in str(file.relative_to(folder)):
            file.write_bytes(b"{")
    at = AppTest.from_file(str(APP), default_timeout=120).run()
    at.switch_page("pages/read.py").run()
    does(at)
    assert not at.exception
    assert str(folder) not in sent(at)
    if does is unknown_gene and not damaged:
        assert "gone.gz: cannot be read" in reader.answer(at)["refused"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("damaged", ["search", "evidence", "lexicon"])
def test_no_path_in_what_other_pages_say(folder: Path, page: str, damaged: str) -> None:
    for file in filter(Path.is_file, (folder / "m.book").rglob("*")):
        if damaged in str(file.relative_to(folder)):
            file.write_bytes(b"{")
    at = AppTest.from_file(str(APP), default_timeout=120).run()
    at.switch_page(f"pages/{page}.py").run()
    assert not at.exception
    assert str(folder) not in sent(at)
