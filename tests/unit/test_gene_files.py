"""Files of genes and tracks as people have them: dialects, circles, contigs not in the book, size."""

from __future__ import annotations

import gzip
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from genomebook.annotation import grounded_titles, lines
from genomebook.annotation.classes import read_classes
from genomebook.annotation.genes import COLUMNS, Genes, read_genes
from genomebook.annotation.grounded_titles import GroundedTitles
from genomebook.annotation.lines import MAX_LINE_BYTES, AnnotationLines
from genomebook.annotation.tracks import read_tracks
from genomebook.book.genes import GeneNames
from genomebook.errors import AnnotationError, GenomebookWarning
from genomebook.genome import names
from genomebook.genome.regions import Contig, Region
from tests.support import books

CHR1 = Contig("chr1", 8000, "chr1", 0)
CIRCLE = Contig("chrM", 16569, "chrM", 0)


def put(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def rows(table: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return list(table[list(columns)].itertuples(index=False, name=None))


AAA, BBB = ("chr1", 100, 200, "+", "AAA"), ("chr1", 300, 400, "-", "BBB")
GENE = "chr1\ts\tgene\t101\t200\t.\t+\t.\tID=g1;Name=AAA\n"
GENE_2 = "chr1\ts\tgene\t301\t400\t.\t-\t.\tID=g2;Name=BBB\n"
REF_GENE = "585\tNM_1.1\tchr1\t+\t100\t200\t100\t200\t1\t100,\t200,\t0\tAAA\tcmpl\tcmpl\t0,\n"
REF_GENE_2 = "585\tNM_2.1\tchr1\t-\t300\t400\t300\t400\t1\t300,\t400,\t0\tBBB\tcmpl\tcmpl\t0,\n"
REF_GENE_TITLES = (
    "#bin\tname\tchrom\tstrand\ttxStart\ttxEnd\tcdsStart\tcdsEnd\texonCount\texonStarts\texonEnds\tscore\tname2\t"
    "cdsStartStat\tcdsEndStat\texonFrames\n"
)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.gff3", GENE + GENE_2 + ">chr1\nACGT\n\tACGT\n"),
        ("a.gff3", GENE + GENE_2 + ">chr1\n" + "ACGT" * (MAX_LINE_BYTES // 2) + "\n"),
        ("a.gff3", GENE + "#\ta\tb\tc\td\te\tf\tg\th\ti\tj\tk\n" + GENE_2),
        ("a.gff3", "chr1\ts\toperon\t90\t900\t.\t+\t.\tID=o\n" + (GENE + GENE_2).replace(";", ";Parent=o;")),
        ("a.gff3", GENE + GENE_2 + "chr1\ts\tpseudogene\t301\t400\t.\t-\t.\tID=t;Parent=x,g2\n"),
        ("a.gff3", "\ufeff" + GENE + GENE_2),
        ("a.gff3", (GENE + GENE_2).replace("\n", "\t\n")),
        ("a.gff3", (GENE + GENE_2).replace("\t+\t", "\t1\t").replace("\t-\t", "\t-1\t")),
        ("a.gtf", re.sub(r"ID=(\w+);Name=(\w+)", r"gene_id \1; gene_name \2;", GENE + GENE_2)),
        ("a.gff", re.sub(r"ID=(\w+);Name=(\w+)", r'gene_id "\1"; gene_name \2', GENE + GENE_2)),
        ("a.txt", REF_GENE_TITLES + REF_GENE + REF_GENE_2),
        ("a.txt", REF_GENE + REF_GENE_2),
        ("a.txt", (REF_GENE + REF_GENE_2).replace("585\t", "")),
        ("a.txt", re.sub(r"585\t(\S+)(.*\t)0\t(\w+)\t.*", r"\3\t\1\2", REF_GENE + REF_GENE_2)),
        ("a.txt", "585\tchr1\t100\t200\tAAA\t0\t+\n586\tchr1\t300\t400\tBBB\t0\t-\n"),
        ("a.tsv", "name\tchrom\tstart\tend\tstrand\nAAA\tchr1\t101\t200\t1\nBBB\tchr1\t301\t400\t-1\n"),
        ("a.tsv", "\ufeffname\tchrom\tstart\tend\tstrand\r\nAAA\t1\t101\t200\t+1\r\nBBB\t1\t301\t400\t-\r\n"),
        ("a.bed", "chr1\t100\t200\tAAA\t0\t+\t\nchr1\t300\t400\tBBB\t0\t-\t\n"),
        ("a.bed", "chr1\t100\t200\tAAA\t0\t+\r\nchr1\t300\t400\tBBB\t0\t-\t\t"),
    ],
    ids=[
        "FASTA without a word", "a chromosome on one line", "a comment with tabs", "operon", "part of a gene",
        "byte-order mark", "a tab at the end", "strands as numbers", "GTF without quotes", "some quotes",
        "refGene", "refGene without its head", "refGene without bin", "refFlat", "BED with bin",
        "strands of Ensembl", "byte-order mark, CRLF", "BED with a tab at the end", "tabs at the end of all",
    ],
)  # fmt: skip
@pytest.mark.filterwarnings(
    "error::genomebook.errors.GenomebookWarning", "error::pandas.errors.ParserWarning"
)
def test_dialects(tmp_path: Path, name: str, text: str) -> None:
    table = read_genes(put(tmp_path, name, text), [CHR1])
    assert rows(table, "volume", "start", "end", "strand", "name") == [AAA, BBB]
    if "NM_" in text:
        assert table["gene_id"].tolist() == ["NM_1.1", "NM_2.1"]


def test_a_number_in_the_sixth_column_of_plain_bed_is_no_strand(tmp_path: Path) -> None:
    path = put(tmp_path, "a.bed", "chr1\t100\t200\tAAA\t0\t1\n")
    assert read_genes(path, [CHR1])["strand"].tolist() == ["."]


def d_loop(contig: str = "NC_012920.1", length: int = 16569, end: int = 17145, kind: str = "gene") -> str:
    return (
        f"{contig}\tRefSeq\tregion\t1\t{length}\t.\t+\t.\tID=r;Is_circular=true\n"
        f"{contig}\tRefSeq\t{kind}\t16024\t{end}\t.\t-\t.\tID=d;Name=D\n"
        f"{contig}\tRefSeq\t{kind}\t577\t647\t.\t+\t.\tID=f;Name=F\n"
    )


def test_what_crosses_the_origin_of_a_circle_lies_on_both_sides(tmp_path: Path) -> None:
    table = read_genes(put(tmp_path, "a.gff3", d_loop()), [CIRCLE], "GRCh38")
    assert rows(table, "start", "end", "name", "clipped") == [
        (0, 576, "D", True),
        (576, 647, "F", False),
        (16023, 16569, "D", True),
    ]
    path = put(tmp_path, "b.gff3", d_loop(kind="D_loop"))
    (track,) = read_tracks(path, [CIRCLE], assembly="GRCh38")
    assert rows(track.intervals, "start", "end") == [(0, 576), (576, 647), (16023, 16569)]
    assert read_classes([path], [CIRCLE]).spans["chrM"][0].tolist() == [[0, 647], [16023, 16569]]
    titles = GroundedTitles(Genes(table), "chrM", 16569).titles(np.array([[0, 500], [16100, 16569]]))
    assert titles == ["Inside D, minus strand"] * 2


def test_circles_of_a_slice(tmp_path: Path) -> None:
    ends = [Contig("chrM:1-600", 600, "chrM", 0), Contig("chrM:16500-16569", 70, "chrM", 16499)]
    table = read_genes(put(tmp_path, "a.gff3", d_loop()), ends)
    assert rows(table, "volume", "start", "end", "name") == [
        ("chrM:1-600", 0, 576, "D"),
        ("chrM:1-600", 576, 600, "F"),
        ("chrM:16500-16569", 0, 70, "D"),
    ]


@pytest.mark.parametrize(
    ("text", "book"),
    [
        (d_loop().replace(";Is_circular=true", ""), CIRCLE),  # no circle
        (d_loop(end=40000), CIRCLE),  # more than once round
        (d_loop("chrM", 16000), CIRCLE),  # a circle of another length than the book has
        (d_loop("chrM", 16600, 17145), CIRCLE),
    ],
)
def test_other_ends_beyond_a_contig_are_refused(tmp_path: Path, text: str, book: Contig) -> None:
    with pytest.raises(AnnotationError, match="impossible places"):
        read_genes(put(tmp_path, "a.gff3", text), [book])
    with pytest.raises(AnnotationError, match="lie beyond the end"):
        read_tracks(put(tmp_path, "a.gff3", text), [book])


SCAFFOLDS = [CHR1, Contig("chr1_KI270706v1_random", 2000, "chr1_KI270706v1_random", 0)]
REFSEQ = "NC_000001.11\t0\t9\nNT_187361.1\t0\t9\nNT_187513.1\t0\t9\nNW_1.1\t0\t9\nNW_1.1\t5\t9\n"


def test_rows_on_contigs_that_the_book_does_not_have_are_counted(tmp_path: Path) -> None:
    path = put(tmp_path, "a.bed", REFSEQ)
    with pytest.warns(GenomebookWarning) as told:
        table = read_genes(path, SCAFFOLDS, "GRCh38")
    assert table["volume"].tolist() == ["chr1", "chr1_KI270706v1_random"]
    assert [str(one.message) for one in told] == [
        f"{path}: 3 of 5 genes are on contigs that the book does not have: NT_187513.1, NW_1.1"
    ]
    many = put(tmp_path, "b.bed", "chr1\t0\t9\n" + "".join(f"s{n}\t0\t9\n" for n in range(6)))
    with pytest.warns(GenomebookWarning, match="6 of 7 rows are on .*: s0, s1, s2, s3 and 2 more$"):
        read_classes([many], SCAFFOLDS)


@pytest.mark.filterwarnings(
    "error::genomebook.errors.GenomebookWarning", "error::pandas.errors.ParserWarning"
)
def test_a_file_that_fits_is_read_without_a_word(tmp_path: Path) -> None:
    assert len(read_genes(put(tmp_path, "a.bed", "1\t0\t9\n"), SCAFFOLDS)) == 1


def test_the_program_says_which_genes_are_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, "a.fa", books.fasta({"chr1": books.letters(3000, 1)}))
    put(tmp_path, "a.bed", "chr1\t0\t9\tA\nchr\x1b9[2J\t0\t9\tB\n")
    given = ("build", tmp_path / "a.fa", "-o", tmp_path / "a.book", "--words", "words-600")
    said = books.program(capsys, *given, "--genes", tmp_path / "a.bed")
    assert said.code == 0
    assert "a.bed: 1 of 2 genes is on contigs that the book does not have: chr 9[2J\n" in said.err
    assert len(re.findall("^note: ", said.err, re.MULTILINE)) == 1


MT_ND1 = "MT\tinsdc\tgene\t3307\t4262\t.\t+\t.\tID=gene:E1;Name=MT-ND1\n"


@pytest.mark.parametrize(("assembly", "length"), [("hg19", 16571), ("", 16571), ("GRCh38", 16571)])
def test_genes_of_mt_are_not_put_on_the_other_mitochondrion(
    tmp_path: Path, assembly: str, length: int
) -> None:
    path = put(tmp_path, "a.gff3", MT_ND1)
    with pytest.raises(AnnotationError, match=r"it is about MT, the book .* of the book 16,571; give"):
        read_genes(path, [Contig("chrM", length, "chrM", 0)], assembly)
    assert len(read_genes(path, [CIRCLE], assembly)) == 1


def test_a_piece_under_the_name_of_the_whole_says_what_to_do(tmp_path: Path) -> None:
    said = (
        r"NC_000001.11 of GRCh38 has 248,956,422 letters, chr1 of the book 8,000 \(where .* --assembly GRCh38"
    )
    path = put(tmp_path, "a.gff3", GENE.replace("chr1", "NC_000001.11"))
    with pytest.raises(AnnotationError, match=said):
        read_genes(path, [CHR1])
    with pytest.raises(AnnotationError, match=said):
        read_tracks(path, [CHR1])
    assert len(read_genes(path, [CHR1], "GRCh38")) == 1


def test_genes_that_name_another_assembly_are_refused(tmp_path: Path) -> None:
    path = put(tmp_path, "a.gff3", "#!genome-build GRCh38.p14\n" + GENE)
    with pytest.raises(AnnotationError, match="is for GRCh38, the book is hg19; lift it over"):
        read_genes(path, [CHR1], "hg19")
    assert len(read_genes(path, [CHR1], "hg38")) == len(read_genes(path, [CHR1])) == 1


def test_tabs_without_end_are_no_work(tmp_path: Path) -> None:
    """A run of tabs is gone through once: this would not end otherwise."""
    row = GENE.strip() + "\t" * 900_000 + "x"
    with pytest.raises(AnnotationError, match=r"more columns than the lines above \(line 2, saw 900009\)"):
        read_genes(put(tmp_path, "a.gff3", f"{GENE_2.strip()}\t\n{row}\n"), [CHR1])


@pytest.mark.parametrize("before", [0, 3, MAX_LINE_BYTES - 20, 3 * MAX_LINE_BYTES])
def test_a_line_without_end_is_refused_before_it_is_read(tmp_path: Path, before: int) -> None:
    head = (GENE * (before // len(GENE))).encode()
    long = GENE.strip().encode() + b"A" * MAX_LINE_BYTES + b"\n"
    path = put(tmp_path, "a.gff3.gz", gzip.compress(head + long, 1))
    number = before // len(GENE) + 1
    with pytest.raises(AnnotationError, match=f"line {number} is longer than 1 MiB, so this is not GFF3"):
        read_genes(path, [CHR1])

    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            assert size > 0
            self.given += size
            return b"A" * size

    file = Endless()
    with pytest.raises(AnnotationError, match="line 1 is longer than 1 MiB"):
        AnnotationLines(file, "a.gff3", "GFF3")  # type: ignore[arg-type]
    assert file.given <= lines.BYTES_PER_CHUNK


def test_the_longest_line(tmp_path: Path) -> None:
    whole = GENE.strip() + "A" * (MAX_LINE_BYTES - len(GENE) + 1)
    assert len(read_genes(put(tmp_path, "a.gff3", whole + "\n" + GENE_2), [CHR1])) == 2
    assert len(read_genes(put(tmp_path, "a.gff3", GENE + whole), [CHR1])) == 2
    with pytest.raises(AnnotationError, match="line 2 is longer"):
        read_genes(put(tmp_path, "a.gff3", GENE + whole + "A"), [CHR1])


def test_each_contig_and_each_gene_is_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The work is linear: what is looked at once each is counted, not timed."""
    known, ranked = [], []
    names_of, rank_of = names.contig_names, grounded_titles._rank
    monkeypatch.setattr(names, "contig_names", lambda *given: known.append(given) or names_of(*given))
    monkeypatch.setattr(grounded_titles, "_rank", lambda kind: ranked.append(kind) or rank_of(kind))
    contigs = [Contig(f"s{n}", 1000, f"s{n}", 0) for n in range(300)]
    bed = "".join(f"S{n % 400}\t{n}\t{n + 5}\tG{n}\t0\t+\n" for n in range(800))
    with pytest.warns(GenomebookWarning, match="200 of 800 genes"):
        genes = Genes(read_genes(put(tmp_path, "a.bed", bed), contigs))
    assert len(known) == len(contigs)
    for contig in contigs:
        GroundedTitles(genes, contig.name, contig.length).titles(np.array([[0, 500], [500, 1000]]))
    assert len(ranked) == len(genes) == 600


def test_many_genes_in_a_unit_are_not_compared_with_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    class Gene(grounded_titles._Gene):
        def __eq__(self, other: object) -> bool:
            compared.append(other)
            return super().__eq__(other)

        __hash__ = grounded_titles._Gene.__hash__

    genes = [Gene(n, n + 5, "+", f"G{n}", n % 2) for n in range(1000)]
    monkeypatch.setattr(grounded_titles, "_genes", lambda *given: genes)
    made = GroundedTitles(Genes(pd.DataFrame(columns=COLUMNS)), "a", 10_000)
    assert made.titles(np.array([[0, 10_000]])) == ["G0 to G998, 500 protein-coding genes, with 500 others"]
    assert len(compared) < 5000


def test_units_may_come_in_any_order_and_overlap() -> None:
    table = pd.DataFrame({"volume": "a", "start": [0, 50, 300], "end": [40, 90, 900], "name": [*"ABC"]})
    table = table.assign(strand="+", gene_id="", biotype="", description="", clipped=False)
    made = GroundedTitles(Genes(table[COLUMNS]), "a", 1000)
    spans = np.array([[400, 500], [0, 100], [45, 95], [0, 1000], [10, 20], [920, 1000], [95, 200]])
    assert made.titles(spans) == [made.titles(spans[i : i + 1])[0] for i in range(len(spans))]
    assert made.titles(spans[1:2]) == ["A and B, plus strand"]


def test_primary_sequences_go_before_longer_namesakes() -> None:
    def named(places: list[tuple[str, int, int]]) -> pd.DataFrame:
        table = pd.DataFrame(places, columns=["volume", "start", "end"])
        return table.assign(name="HLA-A", gene_id="E1")

    places = [
        ("chr6_GL000251v2_alt", 0, 903),
        ("chrUn_KI270742v1", 0, 950),
        ("scaffold_1", 0, 901),
        ("chr6", 5, 905),
        ("chr6", 2000, 2100),
    ]
    for first in range(len(places)):
        genes = GeneNames(named(places[first:] + places[:first]))
        found = [genes.find(name) for name in ("hla-a", "e1")]
        assert found == [Region("chr6", 5, 905)] * 2
    without = GeneNames(named(places[:3]))
    assert without.find("HLA-A") == Region("scaffold_1", 0, 901)
    assert GeneNames(named([]).astype("str")).find("HLA-A") is None
