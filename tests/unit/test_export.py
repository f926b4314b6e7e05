"""FASTA, BED and text of a page."""

from __future__ import annotations

import io

import bioframe
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from genomebook.export import plain

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
    lines = plain.bed("chr21", 24985580, [0, 10], [5, 20], ["ATG", "a\tb\nc"], [7, 8], ["+", "-"])
    assert lines == "chr21\t24985580\t24985585\tATG\t7\t+\nchr21\t24985590\t24985600\ta b c\t8\t-\n"


def test_bed_defaults_are_read_by_bioframe() -> None:
    table = bioframe.read_table(io.StringIO(plain.bed("chrM", 0, [3306], [4262], [""])), schema="bed6")
    assert table.iloc[0].tolist() == ["chrM", 3306, 4262, ".", 0, "."]
    assert plain.bed("chrM", 0, [], [], []) == ""


def test_bed_takes_columns_of_a_filtered_frame() -> None:
    rows = pd.DataFrame({"start": [1, 2, 3], "end": [2, 3, 4], "name": ["a", "b", "c"]}).iloc[1:]
    assert plain.bed("c", 10, rows.start, rows.end, rows["name"]).splitlines() == [
        "c\t12\t13\tb\t0\t.",
        "c\t13\t14\tc\t0\t.",
    ]


def test_text_of_a_page() -> None:
    page = plain.text("chrM, chapter 1", [("chrM:1-9", [["GAT", "CA"], ["CAGG"]]), ("chrM:10-12", [["TTT"]])])
    assert page == "chrM, chapter 1\n\nchrM:1-9\nGAT CA. CAGG.\n\nchrM:10-12\nTTT.\n"


def test_text_of_a_paragraph_without_words() -> None:
    assert plain.text("x", [("x:1-5", []), ("x:6-7", [["AC"]])]) == "x\n\nx:1-5\n\nx:6-7\nAC.\n"
