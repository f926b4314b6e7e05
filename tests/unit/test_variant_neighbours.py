"""Two variants in one codon: told one by one, and what they do together where they can be on one copy."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from genomebook.annotation.variants import neighbours as neighbours_module
from genomebook.annotation.variants.alleles import VariantAllele
from genomebook.annotation.variants.consequences import ConsequenceCaller
from genomebook.annotation.variants.neighbours import JointVariant, joint_spans, joint_variants, with_near
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


def given_near(book: Book, content: bytes) -> list[tuple[VariantAllele, list[VariantAllele]]]:
    """Alleles of a file with those to be read with them."""
    caller = ConsequenceCaller(book)
    alleles = VariantReader(book).read(content, VariantTally("a.vcf"))
    found = with_near(alleles, lambda one: joint_spans(caller.touched(one), one))
    return [(allele, list(near)) for allele, near in found]


def neighbours(book: Book, content: bytes) -> dict[str, list[JointVariant]]:
    """Neighbours of each allele, by its change of the transcript."""
    caller = ConsequenceCaller(book)
    known = {}
    for allele, near in given_near(book, content):
        call = caller.of(allele)[0]
        assert call.transcript is not None
        known[call.hgvs_c] = list(joint_variants(allele, near, caller.spliced(call.transcript)))
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
    assert set(known) == {"c.4G>A", "c.5C>T"}
    for (neighbour,) in known.values():
        assert neighbour.copy == copy
        together = neighbour.together
        told = (together.codons[1], together.hgvs_p) if together else None
        assert told == (None if copy == "other" else ("ATT", "p.(Ala2Ile)"))


def test_what_is_no_neighbour(book: Book) -> None:
    far = Change(at(7), "A", "C")  # of the next codon
    acceptor = Change(at(14) - 1, "G", "C")
    lacking = Change(at(6), "T", "C")
    changes = [SECOND, far, acceptor]
    known = neighbours(book, vcf(book, *((change, "0|1") for change in changes), (lacking, "0|0")))
    assert len(known.pop("c.6T>C")) == 1  # it has one, but the sample does not have it
    assert len(known) == len(changes)
    assert not any(known.values())


SPLIT = Change(at(13), "G", "C"), Change(at(14), "A", "C")
"""GAA (Glu) becomes CCA (Pro); an intron lies between the two letters."""

DELETED, INSERTED = Change(at(7), "AA", "A"), Change(at(11), "A", "AT")
"""AAA GAA G|AA becomes AAG ATA G|AA: a shift of the frame and back."""

THREE = Change(at(4), "GCTA", "G"), Change(at(9), "A", "C")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (SPLIT, ("CCA", "p.(Glu5Pro)")),
        ((DELETED, INSERTED), ("AAGATA", "p.(Glu4Ile)")),
        ((DELETED, Change(at(10), "G", "T")), ("", "p.(Lys3AsnfsTer13)")),
        (THREE, None),
    ],
)
@pytest.mark.parametrize("genotypes", [("0|1", "0|1"), ("0|1", "1|0"), ("0/1", "0/1")])
def test_changes_of_one_copy_are_read_in_the_spliced_letters(
    book: Book, changes: tuple[Change, Change], told: tuple[str, str] | None, genotypes: tuple[str, str]
) -> None:
    known = neighbours(book, vcf(book, *zip(changes, genotypes, strict=True)))
    assert len(known) == 2
    for (neighbour,) in known.values():
        if genotypes == ("0|1", "1|0"):
            assert (neighbour.copy, neighbour.together) == ("other", None)
            continue
        assert neighbour.copy == ("same" if genotypes[0] == "0|1" else "not known")
        together = neighbour.together
        assert together is not None
        if told:
            assert (together.codons[1], together.hgvs_p) == told


def test_one_that_changes_the_same_letters_does_not_hide_the_others(book: Book) -> None:
    both, last = Change(at(5), "CT", "AA"), Change(at(6), "T", "C")
    known = neighbours(book, vcf(book, *((change, "0|1") for change in (FIRST, both, last))))
    (neighbour,) = known["c.6T>C"]
    assert neighbour.allele.shown == known["c.5_6delinsAA"][0].allele.shown
    assert neighbour.together is not None
    assert neighbour.together.codons[1] == "ACC"


def test_three_of_one_copy_are_told_together(book: Book) -> None:
    changes = [Change(at(4), "GC", "G"), Change(at(7), "AA", "A"), Change(at(10), "GA", "G")]
    known = neighbours(book, vcf(book, *((change, "1|0") for change in changes)))
    told = {str(each.together) for found in known.values() for each in found}
    assert [len(found) for found in known.values()] == [2, 2, 2]
    assert len(told) == 1
    apart = neighbours(book, vcf(book, *((change, "1/0") for change in changes)))
    assert [len(found) for found in apart.values()] == [2, 2, 2]
    assert len({str(each.together) for found in apart.values() for each in found}) > 1


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
        (("0|1", "1|0"), "lies in the same codon or reading frame, on the other copy of the chromosome."),
    ):
        content = vcf(book, (FIRST, genotypes[0]), (SECOND, genotypes[1]))
        one, other = VariantReader(book).read(content, VariantTally("a.vcf"))
        (line,) = details.of([one], near=[one, other]).alleles[0].together
        assert said in line
        assert other.shown in line
        assert said.split(":")[0] in str(detail_html(details.of([one], near=[other])))


def test_each_allele_comes_once_in_order_with_those_near_it(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = [Change(at(n), LETTERS[at(n) : at(n) + 1].decode(), "N") for n in (4, 5, 13, 14)]
    intron = [Change(at(13) + n, LETTERS[at(13) + n : at(13) + n + 1].decode(), "N") for n in (8, 9)]
    changes = [replace_n(change) for change in (*inside, *intron)]
    content = vcf(book, *((change, "") for change in changes), samples=0)
    alleles = list(VariantReader(book).read(content, VariantTally("a.vcf")))
    given = given_near(book, content)
    assert [allele for allele, _ in given] == alleles
    coding = [allele for allele, near in given if near]
    assert len(coding) == 4
    assert all(near == [each for each in coding if each != allele] for allele, near in given if near)
    monkeypatch.setattr(neighbours_module, "MAX_HELD", 2)
    assert [allele for allele, _ in given_near(book, content)] == alleles
    assert list(with_near([], lambda one: [])) == []


def replace_n(change: Change) -> Change:
    """The change with another base in the place of N."""
    return change._replace(alt="C" if change.ref != "C" else "A")
