"""Hits as TSV, BED, FASTA, SAM and text: places, strands and CIGARs read back from the book itself."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from genomebook.book import Book
from genomebook.errors import OptionError
from genomebook.export.hits import BED_COLUMNS, COLUMNS, FORMATS
from genomebook.genome.names import LENGTHS
from genomebook.language.alphabet import reverse_complement
from genomebook.pipeline.search.index import search_index
from genomebook.search.hits import Hit
from genomebook.search.query import Query, read_queries
from genomebook.search.searcher import Searcher
from tests.support import books

GENOME = {
    "chr21:5001-25000": books.letters(20_000, 1),
    "other:101-4100": books.letters(4_000, 2),
    "whole": books.letters(6_000, 3),
}
Results = list[tuple[Query, list[Hit]]]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("hits")
    (folder / "a.fa").write_bytes(books.fasta(GENOME))
    books.make(folder / "a.fa", folder / "a.book", assembly="GRCh38")
    search_index(folder / "a.book", encoder=None, workers=1)
    return Book.open(folder / "a.book")


@pytest.fixture(scope="module")
def results(book: Book) -> Results:
    """A hit on each strand, with an insertion, a deletion, a mismatch and ends that are not aligned; none."""
    one, two = GENOME["chr21:5001-25000"], GENOME["other:101-4100"]
    planted = one[1000:1100] + one[1103:1200] + b"ACG" + one[1200:1300]
    changed = bytearray(two[500:700])
    changed[100] = b"ACGT"[(b"ACGT".index(changed[100]) + 1) % 4]
    queries = [
        Query("plus", books.letters(30, 9) + planted),
        Query("minus", reverse_complement(bytes(changed)) + b"C" + books.letters(39, 10)),
        Query("a@b=é", GENOME["whole"][:300]),
        Query("none", b"ACGTTGCAACGGTCTAGGCA" * 2),
    ]
    return list(Searcher.open(book).search_many(queries, limit=3, evalue=1e-6))


def lines(kind: str, results: Results, book: Book) -> list[list[str]]:
    text = "".join(FORMATS[kind](results, book))
    assert text.endswith("\n")
    return [line.split("\t") for line in text.splitlines()]


def test_the_table_has_places_as_people_count_them(results: Results, book: Book) -> None:
    header, *rows = lines("tsv", results, book)
    assert tuple(header) == COLUMNS
    found = [dict(zip(header, row, strict=True)) for row in rows]
    assert [row["query"] for row in found] == ["plus", "minus", "a@b=é"]
    plus, minus, _ = found
    assert (plus["contig"], plus["start"], plus["end"], plus["strand"]) == ("chr21", "6001", "6300", "+")
    assert (plus["query_start"], plus["query_end"]) == ("31", "330")
    assert plus["volume"] == "chr21:5001-25000"
    assert (minus["contig"], minus["start"], minus["end"], minus["strand"]) == ("other", "601", "800", "-")
    assert (minus["query_start"], minus["query_end"], minus["identity"]) == ("1", "200", "0.9950")
    assert minus["cosine"] == ""
    volume = book["chr21:5001-25000"]
    sentence = volume.table("sentences").rows(int(plus["sentence"]), int(plus["sentence"]) + 1).iloc[0]
    assert (sentence["start"] + 5001, sentence["end"] + 5000) == (
        int(plus["sentence_start"]),
        int(plus["sentence_end"]),
    )


def test_bed_is_half_open(results: Results, book: Book) -> None:
    header, *rows = lines("bed", results, book)
    assert tuple(header) == BED_COLUMNS
    assert {len(row) for row in rows} == {6}
    assert rows[0] == ["chr21", "6000", "6300", "plus", str(round(1000 * results[0][1][0].identity)), "+"]
    assert rows[1] == ["other", "600", "800", "minus", "995", "-"]
    assert all(0 <= int(row[4]) <= 1000 for row in rows)


def test_fasta_has_the_letters_of_the_book(results: Results, book: Book) -> None:
    text = "".join(FORMATS["fasta"](results, book))
    headers = re.findall(r"^>(\S+)\(([+-])\) query=(\S+) ", text, re.M)
    assert [name for _, _, name in headers] == ["plus", "minus", "a@b=é"]
    for query, (place, strand, _) in zip(read_queries(text), headers, strict=True):
        region = book.addresses.parse(place)
        letters = book[region.volume].sequence(region.start, region.end)
        assert query.letters == (letters if strand == "+" else reverse_complement(letters))
    assert max(map(len, filter(lambda line: line[0] != ">", text.splitlines()))) == 60


def applied(operations: str, query: str, text: str) -> int:
    """Unequal letters and gaps along a CIGAR, after checking that it fits both sequences letter by letter."""
    at = here = distance = 0
    for size, op in re.findall(r"(\d+)([=XIDS])", operations):
        many = int(size)
        if op in "=X":
            pairs = list(zip(query[at : at + many], text[here : here + many], strict=True))
            assert all((a == b) == (op == "=") for a, b in pairs)
        distance += many if op in "XID" else 0
        at += many if op in "=XIS" else 0
        here += many if op in "=XD" else 0
    assert (at, here) == (len(query), len(text))
    return distance


def test_the_length_of_a_contig_goes_by_the_assembly(
    results: Results, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    for assembly, length in (("hg19", 48129895), ("GRCh38.p14", 46709983), ("", 25000), ("CanFam3", 25000)):
        monkeypatch.setattr(book, "assembly", assembly)
        header = [row for row in lines("sam", results, book) if row[0].startswith("@")]
        assert ["@SQ", "SN:chr21", f"LN:{length}"] in header
        notes = [row[1] for row in header if row[0] == "@CO"]
        assert any("length of chr21 is not known" in note for note in notes) == (length == 25000)


def test_sam_can_be_checked_against_the_book(results: Results, book: Book) -> None:
    rows = lines("sam", results, book)
    header = [row for row in rows if row[0].startswith("@")]
    alignments = rows[len(header) :]
    assert header[0][:2] == ["@HD", "VN:1.6"]
    contigs = {row[1]: row[2:] for row in header if row[0] == "@SQ"}
    assert contigs["SN:chr21"] == [f"LN:{LENGTHS['chr21']}"]
    assert contigs["SN:other"] == ["LN:4100"]
    assert contigs["SN:whole"] == ["LN:6000", f"M5:{book['whole'].md5}"]
    assert [row[0] for row in header if "other" in row[1]] == ["@SQ", "@CO"]
    assert [row[0] for row in alignments] == ["plus", "minus", "a%40b=%C3%A9", "none"]
    assert [row[1] for row in alignments] == ["0", "16", "0", "4"]
    assert alignments[3][2:9] == ["*", "0", "0", "*", "*", "0", "0"]
    letters = {query.name: query.letters for query, _ in results}
    for row, (query, hits) in zip(alignments[:3], results, strict=False):
        assert row[4] == "255"
        tags = dict(tag.split(":", 1) for tag in row[11:])
        volume, hit = book[hits[0].volume], hits[0]
        first = int(row[3]) - 1 - volume.origin
        text = volume.sequence(first, first + hit.end - hit.start).decode().upper()
        assert row[9].encode() == (
            letters[query.name] if row[1] == "0" else reverse_complement(query.letters)
        )
        assert f"i:{applied(row[5], row[9], text)}" == tags["NM"]
        assert tags["AS"] == f"i:{hit.score}"
        assert set(tags) == {"AS", "NM", "ZB", "ZE"}


def test_later_hits_of_a_query_are_secondary(results: Results, book: Book) -> None:
    query, hits = results[1]
    rows = lines("sam", [(query, [*hits, *hits])], book)[-2:]
    assert [row[1] for row in rows] == ["16", "272"]
    assert [row[9] == "*" for row in rows] == [False, True]
    assert rows[0][5] == rows[1][5]


def test_parts_of_a_chimera_are_supplementary_and_name_each_other(book: Book) -> None:
    one, two, three = GENOME["chr21:5001-25000"], GENOME["other:101-4100"], GENOME["whole"]
    parts = one[3000:3300] + reverse_complement(two[900:1100]) + three[50:130] + one[7000:7060]
    query = Query("chimera", reverse_complement(parts))
    searcher = Searcher.open(book)
    for limit in (4, 2, 1):
        hits = searcher.search(query, limit=limit, evalue=1e-6)
        rows = lines("sam", [(query, hits)], book)[-limit:]
        assert [row[1] for row in rows] == ["16", "2048", "2064", "2064"][:limit]
        said = []
        for row, hit in zip(rows, hits, strict=True):
            volume = book[hit.volume]
            first = int(row[3]) - 1 - volume.origin
            text = volume.sequence(first, first + hit.end - hit.start).decode().upper()
            distance = applied(row[5], row[9], text)
            clips = re.sub("H", "S", row[5])
            said.append(f"{row[2]},{row[3]},{hit.strand},{clips},{row[4]},{distance};")
            whole = query.letters if hit.strand == "+" else parts
            before = int((re.match(r"(\d+)H", row[5]) or [0, 0])[1])
            assert row[9].encode() == whole[before : before + len(row[9])]
        for number, row in enumerate(rows):
            others = "".join(said[:number] + said[number + 1 :])
            assert [tag for tag in row if tag.startswith("SA:")] == ([f"SA:Z:{others}"] if others else [])


def test_a_further_place_of_one_part_of_a_chimera_is_secondary(results: Results, book: Book) -> None:
    query, hits = results[0]
    other = replace(hits[0], query_start=0, query_end=28, rows=("A" * 28, "|" * 28, "A" * 28))
    again = replace(other, query_start=10, query_end=30, rows=("A" * 20, "|" * 20, "A" * 20))
    rows = lines("sam", [(query, [hits[0], other, again])], book)[-3:]
    assert [row[1] for row in rows] == ["0", "2048", "256"]
    assert [sum(tag.startswith("SA:") for tag in row) for row in rows] == [1, 1, 0]


@pytest.mark.parametrize("name", ["=cmd|x", "+1", "-1", "@SUM(A1)", "'=x"])
def test_no_cell_of_the_table_is_a_formula(results: Results, book: Book, name: str) -> None:
    query, hits = Query(name, results[0][0].letters), results[0][1]
    guarded = name if name.startswith("'") else f"'{name}"
    assert lines("tsv", [(query, hits)], book)[1][0] == guarded
    assert lines("bed", [(query, hits)], book)[1][3] == name
    assert f" query={name} " in "".join(FORMATS["fasta"]([(query, hits)], book))
    assert lines("sam", [(query, [])], book)[-1][0] == name.replace("@", "%40")


@pytest.mark.parametrize("name", ["#hash", "track", "browser_2"])
def test_a_contig_that_bed_would_hide_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.fa").write_bytes(books.fasta({name: books.letters(900, 6), "ok": books.letters(900, 7)}))
    book = books.make(tmp_path / "a.fa", tmp_path / "a.book")
    search_index(book.path, encoder=None, workers=1)
    book = Book.open(book.path)
    searcher = Searcher.open(book)
    asked = [Query("q", books.letters(900, seed)[:200]) for seed in (7, 6)]
    found = [(query, searcher.search(query, evalue=1e-6)) for query in asked]
    assert [row[0] for row in lines("bed", found[:1], book)[1:]] == ["ok"]
    with pytest.raises(OptionError, match=f"'{name}'.*choose --format tsv"):
        "".join(FORMATS["bed"](found, book))
    assert [row[4] for row in lines("tsv", found, book)[1:]] == ["ok", name]


def test_the_cigar_is_that_of_the_rows(results: Results) -> None:
    hit = results[0][1][0]
    assert re.sub(r"\d+[=X]", "", hit.cigar) in ("3D3I", "3I3D")
    sizes = re.findall(r"(\d+)([=XID])", hit.cigar)
    assert sum(int(size) for size, _ in sizes) == hit.columns
    assert sum(int(size) for size, op in sizes if op == "=") == hit.matches


def test_alignments_count_on_both_sides(results: Results, book: Book) -> None:
    text = "".join(FORMATS["alignments"](results, book))
    assert "\nnone  40 bases\n\n  no hits\n" in text
    query_rows = re.findall(r"^query +([\d,]+) ([A-Z-]+) ([\d,]+)$", text, re.M)
    text_rows = re.findall(r"^(chr21|other|whole) +([\d,]+) ([A-Z-]+) ([\d,]+)$", text, re.M)
    assert len(query_rows) == len(text_rows) > 8
    letters = {
        "chr21": GENOME["chr21:5001-25000"],
        "other": GENOME["other:101-4100"],
        "whole": GENOME["whole"],
    }
    origin = {"chr21": 5000, "other": 100, "whole": 0}
    for contig, first, row, last in text_rows:
        a, b = int(first.replace(",", "")) - origin[contig], int(last.replace(",", "")) - origin[contig]
        read = letters[contig][min(a, b) - 1 : max(a, b)]
        assert row.replace("-", "").encode() == (read if b >= a else reverse_complement(read))
    assert next(first for contig, first, _, _ in text_rows if contig == "other") == "800"
    for first, row, last in query_rows:
        assert int(last.replace(",", "")) - int(first.replace(",", "")) + 1 == len(row.replace("-", ""))


def test_the_table_for_people(results: Results, book: Book) -> None:
    text = "".join(FORMATS["table"](results, book))
    assert "plus  330 bases\n  place" in text
    assert re.search(r"^  chr21:6,001-6,300  \+ .* 31-330 +sequence 1$", text, re.M)
    assert "none  40 bases\n  no hits\n" in text


def test_no_results_have_their_headers(book: Book) -> None:
    assert lines("tsv", [], book) == [list(COLUMNS)]
    assert lines("bed", [], book) == [list(BED_COLUMNS)]
    assert all(line[0].startswith("@") for line in lines("sam", [], book))
    for kind in ("table", "fasta", "alignments"):
        assert "".join(FORMATS[kind]([], book)) == ""


def test_output_is_lines_of_printable_text(results: Results, book: Book, tmp_path: Path) -> None:
    for writer in FORMATS.values():
        for line in "".join(writer(results, book)).splitlines():
            assert line.replace("\t", " ").isprintable()
