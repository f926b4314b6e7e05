"""The hand-outs: a page to read on one sheet, a worksheet without answers, the answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from genomebook.book import Book
from genomebook.errors import BookError
from genomebook.export.figure import MONO, text_width
from genomebook.export.handout import TEXT, columns, handout, wrapped
from genomebook.language.encode import Encoder
from genomebook.teaching.passages import LetterPiece
from genomebook.teaching.stops import TourStop, missing_stop
from genomebook.teaching.texts import stop_texts
from genomebook.teaching.tour import Tour
from tests.support import books
from tests.support.pdf_text import pages_text


@pytest.fixture(scope="module")
def stops(class_book: Path) -> tuple[TourStop, ...]:
    book = Book.open(class_book)
    return Tour(book, Encoder(book.vocabulary)).stops()


def test_the_command_writes_the_hand_outs(
    class_book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], stops: tuple[TourStop, ...]
) -> None:
    for name in ("a.pdf", "b.pdf"):
        said = books.program(capsys, "handout", class_book, "-o", tmp_path / name)
        assert said.code == 0
        assert "left out: stop 3, An Alu and its siblings" in said.out
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    pages = pages_text((tmp_path / "a.pdf").read_bytes())
    heads = [page.partition("\n")[0] for page in pages]
    assert list(dict.fromkeys(heads)) == ["A tour in DNA", "Worksheet", "Answers"]
    assert heads.count("A tour in DNA") == 1
    sheet, answers = (
        " ".join(" ".join(page for page, own in zip(pages, heads, strict=True) if own == head).split())
        for head in ("Worksheet", "Answers")
    )
    for stop in stops:
        if not stop.missing:
            assert stop.title in pages[0]
            assert stop.question in sheet
            assert stop.answer in answers
            assert stop.answer not in sheet


def test_both_papers_hold_everything(stops: tuple[TourStop, ...]) -> None:
    assert len(pages_text(handout(stops, "A book", "0" * 64, "Letter"))) >= 4


def test_what_cannot_be_made_is_one_line(
    class_book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(BookError, match="nothing that a stop of the tour shows"):
        handout([missing_stop(name, "no") for name in stop_texts()], "Tiny", "0" * 64)
    for arguments, told in (
        (["-o", tmp_path / "a.txt"], "the ending of --output"),
        (["-o", tmp_path / "none" / "a.pdf"], "none"),
        (["-o", tmp_path / "a.pdf", "--paper", "A3"], "--paper"),
    ):
        said = books.program(capsys, "handout", class_book, *arguments)
        assert said.code == 2
        assert told in said.err
    assert not list(tmp_path.iterdir())


def test_lines_are_as_wide_as_the_page() -> None:
    text = "word " * 40 + "W" * 300 + " end"
    lines = wrapped(text, TEXT, 200)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(text_width(line, TEXT) <= 200 for line in lines)
    assert wrapped("", TEXT, 200) == [""]


def test_names_stand_under_their_letters() -> None:
    pieces = [
        LetterPiece("ATG", "start", "Met"),
        LetterPiece("C", "codon", "troublesome"),
        LetterPiece("T" * 50),
    ]
    lines = columns(pieces, 30)
    letters, names = lines[0]
    assert letters.startswith("[ATG] C")
    assert names.index("troublesome") == letters.index("C")
    assert all(len(line) <= 30 for pair in lines for line in pair)
    joined = "".join(letters for letters, _ in lines)
    assert joined.replace(" ", "") == "[ATG]C" + "T" * 50
    assert text_width("A" * 30, TEXT, MONO) == pytest.approx(30 * text_width("A", TEXT, MONO))
