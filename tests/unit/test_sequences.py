"""Sequences to take away: headers, strands, frames, flanks; the command."""

from __future__ import annotations

from pathlib import Path

import pytest
from Bio.Seq import Seq

from genomebook.annotation.coding import protein
from genomebook.book import Book
from genomebook.errors import RegionError
from genomebook.export.sequences import FRAMES, region_fasta, transcript_fasta, transcripts_at, translated
from genomebook.genome.regions import Region
from tests.support import books


@pytest.fixture(scope="module")
def book(chrm_book: Path) -> Book:
    return Book.open(chrm_book)


def record(fasta: str) -> tuple[str, str]:
    head, *lines = fasta.splitlines()
    return head, "".join(lines)


@pytest.mark.parametrize("frame", FRAMES)
def test_six_frames_are_those_of_biopython(frame: int) -> None:
    letters = books.letters(100, 3) + b"nnRacgt"
    strand = Seq(letters.decode())
    strand = strand if frame > 0 else strand.reverse_complement()
    part = strand[abs(frame) - 1 :]
    expected = str(part[: len(part) // 3 * 3].translate(table=2))
    ours = translated(letters, frame, 2)
    assert len(ours) == len(expected)
    ambiguous = [set(str(part[at : at + 3]).upper()) - set("ACGT") for at in range(0, len(part) - 2, 3)]
    assert all(a == ("X" if other else b) for a, b, other in zip(ours, expected, ambiguous, strict=True))
    with pytest.raises(RegionError, match="frame 4"):
        translated(letters, 4)


def test_a_region_with_flanks_on_either_strand(book: Book) -> None:
    region = Region("chrM", 10, 20)
    letters = book["chrM"].sequence()
    assert record(region_fasta(book, region, flank=3)) == (">chrM:8-23", letters[7:23].decode())
    head, reverse = record(region_fasta(book, region, "reverse"))
    assert (head, reverse) == (">chrM:11-20 strand=-", str(Seq(letters[10:20].decode()).reverse_complement()))
    assert record(region_fasta(book, Region("chrM", 0, 9), flank=20))[0] == ">chrM:1-29"
    head, residues = record(region_fasta(book, Region("chrM", 3306, 4262), "protein"))
    assert head == ">chrM:3307-4262 frame=+1 genetic_code=2"
    assert residues.startswith("MPMANLL")


def test_a_transcript_is_read_5_to_3_and_its_header_says_what_it_is(book: Book) -> None:
    (nd6,) = transcripts_at(book, "MT-ND6")
    letters = book["chrM"].sequence(14148, 14673).decode()
    head, spliced = record(transcript_fasta(book, nd6, "cds"))
    assert spliced == str(Seq(letters).reverse_complement())
    assert head == (
        ">MT-ND6 gene=MT-ND6 transcript=MT-ND6 place=chrM:14149-14673 strand=- kind=cds genetic_code=2"
    )
    assert record(transcript_fasta(book, nd6, "mrna"))[1] == spliced
    assert record(transcript_fasta(book, nd6, "protein"))[1] == protein(nd6, book["chrM"].sequence)
    (lysine,) = transcripts_at(book, "mt-tk")
    with pytest.raises(RegionError, match="MT-TK has no coding sequence"):
        transcript_fasta(book, lysine, "protein")


def test_a_place_means_the_transcripts_there(book: Book, equipped_book: Path) -> None:
    assert [row.gene for row in transcripts_at(book, "chrM:8500-8550")] == ["MT-ATP8", "MT-ATP6"]
    with pytest.raises(RegionError, match="no transcript lies at chrM:1-9"):
        transcripts_at(book, "chrM:1-9")
    equipped = Book.open(equipped_book)
    assert [row.transcript_id for row in transcripts_at(equipped, "ALPHA")] == ["T1.2"]
    assert [row.transcript_id for row in transcripts_at(equipped, "t3")] == ["T3.1"]
    head, _ = record(transcript_fasta(equipped, transcripts_at(equipped, "T1")[0], "protein"))
    assert head == (
        ">P1.2 gene=ALPHA transcript=T1.2 place=chr1:21-150 strand=- kind=protein genetic_code=1 "
        "note=cut at the edge of the sequence"
    )


def test_the_command(chrm_book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = books.program(capsys, "sequence", chrm_book, "MT-ND1", "--as", "protein")
    assert answer.out.splitlines()[1].startswith("MPMANLLLLIVPILIAMAFLMLTERKILGYMQLRKGPNVVGPYGLLQPF")
    out = tmp_path / "a.fa"
    books.program(capsys, "sequence", chrm_book, "chrM:8500-8600", "--as", "cds", "-o", out)
    assert [line.split()[0] for line in out.read_text().splitlines() if line[0] == ">"] == [
        ">MT-ATP8",
        ">MT-ATP6",
    ]
    answer = books.program(capsys, "sequence", chrm_book, "chrM:1-9", "--as", "reverse", "--flank", "1")
    assert answer.out.splitlines()[0] == ">chrM:1-10 strand=-"
    for wrong, why in (
        (("MT-TK", "--as", "protein"), "MT-TK has no coding sequence"),
        (("MT-TK", "--as", "rna"), "--as 'rna': choose one of dna, reverse, cds, mrna, protein"),
        (("MT-TK", "--frame", "1"), "--frame is for --as protein"),
        (("MT-TK", "--as", "cds", "--flank", "1"), "--flank is for"),
        (("NOGENE", "--as", "cds"), "NOGENE"),
    ):
        assert why in books.program(capsys, "sequence", chrm_book, *wrong).error
