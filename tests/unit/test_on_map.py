"""Passages of a map by place, gene and DNA, on either strand; what has no meaning is said in one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from genomebook.book import Book
from genomebook.errors import BookError
from genomebook.language.alphabet import reverse_complement
from genomebook.search.on_map import PassageMatches, find_passages
from genomebook.search.searcher import Searcher
from tests.support.searching import indexed


@pytest.fixture(scope="module")
def book(chrm_book: Path) -> Book:
    return Book.open(chrm_book)


@pytest.fixture(scope="module")
def table(book: Book) -> pd.DataFrame:
    return pd.concat([volume.sentences().assign(volume=volume.name) for volume in book], ignore_index=True)


@pytest.fixture(scope="module")
def searcher(book: Book, tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    return Searcher.open(book, indexed(book, tmp_path_factory.mktemp("index")))


def closed() -> Searcher:
    raise BookError("no index here")


def looked_up(book: Book, table: pd.DataFrame, text: str) -> PassageMatches:
    return find_passages(book, table, text, closed)


@pytest.mark.parametrize("text", ["MT-CO1", "chrM:5,904-7,445", "chrM:6000"])
def test_passages_at_a_place_are_those_that_overlap_it(book: Book, table: pd.DataFrame, text: str) -> None:
    found = looked_up(book, table, text)
    low, high = (5_999, 6_000) if text.endswith("6000") else (5_903, 7_445)
    overlap = (np.minimum(table["end"], high) - np.maximum(table["start"], low)).clip(lower=0)
    assert set(found.rows) == set(np.flatnonzero(overlap > 0))
    assert overlap[found.rows[0]] == overlap.max()
    assert len(found.rows) == len(set(found.rows.tolist()))
    assert f"{len(found.rows)} passage" in found.line


def test_dna_leads_to_its_passage_on_either_strand(
    book: Book, table: pd.DataFrame, searcher: Searcher
) -> None:
    row = int(table["length"].idxmax()) if "length" in table else 20
    start, end = int(table["start"][row]), int(table["end"][row])
    letters = book["chrM"].sequence(start, end).upper()
    for query in (letters, reverse_complement(letters)):
        found = find_passages(book, table, query.decode(), lambda: searcher)
        assert found.rows[0] == row
    absent = find_passages(book, table, "ACGTTGCA" * 20, lambda: searcher)
    assert len(absent.rows) == 0
    assert absent.line == "this DNA is not in the book"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("ACGTACGTA", "20 letters or more"),
        ("ACGT" * 20, "no index here"),
        ("chr99:5-10", "chr99"),
        ("zzzz", "zzzz"),
        ("<b>\x1b[31m", "<b>"),
        ("A" * 5_000_000, "more than the box takes"),
        (">one\nACGTACGTACGTACGTACGTACGT\n>two\nACGTACGTACGTACGTACGTACGT", "no index here"),
    ],
)
def test_a_text_that_finds_nothing_says_why(book: Book, table: pd.DataFrame, text: str, line: str) -> None:
    found = looked_up(book, table, text)
    assert len(found.rows) == 0
    assert line in found.line
    assert "\n" not in found.line
    assert "\x1b" not in found.line


def test_a_place_without_a_passage_of_the_map_is_said(book: Book, table: pd.DataFrame) -> None:
    some = table[table["start"] > 10_000].reset_index(drop=True)
    assert looked_up(book, some, "chrM:100-200").line == "no passage of this map lies at chrM:100-200"
