"""The box of the pages that have none of their own."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from genomebook.book import Book
from genomebook.genome.regions import Region
from genomebook.search.box import understand
from pages._box import LEXICON, READ, SEARCH, target
from tests.support.apptest import APP, only_error


@pytest.mark.parametrize(
    ("typed", "page", "query"),
    [
        ("mt-nd1", READ, {"loc": "MT-ND1"}),
        ("MT-ND1+10", READ, {"loc": "chrM:3317-3317"}),
        ("3,307..3,400", READ, {"loc": "chrM:3307-3400"}),
        ("RGGTCA", SEARCH, {"motif": "RGGTCA"}),
        ("ACGT" * 6, SEARCH, {"q": "ACGT" * 6}),
        ("word:TATA", LEXICON, {"word": "TATA"}),
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
    at.text_input(key="go").set_value(typed).run()
    assert said in only_error(at)
    at.text_input(key="go").set_value("").run()
    assert not at.error
