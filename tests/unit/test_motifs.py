"""Motifs: every place is found, with and without an index, on both strands, with mismatches."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from genomebook.book import Book
from genomebook.errors import SearchError
from genomebook.language.alphabet import reverse_complement
from genomebook.pipeline.search.index import search_index
from genomebook.search.motif_letters import BASES_OF
from genomebook.search.motifs import Motif, find_motif
from tests.support import books

DNA = books.letters(70_000, 21)
GENOME = {
    "one": DNA[:20_000] + b"N" + DNA[20_000:20_010] + b"N" * 90 + DNA[20_010:].lower(),
    "two:101-9110": books.letters(4_000, 22) + b"RYNK" + books.letters(5_006, 23, "ACGU"),
    "low": b"ATATAT" * 40,
    "short": b"AC",
    "gap": b"N" * 40,
}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("motifs")
    (folder / "a.fa").write_bytes(books.fasta(GENOME))
    return books.make(folder / "a.fa", folder / "a.book")


@pytest.fixture(scope="module")
def indexed(book: Book, tmp_path_factory: pytest.TempPathFactory) -> Book:
    path = tmp_path_factory.mktemp("motifs_indexed") / "a.book"
    shutil.copytree(book.path, path)
    search_index(path, encoder=None)
    return Book.open(path)


def expected(motif: Motif) -> list[tuple[str, int, str, int]]:
    """Places by comparing every letter of every volume."""
    places = []
    rows = [motif.letters]
    if not motif.is_palindrome:
        rows.append(reverse_complement(motif.letters.encode()).decode())
    for name in sorted(GENOME, key=["one", "two:101-9110", "low", "short", "gap"].index):
        text = GENOME[name].decode().upper().replace("U", "T")
        for start in range(len(text) - len(motif.letters) + 1):
            piece = text[start : start + len(motif.letters)]
            if not set(piece) <= set("ACGT"):
                continue
            for strand, row in zip(motif.strands, rows, strict=False):
                differ = sum(not BASES_OF[x] & BASES_OF[y] for x, y in zip(row, piece, strict=True))
                if differ <= motif.mismatches:
                    places.append((name, start, strand, differ))
    return places


def found(book: Book, motif: Motif, keep: int | None = None) -> list[tuple[str, int, str, int]]:
    return [
        (book.contigs[chunk.volume].name, start, motif.strands[strand], edits)
        for chunk in find_motif(book, motif, keep=keep)
        for start, strand, edits in zip(
            chunk.starts.tolist(), chunk.strands.tolist(), chunk.mismatches.tolist(), strict=True
        )
    ]


def in_order(book: Book, places: list[tuple[str, int, str, int]]) -> list[tuple[str, int, str, int]]:
    order = {contig.name: number for number, contig in enumerate(book.contigs)}
    return sorted(places, key=lambda place: (order[place[0]], place[1], place[2] != "+"))


@pytest.mark.parametrize(
    ("letters", "mismatches"),
    [
        ("GATTACA", 0),
        ("TATAWAW", 0),
        ("ACGT", 0),
        ("NNCGATNN", 0),
        ("ATATATAT", 0),
        ("RGGTCANNNTGACCT", 2),
        ("ACGTTGCA", 1),
        ("AAC", 0),
        ("A" * 20 + "N" * 44, 8),
    ],
)
def test_every_place_is_found(book: Book, indexed: Book, letters: str, mismatches: int) -> None:
    motif = Motif.of(letters, mismatches)
    wanted = in_order(book, expected(motif))
    assert found(book, motif) == wanted
    assert found(book, motif) == wanted  # from what was kept
    assert found(indexed, motif) == wanted


@given(st.text("ACGTRYSWKMBDHVN", min_size=5, max_size=12), st.integers(0, 1))
@settings(max_examples=12, deadline=None)
def test_any_motif(indexed: Book, letters: str, mismatches: int) -> None:
    try:
        motif = Motif.of(letters, mismatches)
    except SearchError:
        return
    assert found(indexed, motif) == in_order(indexed, expected(motif))


@given(st.integers(0, 69_900), st.integers(5, 64))
@settings(max_examples=20, deadline=None)
def test_a_piece_of_the_text_is_found_where_it_was(indexed: Book, at: int, size: int) -> None:
    assume(at + size <= 20_000 or 20_010 <= at <= len(DNA) - size)
    start = at if at < 20_000 else at + 91  # 91 N stand before it
    places = found(indexed, Motif.of(DNA[at : at + size].decode()))
    assert ("one", start) in {(name, start) for name, start, _, _ in places}


def test_counts_are_of_all_places_also_when_few_are_kept(indexed: Book) -> None:
    motif = Motif.of("AAC")
    wanted = in_order(indexed, expected(motif))
    chunks = list(find_motif(indexed, motif, keep=5))
    assert sum(int(chunk.counts.sum()) for chunk in chunks) == len(wanted)
    assert found(indexed, motif, keep=5) == wanted[:5]
    assert found(indexed, motif, keep=0) == []


@pytest.mark.parametrize(
    ("text", "mismatches", "said"),
    [
        ("", 0, "this has 0"),
        ("AC", 0, "this has 2"),
        ("A" * 65, 0, "this has 65"),
        ("NNNN", 0, "N alone"),
        ("ACGE", 0, "E is no letter"),
        ("AC\x00GT", 0, r"U\+0000 is no letter"),
        ("<b>A", 0, "< is no letter"),
        ("ACGT", 2, "at most 1"),
        ("ACGT" * 8, 9, "at most 8"),
        ("ANN", 1, "at most 0"),
    ],
)
def test_what_is_no_motif(text: str, mismatches: int, said: str) -> None:
    with pytest.raises(SearchError, match=said):
        Motif.of(text, mismatches)


def test_lower_case_rna_and_white_space_are_read() -> None:
    assert Motif.of("gau uac\na").letters == "GATTACA"


def test_the_command_prints_counts_and_writes_bed(
    indexed: Book, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    motif = Motif.of("RYACGA")
    wanted = in_order(indexed, expected(motif))
    said = books.program(capsys, "find", indexed.path, "ryacga", "--json", "--limit", "3")
    report = json.loads(said.out)
    assert report["count"] == len(wanted)
    assert sum(report["contigs"].values()) == len(wanted)
    assert [place["strand"] for place in report["places"]] == [strand for _, _, strand, _ in wanted[:3]]
    bed = tmp_path / "a.bed"
    said = books.program(capsys, "find", indexed.path, "RYACGA", "-o", bed)
    rows = [line.split("\t") for line in bed.read_text().splitlines()]
    assert [(int(row[1]) - 100 * (row[0] == "two"), row[5]) for row in rows] == [
        (start, strand) for _, start, strand, _ in wanted
    ]
    assert f"{len(wanted):,} places of RYACGA" in said.out
    refused = books.program(capsys, "find", indexed.path, "NNN")
    assert (refused.code, "N alone" in refused.err) == (2, True)
