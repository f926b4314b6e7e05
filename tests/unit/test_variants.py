"""VCF files onto a book, the words that change, and the table of ``genomebook variants``."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest

from genomebook.annotation.variants.alleles import VariantAllele
from genomebook.annotation.variants.letters import LETTERS_PER_BLOCK, LetterCache
from genomebook.annotation.variants.reading import MAX_ALLELE, VariantReader, VariantTally
from genomebook.annotation.variants.wording import WordingReader
from genomebook.book import Book
from genomebook.errors import AnnotationError
from genomebook.export.variants import COLUMNS
from genomebook.language.encode import Encoder
from tests.support import books

TEXT = books.letters(30_000, 5) + b"N" * 40 + books.letters(9_000, 6).lower() + b"CA" * 3000 + b"RTACG"
SLICE = books.letters(2_000, 7)
HEAD = "##fileformat=VCFv4.2\n##contig=<ID=chr1>\n"
COLUMN_LINE = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """A volume with a gap, lower case and a tandem repeat, and a slice of a contig."""
    folder = tmp_path_factory.mktemp("variants")
    records = {"chr1": TEXT, "chr9:5001-7000": SLICE}
    (folder / "a.fa").write_bytes(books.fasta(records))
    return books.make(folder / "a.fa", folder / "a.book", words="words-4096")


def vcf(*rows: str, head: str = HEAD) -> bytes:
    """A file with rows of CHROM, POS, ID, REF and ALT, separated by spaces."""
    lines = ["\t".join([*row.split(" "), ".", ".", "."]) + "\n" for row in rows]
    return (head + COLUMN_LINE + "".join(lines)).encode()


def ref(position: int, size: int = 1) -> str:
    return TEXT[position - 1 : position - 1 + size].decode().upper()


def other(position: int) -> str:
    return "ACGT"["CGTA".index(ref(position))]


def read(book: Book, content: bytes | Path) -> tuple[list[VariantAllele], VariantTally]:
    tally = VariantTally("a.vcf")
    return list(VariantReader(book).read(content, tally)), tally


def test_records_become_alleles_on_volumes(book: Book) -> None:
    content = vcf(
        f"chr1 101 rs1 {ref(101)} {other(101)}",
        f"1 201 . {ref(201, 3)} {ref(201)},{ref(201)}TT{ref(202, 2)},{ref(201, 3).lower()}",
        f"chr9 5001 rs3;x {SLICE[:1].decode()} {SLICE[:1].decode()}GG",
        "chr9 7001 . A C",
        "chr7 5 . A C",
    )
    alleles, tally = read(book, content)
    first, deletion, insertion, same, sliced = alleles
    assert (first.volume, first.start, first.end, first.alt) == ("chr1", 100, 101, other(101))
    assert (deletion.start, deletion.end, deletion.ref, deletion.alt) == (201, 203, ref(202, 2), "")
    assert (insertion.end - insertion.start, len(insertion.alt)) == (0, 2)
    assert same.reason == "same as REF"
    assert (sliced.volume, sliced.start, sliced.end) == ("chr9:5001-7000", 1, 1)
    assert [allele.identifier for allele in (first, sliced)] == ["rs1", "rs3;x"]
    assert (tally.records, tally.alleles, tally.assessed, tally.outside) == (5, 5, 4, 1)
    assert tally.elsewhere == {"chr7": 1}
    assert any("sequences that the book does not have: chr7" in line for line in tally.lines())


@pytest.mark.parametrize(
    ("alt", "reason"),
    [
        ("<DEL>", "symbolic allele"),
        ("*", "deleted by another record"),
        ("]chr1:9]A", "breakend"),
        (".A", "breakend"),
        (".", "no other allele"),
        ("R", "letters other than A, C, G and T"),
        ("A" * (MAX_ALLELE + 1), "more than 5,000 letters"),
        ("A" * 10_000, "more than 5,000 letters"),
    ],
)
def test_what_is_not_assessed_is_counted_and_named(book: Book, alt: str, reason: str) -> None:
    alleles, tally = read(book, vcf(*[f"chr1 {at} . {ref(at)} {alt}" for at in (7, 8)]))
    assert [allele.reason for allele in alleles] == [reason] * 2
    assert tally.not_assessed[reason][0] == 2
    (line,) = tally.lines()
    assert line.startswith(f"2 alleles not assessed ({reason}); the first is chr1 7 {ref(7)}>")
    assert len(line) < 150


def test_alleles_in_gaps_and_long_ones(book: Book) -> None:
    long = ref(50) + "ACGT" * (MAX_ALLELE // 4 - 1)
    (gap, assessed), _ = read(book, vcf("chr1 30010 . N A", f"chr1 50 . {ref(50)} {long}"))
    assert gap.reason == "in a gap or beside letters that are not known"
    assert (assessed.reason, len(assessed.alt)) == ("", len(long) - 1)


def test_a_few_other_ref_are_marked_and_many_refused(book: Book) -> None:
    good = [f"chr1 {at} . {ref(at)} {other(at)}" for at in range(1, 60)]
    bad = [f"chr1 {at} . {other(at)} {ref(at)}" for at in range(100, 104)]
    alleles, tally = read(book, vcf(*good, *bad))
    assert [allele.reason for allele in alleles[-4:]] == ["REF is not what the book has"] * 4
    assert (tally.disagree, len(tally.disagreements)) == (4, 3)
    assert f"REF is not what the book has in 4 of 63 records: chr1 100 has {other(100)}" in tally.lines()[0]
    with pytest.raises(AnnotationError, match=r"4 of 9 records: chr1 100 has .* it is of another assembly"):
        read(book, vcf(*good[:5], *bad))


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("##fileformat=VCFv4.2\n##contig=<ID=chr1,length=99>\n", "chr1 has 99 letters in its header"),
        ("##fileformat=VCFv4.2\n##reference=file:///data/hg19.fa\n", "its header says GRCh37"),
    ],
)
def test_another_assembly_is_refused_by_its_header(
    head: str, message: str, tmp_path: Path, chrm_book: Path
) -> None:
    book = Book.open(chrm_book)
    head = head.replace("chr1", "chrM")
    message = message.replace("chr1", "chrM")
    with pytest.raises(AnnotationError, match=message):
        read(book, vcf("chrM 1 . G A", head=head))


def test_any_form_of_the_file(book: Book, tmp_path: Path) -> None:
    content = vcf(*[f"chr1 {at} . {ref(at)} {other(at)}" for at in range(1, 400)])
    wanted = read(book, content)[0]
    plain, packed, binary = (tmp_path / name for name in ("a.vcf", "a.vcf.gz", "a.bcf"))
    plain.write_bytes(content)
    packed.write_bytes(books.bgzip(content, 500))
    with (
        pysam.VariantFile(str(plain)) as file,
        pysam.VariantFile(str(binary), "wb", header=file.header) as out,
    ):
        for record in file:
            out.write(record)
    for form in (plain, packed, binary, gzip.compress(content), packed.read_bytes()):
        assert read(book, form)[0] == wanted


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a.vcf: not a VCF or BCF file"),
        (b"hello\n", "a.vcf: not a VCF or BCF file"),
        (vcf(f"chr1 7 . {ref(7)} T", "chr1 x . A C"), "a.vcf: record 2 cannot be read"),
        (vcf("chr1 -4 . A C"), "a.vcf: record 1 cannot be read"),
        (vcf("chr1 7"), "a.vcf: record 1 cannot be read"),
        (vcf("chr1 7 a A C").replace(b"\ta\t", b"\t\xff\t"), "a.vcf: record 1 cannot be read"),
        (books.bgzip(vcf(*[f"chr1 {at} . {ref(at)} T" for at in range(1, 999)]), 900)[:3000], "a.vcf: "),
    ],
)
def test_a_damaged_file_is_one_line(book: Book, content: bytes, message: str) -> None:
    with pytest.raises(AnnotationError, match=message) as error:
        read(book, content)
    assert "\n" not in str(error.value)


def test_an_upload_is_bounded(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    content = vcf(*[f"chr1 {at} . {ref(at)} {other(at)}" for at in range(1, 12)])
    monkeypatch.setattr("genomebook.annotation.variants.reading.UPLOAD_RECORDS", 11)
    assert len(read(book, content)[0]) == 11
    monkeypatch.setattr("genomebook.annotation.variants.reading.UPLOAD_RECORDS", 10)
    with pytest.raises(AnnotationError, match="more than 10 records"):
        read(book, content)
    monkeypatch.setattr("genomebook.annotation.variants.reading.UPLOAD_BYTES", len(content) - 1)
    with pytest.raises(AnnotationError, match="at most"):
        read(book, content)


def test_letters_in_blocks(book: Book) -> None:
    letters = LetterCache(book).of("chr1")
    whole = TEXT.upper()
    for start, end in (
        (0, 5),
        (LETTERS_PER_BLOCK - 3, LETTERS_PER_BLOCK + 4),
        (0, len(TEXT)),
        (-5, 3),
        (len(TEXT) - 2, len(TEXT) + 9),
        (7, 7),
    ):
        assert letters(start, end) == whole[max(start, 0) : end]


def changes(count: int) -> list[VariantAllele]:
    """Substitutions, insertions and deletions anywhere, gap and tandem repeat included."""
    draw = random.Random(3)
    whole, found = TEXT.upper().decode(), []
    while len(found) < count:
        start = draw.choice([draw.randrange(len(TEXT)), draw.randrange(29_900, 30_200), draw.randrange(100)])
        end = min(len(TEXT), start + draw.choice([0, 1, 1, 1, 2, 9, 40]))
        alt = "".join(draw.choices("ACGT", k=draw.choice([0, 1, 1, 3, 30])))
        old = whole[start:end]
        if old != alt and set(old) <= set("ACGT") and (old or alt):
            found.append(VariantAllele("chr1", start, end, old, alt, 1, "", "chr1", start + 1, old, alt))
    return found


def test_words_that_change_are_those_of_the_whole_text(book: Book) -> None:
    """Tokenizing the whole changed volume gives the book's words but for those that were said to change."""
    reader, encoder = WordingReader(book), Encoder(book.vocabulary)
    volume = book["chr1"]
    old = volume.words()
    whole = np.frombuffer(TEXT, np.uint8)
    known = 0
    for allele in changes(250):
        change = reader.of(allele)
        if change is None:
            continue
        known += 1
        new = np.concatenate(
            [whole[: allele.start], np.frombuffer(allele.alt.encode(), np.uint8), whole[allele.end :]]
        )
        first = int(np.searchsorted(old.starts, change.start))
        last = int(np.searchsorted(old.ends, change.end, "right"))
        words = book.vocabulary.words
        ids = [words.index(word) for word in change.new]
        assert encoder.encode(new).tolist() == [*old.ids[:first], *ids, *old.ids[last:]]
        assert [words[i] for i in old.ids[first:last]] == list(change.old)
        bits = old.surprisal[first : last + 1] / 8
        assert list(change.old_bits) == bits[: len(change.old_bits)].tolist()
    assert known > 200


def test_the_table_of_the_command(
    book: Book, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, table = tmp_path / "a.vcf", tmp_path / "t.tsv"
    source.write_bytes(
        vcf(f"chr1 101 =x {ref(101)} {other(101)}", f"chr1 103 . {ref(103)} <b>,{other(103)}", "chr8 1 . A C")
    )
    said = books.program(capsys, "variants", book.path, source, "-o", table)
    assert said.code == 0, said
    assert "2 of 3 alleles assessed, from 3 records" in said.out
    assert "note: 1 of 3 records are on sequences that the book does not have: chr8" in said.err
    rows = pd.read_csv(table, sep="\t", keep_default_na=False)
    assert tuple(rows) == COLUMNS
    assert rows["position"].tolist() == [101, 103, 103]
    assert rows["consequence"].tolist() == ["intergenic_variant", "", "intergenic_variant"]
    assert rows["not_assessed"].tolist() == ["", "symbolic allele", ""]
    assert rows["id"][0] == "'=x"
    change = WordingReader(book).of(read(book, source)[0][0])
    assert change is not None
    assert (rows["old_words"][0], rows["new_words"][0]) == (" ".join(change.old), " ".join(change.new))
    assert float(rows["surprisal_before"][0]) == change.before


def test_nothing_is_written_for_a_file_that_is_refused(
    book: Book, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, table = tmp_path / "a.vcf", tmp_path / "t.tsv"
    source.write_bytes(vcf(*[f"chr1 {at} . {other(at)} {ref(at)}" for at in range(1, 20)]))
    assert "another assembly" in books.program(capsys, "variants", book.path, source, "-o", table).error
    assert "no such file" in books.program(capsys, "variants", book.path, tmp_path / "b", "-o", table).error
    assert (
        "is the file to be read" in books.program(capsys, "variants", book.path, source, "-o", source).error
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.vcf"]
