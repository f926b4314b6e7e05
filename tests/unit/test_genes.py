"""Genes of a book: every format in, slices and aliases, impossible rows, search by place and by name."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import os
import struct
import zlib
from pathlib import Path

import bioframe
import numpy as np
import pandas as pd
import pytest

from genomebook.annotation import lines
from genomebook.annotation.genes import COLUMNS, Genes, check_genes, read_genes
from genomebook.book.genes import GeneNames
from genomebook.errors import AnnotationError, RegionError
from genomebook.genome.names import LENGTHS
from genomebook.genome.regions import Addresses, Contig, Region

SHIPPED = Path(lines.__file__).parents[1] / "data" / "NC_012920.1.genes.tsv"
CHRM = Contig("chrM", 16569, "chrM", 0)
SLICE = Contig("chr21:24985581-26000306", 1014726, "chr21", 24985580)
SMALL = [
    Contig("chr2", 1000, "chr2", 0),
    Contig("chr10", 1000, "chr10", 0),
    Contig("chrX:101-200", 100, "chrX", 100),
]
WHOLE = [Contig(name, length, name, 0) for name, length in LENGTHS.items()]

GFF3 = """##gff-version 3
##sequence-region 2 1 1000
# a comment\twith\ttabs\tof\tall\tsorts\tin\tit\tand\tmore\tthan\tnine
10\tsrc\tgene\t11\t20\t.\t-\t.\tID=gene:G3.2;Name=NA;biotype=x;description=ends%2C 50%25 of #2%3B caf%C3%A9
2\tsrc\tchromosome\t1\t1000\t.\t.\t.\tID=chromosome:2

2\tsrc\tpseudogene\t101\t200\t.\t+\t.\tID=gene-P1;Name=P1;Dbxref=GeneID:7;gbkey=Gene;gene=P1;gene_biotype=pseudogene
2\tsrc\tpseudogene\t101\t200\t.\t+\t.\tID=t1;Parent=gene-P1
2\tsrc\tlincRNA_gene\t1\t50\t.\t?\t.\tID=gene:G1
2\tsrc\tmRNA\t1\t50\t.\t+\t.\tID=m1;Parent=gene:G1
X\tsrc\tgene\t50\t120\t.\t+\t.\tID=x1;Name=LEFT;gene_id=LEFT1
X\tsrc\tgene\t190\t300\t.\t+\t.\tID=x2;Name=RIGHT
X\tsrc\tgene\t201\t300\t.\t+\t.\tID=x3;Name=OUTSIDE
Y\tsrc\tgene\t1\t50\t.\t+\t.\tID=y1;Name=ELSEWHERE
##FASTA
>2
ACGT
"""
GTF = """#!genome-build GRCh38
chr2\tsrc\tgene\t1\t50\t.\t+\t.\tgene_id "G1.7"; gene_type "lncRNA"; gene_name "LNC; one"; level 2;
chr2\tsrc\ttranscript\t1\t50\t.\t+\t.\tgene_id "G1.7"; transcript_id "T1"; gene_name "LNC; one";
chr10\tsrc\tgene\t11\t20\t.\t-\t.\tgene_id "100%25"; gene_biotype "protein_coding";
"""


def put(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def bgzip(data: bytes, block: int = 1000) -> bytes:
    """BGZF (SAM specification, section 4.1): gzip members that carry their size, then an empty one."""
    members = []
    for part in [*(data[at : at + block] for at in range(0, len(data), block)), b""]:
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = packer.compress(part) + packer.flush()
        head = struct.pack("<4BI2BH2BHH", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, len(packed) + 25)
        members.append(head + packed + struct.pack("<2I", zlib.crc32(part), len(part)))
    return b"".join(members)


def rows(table: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return list(table[list(columns)].itertuples(index=False, name=None))


def test_the_shipped_mitochondrial_genes() -> None:
    table = read_genes(SHIPPED, [CHRM])
    assert len(table) == 37
    assert table["biotype"].value_counts().to_dict() == {"Mt_tRNA": 22, "protein_coding": 13, "Mt_rRNA": 2}
    assert set(table.loc[table["strand"] == "-", "name"]) == {
        *("MT-TQ", "MT-TA", "MT-TN", "MT-TC", "MT-TY", "MT-TS1", "MT-ND6", "MT-TE", "MT-TP")
    }
    given = pd.read_csv(SHIPPED, sep="\t")
    assert rows(table, "name", "strand", "biotype", "description") == rows(
        given, "name", "strand", "biotype", "product"
    )
    assert (table["start"] == given["start"] - 1).all()
    assert (table["end"] == given["end"]).all()
    assert not table["clipped"].any()


def test_columns_and_dtypes() -> None:
    table = read_genes(SHIPPED, [*SMALL, CHRM])
    assert list(table.columns) == COLUMNS
    assert table["volume"].cat.categories.tolist() == ["chr2", "chr10", "chrX:101-200", "chrM"]
    assert table["volume"].cat.ordered
    assert [str(table[column].dtype) for column in ("start", "end", "clipped")] == ["int64", "int64", "bool"]
    assert all(pd.api.types.is_string_dtype(table[column]) for column in COLUMNS[3:8])
    assert not table.isna().any(axis=None)


def test_gff3(tmp_path: Path) -> None:
    table = read_genes(put(tmp_path, "a.gff3", GFF3), SMALL)
    assert rows(table, "volume", "start", "end", "strand", "name", "gene_id", "biotype", "clipped") == [
        ("chr2", 0, 50, ".", "G1", "G1", "lincRNA", False),
        ("chr2", 100, 200, "+", "P1", "P1", "pseudogene", False),
        ("chr10", 10, 20, "-", "NA", "G3.2", "x", False),
        ("chrX:101-200", 0, 20, "+", "LEFT", "LEFT1", "", True),
        ("chrX:101-200", 89, 100, "+", "RIGHT", "x2", "", True),
    ]
    assert table["description"].tolist() == ["", "", "ends, 50% of #2; café", "", ""]


def test_gtf(tmp_path: Path) -> None:
    table = read_genes(put(tmp_path, "a.gtf", GTF), SMALL)
    assert rows(table, "volume", "start", "end", "strand", "name", "gene_id", "biotype") == [
        ("chr2", 0, 50, "+", "LNC; one", "G1.7", "lncRNA"),
        ("chr10", 10, 20, "-", "100%25", "100%25", "protein_coding"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2\t0\t5\nchr10\t7\t9\n", [("chr2", 0, 5, ".", "", ""), ("chr10", 7, 9, ".", "", "")]),
        ("chr2\t0\t5\tA\nchr2\t7\t9\t.\n", [("chr2", 0, 5, ".", "A", ""), ("chr2", 7, 9, ".", "", "")]),
        (
            'track name="my genes" description="a b"\nbrowser position chr2:1-5\n\n# note\nchr2 0 5 A 0 -\n',
            [("chr2", 0, 5, "-", "A", "")],
        ),
        ("chr2\t0\t5\tA\t0\t+\t0\t5\t0,0,0\t1\t5,\t0,\n", [("chr2", 0, 5, "+", "A", "")]),
        ("#chr\tstart\tend\tname\tscore\tstrand\tEnsembl_ID\tgene_type\nchr2\t0\t5\tA\t0\t+\tE1\tTEC\n",
         [("chr2", 0, 5, "+", "A", "TEC")]),
        ("chr2\t0\t5\tA\t0\t+\tx\r\nchr2\t6\t8\tB\t0\t-\r\n",
         [("chr2", 0, 5, "+", "A", ""), ("chr2", 6, 8, "-", "B", "")]),
        ("chrX:101-200\t0\t5\tA\n", [("chrX:101-200", 0, 5, ".", "A", "")]),  # in the positions of the record
    ],
    ids=["bed3", "bed4", "spaces and track lines", "bed12", "titles", "ragged, CRLF", "slice by full name"],
)  # fmt: skip
def test_bed(tmp_path: Path, text: str, expected: list[tuple[object, ...]]) -> None:
    table = read_genes(put(tmp_path, "a.bed", text), SMALL)
    assert rows(table, "volume", "start", "end", "strand", "name", "biotype") == expected


def test_tsv_with_a_volume_column(tmp_path: Path) -> None:
    text = "# genes\nGene_Name\tchrom\tstart\tend\tgene_id\nA\t2\t1\t5\tE1\nB\tX\t101\t101\tE2\n"
    table = read_genes(put(tmp_path, "genes.tsv", text), SMALL)
    assert rows(table, "volume", "start", "end", "name", "gene_id") == [
        ("chr2", 0, 5, "A", "E1"),
        ("chrX:101-200", 0, 1, "B", "E2"),
    ]


@pytest.mark.parametrize("pack", [gzip.compress, bgzip, bz2.compress, lambda text: bgzip(text) + b"junk"])
def test_packed_files_give_the_same(tmp_path: Path, pack: object) -> None:
    assert callable(pack)
    plain = read_genes(put(tmp_path, "a.gff3", GFF3), SMALL)
    put(tmp_path, "b.gff3.gz.tbi", b"an index beside it does not matter")
    pd.testing.assert_frame_equal(read_genes(put(tmp_path, "b.gff3.gz", pack(GFF3.encode())), SMALL), plain)
    pd.testing.assert_frame_equal(read_genes(put(tmp_path, "c.gff3.bgz", pack(GFF3.encode())), SMALL), plain)
    pd.testing.assert_frame_equal(read_genes(put(tmp_path, "d.gff3", pack(GFF3.encode())), SMALL), plain)
    pd.testing.assert_frame_equal(read_genes(put(tmp_path, "e.gff3.bz2", pack(GFF3.encode())), SMALL), plain)


@pytest.mark.parametrize(("name", "text"), [("a.gff3", GFF3), ("a.gtf", GTF)])
def test_pieces_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    path = put(tmp_path, name, text)
    whole = read_genes(path, SMALL)
    for size in (1, 100, 333):
        monkeypatch.setattr(lines, "BYTES_PER_CHUNK", size)
        pd.testing.assert_frame_equal(read_genes(path, SMALL), whole)


def test_line_numbers_count_on_over_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "BYTES_PER_CHUNK", 12)
    path = put(tmp_path, "a.bed", "#c\nchr2\t0\t5\n\nchr2\t1\t6\nchr2\tx\t6\n")
    with pytest.raises(AnnotationError, match="line 5 has no number as its start"):
        read_genes(path, SMALL)


REFUSED: list[tuple[str, str | bytes, str]] = [
    ("a.bed", "", "holds no lines of BED"),
    ("a.gff3", "##gff-version 3\n\n", "holds no lines of GFF3"),
    ("a.tsv", "name\tstart\tend\n", "holds no lines of TSV"),
    ("a.doc", "x", "not a known format of genes; name it .gff3"),
    ("a.gff3", ">chr2\nACGT\n", "holds no lines of GFF3"),  # all of it is FASTA
    ("a.gff3", "chr2 0 5\n", "line 1 has fewer than 9 columns, so this is not GFF3 as the name says"),
    ("a.gff3", "#x\nchr2\t0\t5\tA\t0\t+\n", "line 2 has fewer than 9 columns"),
    ("a.gtf", GTF + "chr2\tsrc\tgene\t1\n", "line 5 has fewer than 9 columns, so this is not GTF"),
    ("a.bed", GFF3, "line 4 has no number as its start, so this is not BED"),
    ("a.bed", ">chr2\nACGT\n", "line 1 has fewer than 3 columns"),
    ("a.bed", "chr2\t0\t5\nchr2\t7\t1e3\n", "line 2 has no number as its end"),
    ("a.gff3", "2\ts\tgene\t1.5\t5\t.\t+\t.\tID=a\n", "line 1 has no number as its start"),
    ("a.tsv", "gene\tbegin\tstart\n", "line 1 has no column name or end"),
    ("a.tsv", "name\tstart\tend\nA\t1\t5\n", "add a column volume (the book has chr2, chr10"),
    ("a.gtf", "chr2\ts\texon\t1\t5\t.\t+\t.\tgene_id \"a\";\n", "has no rows of type gene (its types: exon)"),
    ("a.bed", "#c\nchr2\t0\t5\nchr2\t7\t9\tA\n", "more columns than the lines above (line 3, saw 4)"),
    ("a.bed", b"\x00\xff\xfe binary", "not a BED text file"),
    ("a.gff3", GFF3.encode()[:300] + b"\xff" + GFF3.encode()[300:], "not a GFF3 text file"),
    ("a.bed.gz", gzip.compress(b"chr2\t0\t5\n" * 1000, mtime=0)[:-20], "gzip data is cut short or damaged"),
    ("a.bed.bz2", bz2.compress(b"chr2\t0\t5\n" * 1000)[:-9], "bzip2 data is cut short or damaged"),
    ("a.bed", b"\xfd7zXZ\0", "is packed by xz; unpack it first: xz -d"),
    ("a.bed.gz", bgzip(b"chr2\t0\t5\n" * 1000)[:-50], "gzip data is cut short or damaged"),
    ("a.bed", "chr7\t0\t5\nchr8\t0\t5\n", "it is about chr7, chr8, the book has chr2, chr10, chrX:101-200;"),
    ("a.bed", "chrX\t0\t5\tA\n", "none of its genes is in this book"),  # on the contig, beside the slice
    ("a.bed", "chr2\t5\t1\tA\nchr2\t0\t1\tB\n", "1 of 2 genes have impossible places"),
    ("a.bed", "chr2\t5\t5\tA\n", "first A at chr2:6-5;"),
    ("a.bed", "chr2\t-1\t5\n", "first a nameless one at chr2:0-5"),
    ("a.bed", "chr2\t990\t1001\tA\nchr2\t0\t2000\tB\n", "2 of 2 genes"),
    ("a.gff3", "2\ts\tgene\t0\t5\t.\t+\t.\tID=a\n", "first a at chr2:0-5"),
    ("a.bed", "chrX\t150\t120\tA\n", "first A at chrX:151-120"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "fragment"), REFUSED)
def test_refused(tmp_path: Path, name: str, data: str | bytes, fragment: str) -> None:
    path = put(tmp_path, name, data)
    with pytest.raises(AnnotationError) as error:
        read_genes(path, SMALL)
    assert fragment in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_missing_file_folder_and_pipe(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="no such file; check the path"):
        read_genes(tmp_path / "a.bed", SMALL)
    (tmp_path / "b.bed").mkdir()
    with pytest.raises(AnnotationError, match="cannot be read"):
        read_genes(tmp_path / "b.bed", SMALL)
    for name in ("c.bed", "63"):
        os.mkfifo(tmp_path / name)
        with pytest.raises(AnnotationError, match="is a pipe, and annotation is read twice; write it to a"):
            read_genes(tmp_path / name, SMALL)


def test_check_genes_in_both_modes() -> None:
    good = pd.DataFrame({"volume": ["chr2", "chr10"], "start": [0, 5], "end": [1000, 6], "name": ["A", "B"]})
    assert check_genes(good, SMALL)
    assert check_genes(good, SMALL, raise_errors=True)
    for column, value in [("start", -1), ("start", 1000), ("end", 1001), ("volume", "chr9")]:
        bad = good.copy()
        bad.loc[0, column] = value
        assert not check_genes(bad, SMALL)
        with pytest.raises(AnnotationError, match=r"the gene table: 1 of 2 genes .* first A at"):
            check_genes(bad, SMALL, raise_errors=True)
    assert not check_genes(good.drop(columns="end"), SMALL)
    with pytest.raises(AnnotationError, match="a row lacks"):
        check_genes(good.assign(volume=["chr2", None]), SMALL, raise_errors=True)


def table(*genes: tuple[str, int, int, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(genes, columns=["volume", "start", "end", "name", "gene_id"])
    return frame.assign(strand="+", biotype="", description="", clipped=False)[COLUMNS]


GENES = table(
    ("chr2", 0, 900, "LONG", "E0"),
    ("chr2", 10, 20, "A", "E1.4"),
    ("chr2", 30, 40, "Twin", "E2"),
    ("chr2", 50, 80, "twin", "E3"),
    ("chr2", 950, 960, "", "E4"),
    ("chr10", 5, 6, "E1", "E5"),
)


@pytest.mark.parametrize(
    ("volume", "start", "end", "names"),
    [
        ("chr2", 15, 16, ["LONG", "A"]),
        ("chr2", 20, 30, ["LONG"]),  # touching is not overlapping
        ("chr2", 19, 31, ["LONG", "A", "Twin"]),
        ("chr2", 900, 950, []),
        ("chr2", 0, 1000, ["LONG", "A", "Twin", "twin", ""]),
        ("chr10", 0, 5, []),
        ("chr10", 5, 6, ["E1"]),
        ("chr3", 0, 5, []),
    ],
)
def test_overlapping(volume: str, start: int, end: int, names: list[str]) -> None:
    found = Genes(GENES).overlapping(volume, start, end)
    assert found["name"].tolist() == names
    assert list(found.columns) == COLUMNS


def test_overlapping_agrees_with_bioframe() -> None:
    rng = np.random.default_rng(1)
    starts = np.sort(rng.integers(0, 10000, 500))
    frame = table(
        *((v, int(s), int(s + 1 + rng.integers(0, 800)), "", "") for v in ("a", "b") for s in starts)
    )
    genes = Genes(frame)
    for _ in range(200):
        start = int(rng.integers(0, 10500))
        end = start + int(rng.integers(1, 500))
        expected = bioframe.select(frame, ("b", start, end), cols=("volume", "start", "end"))
        pd.testing.assert_frame_equal(genes.overlapping("b", start, end), expected)


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("long", Region("chr2", 0, 900)),
        (" A ", Region("chr2", 10, 20)),
        ("TWIN", Region("chr2", 50, 80)),  # the longer one
        ("Twin", Region("chr2", 30, 40)),  # but the one spelled just so
        ("twin", Region("chr2", 50, 80)),
        ("e1.4", Region("chr2", 10, 20)),
        ("E1", Region("chr10", 5, 6)),  # a name goes before a gene id without its version
        ("E4", Region("chr2", 950, 960)),
        ("nothing", None),
        ("", None),
    ],
)
def test_find(name: str, region: Region | None) -> None:
    assert GeneNames(GENES).find(name) == region


def test_names_are_listed_once_in_book_order() -> None:
    assert GeneNames(GENES).names() == ["LONG", "A", "Twin", "twin", "E1"]


def test_genes_are_addresses_and_near_names_are_suggested() -> None:
    genes = GeneNames(read_genes(SHIPPED, [CHRM]))
    addresses = Addresses([CHRM], genes.find, genes.names)
    assert addresses.format(addresses.parse("mt-nd1")) == "chrM:3,307-4,262"
    with pytest.raises(RegionError, match="did you mean MT-ND"):
        addresses.parse("MT-NDX")


def test_parquet_is_deterministic_and_lazy(tmp_path: Path) -> None:
    frame = read_genes(put(tmp_path, "a.gff3", GFF3), SMALL)
    one, two = tmp_path / "one.parquet", tmp_path / "two.parquet"
    Genes(frame).write(one)
    opened = Genes.open(one)
    opened.write(two)
    assert hashlib.sha256(one.read_bytes()).digest() == hashlib.sha256(two.read_bytes()).digest()
    pd.testing.assert_frame_equal(opened.table, frame)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.gff3", "one.parquet", "two.parquet"]
    later = Genes.open(one)
    one.write_bytes(one.read_bytes()[:-10])
    with pytest.raises(AnnotationError, match=r"one.parquet: cannot be read .* build the book again"):
        len(later)
    with pytest.raises(AnnotationError, match="no such file"):
        Genes.open(tmp_path / "none.parquet")
    pd.DataFrame({"x": [1]}).to_parquet(two)
    with pytest.raises(AnnotationError, match="not a gene table"):
        len(Genes.open(two))


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"genes.parquet"):
        Genes(GENES).write(tmp_path / "none" / "genes.parquet")
    assert not list(tmp_path.iterdir())
