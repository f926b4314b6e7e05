"""Sequences to ask about: what is taken, and one line for what is not."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest

from genomebook.book import Book
from genomebook.errors import SequenceError
from genomebook.genome.regions import Region
from genomebook.language.alphabet import reverse_complement
from genomebook.tasks.inputs import from_book, is_letters, read_batch, read_sequence, read_sequences
from tests.support.dna import random_dna


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("acgt ACGT\n 1 acgt\r\n", "ACGTACGTACGT"),
        (">name more\nAC\nGT\n", "ACGT"),
        ("AC", "AC"),
        ("ACGTRYN", "ACGTRYN"),
        ("LOCUS x\nORIGIN\n 1 acgtuu\n//", "ACGTTT"),
    ],
)
def test_what_is_taken(text: str, letters: str) -> None:
    assert read_sequence(text).letters == letters


def test_what_was_done_is_said() -> None:
    assert read_sequence("ACGT").notes == ()
    assert read_sequence(">gUUd\nACGT").notes == ()
    assert read_sequence("acguu").notes == ("This is RNA: U is read as T.",)
    assert read_sequence("acguu").letters == "ACGTT"
    (note,) = read_sequence("ACGTRNY").notes
    assert note.startswith("2 of 7 letters are ambiguous")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "sequence: is empty; give letters of DNA or RNA, or FASTA"),
        (" \n", "sequence: is empty"),
        ("A", "length 1 is too short; give at least 2"),
        ("MKVLAATGIVLLSSAPEF", "this looks like protein; give DNA or RNA letters"),
        ("MKVSTAGKRHDNWYMKVSTAGKRHDNWY", "this looks like protein; give DNA or RNA letters"),
        ("N" * 50, "no letter of it is A, C, G or T; give known letters"),
        ("A" * 1_000_001, "1,000,001 letters; give at most 1,000,000"),
        ("ACGT" * 2_500_000, "give at most"),
        ("ACG<b>T</b>", "position 4 is '<', which is not a nucleotide"),
        ("ACG\x1b[31mT", "which is not a nucleotide"),
        ("ACGT\0", "this is not text"),
        ("@r\nACGT\n+\nIIII", "this looks like FASTQ"),
        (">a\nACGT\n>b\nACGT\n", "2 records; give one, or ask about all of them as a batch"),
        (">a\n", "has no letters"),
        ("name,sequence\n1,ACGT", "which is not a nucleotide"),
    ],
    ids=lambda text: text[:20],
)
def test_what_is_not_taken(text: str, said: str) -> None:
    with pytest.raises(SequenceError) as caught:
        read_sequence(text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_several_records() -> None:
    assert [(one.name, one.letters) for one in read_sequences(">a\nAC\n>b\nGT")] == [("a", "AC"), ("b", "GT")]


def test_files(tmp_path: Path) -> None:
    content = b">a\nACGT\n>p\nMKLEF\n>b\nGGCC\n"
    (tmp_path / "x.fa.gz").write_bytes(gzip.compress(content))
    refused: list[str] = []
    assert [one.name for one in read_batch(tmp_path / "x.fa.gz", refused.append)] == ["a", "b"]
    assert len(refused) == 1
    assert "'p'" in refused[0]
    assert [one.name for one in read_batch(io.BytesIO(content), refused.append)] == ["a", "b"]
    with pytest.raises(SequenceError, match="no such file; check the path"):
        read_batch(tmp_path / "none.fa")
    with pytest.raises(SequenceError, match="is a folder; name a FASTA file"):
        read_batch(tmp_path)


def test_letters_and_file_names() -> None:
    assert is_letters("acgtn")
    assert not is_letters("seq.fa")


def test_a_passage_of_a_book(chrm_book: Path) -> None:
    book = Book.open(chrm_book)
    there = from_book(book, Region("chrM", 3306, 4262))
    back = from_book(book, Region("chrM", 3306, 4262), "-")
    assert there.name == "chrM:3,307-4,262"
    assert there.letters == book["chrM"].sequence(3306, 4262).decode().upper()
    assert back.letters == reverse_complement(there.letters.encode()).decode()
    assert back.name == "chrM:3,307-4,262 (other strand)"


def test_random_letters_are_their_own_reading() -> None:
    letters = random_dna(500, 1)
    assert read_sequence(letters).letters == letters.decode()
