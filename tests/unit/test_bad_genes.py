"""A book built with genes that are wrong in every way: counted, the first named, and every page is made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from genomebook.book import Book
from genomebook.book.verify import problems
from genomebook.render.page.make import PageMaker
from tests.support import books

EVIL = "<img src=x onerror=alert(1)>"
CODING = b"ATGAAANNNNNNCCCTAA"
LETTERS = books.letters(40, 1) + CODING + books.letters(400, 2)
ROWS = (
    f"gene 41 58 + . ID=g1;Name={EVIL.replace(' ', '%20')};description=%3Cb%3Ebold%3C/b%3E",
    f"mRNA 41 58 + . ID=t1;Parent=g1;Name={EVIL.replace(' ', '%20')};tag={EVIL.replace(' ', '%20')}",
    "exon 41 58 + . Parent=t1",
    "CDS 41 58 + 0 ID=c1;Parent=t1;protein_id=%1b[31mred",
    "gene 100 200 - . ID=g2;Name=BETA",
    "mRNA 100 200 - . ID=t2;Parent=g2",
    "exon 100 150 - . Parent=t2",
    "exon 140 200 - . Parent=t2",
    "CDS 110 190 - . Parent=t2",
    "mRNA 100 200 - . ID=t3;Parent=g2",
    "exon 100 150 - . Parent=t3",
    "exon 180 200 + . Parent=t3",
    "mRNA 210 300 + . ID=t4;Parent=g2",
    "CDS 210 230 + 0 Parent=t4",
    "CDS 241 260 + 2 Parent=t4",
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bad")
    (folder / "a.fa").write_bytes(books.fasta({"chr1": LETTERS}))
    lines = []
    for row in ROWS:
        kind, start, end, strand, phase, attributes = row.split()
        lines.append("\t".join(("chr1", ".", kind, start, end, ".", strand, phase, attributes)))
    (folder / "a.gff3").write_text("\n".join(lines) + "\n")
    return folder


def test_what_is_wrong_is_said_and_the_book_stays_up(
    built: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = built / "a.book"
    said = books.program(capsys, "build", built / "a.fa", "-o", path, "--genes", built / "a.gff3")
    assert said.code == 0, said.err
    for note in (
        "in 1 transcript exons that overlap were joined, first t2",
        "in 1 transcript coding rows have no phase",
        "in 1 transcript exons lie on both strands",
        "in 1 transcript a phase contradicts the first, which is kept, first t4",
    ):
        assert note in " ".join(said.err.split()), said.err
    book = Book.open(path)
    assert problems(book) == []
    page = PageMaker(book).land(*PageMaker(book).ask("chr1:1-100"))
    assert {row.id for row in page.transcripts} == {"t1", "t2", "t4"}
    assert "".join(run.letters for run in page.residues if run.transcript == "t1") == "MKXXP*"
    assert page.transcripts[0].gene == EVIL  # escaped where it is shown
    said = books.program(capsys, "sequence", path, "t1", "--as", "protein")
    assert said.out.splitlines()[1] == "MKXXP"
    assert "\x1b" not in said.out
    said = books.program(capsys, "read", path, "chr1:1-100", "--format", "json")
    assert json.loads(said.out)["transcripts"]
