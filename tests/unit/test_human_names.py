"""Names of genes that are not in the book's own annotation: the file of NCBI Gene, and HGNC numbers."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from genomebook.book import Book
from genomebook.errors import AnnotationError, RegionError
from genomebook.genome.human_names import VARIABLE, read_human_names
from genomebook.search.answers import NotUnderstood, PlaceAnswer
from genomebook.search.box import find_place, understand
from genomebook.search.suggestions import suggest
from tests.support import books

GENES = """volume\tstart\tend\tstrand\tname\tgene_id\tbiotype\tdescription
c1\t101\t400\t-\tAPP\tENSG00000142192.21\tprotein_coding\tamyloid beta precursor protein
"""
INFO = """#tax_id\tGeneID\tSymbol\tSynonyms\tmap_location\ttype_of_gene
9606\t351\tAPP\tAAA|ABETA|ABPP|PN2\t21q21.3\tprotein-coding
9606\t7157\tTP53\tBCC7|LFS1|P53\t17p13.1\tprotein-coding
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("named")
    (folder / "a.fa").write_bytes(books.fasta({"c1": books.letters(1_000, 3)}))
    (folder / "genes.tsv").write_text(GENES)
    return books.make(folder / "a.fa", folder / "a.book", genes=folder / "genes.tsv", assembly="GRCh38")


@pytest.fixture
def gene_info(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Names of genes, as NCBI publishes them."""
    path = tmp_path / "Homo_sapiens.gene_info.gz"
    path.write_bytes(gzip.compress(INFO.encode()))
    monkeypatch.setenv(VARIABLE, str(path))
    return path


def place(book: Book, text: str) -> PlaceAnswer:
    answer = understand(book, text)
    assert isinstance(answer, PlaceAnswer), answer
    return answer


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"Symbol\tmap_location\nA\t1p1\n", "has no column Synonyms"),
        (b"\xff\xfe\n", "cannot be read"),
        (gzip.compress(INFO.encode(), mtime=0)[:-12], "cannot be read"),
        (b"Symbol\tSynonyms\tmap_location\nA\n", "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_a_bad_file_of_names_is_refused_in_one_line(tmp_path: Path, content: bytes | None, why: str) -> None:
    path = tmp_path / "gene_info"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(AnnotationError, match=why) as told:
        read_human_names(path)
    assert "\n" not in str(told.value)
    assert str(path) in str(told.value)


def test_a_file_of_names_that_is_not_there_is_told_where_it_would_be_needed(
    book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "gone.gz"))
    opened = Book.open(book.path)
    assert place(opened, "APP").gene == "APP"  # the book's own names need no file
    assert [item.text for item in suggest(opened, "APP")] == ["APP"]
    answer = understand(opened, "TP53")
    assert isinstance(answer, NotUnderstood)
    for line in (answer.line, _refused(opened, "TP53", AnnotationError)):
        assert line.startswith(f"{tmp_path / 'gone.gz'}: cannot be read (No such file or directory); give ")
    monkeypatch.delenv(VARIABLE)
    assert "gone" not in _refused(Book.open(book.path), "TP53", RegionError)


def _refused(book: Book, text: str, kind: type[Exception]) -> str:
    with pytest.raises(kind) as told:
        find_place(book, text)
    return str(told.value)


def test_a_gene_that_lies_elsewhere_is_named_with_its_band(book: Book, gene_info: Path) -> None:
    said = _refused(Book.open(book.path), "TP53", RegionError)
    assert "does not have the gene TP53, which lies in 17p13.1" in said


HGNC_FILES = {
    "ensembl.gff3": (
        "c1\te\tgene\t101\t400\t.\t+\t.\tID=gene:E1;Name=ONE;"
        "gene_id=E1;description=first [Source:HGNC Symbol%3BAcc:HGNC:101]\n"
        "c1\te\tmRNA\t101\t400\t.\t+\t.\tID=transcript:T1;Parent=gene:E1\n"
        "c1\te\texon\t101\t400\t.\t+\t.\tParent=transcript:T1\n"
    ),
    "ncbi.gff3": (
        "c1\tr\tgene\t101\t400\t.\t+\t.\tID=gene-ONE;Dbxref=GeneID:9,HGNC:HGNC:101,MIM:1047;Name=ONE\n"
        "c1\tr\tmRNA\t101\t400\t.\t+\t.\tID=rna-N1;Parent=gene-ONE;Dbxref=GeneID:9,HGNC:HGNC:101\n"
        "c1\tr\texon\t101\t400\t.\t+\t.\tID=exon-N1-1;Parent=rna-N1\n"
    ),
    "gencode.gtf": (
        'c1\th\tgene\t101\t400\t.\t+\t.\tgene_id "E1.2"; gene_name "ONE"; hgnc_id "HGNC:101";\n'
        'c1\th\texon\t101\t400\t.\t+\t.\tgene_id "E1.2"; transcript_id "T1.1"; gene_name "ONE";\n'
    ),
    "ncbi.gtf": (
        'c1\tr\tgene\t101\t400\t.\t+\t.\tgene_id "ONE"; gene "ONE"; '
        'db_xref "GeneID:9"; db_xref "HGNC:HGNC:101";\n'
        'c1\tr\texon\t101\t400\t.\t+\t.\tgene_id "ONE"; transcript_id "NM_1.1"; gene "ONE";\n'
    ),
}


@pytest.mark.parametrize("name", HGNC_FILES)
def test_hgnc_numbers_of_gene_files_are_understood(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.fa").write_bytes(books.fasta({"c1": books.letters(1_000, 3)}))
    (tmp_path / name).write_text(HGNC_FILES[name])
    opened = books.make(tmp_path / "a.fa", tmp_path / "a.book", genes=tmp_path / name)
    assert place(opened, "hgnc:101").gene == "ONE"
    assert [item.text for item in suggest(opened, "HGNC:10")] == ["ONE"]
    assert isinstance(understand(opened, "HGNC:102"), NotUnderstood)
    assert opened.transcripts.of_gene("ONE")[0].description in ("", "first")


def test_hgnc_numbers_of_the_file_of_names_are_understood(
    book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "gene_info"
    path.write_text(
        "Symbol\tSynonyms\tdbXrefs\tmap_location\ttype_of_gene\n"
        "APP\t-\tMIM:104760|HGNC:HGNC:620|Ensembl:ENSG00000142192\t21q21.3\tprotein-coding\n"
    )
    monkeypatch.setenv(VARIABLE, str(path))
    assert place(Book.open(book.path), "HGNC:620").gene == "APP"


def test_real_names_of_genes(shared: Path) -> None:
    names = read_human_names(shared / "data" / "annotation" / "human_gene_info_ncbi_2019.tsv.gz")
    assert len(names.bands) > 50_000
    assert names.bands["TP53"] == "17p13.1"
    assert "APP" in names.symbols["ABPP"]
