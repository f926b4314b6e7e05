"""Occurrences through the index are those of a search through all words; context is that of the book."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genomebook.book import Book
from genomebook.book.schema import OCCURRENCE_BLOCK, OCCURRENCES
from genomebook.book.verify import problems
from genomebook.errors import DamagedBookError, OptionError, RegionError
from genomebook.lexicon.context import lines
from genomebook.lexicon.occurrences import EXACT, Occurrences
from tests.support import altered, books

GENOME = {
    "chr1": books.letters(170_000, 1) + b"N" * 900 + books.letters(50_000, 2).lower() + b"N",
    "chr2": b"A",
    "chr3": b"N" * 30,
    "chr4": b"n" * 8 + books.letters(900, 3) + b"R" + books.letters(300, 4) + b"NNN" + b"ACGT",
    "chr5": books.letters(140_000, 5),
    "chrM": b"CA" * 300,
}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """Four volumes share a block, the first and the fifth have several."""
    folder = tmp_path_factory.mktemp("occurrences")
    (folder / "a.fa").write_bytes(books.fasta(GENOME))
    book = books.make(folder / "a.fa", folder / "a.book")
    first = book.first_words
    assert first[1] // OCCURRENCE_BLOCK == first[4] // OCCURRENCE_BLOCK >= 1
    assert first[5] // OCCURRENCE_BLOCK > first[4] // OCCURRENCE_BLOCK
    return book


def searched(book: Book, word: int, volume: str | None = None) -> np.ndarray:
    """Ordinals of a word by a search through all words."""
    names = list(book.volumes)
    ids = np.concatenate([one.ids[:] for one in book])
    first, end = 0, len(ids)
    if volume is not None:
        first, end = book.first_words[names.index(volume) :][:2].tolist()
    return first + np.flatnonzero(ids[first:end] == word)


@given(
    st.one_of(st.sampled_from([0, 1, 2, 15, 16, 619]), st.integers(0, 619)),
    st.sampled_from([None, *GENOME]),
    st.integers(0, 3000),
    st.integers(0, 3000),
)
def test_occurrences_are_those_of_a_search(
    book: Book, word: int, volume: str | None, first: int, most: int
) -> None:
    found = Occurrences.open(book)
    expected = searched(book, word, volume)
    assert found.count(word, volume) == len(expected)
    here = found.ordinals(word, first, most, volume)
    assert here.dtype == np.int64
    assert here.tolist() == expected[first : first + most].tolist()


@settings(max_examples=8)
@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(1, 60), min_size=1), st.integers(0, 9))
def test_occurrences_in_books_of_few_words(
    tmp_path_factory: pytest.TempPathFactory, sizes: dict[str, int], seed: int
) -> None:
    folder = tmp_path_factory.mktemp("few")
    genome = {name: books.letters(size, seed + size, "ACGTNR") for name, size in sizes.items()}
    (folder / "a.fa").write_bytes(books.fasta(genome))
    book = books.make(folder / "a.fa", folder / "a.book", workers=1)
    found = Occurrences.open(book)
    for word in set(np.concatenate([volume.ids[:] for volume in book]).tolist()):
        for volume in (None, *genome):
            expected = searched(book, word, volume).tolist()
            assert found.ordinals(word, 0, 999, volume).tolist() == expected
            assert found.count(word, volume) == len(expected)


@pytest.mark.parametrize("bins", [1, 2, 7, 50])
@pytest.mark.parametrize("word", [0, 16, 30, 600])
def test_along_counts_the_words_that_begin_in_each_bin(book: Book, word: int, bins: int) -> None:
    found = Occurrences.open(book).along(word, bins)
    assert list(found) == list(GENOME)
    for volume in book:
        words = volume.words()
        starts = words.starts[words.ids == word]
        edges = [number * volume.length // bins for number in range(bins)] + [volume.length]
        expected = [int(((starts >= low) & (starts < high)).sum()) for low, high in pairwise(edges)]
        assert found[volume.name].tolist() == expected
    some = Occurrences.open(book).along(word, bins, ["chr4", "1"])
    assert list(some) == ["chr4", "chr1"]
    assert all((some[name] == found[name]).all() for name in some)


@pytest.mark.parametrize("word", [0, 16, 30, 600])
def test_counts_of_all_volumes_are_those_of_each(book: Book, word: int) -> None:
    found = Occurrences.open(book)
    assert found.by_volume(word).tolist() == [found.count(word, volume.name) for volume in book]


def test_along_a_long_volume_is_right_to_a_block(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = Occurrences.open(book).along(16, 5)
    assert EXACT > 1
    monkeypatch.setattr("genomebook.lexicon.occurrences.EXACT", 0)
    near = Occurrences.open(book).along(16, 5)
    for name, counts in near.items():
        assert counts.sum() == exact[name].sum() == Occurrences.open(book).count(16, name)
        assert np.abs(np.cumsum(counts) - np.cumsum(exact[name])).max() <= 0.1 * counts.sum() + 1


def test_ordinals_and_numbers_are_each_others_inverse(book: Book) -> None:
    found = Occurrences.open(book)
    firsts = book.first_words.tolist()
    for name, (first, end) in zip(book.volumes, pairwise(firsts), strict=True):
        for number in {0, end - first - 1, (end - first) // 2}:
            assert found.number_of(name, number) == first + number
            assert found.volume_of(first + number) == (name, number)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda found: found.count(620), "word id 620: this book has ids 0 to 619"),
        (lambda found: found.ordinals(-1, 0, 5), "word id -1: this book has ids 0 to 619"),
        (lambda found: found.along(620, 5), "word id 620"),
        (lambda found: found.by_volume(620), "word id 620"),
        (lambda found: found.along(16, 0), "0 bins"),
        (lambda found: found.ordinals(16, -1, 5), "occurrences -1"),
        (lambda found: found.ordinals(16, 0, -5), "the -5 that follow"),
        (lambda found: found.volume_of(-1), "word -1 of the book: it has words 0 to "),
        (lambda found: found.volume_of(10**9), "word 1000000000 of the book"),
        (lambda found: found.number_of("chr2", 1), "word 1 of chr2: it has words 0 to 0"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(
    book: Book, ask: Callable[[Occurrences], object], message: str
) -> None:
    with pytest.raises(OptionError) as raised:
        ask(Occurrences.open(book))
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_no_such_volume(book: Book) -> None:
    with pytest.raises(RegionError, match="chr9"):
        Occurrences.open(book).count(16, "chr9")


@given(st.data(), st.integers(0, 9))
def test_context_is_the_book_around_a_word(book: Book, data: st.DataObject, around: int) -> None:
    firsts = book.first_words.tolist()
    near = [max(0, first + step) for first in firsts for step in (-2, -1, 0, 1) if first + step < firsts[-1]]
    gaps = searched(book, 0).tolist()
    near += [gap + step for gap in gaps for step in (-1, 0, 1) if gap + step < firsts[-1]]
    ordinals = data.draw(
        st.lists(st.one_of(st.sampled_from(near), st.integers(0, firsts[-1] - 1)), max_size=5)
    )
    for ordinal, line in zip(ordinals, lines(book, ordinals, around), strict=True):
        name, number = Occurrences.open(book).volume_of(ordinal)
        ids = book[name].ids[:]
        sequence = GENOME[name].decode()
        assert line.volume == name
        before, after = "".join(w for _, w in line.before), "".join(w for _, w in line.after)
        is_gap = ids[number] == 0
        assert line.word == ("" if is_gap else sequence[line.start : line.end])
        if is_gap:
            assert set(sequence[line.start : line.end].upper()) == {"N"}
        assert sequence[line.start - len(before) : line.start] == before
        assert sequence[line.end : line.end + len(after)] == after
        left, right = number, number + 1
        while number - left < around and left > 0 and ids[left - 1]:
            left -= 1
        while right - number <= around and right < len(ids) and ids[right]:
            right += 1
        assert [i for i, _ in line.before] == ids[left:number].tolist()
        assert [i for i, _ in line.after] == ids[number + 1 : right].tolist()
        assert line.end == (book[name].length if number + 1 == len(ids) else line.end)


def test_context_of_nothing_and_of_what_is_not_there(book: Book) -> None:
    assert lines(book, np.empty(0, np.int64)) == []
    with pytest.raises(OptionError, match="it has words 0 to"):
        lines(book, [int(book.first_words[-1])])
    with pytest.raises(OptionError, match="-1 words around"):
        lines(book, [0], -1)


@pytest.mark.parametrize("how", ["missing", "cut short", "longer"])
def test_an_index_that_is_gone_or_cut_is_named(book: Book, tmp_path: Path, how: str) -> None:
    copy = tmp_path / "a.book"
    shutil.copytree(book.path, copy)
    index = copy / OCCURRENCES
    content = index.read_bytes()
    if how == "missing":
        index.unlink()
    else:
        index.write_bytes(content[:-2] if how == "cut short" else content + b"\0\0")
    with pytest.raises(DamagedBookError) as raised:
        Occurrences.open(Book.open(copy))
    assert str(raised.value).startswith(f"{index}: ")
    assert "restore the file or rebuild the book" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_index_that_says_other_than_the_words_is_found(book: Book, tmp_path: Path) -> None:
    copy = tmp_path / "a.book"
    shutil.copytree(book.path, copy)
    index = np.fromfile(copy / OCCURRENCES, "<u2").reshape(620, -1)
    index[30, 0] += 1
    index[31, 0] -= 1
    index.tofile(copy / OCCURRENCES)
    assert problems(altered.resigned(copy)) == [
        f"{copy / OCCURRENCES}: does not agree with the words; restore the file or rebuild the book"
    ]
    with pytest.raises(DamagedBookError, match=r"occurrences\.u16: does not agree with the words"):
        Occurrences.open(Book.open(copy)).ordinals(30, 0, 10**6)


def test_a_lexicon_that_says_other_than_the_words_is_found(book: Book, tmp_path: Path) -> None:
    from genomebook.book.lexicon import write_word_table

    copy = tmp_path / "a.book"
    shutil.copytree(book.path, copy)
    table = book.lexicon.table.copy()
    table.loc[40, "count"] += 1
    write_word_table(copy / "lexicon.parquet", table)
    (found,) = problems(altered.resigned(copy))
    assert found.startswith(f"{copy / 'lexicon.parquet'}: does not agree with the words")
