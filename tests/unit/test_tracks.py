"""Tracks of a book: every format in, features apart, merged edges, soft mask, files that do not fit."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genomebook.annotation.tracks import (
    COLUMNS,
    AnnotationTrack,
    check_intervals,
    edges,
    mask_track,
    read_tracks,
)
from genomebook.book.read import Book
from genomebook.errors import AnnotationError
from genomebook.genome.assemblies import assembly_of
from genomebook.genome.regions import Contig
from genomebook.pipeline.book.build import Options, build

CHRM = Contig("chrM", 16569, "chrM", 0)
CHR21 = Contig("chr21:24985581-26000306", 1014726, "chr21", 24985580)
CHR2 = Contig("chr2:1-2333275", 2333275, "chr2", 0)
SMALL = [Contig("chr2", 1000, "chr2", 0), Contig("chrX:101-200", 100, "chrX", 100)]
GENES = Path(__file__).resolve().parents[2] / "genomebook" / "data" / "NC_012920.1.genes.tsv"

GFF3 = """##gff-version 3
2\tsrc\tchromosome\t1\t1000\t.\t.\t.\tID=chromosome:2
2\tsrc\tgene\t11\t100\t.\t+\t.\tID=gene:G1;biotype=protein_coding
2\tsrc\tmRNA\t11\t100\t.\t+\t.\tID=t1;Parent=gene:G1
2\tsrc\texon\t11\t40\t.\t+\t.\tParent=t1
2\tsrc\texon\t61\t100\t.\t+\t.\tParent=t1
2\tsrc\texon\t61\t90\t.\t+\t.\tParent=t2
2\tsrc\tCDS\t21\t40\t.\t+\t0\tParent=t1
2\tsrc\tncRNA_gene\t201\t270\t.\t-\t.\tID=gene:G2;biotype=Mt_tRNA
2\tsrc\ttRNA\t201\t270\t.\t-\t.\tID=t3;Parent=gene:G2
2\tsrc\tpseudogene\t301\t400\t.\t-\t.\tID=p1;Parent=gene:G2
"""
GTF = """#!genome-build GRCh38.p14
chr2\tsrc\tgene\t1\t50\t.\t+\t.\tgene_id "G1"; gene_type "protein_coding";
chr2\tsrc\texon\t1\t50\t.\t+\t.\tgene_id "G1"; gene_type "protein_coding";
chr2\tsrc\tCDS\t4\t50\t.\t+\t.\tgene_id "G1"; gene_type "protein_coding";
"""
REGULATORY = """##gff-version 3
2\tsrc\tpromoter\t1\t50\t.\t.\t.\tID=a
2\tsrc\tenhancer\t101\t150\t.\t.\t.\tID=b
2\tsrc\tenhancer\t201\t250\t.\t.\t.\tID=c
"""


def put(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def rows(track: AnnotationTrack) -> list[tuple[object, ...]]:
    return list(track.intervals.itertuples(index=False, name=None))


def track(*intervals: tuple[int, int], volume: str = "chr2") -> AnnotationTrack:
    frame = pd.DataFrame(intervals, columns=["start", "end"]).assign(volume=volume, strand=".")
    return AnnotationTrack("t", "t.bed", "", frame[COLUMNS])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.bed", "2\t0\t5\nchrX\t150\t160\n"),
        ("a.bed", "chr2 0 5\nX 150 160\n"),
        ("a.bed", 'track name="x"\n\nNC_000002.12\t0\t5\tn\nchrX\t150\t160\tm\n'),
        ("a.narrowPeak", "chr2\t0\t5\tp\t9\t.\t1.5\t2\t3\t4\nchrX\t150\t160\tq\t9\t.\t1.5\t2\t3\t4\n"),
        ("a.broadPeak", "chr2\t0\t5\tp\t9\t.\t1.5\t2\t3\nchrX\t150\t160\tq\t9\t.\t1.5\t2\t3\n"),
        ("a.bedGraph", "chr2\t0\t5\t1.5\nchrX\t150\t160\t2\n"),
        ("a.txt", "#bin\tchrom\tchromStart\tchromEnd\tname\n585\tchr2\t0\t5\ta\n585\tchrX\t150\t160\tb\n"),
        ("a.txt", "swScore\tgenoName\tgenoStart\tgenoEnd\n1\tchr2\t0\t5\n2\tchrX\t150\t160\n"),
        ("a.tsv", "chrom\tchromStart\tchromEnd\nchr2\t0\t5\nchrX\t150\t160\n"),
        ("a.tsv", "chrom\tstart\tend\nchr2\t1\t5\nchrX\t151\t160\n"),  # 1-based inclusive
        ("a.bed", "chr2\t0\t5\nchr2\t0\t5\nchrX:101-200\t50\t60\nchr9\t0\t5\n"),
    ],
    ids=["aliases", "spaces", "track line", "narrowPeak", "broadPeak", "bedGraph", "UCSC #bin", "UCSC rmsk",
         "tsv UCSC", "tsv", "twice, by name of the slice, elsewhere"],
)  # fmt: skip
def test_formats_give_the_same_intervals(tmp_path: Path, name: str, text: str) -> None:
    expected = [("chr2", 0, 5, "."), ("chrX:101-200", 50, 60, ".")]
    for path in (put(tmp_path, name, text), put(tmp_path, name + ".gz", gzip.compress(text.encode()))):
        (found,) = read_tracks(path, SMALL, assembly="GRCh38")
        assert rows(found) == expected
        assert (found.name, found.source) == ("a", path.name)
        assert found.digest == hashlib.sha256(path.read_bytes()).hexdigest()
        assert [str(found.intervals[column].dtype) for column in COLUMNS[1:3]] == ["int64", "int64"]
        assert found.intervals["volume"].cat.categories.tolist() == ["chr2", "chrX:101-200"]


def test_intervals_are_clipped_to_slices(tmp_path: Path) -> None:
    text = "chrX\t50\t120\t.\t0\t-\nchrX\t190\t5000\nchrX\t150\t150\nchrX\t10\t20\nchrX\t200\t210\n"
    (found,) = read_tracks(put(tmp_path, "a.bed", text), SMALL)
    assert rows(found) == [
        ("chrX:101-200", 0, 20, "-"),
        ("chrX:101-200", 50, 50, "."),
        ("chrX:101-200", 90, 100, "."),
    ]
    assert edges(found, SMALL[1]).tolist() == [20, 50, 90]


@pytest.mark.parametrize(
    ("name", "text", "features", "expected"),
    [
        ("a.gff3", GFF3, (), {"gene": [10, 100, 200, 270], "exon": [10, 40, 60, 100], "CDS": [20, 40],
                              "tRNA": [200, 270]}),
        ("a.gff3", GFF3, ("mRNA",), {"mRNA": [10, 100]}),
        ("a.gff3", GFF3, ("tRNA", "gene"), {"tRNA": [200, 270], "gene": [10, 100, 200, 270]}),
        ("a.gtf", GTF, (), {"gene": [50], "exon": [50], "CDS": [3, 50]}),
        ("a.gff3", REGULATORY, (), {"promoter": [50], "enhancer": [100, 150, 200, 250]}),
        ("a.gff3", REGULATORY, ("enhancer",), {"enhancer": [100, 150, 200, 250]}),
        ("a.bed", "#chr\tstart\tend\tname\tscore\tstrand\tid\tgene_type\nchr2\t3\t9\tA\t0\t+\tE\tTEC\n", (),
         {"gene": [3, 9]}),
    ],
)  # fmt: skip
def test_features(
    tmp_path: Path, name: str, text: str, features: Sequence[str], expected: dict[str, list[int]]
) -> None:
    found = read_tracks(put(tmp_path, name, text), SMALL, features)
    assert {one.name: edges(one, SMALL[0]).tolist() for one in found} == expected
    assert all(not len(edges(one, SMALL[1])) for one in found)


def test_the_shipped_genes_of_the_mitochondrion() -> None:
    gene, trna = read_tracks(GENES, [CHRM])
    assert (gene.name, len(gene.intervals), trna.name, len(trna.intervals)) == ("gene", 37, "tRNA", 22)
    assert {576, 647, 1601, 1670} <= set(edges(gene, CHRM).tolist())  # genes that touch are not merged
    assert 9206 not in edges(gene, CHRM)  # MT-CO3 begins inside MT-ATP6


REFUSED: list[tuple[str, str | bytes, str, tuple[str, ...]]] = [
    ("a.bed", "", "", ("holds no lines of BED", "give a file with intervals")),
    ("a.gff3", "##gff-version 3\n", "", ("holds no lines of GFF3",)),
    ("a.doc", "chr2\t0\t5\n", "", ("not a known format of intervals", ".bed")),
    ("a.bed", "chr7\t0\t5\nchr8\t1\t2\n", "", ("other contigs", "chr7, chr8", "chr2, chrX:101-200")),
    ("a.bed", "chrX\t0\t5\nX\t400\t500\n", "", ("no overlap", "2 intervals", "1-500", "chrX:101-200")),
    ("a.bed", "chr2\t0\t5\nchr2\t9\t1001\nchr2\t1\t1002\n", "GRCh38",
     ("2 of 3 intervals lie beyond the end", "line 2, chr2:10-1001", "1,000 bases", "(unknown assembly)",
      "(GRCh38)", "lift it over")),
    ("a.hg38.bed", "chr2\t0\t1001\n", "GRCh38", ("(GRCh38) seems", "the book (GRCh38)")),
    ("a.bed", "chrX\t150\t156040896\n", "hg38", ("1 of 1", "line 1, chrX:151-", "156,040,895 bases")),
    ("a.hg19.bed", "chr2\t0\t5\n", "GRCh38", ("is for GRCh37, the book is GRCh38",)),
    ("a.gtf", GTF, "T2T-CHM13v2.0", ("is for GRCh38, the book is T2T-CHM13v2.0",)),
    ("a.bed", "track name=x db=mm10\nchr2\t0\t5\n", "GRCh38", ("is for GRCm38",)),
    ("a.bed", "chr2\t0\t5\nchr2\t7\t1e3\n", "", ("line 2 has no number as its end",)),
    ("a.bed", "chr2\t0\t5\n\nchr2\t7\n", "", ("line 3 has no number as its end",)),
    ("a.bed", "chr2\t0\t5\nchr2\t9\t7\n", "", ("1 of 2 intervals end before", "line 2, chr2:10-7")),
    ("a.bed", "chrX\t9\t7\nchrX\t150\t160\n", "", ("line 1, chrX:10-7", "correct these rows")),
    ("a.bed", "chr2\t-1\t5\n", "", ("start below 1", "line 1")),
    ("a.tsv", "name\tstart\nx\t1\n", "", ("line 1 has no column end", "start, end (1-based inclusive)")),
    ("a.tsv", "start\tend\n1\t5\n", "", ("does not say on which contig", "chrom")),
    ("a.bed.gz", gzip.compress(b"chr2\t0\t5\n" * 999, mtime=0)[:-9], "", ("gzip data is cut short",)),
    ("a.bed", b"chr2\t0\t5\n\xff\xfe", "", ("not a BED text file",)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "assembly", "fragments"), REFUSED)
def test_refused(
    tmp_path: Path, name: str, data: str | bytes, assembly: str, fragments: tuple[str, ...]
) -> None:
    path = put(tmp_path, name, data)
    with pytest.raises(AnnotationError) as error:
        read_tracks(path, SMALL, assembly=assembly)
    assert [fragment for fragment in (str(path), *fragments) if fragment not in str(error.value)] == []
    assert "\n" not in str(error.value)


def test_a_feature_type_that_the_file_has_not(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match=r"no rows of type snoRNA \(its types: chromosome, gene, mRNA"):
        read_tracks(put(tmp_path, "a.gff3", GFF3), SMALL, ["snoRNA"])


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="no such file; check the path"):
        read_tracks(tmp_path / "a.bed", SMALL)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hg19", "GRCh37"),
        ("GRCh38.p14", "GRCh38"),
        ("peaks_hg38_2019.bed.gz", "GRCh38"),
        ("hg19ToHg38.bed", None),  # both
        ("hg380.bed", None),
        ("T2T-CHM13v2.0", "CHM13"),
        ("", None),
    ],
)
def test_assembly_of(text: str, expected: str | None) -> None:
    assert assembly_of(text) == expected


def test_check_in_both_modes() -> None:
    good = track((0, 5), (990, 1000), (7, 7)).intervals
    assert check_intervals(good, SMALL)
    assert check_intervals(good, SMALL, raise_errors=True)
    cases = [
        ("end", 1001, "beyond the end"),
        ("start", 6, "end before they start"),
        ("volume", "chr9", "no chromosome or sequence chr9"),
    ]
    for column, value, fragment in cases:
        bad = good.copy()
        bad.loc[0, column] = value
        assert not check_intervals(bad, SMALL)
        with pytest.raises(AnnotationError, match=fragment):
            check_intervals(bad, SMALL, raise_errors=True)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=12))
def test_edges_are_those_of_the_letters_covered(drawn: list[tuple[int, int]]) -> None:
    """An edge is where intervals begin or end; not where another interval goes on over it."""
    intervals = [(start, start + size) for start, size in drawn]
    ends = {place for interval in intervals for place in interval}
    expected = {p for p in ends if not any(start < p < end for start, end in intervals)} - {0, 70}
    found = edges(track(*intervals), Contig("chr2", 70, "chr2", 0))
    assert found.dtype == np.int64
    assert found.tolist() == sorted(place for place in expected if place < 70)


def test_soft_mask_of_a_book(tmp_path: Path) -> None:
    fasta = put(tmp_path, "a.fa", ">one\n" + "acgtACGTAC" * 30 + "NNnnNN" + "ggg\n>two\nACGT\n")
    build(Options(fasta, tmp_path / "book", workers=1))
    book = Book.open(tmp_path / "book")
    mask = mask_track(book["one"])
    starts = list(range(0, 300, 10))
    assert rows(mask)[:2] == [("one", 0, 4, "."), ("one", 10, 14, ".")]
    assert mask.intervals["start"].tolist() == [*starts, 302, 306]
    assert edges(mask, book["one"]).tolist() == sorted(
        {*starts, *(s + 4 for s in starts), 302, 304, 306} - {0}
    )
    again = mask_track(book["one"], np.frombuffer(book["one"].sequence(), np.uint8))
    assert again.digest == mask.digest
    with pytest.raises(AnnotationError, match=r"two: has no soft mask .*; build the book from a soft-masked"):
        mask_track(book["two"])
