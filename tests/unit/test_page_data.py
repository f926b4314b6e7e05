"""The data of a page: complete, typed, at the right place, and what the command prints."""

from __future__ import annotations

import itertools
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from genomebook.book import Book
from genomebook.book.page import LIMIT, Gap, Paragraph, open_page
from genomebook.book.places import contents, open_units
from genomebook.book.transcript_writer import add_transcripts
from genomebook.genome.regions import Region
from genomebook.language.alphabet import reverse_complement
from genomebook.language.genetic_codes import genetic_code
from genomebook.render.page.data import VERSION, PageData
from genomebook.render.page.make import PageMaker, PageOptions
from genomebook.render.page.transcripts import MAX_TRANSCRIPTS
from tests.support import books, glossed
from tests.support.equipped import TRANSCRIPT


@pytest.fixture(scope="module")
def maker(chrm_book: Path) -> PageMaker:
    return PageMaker(Book.open(chrm_book))


def shown(page: PageData) -> str:
    return "".join(page.words.text)


def test_a_page_holds_every_letter_of_its_region(maker: PageMaker) -> None:
    volume = maker.book["chrM"]
    page = maker.land(*maker.ask("chrM:3000-3400"))
    assert [(gap.start, gap.end) for gap in page.gaps] == [(3106, 3107)]
    assert shown(page) == volume.sequence(page.start, page.end).decode().replace("N", "")
    ends = [start + len(text) for start, text in zip(page.words.start, page.words.text, strict=True)]
    for sentence in page.sentences:
        assert page.words.start[sentence.first_word] == sentence.start
        assert ends[sentence.end_word - 1] == sentence.end
        assert sentence.why
    for paragraph in page.paragraphs:
        assert page.sentences[paragraph.first_sentence].start == paragraph.start
        assert page.sentences[paragraph.end_sentence - 1].end == paragraph.end
    edges = sorted([(b.start, b.end) for b in [*page.paragraphs, *page.gaps]])
    assert [edges[0][0], edges[-1][1]] == [page.start, page.end]
    assert all(a[1] == b[0] for a, b in itertools.pairwise(edges))


@pytest.mark.parametrize(
    ("typed", "address", "name", "landing"),
    [
        ("mt-co1", "MT-CO1", "MT-CO1", 5903),
        ("chrM:5904-7445", "chrM:5904-7445", "MT-CO1", 5903),
        ("MT-ND6", "MT-ND6", "MT-ND6", 14672),
        ("chrM:5905", "chrM:5905-5905", "", 5904),
        ("chrM:16500-16569", "chrM:16500-16569", "", 16499),
        ("chrM:1-100", "chrM:1-100", "", 0),
    ],
)
def test_a_place_is_on_its_page_and_a_gene_keeps_its_name(
    maker: PageMaker, typed: str, address: str, name: str, landing: int
) -> None:
    region, place = maker.ask(typed)
    page = maker.land(region, place)
    assert page.asked == place
    assert (place.address, place.name) == (address, name)
    assert page.start <= landing < page.end
    assert landing == (place.end - 1 if place.strand == "-" else place.start)


def test_turning_pages_reads_the_whole_book_both_ways(maker: PageMaker) -> None:
    volume = maker.book["chrM"]
    page = maker.land(*maker.ask("chrM"))
    text = shown(page)
    while page.around.next:
        place = page.around.next
        page = maker.land(*maker.ask(place.address))
        assert page.asked is None
        assert (page.start, page.end) == (place.start, place.end)
        text += shown(page)
    assert text == volume.sequence().decode().replace("N", "")
    letters = 0
    while page:
        letters += page.end - page.start
        place = page.around.previous
        if place is None:
            break
        assert place.end == page.start
        page = maker.page(Region("chrM", place.start, place.end))
        assert (page.start, page.end) == (place.start, place.end)
    assert page.start == 0
    assert letters == volume.length


def test_blocks_units_and_genes_are_those_of_the_book(maker: PageMaker) -> None:
    book = maker.book
    page = maker.land(*maker.ask("MT-CO1"))
    opened = open_page(book, Region("chrM", page.start, page.end))
    paragraphs = [block for block in opened.blocks if isinstance(block, Paragraph)]
    assert [p.number for p in page.paragraphs] == [p.number for p in paragraphs]
    assert not any(isinstance(block, Gap) for block in opened.blocks)
    assert open_units(book["chrM"], page.start) == [
        u for u in contents(book["chrM"], page.start) if u.is_open
    ]
    assert [(u.level, u.title) for u in page.units] == [
        (u.level, u.title) for u in open_units(book["chrM"], page.start)
    ]
    assert "MT-CO1" in [gene.name for gene in page.genes]
    assert [gene.name for gene in page.genes] == maker.genes.overlapping("chrM", page.start, page.end)[
        "name"
    ].tolist()


def test_lines_and_odds_are_there_when_asked_for(chrm_book: Path, tmp_path: Path) -> None:
    book = Book.open(glossed.put_all(chrm_book, tmp_path / "a.book"))
    maker = PageMaker(book)
    region, place = maker.ask("MT-CO1")
    plain = maker.land(region, place)
    assert (plain.words.lines, plain.words.notes, plain.words.odds) == ({}, {}, [])
    page = maker.land(region, place, PageOptions(("gloss", "tag"), "no such signal"))
    assert page.track == book.signal
    words = page.words
    assert len(words.odds) == len(words.id) == len(words.start)
    assert words.lines["gloss"] == [glossed.gloss(i) for i in words.id]
    assert words.lines["tag"] == [glossed.tag(i) for i in words.id]
    assert set(words.notes) <= {str(i) for i in words.id}


def test_long_first_gap_shows_the_first_letters(tmp_path: Path) -> None:
    fasta = tmp_path / "a.fa"
    fasta.write_bytes(books.fasta({"chr1": b"N" * 50_000 + books.letters(5000, 3)}))
    maker = PageMaker(books.make(fasta, tmp_path / "a.book"))
    page = maker.land(*maker.ask("chr1"))
    assert (page.gaps[0].start, page.gaps[0].end) == (0, 50_000)
    assert len(shown(page)) >= min(LIMIT, 5000)


def test_the_command_prints_it(chrm_book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = books.program(capsys, "read", chrm_book, "MT-CO1", "--format", "json")
    page = msgspec.json.decode(said.out, type=PageData)
    assert page.version == VERSION
    assert json.loads(said.out)["format"] == "genomebook page"
    assert page.asked
    assert page.asked.name == "MT-CO1"
    assert "choose" in books.program(capsys, "read", chrm_book, "MT-CO1", "--format", "xml").err


def test_the_page_can_be_saved_without_script(chrm_book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("read", chrm_book, "MT-CO1", "--format", "html", "--app", 'https://x.org/"><b>')
    text = books.program(capsys, *arguments).out
    assert text.startswith("<!doctype html>")
    assert "<script" not in text
    assert "<b>" not in text.split("</head>", maxsplit=1)[0]
    drawn = re.findall(r'<span class="w[^"]*" title="[^"]*">([ACGTN]+)</span>', text)
    page = open_page(Book.open(chrm_book), Region("chrM", 5903, 7445))
    sentences = [row for block in page.blocks if isinstance(block, Paragraph) for row in block.sentences]
    assert drawn == [word.text for row in sentences for word in row.words]
    assert 'aria-label="sentence ends here' in text


def test_amino_acids_and_exons_stand_on_the_page(maker: PageMaker) -> None:
    page = maker.land(*maker.ask("chrM:8500-8600"))
    letters = maker.book["chrM"].sequence()
    genes = {row.gene: row for row in page.transcripts}
    assert {"MT-ATP8", "MT-ATP6", "MT-CO2", "MT-TK"} <= genes.keys()
    assert all(row.is_shown and row.exons for row in page.transcripts)
    assert genes["MT-TK"].coding == []
    code = genetic_code(2)
    assert {run.transcript for run in page.residues} >= {"MT-ATP8", "MT-ATP6"}
    for run in page.residues:
        assert len(run.spans) == 1 or len(run.letters) == 1
        spelled = b"".join(letters[start:end] for start, end in run.spans)
        if genes[run.transcript].strand == "-":
            spelled = reverse_complement(spelled)
        whole = spelled + b"AA"[: -len(spelled) % 3]  # as the poly(A) tail completes it
        codons = [whole[at : at + 3] for at in range(0, len(whole), 3)]
        for number, (letter, codon) in enumerate(zip(run.letters, codons, strict=True), run.first):
            assert letter == code.translate(codon) or number in run.starts
        assert any(start < page.end and end > page.start for start, end in run.spans)
    first = next(r for r in page.residues if r.transcript == "MT-ATP6" and r.first == 1)
    assert (first.letters[0], first.spans[0][0], first.starts) == ("M", 8526, [1])
    assert page.residue_names["M"] == "Met"
    exons = sorted(exon for row in maker.book.transcripts.all() for exon in row.exons)
    assert page.around.exon_before is not None
    assert page.around.exon_before.end == max(end for _, end in exons if end <= page.start)
    begins = maker.land(*maker.ask("chrM:1-100"))
    assert begins.around.exon_before is None
    assert begins.around.exon_after is not None
    assert begins.around.exon_after.start == min(start for start, _ in exons if start >= begins.end)


def test_another_transcript_can_be_chosen(equipped_book: Path) -> None:
    maker = PageMaker(Book.open(equipped_book))
    region, place = maker.ask("chr1:1-200")
    default, chosen = (
        maker.land(region, place, PageOptions(transcripts=ids)) for ids in ((), ("T3.1", "of another gene"))
    )
    assert [(row.id, row.is_shown) for row in default.transcripts] == [("T1.2", True), ("T3.1", False)]
    assert [(row.id, row.is_shown) for row in chosen.transcripts] == [("T1.2", False), ("T3.1", True)]
    assert {run.transcript for run in default.residues} == {"T1.2"}
    assert {run.transcript for run in chosen.residues} == {"T3.1"}


def test_a_page_of_very_many_transcripts_is_bounded(equipped_book: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(equipped_book, tmp_path / "many.book"))
    volumes = {volume.name: volume.length for volume in Book.open(path)}
    rows = [replace(TRANSCRIPT, transcript_id=f"T{number}") for number in range(MAX_TRANSCRIPTS + 1)]
    add_transcripts(path, rows, volumes)
    maker = PageMaker(Book.open(path))
    page = maker.land(*maker.ask("chr1:1-200"))
    assert [(row.id, row.is_shown) for row in page.transcripts] == [("T0", True)]
    assert {run.transcript for run in page.residues} == {"T0"}
