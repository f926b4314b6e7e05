"""Examples in placeholders find something in the book that is open, and English is looked for as English."""

from __future__ import annotations

from pathlib import Path

import pytest

from genomebook.book import Book
from genomebook.lexicon.find import MAX_LETTERS, find, suited
from genomebook.lexicon.listing import examples, listing


@pytest.fixture(params=["equipped_book", "chrm_book"])
def book(request: pytest.FixtureRequest) -> Book:
    path: Path = request.getfixturevalue(request.param)
    return Book.open(path)


def test_every_example_finds_a_word_without_a_choice_of_how(book: Book) -> None:
    shown = examples(listing(book.lexicon))
    assert len(shown) >= 2
    for text in shown:
        how = suited(book.lexicon, text, "contains")
        assert len(find(book.lexicon, text, how)), text


def test_dna_and_what_nothing_finds_stay_as_asked(book: Book) -> None:
    for text in ("TATA", "rgg tca", "", "qqqq", "?!", "x" * (MAX_LETTERS + 1)):
        assert suited(book.lexicon, text, "prefix") == "prefix"
    assert suited(book.lexicon, "qqqq", "English") == "English"
