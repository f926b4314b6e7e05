"""Transcripts in a book: by place, gene and id; the annex and its damage."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from genomebook.book import Book
from genomebook.book.transcript import Transcript
from genomebook.book.transcript_writer import add_transcripts
from genomebook.book.transcripts import EXONS, ORDERS, ROWS
from genomebook.book.verify import problems
from genomebook.errors import DamagedBookError
from tests.support.altered import resigned

SHORT = Transcript(
    "chrM", "+", "ALPHA", "G1.2", "T1.4", "P1", "ALPHA-1", "protein_coding", "first <b>",
    ((10, 40), (60, 90)), ((20, 40), (60, 71)), 1, ("basic",), 2, ((60, 63, "U"),), True, 4,
)  # fmt: skip
LONG = replace(SHORT, transcript_id="T2", exons=((5, 40), (60, 9000)), exceptions=(), clipped=False)
CANONICAL = replace(SHORT, transcript_id="T3", tags=("Ensembl_canonical",), coding=(), strand="-")
BETA = replace(SHORT, gene="BETA", gene_id="", transcript_id="T4", exons=((100, 200),), coding=())
ALL = (SHORT, LONG, CANONICAL, BETA)


def put(book: Path, rows: tuple[Transcript, ...] = ALL) -> Book:
    lengths = {volume.name: volume.length for volume in Book.open(book)}
    assert add_transcripts(book, rows, lengths) == len(rows)
    return Book.open(book)


@pytest.fixture
def book(chrm_book: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(chrm_book, tmp_path / "chrM.book"))


def test_a_place_gives_its_transcripts(book: Path) -> None:
    before = Book.open(book).digest
    assert Book.open(book).transcripts.overlapping("chrM", 0, 100) == []
    opened = put(book)
    known = opened.transcripts
    assert opened.digest == before
    assert len(known) == 4
    assert known.overlapping("chrM", 0, 6) == [LONG]
    assert sorted(t.transcript_id for t in known.overlapping("chrM", 45, 50)) == ["T1.4", "T2", "T3"]
    assert known.overlapping("chrM", 9000, 9100) == []
    assert known.overlapping("chrM", 150, 160) == [LONG, BETA]
    assert set(known.all()) == set(ALL)
    assert problems(opened) == []


def test_a_gene_gives_the_one_to_show_first(book: Path) -> None:
    known = put(book).transcripts
    for name in ("G1.2", "G1", "g1", "G1.9", "ALPHA", "alpha"):
        assert known.of_gene(name)[0] == CANONICAL, name
    assert known.of_gene("ALPHA")[1:] == [LONG, SHORT]
    assert known.of_gene("BETA") == [BETA]
    assert known.of_gene("") == known.of_gene("G") == []
    assert known.by_id("T1") == known.by_id("T1.4") == SHORT
    assert known.by_id("T") is None


def test_parts_of_a_transcript() -> None:
    assert SHORT.introns == ((40, 60),)
    assert SHORT.utr5 == ((10, 20),)
    assert SHORT.utr3 == ((71, 90),)
    minus = replace(SHORT, strand="-")
    assert (minus.utr5, minus.utr3) == (SHORT.utr3, SHORT.utr5)
    assert (SHORT.coding_length, SHORT.length) == (31, 60)
    assert replace(SHORT, coding=()).utr5 == ()


@pytest.mark.parametrize(("name", "value"), [(ROWS, 99), (EXONS, 90_000), (ORDERS, 7)])
def test_what_is_out_of_range_is_named(book: Path, name: str, value: int) -> None:
    put(book)
    file = book / "transcripts" / name
    content = bytearray(file.read_bytes())
    content[:4] = value.to_bytes(4, "little")
    file.write_bytes(content)
    assert name in problems(Book.open(book))[0]
    opened = resigned(book)  # as if it had been written so
    if name == ORDERS:
        with pytest.raises(DamagedBookError, match=name):
            opened.transcripts.by_id("T1.4")
    else:
        assert "transcripts" in problems(opened)[0]
