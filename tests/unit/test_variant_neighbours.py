"""Two variants in one codon: told one by one, and what they do together where they can be on one copy."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from genomebook.annotation.variants.consequences import ConsequenceCaller
from genomebook.annotation.variants.neighbours import CodonNeighbour, codon_neighbours, joined, with_near
from genomebook.annotation.variants.reading import VariantReader, VariantTally
from genomebook.book import Book
from genomebook.book.transcript import Transcript
from genomebook.book.transcript_writer import add_transcripts
from genomebook.export.variants import write_variants
from genomebook.render.variants.detail import VariantDetails, detail_html
from tests.support import books
from tests.support.variant_genes import LETTERS, Change, at, letters_on, on_strand, transcript

TEXT = {strand: b"C" * 400 + letters_on(strand) + b"C" * 400 for strand in "+-"}
FORMAT = (
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="g">\n'
    '##FORMAT=<ID=PS,Number=1,Type=Integer,Description="p">\n'
)
FIRST, SECOND = Change(at(4), "G", "A"), Change(at(5), "C", "T")
"""GCT becomes ACT (Thr) by one, GTT (Val) by the other, ATT (Ile) by both."""


@pytest.fixture(scope="module", params=["+", "-"])
def book(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Book:
    """The made-up gene on a strand of a sequence."""
    strand: str = request.param
    folder = tmp_path_factory.mktemp("neighbours")
    (folder / "a.fa").write_bytes(books.fasta({"v": TEXT[strand]}))
    made = books.make(folder / "a.fa", folder / "a.book", words="words-4096")
    of = transcript(strand)
    spans = {part: tuple((a + 400, b + 400) for a, b in getattr(of, part)) for part in ("exons", "coding")}
    values = {name: getattr(of, name) for name in of.__dataclass_fields__} | spans
    add_transcripts(made.path, [Transcript(**values)], {"v": len(TEXT[strand])})
    return Book.open(made.path)


def vcf(book: Book, *changes: tuple[Change, str], samples: int = 1) -> bytes:
    """Records of changes of the gene, each with a genotype, sorted by position."""
    strand = book.transcripts.by_id("T1").strand  # type: ignore[union-attr]
    names = "".join(f"\tS{number}" for number in range(samples))
    head = f"##fileformat=VCFv4.2\n##contig=<ID=v>\n{FORMAT}#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
    rows = []
    for change, genotype in changes:
        start, ref, alt = on_strand(change, strand)
        keys = "GT:PS" if ":" in genotype else "GT"
        cells = f"\t{keys}" + f"\t{genotype}" * samples if samples else ""
        rows.append((start, f"v\t{start + 401}\t.\t{ref}\t{alt}\t.\t.\t.{cells}\n"))
    columns = f"\tFORMAT{names}" if samples else ""
    return (f"{head}{columns}\n" + "".join(line for _, line in sorted(rows))).encode()


def neighbours(book: Book, content: bytes) -> dict[str, list[CodonNeighbour]]:
    """Neighbours of each allele, by its change of the protein or else of the transcript."""
    caller = ConsequenceCaller(book)
    known = {}
    for allele, near in with_near(VariantReader(book).read(content, VariantTally("a.vcf"))):
        call = caller.of(allele)[0]
        known[call.hgvs_p or call.hgvs_c] = list(codon_neighbours(allele, near, call, caller))
    return known


@pytest.mark.parametrize(
    ("genotypes", "samples", "copy"),
    [
        (("0|1", "0|1"), 1, "same"),
        (("0|1", "1|0"), 1, "other"),
        (("0/1", "0/1"), 1, "not known"),
        (("1/1", "1|0"), 1, "same"),
        (("1", "1"), 1, "same"),
        (("0|1:7", "0|1:7"), 1, "same"),
        (("0|1:7", "0|1:9"), 1, "not known"),
        (("./.", "0|1"), 1, "not known"),
        (("0|1", "0|1"), 2, "not known"),
        (("", ""), 0, "not known"),
    ],
)
def test_what_two_do_together(book: Book, genotypes: tuple[str, str], samples: int, copy: str) -> None:
    content = vcf(book, (FIRST, genotypes[0]), (SECOND, genotypes[1]), samples=samples)
    known = neighbours(book, content)
    assert set(known) == {"p.(Ala2Thr)", "p.(Ala2Val)"}
    for (neighbour,) in known.values():
        assert neighbour.copy == copy
        together = neighbour.together
        told = (together.codons[1], together.hgvs_p) if together else None
        assert told == (None if copy == "other" else ("ATT", "p.(Ala2Ile)"))


def test_what_is_no_neighbour(book: Book) -> None:
    far = Change(at(7), "A", "C")  # of the next codon
    across = Change(at(14), "A", "C"), Change(at(13), "G", "C")  # a codon that an intron splits
    deletion = Change(at(10), "GA", "G")
    lacking = Change(at(6), "T", "C")
    changes = [SECOND, far, deletion, *across]
    known = neighbours(book, vcf(book, *((change, "0|1") for change in changes), (lacking, "0|0")))
    assert len(known.pop("p.(Ala2=)")) == 1  # it has one, but the sample does not have it
    assert len(known) == len(changes)
    assert not any(known.values())


def test_the_table_has_them(book: Book, tmp_path: Path) -> None:
    third = Change(at(19), "C", "A")
    content = vcf(book, (FIRST, "0|1"), (SECOND, "0|1"), (third, "0|1"))
    (tmp_path / "a.vcf").write_bytes(content)
    write_variants(book, tmp_path / "a.vcf", tmp_path / "t.tsv")
    rows = pd.read_csv(tmp_path / "t.tsv", sep="\t", keep_default_na=False)
    rows = rows.sort_values("hgvs_c", ignore_index=True)
    assert rows["same_copy"].tolist() == ["", "same", "same"]
    assert rows["together"].tolist() == ["", "ATT p.(Ala2Ile)", "ATT p.(Ala2Ile)"]
    assert rows["neighbours"].str.startswith("v ").tolist() == [False, True, True]


def test_the_detail_says_it_in_a_sentence(book: Book) -> None:
    details = VariantDetails(book)
    for genotypes, said in (
        (("0|1", "0|1"), "on the same copy of the chromosome, the codon becomes ATT: p.(Ala2Ile)."),
        (("0/1", "0/1"), "If both are on one copy of the chromosome, the codon becomes ATT: p.(Ala2Ile)."),
        (("0|1", "1|0"), "lies in the same codon, on the other copy of the chromosome."),
    ):
        content = vcf(book, (FIRST, genotypes[0]), (SECOND, genotypes[1]))
        one, other = VariantReader(book).read(content, VariantTally("a.vcf"))
        (line,) = details.of([one], near=[one, other]).alleles[0].together
        assert said in line
        assert other.shown in line
        assert said.split(":")[0] in str(detail_html(details.of([one], near=[other])))


def test_each_allele_comes_once_in_order_with_those_near_it(book: Book) -> None:
    changes = [
        (Change(start, LETTERS[start : start + 1].decode(), "N"), "") for start in (30, 31, 33, 40, 41)
    ]
    alleles = list(VariantReader(book).read(vcf(book, *changes, samples=0), VariantTally("a.vcf")))
    given = list(with_near(alleles))
    assert [allele for allele, _ in given] == alleles
    for allele, near in given:
        expected = [each for each in alleles if each is not allele and abs(each.start - allele.start) <= 3]
        assert [each for each in near if abs(each.start - allele.start) <= 3] == expected
    assert list(with_near([])) == []


def test_joined_keeps_what_stands_between(book: Book) -> None:
    changes = [(Change(at(4), "G", "A"), "0|1"), (Change(at(6), "T", "C"), "0|1")]
    one, other = VariantReader(book).read(vcf(book, *changes), VariantTally("a.vcf"))
    text = TEXT[book.transcripts.by_id("T1").strand]  # type: ignore[union-attr]
    both = joined(other, one, lambda start, end: text[start:end])
    assert (both.start, both.end, len(both.ref)) == (one.start, other.end, 3)
    assert both.ref == text[both.start : both.end].decode()
    assert both.alt == one.alt + both.ref[1] + other.alt
