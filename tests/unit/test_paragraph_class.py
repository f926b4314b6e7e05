"""The line above a paragraph says what covers it, and whether its ends are those of a repeat."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from genomebook.annotation.contents_titles import of_exons
from genomebook.annotation.genes import Genes
from genomebook.annotation.paragraph_class import ParagraphClass, paragraph_classes
from genomebook.book import Book
from genomebook.book.schema import GENES
from genomebook.book.transcript import Transcript
from genomebook.book.transcript_writer import add_transcripts
from genomebook.pipeline.annotate import TrackInput, annotate
from tests.support import books
from tests.support.track_files import written

REPEATS = (
    "chr1\t100\t400\tAluSx\t0\t-\tSINE/Alu\n"
    "chr1\t600\t660\tL1A\t0\t+\tLINE/L1\nchr1\t660\t700\tL1B\t0\t+\tLINE/L1\nchr1\t700\t710\t<b>X\t0\t.\tdust\n"
)
ISLAND = "chr1\t1000\t1500\tCpG: 5\t50\t5\t30\t20\t60.5\t0.85\n"
PROMOTER = "chr1\t4000\t4200\tE1\t0\t.\t1\t9\t255,0,0\tPLS,CTCF\n"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("paragraphs")
    fasta = written(
        folder, "a.fa", books.fasta({"chr1": books.letters(6_000, 1), "chr2": books.letters(900, 2)})
    )
    genes = written(folder, "genes.bed", "chr1\t2000\t4000\tONE\t0\t-\nchr1\t5000\t5500\tTWO\t0\t+\n")
    path = folder / "a.book"
    books.make(fasta, path, genes=genes)
    annotate(
        path,
        [
            TrackInput(written(folder, "repeats.bed", REPEATS)),
            TrackInput(
                written(folder, "cpgIslandExt.txt", "chr1\t1000\t1500\tCpG: 5\t50\t5\t30\t20\t60.5\t0.85\n")
            ),
            TrackInput(
                written(folder, "promoters.bed", "chr1\t4000\t4200\tE1\t0\t.\t1\t9\t255,0,0\tPLS,CTCF\n")
            ),
        ],
    )
    exons = ((2000, 2300), (3000, 3300), (3800, 4000))
    coding = ((2200, 2300), (3000, 3300), (3800, 3900))
    one = Transcript("chr1", "-", "ONE", "G1", "T1", "P1", "", "protein_coding", "", exons, coding)
    add_transcripts(path, [one], {"chr1": 6_000, "chr2": 900})
    return path


def lines(path: Path, *spans: tuple[int, int], volume: str = "chr1") -> list[ParagraphClass]:
    book = Book.open(path)
    genes = Genes.open(book.folder.checked(GENES))
    return paragraph_classes(book, genes, volume, np.array(spans, np.int64).reshape(-1, 2))


@pytest.mark.parametrize(
    ("start", "end", "kind", "text"),
    [
        (100, 400, "repeat", "AluSx, minus strand, all of it; its ends are those of the repeat"),
        (
            98,
            401,
            "repeat",
            "AluSx, minus strand, 99 % of it; its ends are those of the repeat, within 2 letters",
        ),
        (
            101,
            400,
            "repeat",
            "AluSx, minus strand, all of it; its ends are those of the repeat, within 1 letter",
        ),
        (96, 400, "repeat", "AluSx, minus strand, 99 % of it"),
        (300, 500, "repeat", "AluSx, minus strand, 50 % of it"),
        (580, 720, "repeat", "Repeats, 79 % of it, most of all L1A, plus strand"),
        (
            1000,
            1500,
            "cpg",
            "CpG island, all of it (5 CpG, 60.5 % G and C, 0.85 of the CpG that chance gives)",
        ),
        (3000, 3310, "coding", "Coding sequence of ONE, exon 2, 97 % of it"),
        (2000, 2200, "utr", "3' UTR of ONE, exon 3, all of it"),
        (3900, 4000, "utr", "5' UTR of ONE, exon 1, all of it"),
        (2250, 3020, "exon", "Exons 2 and 3 of ONE, 9 % of it"),
        (2400, 2900, "intron", "Intron 2 of ONE"),
        (4010, 4190, "regulatory", "PLS, CTCF E1, all of it"),
        (4300, 4400, "genes", "Between ONE and TWO"),
        (5600, 5900, "genes", "After TWO, the last gene"),
    ],
)
def test_what_a_paragraph_is(book: Path, start: int, end: int, kind: str, text: str) -> None:
    assert lines(book, (start, end)) == [ParagraphClass(kind, text)]  # type: ignore[arg-type]


def test_exons_of_a_clipped_transcript_keep_their_numbers(book: Path, tmp_path: Path) -> None:
    """Exons 1 and 2 lie beyond the end of the sequence."""
    copied = Path(shutil.copytree(book, tmp_path / "clipped.book"))
    exons = ((2000, 2300), (3000, 3300))
    cut = Transcript(
        "chr1", "-", "ONE", "G1", "T1", "P1", "", "protein_coding", "", exons, exons,
        clipped=True, first_exon=3,
    )  # fmt: skip
    add_transcripts(copied, [cut], {"chr1": 6_000, "chr2": 900})
    assert [line.text for line in lines(copied, (2010, 2290), (2400, 2900), (3000, 3310))] == [
        "Coding sequence of ONE, exon 4, all of it",
        "Intron 3 of ONE",
        "Coding sequence of ONE, exon 3, 97 % of it",
    ]
    assert [of_exons([cut], *span) for span in ((2010, 2290), (2400, 2900))] == [
        "ONE, exon 4",
        "ONE, intron 3",
    ]


def test_the_lines_of_a_page_are_those_of_its_paragraphs(book: Path) -> None:
    spans = [(0, 100), (100, 400), (1000, 1500), (2400, 2900), (4300, 4400)]
    assert lines(book, *spans) == [lines(book, span)[0] for span in spans]
    assert lines(book) == []


def test_nothing_is_said_where_nothing_is_known(book: Path) -> None:
    assert lines(book, (0, 300), (300, 900), volume="chr2") == [ParagraphClass("", "")] * 2
