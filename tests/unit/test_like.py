"""How many passages of a book are like one, counted by the seed index without aligning them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from genomebook.book import Book
from genomebook.genome.regions import Region
from genomebook.language.alphabet import reverse_complement
from genomebook.pipeline.search.index import search_index
from genomebook.search.alignment import lookup
from genomebook.search.searcher import LikeCount, Searcher
from pages._like import ReaderLike, like_answer
from tests.support import books

SIZE, COPIES, EVERY = 300, 7, 2_000


def changed(letters: bytes, share: float, seed: int) -> bytes:
    """Replace a share of the letters by the next of the alphabet."""
    rng = np.random.default_rng(seed)
    chosen = rng.random(len(letters)) < share
    after = {65: 67, 67: 71, 71: 84, 84: 65}
    return bytes(
        after[letter] if is_changed else letter for letter, is_changed in zip(letters, chosen, strict=True)
    )


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """Seven copies of one passage, 5 % changed, every second on the other strand; a run of N, one of CA."""
    folder = tmp_path_factory.mktemp("like")
    letters, passage = bytearray(books.letters(COPIES * EVERY, 5)), books.letters(SIZE, 6)
    for number in range(COPIES):
        copy = changed(passage, 0.05, number)
        start = number * EVERY + 500
        letters[start : start + SIZE] = reverse_complement(copy) if number % 2 else copy
    letters[1_500:1_600] = b"N" * 100
    letters[3_500:3_700] = b"CA" * 100
    (folder / "a.fa").write_bytes(books.fasta({"c1": bytes(letters)}))
    made = books.make(folder / "a.fa", folder / "a.book")
    search_index(made.path, encoder=None, workers=1)
    return Book.open(made.path)


def test_copies_on_both_strands_are_counted(book: Book) -> None:
    searcher = Searcher.open(book)
    for number in range(COPIES):
        start = number * EVERY + 500
        assert searcher.count_like(Region("c1", start, start + SIZE)) == LikeCount(COPIES - 1, True)
        assert searcher.count_like(Region("c1", start - 100, start + SIZE)) == LikeCount(COPIES - 1, True)
        # of a longer passage they are less than half
        assert searcher.count_like(Region("c1", start - 400, start + SIZE)) == LikeCount(0, True)


@pytest.mark.parametrize(("start", "end"), [(500, 519), (1_450, 1_700), (3_510, 3_690), (0, 10_001)])
def test_what_cannot_be_told_is_not_known(book: Book, start: int, end: int) -> None:
    assert Searcher.open(book).count_like(Region("c1", start, end)) is None


def test_frequent_seeds_give_a_lower_bound(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "BUDGET", {1: 400})
    like = Searcher.open(book).count_like(Region("c1", 500, 500 + SIZE))
    assert like is not None
    assert not like.are_all
    assert like.others <= COPIES - 1


QUERY = "loc=c1%3A501-800&hits=10&e=1e-10"
"""Search with the same bound that they were counted with; 10 hits are more than 6."""


def test_the_page_believes_no_browser(book: Book, chrm_book: Path) -> None:
    spans = [(500, 800), (-5, 10), (10, 5), (0, 10**9), (1_450, 1_700), (4_500, 4_800)]
    answer = like_answer(book, ReaderLike(3, "c1", spans))
    assert answer["serial"] == 3
    assert [(each["start"], each["count"]) for each in answer["counts"]] == [(500, 6), (4_500, 6)]
    assert answer["counts"][0] == {"start": 500, "count": 6, "isLeast": False, "query": QUERY}
    assert like_answer(book, ReaderLike(4, "<b>", [(500, 800)]))["counts"] == []
    assert like_answer(Book.open(chrm_book), ReaderLike(4, "chrM", [(500, 800)]))["counts"] == []
