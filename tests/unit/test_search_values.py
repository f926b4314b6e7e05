"""What is found: U, ambiguous letters, gaps, parts of a query, limits, E-values; stops; damaged indexes."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from benchmarks.search.kmer_vectors import KmerVectors
from genomebook.book import Book
from genomebook.errors import DamagedBookError
from genomebook.language.alphabet import reverse_complement
from genomebook.pipeline.search.index import search_index
from genomebook.search.alignment.search import SequenceSearch
from genomebook.search.hits import Hit
from genomebook.search.query import Query
from genomebook.search.schema import AMBIGUOUS, AMBIGUOUS_LETTERS, PARAGRAPHS, PLACES, RUNS, SEEDS, SENTENCES
from genomebook.search.searcher import Searcher
from tests.support import books
from tests.support.searching import agrees, indexed, mutated

ONE = books.letters(24_000, 21)
REPEAT = books.letters(260, 22)
ODD = b"RYSWKMBDHV"
Flip = Callable[[bytes], bytes]


def same(letters: bytes) -> bytes:
    return letters


def genome() -> dict[str, bytes]:
    """Plain, one of RNA, one with ambiguous letters, one of 90 copies of a repeat on both strands."""
    odd = bytearray(books.letters(4_000, 23))
    for number, letter in enumerate(ODD):
        odd[1_000 + 37 * number] = letter
    odd[2_000:2_010] = ODD
    copies = [mutated(REPEAT, 0.03 + 0.003 * n, n) for n in range(90)]
    turned = [reverse_complement(copy) if n % 3 == 0 else copy for n, copy in enumerate(copies)]
    family = b"".join(copy + books.letters(120 + n, 200 + n) for n, copy in enumerate(turned))
    rna = books.letters(3_000, 24).replace(b"T", b"U")
    return {"one": ONE, "rna": rna, "odd": bytes(odd), "family": family}


GENOME = genome()


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("values")
    (folder / "a.fa").write_bytes(books.fasta(GENOME))
    return books.make(folder / "a.fa", folder / "a.book")


@pytest.fixture(scope="module")
def searcher(book: Book, tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    return Searcher.open(book, indexed(book, tmp_path_factory.mktemp("index")))


def spans(hits: list[Hit]) -> set[tuple[int, int, int, int]]:
    return {(hit.query_start, hit.query_end, hit.start, hit.end) for hit in hits}


@pytest.mark.parametrize("flip", [same, reverse_complement])
def test_u_is_t(searcher: Searcher, flip: Flip) -> None:
    letters = GENOME["rna"][700:1_000].replace(b"U", b"T")
    hit = searcher.search(Query("dna", flip(letters)))[0]
    assert (hit.volume, hit.start, hit.end, hit.matches, hit.columns) == ("rna", 700, 1_000, 300, 300)


@pytest.mark.parametrize("flip", [same, reverse_complement])
def test_an_ambiguous_letter_is_a_mismatch_of_one_alignment(
    book: Book, searcher: Searcher, flip: Flip
) -> None:
    text = GENOME["odd"]
    for start, end, odd in ((900, 1_100, 3), (1_000 - 16, 1_000 + 17, 1), (1_900, 2_110, 10)):
        letters = bytes(letter if letter in b"ACGT" else ord("A") for letter in text[start:end])
        query = Query("q", flip(letters))
        hit = searcher.search(query)[0]
        assert (hit.volume, hit.start, hit.end) == ("odd", start, end)
        assert (hit.columns, hit.columns - hit.matches, hit.gaps) == (end - start, odd, 0)
        agrees(hit, query, book)


@pytest.mark.parametrize("flip", [same, reverse_complement])
@pytest.mark.parametrize(("half", "gap"), [(120, 50), (400, 200), (400, 260), (900, 500), (1_500, 700)])
def test_an_alignment_goes_on_behind_a_gap_of_the_text(
    book: Book, searcher: Searcher, flip: Flip, half: int, gap: int
) -> None:
    start, end = 5_000, 5_000 + 2 * half + gap
    query = Query("q", flip(ONE[start : start + half] + ONE[end - half : end]))
    found = searcher.search(query, evalue=1e-6)
    covered = sorted((hit.start, hit.end) for hit in found)
    assert (covered[0][0], covered[-1][1]) == (start, end)
    assert sum(hit.matches for hit in found) == pytest.approx(2 * half, abs=4)
    for hit in found:
        agrees(hit, query, book)


@pytest.mark.parametrize("flip", [same, reverse_complement])
@pytest.mark.parametrize("size", [60, 150, 400, 1_200])
@pytest.mark.parametrize("between", [b"", books.letters(70, 31)])
def test_two_parts_of_a_query_like_one_place_are_both_told(
    searcher: Searcher, flip: Flip, size: int, between: bytes
) -> None:
    part = ONE[9_000 : 9_000 + size]
    found = searcher.search(Query("q", flip(part + between + part)), evalue=1e-6)
    wanted = [(0, size), (size + len(between), 2 * size + len(between))]
    assert sorted((hit.query_start, hit.query_end) for hit in found) == [
        (pytest.approx(low, abs=8), pytest.approx(high, abs=8)) for low, high in wanted
    ]
    assert all((hit.start, hit.end) == pytest.approx((9_000, 9_000 + size), abs=8) for hit in found)


def test_two_places_like_one_part_of_a_query_are_both_told(tmp_path: Path) -> None:
    part = books.letters(100, 41)
    text = books.letters(2_000, 42) + part + books.letters(50, 43) + part + books.letters(2_000, 44)
    (tmp_path / "a.fa").write_bytes(books.fasta({"a": text}))
    book = books.make(tmp_path / "a.fa", tmp_path / "a.book")
    searcher = Searcher.open(book, indexed(book, tmp_path))
    for before in (0, 100, 200):
        query = books.letters(before, 45) + part + books.letters(200 - before, 46)
        found = searcher.search(Query("q", query), evalue=1e-6)
        assert sorted((hit.start, hit.end) for hit in found) == [
            (pytest.approx(low, abs=8), pytest.approx(low + 100, abs=8)) for low in (2_000, 2_150)
        ]


@pytest.mark.parametrize("flip", [same, reverse_complement])
def test_the_first_hits_do_not_depend_on_how_many_are_wanted(searcher: Searcher, flip: Flip) -> None:
    long = ONE[:6_000] + REPEAT + ONE[6_000:11_000] + REPEAT
    for letters in (REPEAT, mutated(REPEAT, 0.1, 5), REPEAT[:90], REPEAT + ONE[:300] + REPEAT, long):
        query = Query("q", flip(letters))
        many = searcher.search(query, limit=500)
        assert len(many) > 40
        for limit in (1, 10, 40):
            assert searcher.search(query, limit=limit) == many[:limit]


def test_a_repeat_finds_its_copies(searcher: Searcher) -> None:
    found = searcher.search(Query("q", REPEAT), limit=500, evalue=1e-10)
    assert len([hit for hit in found if hit.volume == "family"]) > 80


@pytest.mark.parametrize("most", [10, 1e-3])
def test_no_hit_of_a_cut_query_is_above_the_e_value(searcher: Searcher, most: float) -> None:
    draw = random.Random(4)
    parts = [ONE[at : at + 22] + books.letters(300, at) for at in draw.sample(range(20_000), 40)]
    found = searcher.search(Query("q", ONE[:300] + b"".join(parts)), limit=200, evalue=most)
    assert found
    assert all(hit.evalue <= most for hit in found)
    assert [hit.sequence_rank for hit in found] == list(range(1, len(found) + 1))


@pytest.mark.parametrize("size", [9_000, 40_000])
def test_a_search_ends_at_the_next_alignment_when_it_is_stopped(
    searcher: Searcher, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    letters = (GENOME["family"] * 2)[:size]
    stopped, made, at = Event(), [], SequenceSearch._align

    def stop_at_the_third(self, *rest):  # type: ignore[no-untyped-def]
        made.append(stopped.is_set())
        if len(made) == 3:
            stopped.set()
        return at(self, *rest)

    monkeypatch.setattr(SequenceSearch, "_align", stop_at_the_third)
    assert list(searcher.search_many([Query("q", letters)] * 3, stopped=stopped)) == []
    assert made == [False] * 3


def words(dtype: str, *changes: tuple[int, int]) -> Callable[[bytearray], None]:
    """Put numbers at places of a flat file."""

    def change(content: bytearray) -> None:
        numbers = np.frombuffer(content, dtype)
        for at, value in changes:
            numbers[at] = value

    return change


def every(dtype: str, value: int) -> Callable[[bytearray], None]:
    def change(content: bytearray) -> None:
        np.frombuffer(content, dtype)[:] = value

    return change


def inner(dtype: str, value: int) -> Callable[[bytearray], None]:
    def change(content: bytearray) -> None:
        np.frombuffer(content, dtype)[1:-1] = value

    return change


@pytest.mark.parametrize(
    ("name", "change"),
    [
        (PLACES, every("u1", 255)),
        (SEEDS, words("<u4", (0, 1))),
        (SEEDS, words("<u4", (-1, 5))),
        (SEEDS, inner("<u4", 2**32 - 1)),
        (RUNS, words("<i8", (0, -1))),
        (RUNS, words("<i8", (3, 4))),
        (RUNS, words("<i8", (4, 2**40))),
        (RUNS, words("<i8", (9, 2**62))),
        (RUNS, words("<i8", (12, 0))),
        (RUNS, words("<i8", (12, -(2**63)))),
        (SENTENCES, every("<u4", 2**32 - 1)),
        (SENTENCES, every("<u4", 0)),
        (PARAGRAPHS, every("<u4", 2**32 - 1)),
        (PARAGRAPHS, every("<u4", 0)),
        (AMBIGUOUS, words("<u4", (1, 2**32 - 1))),
        (AMBIGUOUS_LETTERS, every("u1", ord("A"))),
        (AMBIGUOUS_LETTERS, every("u1", 255)),
    ],
)
def test_no_number_of_a_damaged_index_is_believed(
    book: Book, tmp_path: Path, name: str, change: Callable[[bytearray], None]
) -> None:
    folder = indexed(book, tmp_path)
    content = bytearray((folder / name).read_bytes())
    change(content)
    (folder / name).write_bytes(content)
    queries = [Query("one", ONE[300:700]), Query("odd", GENOME["odd"][900:1_700])]
    with pytest.raises(DamagedBookError, match=rf"{name}: .*make it anew: genomebook index BOOK"):
        list(Searcher.open(book, folder).search_many(queries))


@pytest.mark.parametrize(("name", "size"), [("sentences.rows.u32", 200), ("paragraphs.rows.u32", 900)])
def test_no_number_of_damaged_vectors_is_believed(book: Book, tmp_path: Path, name: str, size: int) -> None:
    encoder = KmerVectors(16)
    search_index(book.path, tmp_path / "index", encoder=encoder, workers=1)
    file = tmp_path / "index" / name
    file.write_bytes(b"\xff\xff\xff\x7f" * (file.stat().st_size // 4))
    with pytest.raises(DamagedBookError, match=rf"{name}: .*make it anew: genomebook index BOOK"):
        Searcher.open(book, tmp_path / "index", encoder).search(
            Query("q", ONE[300 : 300 + size]), ("embedding",)
        )


def test_flipped_bits_of_an_index_are_named_or_do_no_harm(book: Book, tmp_path: Path) -> None:
    folder = indexed(book, tmp_path)
    queries = [Query("one", ONE[300:700]), Query("odd", GENOME["odd"][900:1_100])]
    draw = random.Random(7)
    for name in (RUNS, SEEDS, PLACES, SENTENCES, PARAGRAPHS, AMBIGUOUS, AMBIGUOUS_LETTERS):
        whole = (folder / name).read_bytes()
        for _ in range(12):
            content = bytearray(whole)
            for _ in range(1 + len(whole) // 400):
                content[draw.randrange(len(whole))] ^= 1 << draw.randrange(8)
            (folder / name).write_bytes(content)
            try:
                for query in queries:
                    Searcher.open(book, folder).search(query)
            except DamagedBookError as error:
                assert f"{name}: " in str(error)  # noqa: PT017
        (folder / name).write_bytes(whole)
