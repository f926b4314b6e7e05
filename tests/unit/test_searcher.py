"""Sequence search: what is planted is found on either strand; rows, scores and E-values agree."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from genomebook.book import Book
from genomebook.book.annex import finish_annex
from genomebook.errors import BookError, DamagedBookError, OptionError
from genomebook.language.alphabet import reverse_complement
from genomebook.search.alignment.chain import pieces
from genomebook.search.alignment.significance import bits, evalue, gapped
from genomebook.search.hits import Hit, hits_overlap_by_half
from genomebook.search.query import Query
from genomebook.search.schema import FOLDER, INDEX
from genomebook.search.searcher import Searcher
from tests.support import books
from tests.support.searching import agrees, indexed, mutated

LONG = books.letters(60_000, 11)
GENOME = {
    "one": LONG[:30_000] + b"N" * 70 + LONG[30_000:].lower(),
    "two:101-9100": books.letters(9_000, 12),
    "low": b"AC" * 300 + books.letters(300, 13),
}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("searched")
    (folder / "a.fa").write_bytes(books.fasta(GENOME))
    return books.make(folder / "a.fa", folder / "a.book")


@pytest.fixture(scope="module")
def index(book: Book, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return indexed(book, tmp_path_factory.mktemp("index"))


@pytest.fixture(scope="module")
def searcher(book: Book, index: Path) -> Searcher:
    return Searcher.open(book, index)


@given(st.integers(0, 29_000), st.integers(100, 700), st.sampled_from([0, 0.05, 0.12]), st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_changed_copy_finds_its_original(
    book: Book, searcher: Searcher, at: int, size: int, rate: float, other: bool
) -> None:
    assume(rate < 0.12 or size >= 200)  # shorter ones may keep no seed: the test below counts them
    letters = mutated(LONG[at : at + size], rate, at)
    query = Query("copy", reverse_complement(letters) if other else letters)
    hit = searcher.search(query)[0]
    assert hit.volume == "one"
    assert hit.strand == ("-" if other else "+")
    assert min(hit.end, at + size) - max(hit.start, at) > size // 2
    gc = (letters.count(b"G") + letters.count(b"C")) / len(letters)
    stats = gapped(round(gc, 2), round(searcher.text.gc, 2))
    assert hit.evalue == pytest.approx(evalue(hit.score, len(letters), searcher.text.letters, stats))
    assert hit.bits == pytest.approx(bits(hit.score, stats))
    assert hit.sequence_rank == 1
    agrees(hit, query, book)
    sentence = book["one"].sentences().iloc[hit.sentence]
    assert (sentence.start, sentence.end) == (hit.sentence_start, hit.sentence_end)
    assert sentence.start < hit.end
    assert hit.start < sentence.end


@pytest.mark.parametrize("size", [100, 130, 160])
def test_at_most_one_short_copy_of_two_hundred_is_missed(searcher: Searcher, size: int) -> None:
    missed = 0
    for at in range(0, 200 * 140, 140):
        hits = searcher.search(Query("copy", mutated(LONG[at : at + size], 0.12, at // 140)))
        overlap = min(hits[0].end, at + size) - max(hits[0].start, at) if hits else 0
        missed += not hits or hits[0].volume != "one" or overlap <= size // 2
    assert missed <= 1


@given(st.integers(0, 29_000), st.integers(120, 300))
@settings(max_examples=30, deadline=None)
def test_a_sequence_and_its_reverse_complement_find_the_same(searcher: Searcher, at: int, size: int) -> None:
    letters = mutated(LONG[at : at + size], 0.1, size)
    one = searcher.search(Query("q", letters), evalue=1e-6)
    other = searcher.search(Query("q", reverse_complement(letters)), evalue=1e-6)
    assert [(h.volume, h.strand, h.score) for h in one] == [
        (h.volume, "+-"[h.strand == "+"], h.score) for h in other
    ]
    assert one[0].sentence == other[0].sentence


def test_places_of_a_slice_are_local_and_a_gap_is_never_crossed(book: Book, searcher: Searcher) -> None:
    sequence = book["two"].sequence(400, 600)
    hit = searcher.search(Query("slice", sequence))[0]
    assert (hit.volume, hit.start, hit.end) == ("two:101-9100", 400, 600)
    across = LONG[29_900:30_100]
    first, second = searcher.search(Query("across", across), limit=2)
    assert {(first.start, first.end), (second.start, second.end)} == {(29_900, 30_000), (30_070, 30_170)}


def test_low_complexity_is_aligned_beside_something_and_is_no_evidence_alone(searcher: Searcher) -> None:
    assert all(hit.evalue >= 1 for hit in searcher.search(Query("repeat", b"AC" * 60)))
    hit = searcher.search(Query("end", b"AC" * 20 + books.letters(300, 13)[:100]))[0]
    assert (hit.volume, hit.start, hit.end) == ("low", 560, 700)


def test_ambiguous_letters_match_nothing(searcher: Searcher) -> None:
    letters = bytearray(LONG[500:700])
    letters[90:94] = b"NRYN"
    hit = searcher.search(Query("n", bytes(letters)))[0]
    assert (hit.start, hit.end, hit.matches, hit.columns) == (500, 700, 196, 200)
    assert not searcher.search(Query("n", b"NNNNNNNNNNACGTNNNNNNNNNN"))


@pytest.mark.parametrize("other", [False, True])
def test_a_long_query_is_cut_and_its_hits_are_joined(book: Book, searcher: Searcher, other: bool) -> None:
    letters = mutated(LONG[1_000:26_000], 0.08, 3)
    query = Query("long", reverse_complement(letters) if other else letters)
    found = searcher.search(query, limit=3)
    assert (found[0].start, found[0].end) == pytest.approx((1_000, 26_000), abs=40)
    assert found[0].coverage > 0.99
    assert found[0].strand == ("-" if other else "+")
    agrees(found[0], query, book)
    assert all(later.score < 100 for later in found[1:])
    assert b"".join(part for _, part in pieces(letters)) == letters
    assert searcher.search(query, limit=3, threads=3) == found
    many = searcher.search(query, limit=100, evalue=1e6)
    assert not any(hits_overlap_by_half(one, two) for one, two in combinations(many, 2))


def test_repeats_do_not_break_a_long_hit(tmp_path: Path) -> None:
    repeat = books.letters(120, 79)
    letters = b"".join(books.letters(180, 100 + n) + mutated(repeat, 0.03, n) for n in range(40))
    (tmp_path / "r.fa").write_bytes(books.fasta({"r": letters}))
    book = books.make(tmp_path / "r.fa", tmp_path / "r.book")
    query = Query("q", mutated(letters[1_000:9_000], 0.08, 5))
    found = Searcher.open(book, indexed(book, tmp_path)).search(query, limit=3)
    assert (found[0].start, found[0].end) == pytest.approx((1_000, 9_000), abs=40)
    agrees(found[0], query, book)


def test_what_lies_far_apart_on_one_diagonal_is_two_hits(book: Book, searcher: Searcher) -> None:
    between = books.letters(6_000, 78)
    query = Query("q", LONG[1_000:1_300] + between + LONG[7_300:7_500])
    found = searcher.search(query, evalue=1e-20)
    assert [(hit.start, hit.end) for hit in found] == [
        (pytest.approx(1_000, abs=4), pytest.approx(1_300, abs=4)),
        (pytest.approx(7_300, abs=4), pytest.approx(7_500, abs=4)),
    ]
    for hit in found:
        agrees(hit, query, book)


def test_scores_fall_and_no_hit_is_worse_than_asked(searcher: Searcher) -> None:
    query = Query("q", LONG[100:160] + books.letters(30, 77) + LONG[9_000:9_040])
    found = searcher.search(query, limit=50, evalue=100)
    assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)
    assert [hit.sequence_rank for hit in found] == list(range(1, len(found) + 1))
    assert {(hit.start, hit.end) for hit in found} >= {(100, 160), (9_000, 9_040)}
    assert all(hit.evalue <= 1e-3 for hit in searcher.search(query, evalue=1e-3))
    assert len(searcher.search(query, limit=1)) == 1


def test_many_at_once_find_what_one_finds(searcher: Searcher) -> None:
    queries = [Query(f"q{n}", mutated(LONG[900 * n : 900 * n + 200], 0.1, n)) for n in range(30)]
    alone = [searcher.search(query) for query in queries]
    told: list[int] = []
    found = list(searcher.search_many(queries, threads=4, tell=told.append))
    assert [query for query, _ in found] == queries
    assert [hits for _, hits in found] == alone
    assert sum(told) == 30
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(searcher.search, queries)) == alone


def test_a_batch_ends_where_it_is_stopped(searcher: Searcher) -> None:
    queries = [Query(f"q{n}", LONG[900 * n : 900 * n + 200]) for n in range(30)]
    stopped = Event()
    found = []
    for one in searcher.search_many(queries, stopped=stopped):
        found.append(one)
        stopped.set()
    assert 1 <= len(found) < 30


def test_what_does_not_fit_is_refused_by_name(book: Book, index: Path, tmp_path: Path) -> None:
    with pytest.raises(BookError, match=r"no index to search; make one: genomebook index"):
        Searcher.open(book, tmp_path)
    (tmp_path / "b.fa").write_bytes(books.fasta({"b": books.letters(3_000, 5)}))
    another = books.make(tmp_path / "b.fa", tmp_path / "b.book")
    with pytest.raises(BookError, match=r"the index of another book.*genomebook index BOOK"):
        Searcher.open(another, index)
    with pytest.raises(OptionError, match=r"channel embedding: this index has sequence"):
        Searcher.open(book, index).search(Query("q", LONG[:100]), ("embedding",))


@pytest.mark.parametrize("name", ["text.u64", "runs.i64", "seeds.u32", "places.u24", "sentences.u32"])
def test_a_cut_file_is_named(book: Book, tmp_path: Path, name: str) -> None:
    folder = indexed(book, tmp_path)
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[:-1])
    with pytest.raises(DamagedBookError, match=rf"{name}: .*genomebook index BOOK"):
        Searcher.open(book, folder)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "\x00",
        '{"format": "x", "version": 9, "text": ""}',
        '{"format": "genomebook-search", "version": 2, "text": ""}',
    ],
)
def test_an_index_that_says_nothing_is_refused(book: Book, tmp_path: Path, text: str) -> None:
    (tmp_path / INDEX).write_text(text)
    finish_annex(tmp_path, FOLDER, book.digest, {})
    with pytest.raises(BookError, match=r"index\.json: .*genomebook index BOOK"):
        Searcher.open(book, tmp_path)


def test_an_index_that_says_too_little_is_refused(book: Book, tmp_path: Path) -> None:
    file = indexed(book, tmp_path) / INDEX
    about = json.loads(file.read_text())
    for name in ("gc", "letters", "seeds", "vectors", "text"):
        file.write_text(json.dumps({key: value for key, value in about.items() if key != name}))
        finish_annex(tmp_path, FOLDER, book.digest, {})
        with pytest.raises(BookError, match=rf"index\.json: .*`{name}`.*; .*genomebook index"):
            Searcher.open(book, tmp_path)


@pytest.mark.parametrize(
    "seeds", [{"shape": "0110"}, {"shape": "1x1"}, {"shape": "1" * 13}, {"step": 0}, {"items": 2**32}]
)
def test_seeds_that_no_index_has_are_refused(book: Book, tmp_path: Path, seeds: dict[str, object]) -> None:
    file = indexed(book, tmp_path) / INDEX
    about = json.loads(file.read_text())
    about["seeds"] |= seeds
    file.write_text(json.dumps(about))
    finish_annex(tmp_path, FOLDER, book.digest, {})
    with pytest.raises(BookError, match=r"index\.json: .*; .*genomebook index BOOK"):
        Searcher.open(book, tmp_path)


def test_a_long_query_ends_where_it_is_stopped(searcher: Searcher) -> None:
    stopped = Event()
    stopped.set()
    assert searcher.search(Query("long", LONG[:25_000]), stopped=stopped) == []


def test_a_long_query_that_was_stopped_is_not_taken_for_done(
    searcher: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped, search = Event(), searcher.search

    def stop_within(query: Query, *rest: Any, **options: Any) -> list[Hit]:
        if len(query.letters) < 25_000:
            stopped.set()  # while the first piece is looked for
        return search(query, *rest, **options)

    monkeypatch.setattr(searcher, "search", stop_within)
    assert list(searcher.search_many([Query("long", LONG[:25_000])], stopped=stopped)) == []


def test_hits_are_values(searcher: Searcher) -> None:
    hit = searcher.search(Query("q", LONG[:100]))[0]
    assert replace(hit) == hit
    assert (hit.identity, hit.coverage) == (1.0, 1.0)
