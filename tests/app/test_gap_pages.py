"""Pages of books that are runs of N, alone or at the start of a chromosome."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from genomebook.annotation.genes import Genes
from genomebook.book import Book
from genomebook.errors import BookError
from genomebook.render.page import picture
from genomebook.search.searcher import Searcher
from tests.support import books
from tests.support.apptest import APP, drawn
from tests.support.reader import answer

GAP = 5000


@pytest.fixture(scope="module")
def only_gaps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gaps")
    (folder / "a.fa").write_bytes(books.fasta({"chr1": b"N" * GAP, "chr2": b"n"}))
    (folder / "genes.bed").write_text("chr1\t1000\t2000\tghost\t0\t+\n")
    return books.make(folder / "a.fa", folder / "a.book", words="words-4096", genes=folder / "genes.bed").path


@pytest.fixture(scope="module")
def long_gaps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Text of 4,000 letters between two gaps, and a gene that begins at its end."""
    folder = tmp_path_factory.mktemp("text")
    sequence = b"N" * GAP + books.letters(4000, 1) + b"N" * GAP
    (folder / "a.fa").write_bytes(books.fasta({"chr1": sequence}))
    (folder / "genes.bed").write_text(f"chr1\t{GAP + 3950}\t{2 * GAP + 4000}\tlast\t0\t+\n")
    return books.make(folder / "a.fa", folder / "a.book", words="words-4096", genes=folder / "genes.bed").path


def page(book: Path, name: str, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    monkeypatch.setenv("GENOMEBOOK_BOOK", str(book))
    at = AppTest.from_file(str(APP), default_timeout=120).run()
    if name != "library":
        at.switch_page(f"pages/{name}.py")
        for key, value in query.items():
            at.query_params[key] = value
        at.run()
    assert not at.exception
    assert [error.value for error in at.error] == []
    return at


def test_a_book_of_gaps_alone_has_a_library(only_gaps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = drawn(page(only_gaps, "library", monkeypatch))
    assert 'class="shelf"' in shown
    assert 'class="wall"' not in shown  # there are no letters to show as a book


def test_what_a_book_is_made_from_names_no_file_that_was_not_given(
    only_gaps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "b.fa").write_bytes(b">chr1\nNNN\n")
    without = books.make(tmp_path / "b.fa", tmp_path / "b.book", words="words-4096").path
    assert "genes genes.bed, name a.fa" in drawn(page(only_gaps, "library", monkeypatch))
    shown = drawn(page(without, "library", monkeypatch))
    assert "name b.fa" in shown
    assert "genes ," not in shown


def test_searching_a_book_of_gaps_alone_is_not_sent_to_make_an_index(only_gaps: Path) -> None:
    with pytest.raises(BookError, match=r"a\.book: has no letter but N; there is nothing to search"):
        Searcher.open(Book.open(only_gaps))


@pytest.mark.parametrize("loc", ["chr1:1-3000", f"chr1:{GAP}-{GAP}", "chr2"])
@pytest.mark.parametrize("signal", ["switch", "surprise", "combined"])
def test_boundary_strength_of_a_gap_is_an_empty_track(
    only_gaps: Path, monkeypatch: pytest.MonkeyPatch, loc: str, signal: str
) -> None:
    shown = answer(page(only_gaps, "read", monkeypatch, loc=loc, track=signal))["track"]
    assert 'class="odds"' in shown
    assert "letters of N" in shown or "letter of N" in shown


def test_boundary_strength_before_the_first_letter(long_gaps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = answer(page(long_gaps, "read", monkeypatch, loc="chr1:1-3000", track="switch"))["track"]
    assert 'class="odds"' in shown


def test_the_opening_picture_holds_no_long_gap(long_gaps: Path) -> None:
    book = Book.open(long_gaps)
    region = picture.picture_region(book, Genes.open(book.path / "genes.parquet").table)
    assert region is not None
    assert region.end - region.start < 1000
