"""Titles of the contents: no two of a list alike, made of exons, repeats and CpG islands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genomebook.annotation import contents_titles as titles
from genomebook.annotation.genes import Genes
from genomebook.book import Book
from genomebook.book.features import Feature
from genomebook.book.places import Unit, contents, first_letter
from genomebook.book.schema import GENES
from genomebook.book.transcripts import Transcript
from tests.support import books


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """A volume that begins with a gap, with two genes far apart; one of gaps alone; one letter."""
    folder = tmp_path_factory.mktemp("titles")
    records = {"a": b"N" * 3000 + books.letters(260_000, 5), "none": b"N" * 900, "dot": b"T"}
    (folder / "x.fa").write_bytes(books.fasta(records))
    (folder / "g.gff3").write_text(
        "##gff-version 3\na\t.\tgene\t5001\t9000\t.\t+\t.\tName=<b>ONE\n"
        "a\t.\tgene\t60001\t250000\t.\t-\t.\tName=TWO\n"
    )
    return books.make(folder / "x.fa", folder / "x.book", genes=folder / "g.gff3")


def listed(book: Book, position: int) -> list[Unit]:
    genes = Genes.open(book.folder.checked(GENES))
    volume = book["a"]
    return titles.ContentsTitles(book, genes).titled(volume, contents(volume, position, around=10_000))


def test_no_two_of_a_list_have_the_same_title(book: Book) -> None:
    for position in range(0, 263_000, 20_000):
        shown = listed(book, position)
        for level in ("part", "chapter", "section"):
            here = [unit.title for unit in shown if unit.level == level]
            assert len(set(here)) == len(here), here


def test_a_title_does_not_depend_on_what_else_is_listed(book: Book) -> None:
    genes, volume = Genes.open(book.folder.checked(GENES)), book["a"]
    many = {(unit.level, unit.number): unit.title for unit in listed(book, 100_000)}
    few = titles.ContentsTitles(book, genes).titled(volume, contents(volume, 100_000, around=0))
    assert few
    assert all(many[unit.level, unit.number] == unit.title for unit in few)


def test_titles_of_the_book_stay_as_they_are(book: Book) -> None:
    before = books.snapshot(book.path)
    listed(book, 0)
    assert books.snapshot(book.path) == before
    stored = contents(book["a"], 100_000)
    assert [unit.title for unit in stored] == [unit.title for unit in contents(book["a"], 100_000)]


def test_a_book_without_genes_keeps_its_titles(chrm_book: Path) -> None:
    plain = Book.open(chrm_book)
    volume = plain["chrM"]
    none = Genes(Genes.open(plain.folder.checked(GENES)).table.iloc[:0])
    shown = titles.ContentsTitles(plain, none).titled(volume, contents(volume, 8000))
    assert len({unit.title for unit in shown if unit.level == "section"}) == len(
        [unit for unit in shown if unit.level == "section"]
    )


def test_a_volume_opens_at_its_first_letter(book: Book) -> None:
    assert first_letter(book["a"]) == 3000
    assert first_letter(book["none"]) == 0
    assert first_letter(book["dot"]) == 0


def transcript(strand: str = "+", coding: bool = True, gene: str = "G", start: int = 100) -> Transcript:
    exons = ((start, start + 100), (start + 300, start + 400), (start + 900, start + 1000))
    cds = (exons[1],) if coding else ()
    return Transcript("v", strand, gene, f"id-{gene}", f"t-{gene}", "", "", "", "", exons, cds)


@pytest.mark.parametrize(
    ("strand", "start", "end", "title"),
    [
        ("+", 100, 210, "G, exon 1"),
        ("+", 150, 450, "G, exons 1 and 2"),
        ("+", 100, 1100, "G, exons 1 to 3"),
        ("+", 210, 390, "G, intron 1"),
        ("+", 600, 900, "G, intron 2"),
        ("-", 600, 900, "G, intron 1"),
        ("-", 1050, 1100, "G, exon 1"),
        ("-", 210, 390, "G, intron 2"),
        ("+", 2000, 3000, ""),
        ("+", 900, 3000, ""),
    ],
)
def test_exons_and_introns_are_numbered_from_the_five_prime_end(
    strand: str, start: int, end: int, title: str
) -> None:
    assert titles.of_exons([transcript(strand)], start, end) == title


def test_of_genes_that_overlap_the_coding_one_is_meant() -> None:
    both = [transcript(gene="NC", coding=False), transcript(gene="CD", strand="-")]
    assert titles.of_exons(both, 500, 900) == "CD, intron 1"
    assert titles.of_exons([*both, transcript(gene="CD2")], 500, 900) == ""


def repeat(start: int, end: int, group: str) -> Feature:
    return Feature("rmsk", start, end, "+", "x", group, None, "")


def test_the_class_that_covers_most_is_named() -> None:
    families = titles.covers(
        [repeat(0, 60, "SINE/Alu"), repeat(40, 70, "SINE/Alu"), repeat(80, 100, "LINE/L1")]
    )
    none = np.empty((0, 2), np.int64)
    assert titles.of_repeats(families, none, 0, 100, 100) == "mostly SINE/Alu, 70 %"
    assert titles.of_repeats(families, none, 80, 100, 20) == "mostly LINE/L1, 100 %"
    assert titles.of_repeats(families, none, 0, 1000, 1000) == ""
    assert titles.of_repeats({}, np.array([[0, 90]], np.int64), 0, 100, 100) == "90 % repeats"
    assert titles.of_islands([(0, 10), (50, 60)], 5, 55) == "2 CpG islands"
    assert titles.of_islands([(0, 10)], 10, 55) == ""


@given(st.lists(st.sampled_from(["", "a", "b", "Between A and B"]), max_size=30))
def test_numbered_titles_are_distinct(given_titles: list[str]) -> None:
    made = [title for title in titles.distinct(given_titles) if title]
    assert len(set(made)) == len(made)
    assert len(made) == len([title for title in given_titles if title])
