"""The box of the pages that have no bar."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from genomebook.book import Book
from genomebook.genome.human_names import VARIABLE
from genomebook.genome.regions import Region
from genomebook.search.box import understand
from pages._box import target
from tests.support.apptest import APP, only_error
from tests.support.reader import answer, ask, go


@pytest.mark.parametrize(
    ("typed", "page", "query"),
    [
        ("mt-nd1", "read", {"loc": "MT-ND1"}),
        ("MT-ND1+10", "read", {"loc": "chrM:3317-3317"}),
        ("3,307..3,400", "read", {"loc": "chrM:3307-3400"}),
        ("RGGTCA", "search", {"motif": "RGGTCA"}),
        ("ACGT" * 6, "search", {"q": "ACGT" * 6}),
        ("word:TATA", "lexicon", {"word": "TATA"}),
    ],
)
def test_what_is_typed_leads_to_its_page(
    chrm_book: Path, typed: str, page: str, query: dict[str, str]
) -> None:
    book = Book.open(chrm_book)
    assert target(book, understand(book, typed, Region("chrM", 0, 100))) == (page, query)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("<b>MT-ND9", "is not understood; the box takes a place"),
        ("MT-ND99", "did you mean"),
        ("chrM:1-99999", "choose within its positions 1-16,569"),
        ("+5", "open a place first"),
    ],
)
def test_what_is_not_understood_is_one_line_on_the_page(
    chrm_book: Path, monkeypatch: pytest.MonkeyPatch, typed: str, said: str
) -> None:
    monkeypatch.setenv("GENOMEBOOK_BOOK", str(chrm_book))
    at = AppTest.from_file(str(APP), default_timeout=120).run()
    go(at, typed, "go")
    assert said in only_error(at)
    go(at, "", "go")
    assert not at.error


def test_suggestions_come_while_one_types(chrm_book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENOMEBOOK_BOOK", str(chrm_book))
    at = AppTest.from_file(str(APP), default_timeout=120).run()
    assert answer(at, "go")["suggestions"] is None
    ask(at, "typed", {"serial": 7, "text": "mt-n"}, "go")
    sent = answer(at, "go")["suggestions"]
    assert sent["serial"] == 7
    assert {"text": "MT-ND1", "kind": "gene"}.items() <= sent["items"][0].items()
    for wrong in ({"serial": "x"}, "<b>", None, {"serial": 1, "text": 5}):
        assert answer(ask(at, "typed", wrong, "go"), "go")["suggestions"] is None
    assert not at.error


def test_what_changes_no_page_is_answered_without_one(
    chrm_book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENOMEBOOK_BOOK", str(chrm_book))
    at = AppTest.from_file(str(APP), default_timeout=120).run()
    at.switch_page("pages/read.py")
    at.query_params["loc"] = "nowhere:1"
    assert "nowhere" in only_error(at.run())
    ask(at, "typed", {"serial": 3, "text": "mt-n"})
    sent = answer(at)
    assert sent["suggestions"]["items"][0]["text"] == "MT-ND1"
    assert sent["isAside"]
    assert "nowhere" in only_error(at)  # it stays on the page
    at.query_params["loc"] = "MT-ND1"
    assert answer(at.run())["page"]
    with monkeypatch.context() as patch:
        patch.setattr("genomebook.render.page.make.PageMaker.land", None)
        ask(at, "typed", {"serial": 4, "text": "mt-n"})
        ask(at, "like", {"serial": 1, "volume": "chrM", "paragraphs": [[0, 100]]})
    assert answer(at)["like"]["serial"] == 1
    assert not at.error


def test_a_file_of_names_that_is_not_there_is_a_note_on_the_page(
    chrm_book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = shutil.copytree(chrm_book, tmp_path / "own.book")  # the names of a book are made once
    monkeypatch.setenv("GENOMEBOOK_BOOK", str(own))
    monkeypatch.setenv(VARIABLE, str(tmp_path / "gone.gz"))
    at = AppTest.from_file(str(APP), default_timeout=120).run()
    for thread in threading.enumerate():
        if thread.name == "names of genes":
            thread.join()
    at.run()
    (note,) = (each.value.replace("\\", "") for each in at.warning)
    assert "gone.gz: cannot be read (No such file or directory); give Homo" in note
    assert str(tmp_path) not in note
    ask(at, "typed", {"serial": 1, "text": "mt-nd1"}, "go")
    assert answer(at, "go")["suggestions"]["items"][0]["text"] == "MT-ND1"
    assert not at.error
