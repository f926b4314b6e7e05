"""FASTA, BED and text of a page."""

from __future__ import annotations

import io
from pathlib import Path

import bioframe
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from genomebook.book import Book
from genomebook.book.page import Paragraph, open_page
from genomebook.export import page, plain
from genomebook.genome.regions import Region

IUPAC = "ACGTUNRYSWKMBDHVacgtunryswkmbdhv"


def body(record: str) -> str:
    header, _, lines = record.partition("\n")
    assert header.startswith(">")
    return lines.replace("\n", "")


def test_fasta_keeps_case_and_wraps() -> None:
    assert plain.fasta("chrM:1-7", b"GATcacN", width=3) == ">chrM:1-7\nGAT\ncac\nN\n"
    assert plain.fasta("a\nb", b"") == ">a b\n"


def test_fasta_of_the_other_strand() -> None:
    assert plain.fasta("x", b"AACgtRN", reverse_complement=True) == ">x strand=-\nNYacGTT\n"
    assert body(plain.fasta("x", b"ACGTRYSWKMBDHVN", reverse_complement=True)) == "NBDHVKMWSRYACGT"


@given(st.text(IUPAC.replace("U", "").replace("u", ""), max_size=200), st.integers(1, 70))
def test_fasta_round_trip(letters: str, width: int) -> None:
    forward = plain.fasta("x", letters.encode(), width)
    assert body(forward) == letters
    assert all(len(line) <= width for line in forward.split("\n")[1:])
    once = body(plain.fasta("x", letters.encode(), width, reverse_complement=True))
    assert body(plain.fasta("x", once.encode(), width, reverse_complement=True)) == letters


def test_bed_is_on_the_contig() -> None:
    lines = plain.bed("chr21", 24985580, [(0, 5, "ATG", "+"), (10, 20, "a\tb\nc", "-")])
    assert lines == "chr21\t24985580\t24985585\tATG\t0\t+\nchr21\t24985590\t24985600\ta b c\t0\t-\n"


def test_bed_defaults_are_read_by_bioframe() -> None:
    table = bioframe.read_table(io.StringIO(plain.bed("chrM", 0, [(3306, 4262, "", ".")])), schema="bed6")
    assert table.iloc[0].tolist() == ["chrM", 3306, 4262, ".", 0, "."]
    assert plain.bed("chrM", 0, []) == ""


def test_bed_takes_columns_of_a_filtered_frame() -> None:
    rows = pd.DataFrame({"start": [1, 2, 3], "end": [2, 3, 4], "name": ["a", "b", "c"]}).iloc[1:]
    lines = plain.bed("c", 10, zip(rows.start, rows.end, rows["name"], "..", strict=True))
    assert lines.splitlines() == ["c\t12\t13\tb\t0\t.", "c\t13\t14\tc\t0\t."]


def test_text_of_a_page(chrm_book: Path) -> None:
    book = Book.open(chrm_book)
    opened = open_page(book, Region("chrM", 3090, 3110))
    head, *blocks = page.text(book, opened).removesuffix("\n").split("\n\n")
    assert head == f"{book.title}, chrM:{opened.start + 1:,}-{opened.end:,}"
    assert "chrM:3,107-3,107 gap: 1 letter of N" in blocks
    for block, drawn in zip(opened.blocks, blocks, strict=True):
        if isinstance(block, Paragraph):
            where, words = drawn.split("\n")
            assert where == f"chrM:{block.start + 1:,}-{block.end:,}"
            assert words.endswith(".")
            texts = [[word.text for word in sentence.words] for sentence in block.sentences]
            assert [sentence.split() for sentence in words.removesuffix(".").split(". ")] == texts
