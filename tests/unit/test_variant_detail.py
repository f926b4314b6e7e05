"""Details of a variant as data and HTML: of an upload, of a track, hostile text escaped."""

from __future__ import annotations

import pytest

from genomebook.annotation.variants.features import alleles_of, remark
from genomebook.annotation.variants.reading import VariantReader, VariantTally
from genomebook.annotation.variants.sentences import SentenceChange
from genomebook.book import Book
from genomebook.book.features import Feature
from genomebook.book.transcript import Transcript
from genomebook.book.transcript_writer import add_transcripts
from genomebook.render.variants.detail import VariantDetails, detail_html, told_sentences
from tests.support import books
from tests.support.variant_genes import CODING, LETTERS, at, transcript

BEFORE = books.letters(3000, 21)
TEXT = BEFORE + LETTERS + books.letters(3000, 22)
SHIFT = len(BEFORE)
HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """The made-up gene between random letters, on chr7 of GRCh38 as a slice."""
    folder = tmp_path_factory.mktemp("detail")
    name = f"chr7:1001-{1000 + len(TEXT)}"
    (folder / "a.fa").write_bytes(books.fasta({name: TEXT}))
    made = books.make(folder / "a.fa", folder / "a.book", words="words-4096", assembly="GRCh38")
    of = transcript()
    moved = {
        part: tuple((start + SHIFT, end + SHIFT) for start, end in getattr(of, part))
        for part in ("exons", "coding")
    }
    row = Transcript(**{**vars_of(of), **moved, "volume": name, "gene": "<b>MADE</b>"})
    add_transcripts(made.path, [row], {name: len(TEXT)})
    return Book.open(made.path)


def vars_of(of: Transcript) -> dict[str, object]:
    return {name: getattr(of, name) for name in of.__dataclass_fields__}


def feature(name: str, note: str = "", place: int = at(4)) -> Feature:
    return Feature("calls", place + SHIFT, place + SHIFT + 1, ".", name, "SNV", None, note)


def test_a_variant_of_an_upload(book: Book) -> None:
    position = 1001 + SHIFT + at(4)
    content = f"{HEAD}chr7\t{position}\trs12\tG\tA,<DEL>\t.\t.\t.\n".encode()
    alleles = list(VariantReader(book).read(content, VariantTally("a.vcf")))
    detail = VariantDetails(book).of(alleles, "A note.")
    called, symbolic = detail.alleles
    assert called.title == f"chr7:{position:,} G>A"
    assert called.lead == "missense in <b>MADE</b>: Ala2Thr"
    (call,) = called.calls
    assert (call.hgvs_c, call.hgvs_p, call.codons) == ("c.4G>A", "p.(Ala2Thr)", "GCT → ACT")
    old, new = "".join(called.old), "".join(called.new)
    assert len(old) == len(new)
    assert [a + b for a, b in zip(old, new, strict=True) if a != b] == ["GA"]
    assert called.before > 0 < called.after
    assert "sentence end" in called.sentences
    assert symbolic.reason == "symbolic allele"
    sites = [site for site, _, _ in detail.links]
    assert sites == ["dbSNP", "UCSC", "Ensembl", "NCBI", "Ensembl, gene", "NCBI, gene"]
    html = str(detail_html(detail))
    assert "&lt;b&gt;MADE&lt;/b&gt;" in html
    assert "<b>MADE</b>" not in html
    assert "Not assessed: symbolic allele." in html
    assert "A note." in html


@pytest.mark.parametrize(
    ("name", "note", "expected"),
    [
        ("G>A", "", [("A", "")]),
        ("rs5", "G>A,C; benign", [("A", ""), ("C", "")]),
        (
            "G>AT… (14)",
            "",
            [("AT… (14)", "the track keeps only the ends of long alleles: use the file itself")],
        ),
        ("GCTA… (40)>G", "", [("", "the track keeps only the ends of long alleles: use the file itself")]),
        ("T>A", "", [("A", "REF is not what the book has")]),
        ("G><DEL>", "", [("<DEL>", "symbolic allele")]),
        ("rs5", "<script>", [("", "the track does not say which letters change")]),
    ],
)
def test_a_variant_of_a_track(book: Book, name: str, note: str, expected: list[tuple[str, str]]) -> None:
    details = VariantDetails(book)
    alleles = alleles_of(book, next(iter(book)).name, feature(name, note), details.letters)
    assert [(allele.file_alt, allele.reason) for allele in alleles] == expected
    assert alleles[0].identifier == ("" if ">" in name else name)
    detail = details.of(alleles, note)
    assert "<script>" not in str(detail_html(detail))
    if expected[0] == ("A", ""):
        assert detail.alleles[0].calls[0].hgvs_p == "p.(Ala2Thr)"


@pytest.mark.parametrize(
    ("note", "said"),
    [("G>A", ""), ("G>A,<DEL>; Benign; filter q10", "Benign; filter q10"), ("Benign", "Benign"), ("", "")],
)
def test_what_the_file_says_beside_the_alleles(note: str, said: str) -> None:
    assert remark(feature("rs5", note)) == said


def test_an_allele_in_no_gene(book: Book) -> None:
    details = VariantDetails(book)
    letter = TEXT[100:101].decode()
    away = Feature("calls", 100, 101, ".", f"{letter}>{'A' if letter != 'A' else 'C'}", "SNV", None, "")
    detail = details.of(alleles_of(book, next(iter(book)).name, away, details.letters))
    assert detail.alleles[0].lead == "intergenic: in no transcript of this book"
    assert detail.alleles[0].calls == []


@pytest.mark.parametrize(
    ("lost", "gained", "said"),
    [
        ((), (), "No sentence end moves."),
        ((5,), (9, 12), "1 sentence end lost (105), 2 sentence ends gained (109, 112)."),
        (tuple(range(8)), (), "8 sentence ends lost (100, 101, 102, 103, 104, 105 ...)."),
    ],
)
def test_what_is_said_of_sentences(lost: tuple[int, ...], gained: tuple[int, ...], said: str) -> None:
    assert told_sentences(SentenceChange(0, 99, lost, gained), 100) == said
    assert told_sentences(None, 100) == "Whether sentence ends move is not known here."


def test_the_gene_is_where_it_was_made(book: Book) -> None:
    (of,) = book.transcripts.overlapping(next(iter(book)).name, 0, len(TEXT))
    assert of.coding[-1][1] == CODING[1] + SHIFT
