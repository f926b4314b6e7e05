"""Exact answers against Biopython."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest
from Bio.Data import CodonTable
from Bio.Seq import Seq
from Bio.SeqUtils import gc_fraction
from hypothesis import given
from hypothesis import strategies as st

from genomebook.errors import OptionError
from genomebook.language.alphabet import LETTERS, complement, reverse_complement
from genomebook.language.genetic_codes import is_known_code
from genomebook.search.query import MAX_LETTERS
from genomebook.tasks.exact import FRAMES, gc_content, orfs, translate
from genomebook.tasks.exact_answers import EXACT
from genomebook.tasks.inputs import MIN_LETTERS
from genomebook.tasks.registry import tasks

DNA = st.text("ACGT", min_size=1, max_size=400)
IUPAC = st.text(LETTERS, min_size=1, max_size=200)
TABLES = [number for number in CodonTable.unambiguous_dna_by_id if is_known_code(number)]


def by_biopython(letters: str, frame: int, table: int) -> str:
    strand = Seq(letters) if frame > 0 else Seq(letters).reverse_complement()
    read = strand[abs(frame) - 1 :]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of ambiguous stop codons
        return str(read[: len(read) // 3 * 3].translate(table=table))


def test_every_table_of_biopython_is_known() -> None:
    assert len(TABLES) == len(CodonTable.unambiguous_dna_by_id) >= 26


@given(IUPAC)
def test_gc_content(letters: str) -> None:
    assert gc_content(letters.encode()) == pytest.approx(gc_fraction(letters))


@given(IUPAC.map(lambda text: text.replace("U", "T")))
def test_complements(letters: str) -> None:
    assert complement(letters.encode()).decode() == str(Seq(letters).complement())
    assert reverse_complement(letters.encode()).decode() == str(Seq(letters).reverse_complement())


@given(DNA, st.sampled_from(FRAMES), st.sampled_from(TABLES))
def test_translation_in_all_frames_and_tables(letters: str, frame: int, table: int) -> None:
    assert translate(letters.encode(), frame, table) == by_biopython(letters, frame, table)


def test_all_codons_of_all_tables() -> None:
    codons = "".join(a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT")
    for table in TABLES:
        assert translate(codons.encode(), 1, table) == by_biopython(codons, 1, table)


def expected_orfs(letters: str, table: int) -> Iterator[tuple[int, str, int]]:
    """Frame, protein and length of each open reading frame: what Biopython translates, split at stops."""
    for frame in FRAMES:
        strand = letters if frame > 0 else str(Seq(letters).reverse_complement())
        aminos, at = by_biopython(letters, frame, table), abs(frame) - 1
        pieces = aminos.split("*")
        for number, piece in enumerate(pieces):
            starts = [i for i in range(len(piece)) if strand[at + 3 * i : at + 3 * i + 3] == "ATG"]
            if starts:
                protein = piece[starts[0] :]
                yield frame, protein, 3 * (len(protein) + (number < len(pieces) - 1))
            at += 3 * (len(piece) + 1)


@given(
    st.lists(st.sampled_from(["ATG", "TAA", "GCA", "T", "ACC", "CAT", "TTA", "TGA"]), max_size=60),
    st.sampled_from([1, 2, 4, 11]),
)
def test_open_reading_frames(pieces: list[str], table: int) -> None:
    letters = "".join(pieces)
    listed = orfs(letters.encode(), table, 0)
    assert sorted((orf.frame, orf.protein, len(orf)) for orf in listed) == sorted(
        expected_orfs(letters, table)
    )
    for orf in listed:
        there = Seq(letters)[orf.start : orf.end]
        read = there if orf.frame > 0 else there.reverse_complement()
        assert str(read[:3]) == "ATG"
        assert by_biopython(str(read), 1, table).removesuffix("*") == orf.protein
    assert [len(orf) for orf in listed] == sorted(map(len, listed), reverse=True)
    assert [len(orf) for orf in orfs(letters.encode(), table, 12)] == [len(o) for o in listed if len(o) >= 12]


def test_frames_and_tables_that_there_are_not() -> None:
    with pytest.raises(OptionError, match=r"frame 4: there is none; choose one of 1, 2, 3, -1, -2, -3"):
        translate(b"ACGT", 4)
    with pytest.raises(OptionError, match="genetic code 7: not known"):
        translate(b"ACGT", 1, 7)


def test_sheets_say_the_lengths_that_can_be_asked_about() -> None:
    assert {tasks()[name].lengths for name in EXACT} == {(MIN_LETTERS, MAX_LETTERS)}
