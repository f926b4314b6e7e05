"""The index of seeds: every place of every seed, whatever the shares; candidates against a plain search."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genomebook.book import Book
from genomebook.errors import BookError
from genomebook.language.alphabet import CODE
from genomebook.pipeline.search import seeds as search_seeds
from genomebook.pipeline.search.seeds import seed_index
from genomebook.search.alignment.candidates import candidates
from genomebook.search.alignment.seeds import Seeds, blocks_of
from genomebook.search.schema import AMBIGUOUS, AMBIGUOUS_LETTERS, RUNS, SHAPES, TEXT, weight_for
from genomebook.search.text import PackedText, unpack
from tests.support import books

GENOME = {
    "one": b"NNN" + books.letters(3_000, 1) + b"N" * 40 + books.letters(37, 2) + b"R" + books.letters(900, 3),
    "odd": b"RN"
    + b"BDHVRYSWKMRYSWKM".join([b"ACGU", b"uuuu", b"ACCA"])
    + b"Y" * 17
    + b"GATTACANNACKS"
    + b"N" * 80,
    "gap": b"N" * 50,
    "two": books.letters(2_001, 4).lower() + b"NN",
}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("seeds")
    (folder / "a.fa").write_bytes(books.fasta(GENOME))
    return books.make(folder / "a.fa", folder / "a.book")


@pytest.fixture(scope="module")
def indexed(book: Book, tmp_path_factory: pytest.TempPathFactory) -> tuple[PackedText, Seeds]:
    folder = tmp_path_factory.mktemp("index")
    about = seed_index(book, folder)
    return PackedText(folder, about), Seeds(folder, about.seeds)


def test_the_text_is_the_bases_of_the_book_and_knows_where_they_lie(
    book: Book, indexed: tuple[PackedText, Seeds]
) -> None:
    text, _ = indexed
    runs = {
        *((1, 2, 46), (1, 63, 70), (1, 72, 74)),  # of "odd"; volume 0 is the gap
        *((2, 3, 3_003), (2, 3_043, 3_981), (3, 0, 2_001)),
    }
    assert {text.stretch(low, high) for low, high in zip(text.bounds, text.bounds[1:], strict=False)} == runs
    volumes = list(book)
    for number, start, end in runs:
        at = text.position(number, start)
        letters = volumes[number].sequence(start, end).upper().replace(b"U", b"T")
        assert text.read(at, at + end - start) == letters
        assert [text.read(at + i, at + i + 1) for i in (0, 1)] == [letters[:1], letters[1:2]]
    assert text.position(2, 3_010) == 53 + 3_000  # in a gap: the next letter
    assert text.position(1, 50) == 44  # and behind many ambiguous ones
    assert text.position(0, 10) == 0
    assert text.position(3, 0) == 53 + 3_938


@pytest.mark.parametrize("share", [1, 2, 7, 64])
def test_letters_are_in_the_text_or_not_wherever_a_share_ends(
    book: Book, indexed: tuple[PackedText, Seeds], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: int
) -> None:
    monkeypatch.setattr(search_seeds, "LETTERS_PER_READ", share)
    runs, ambiguous, _ = search_seeds._write_text(book, tmp_path, lambda letters: None)
    assert runs.tolist() == indexed[0].runs.tolist()
    assert ambiguous == 33
    for name in (TEXT, AMBIGUOUS, AMBIGUOUS_LETTERS):
        assert (tmp_path / name).read_bytes() == (indexed[0].folder / name).read_bytes()


def test_every_seed_is_listed_where_it_stands_and_nowhere_else(indexed: tuple[PackedText, Seeds]) -> None:
    text, seeds = indexed
    stored = unpack(text.packed, 0, text.letters)
    seen = [i for i, one in enumerate(seeds.shape) if one == "1"]
    codes = stored.astype(np.int64)
    expected: dict[int, list[int]] = {}
    for low, high in zip(text.bounds, text.bounds[1:], strict=False):
        for at in range(low, high - len(seeds.shape) + 1):
            seed = sum(int(codes[at + i]) << (2 * n) for n, i in enumerate(seen))
            expected.setdefault(seed, []).append(at)
    found = {
        seed: seeds.places[seeds.offsets[seed] : seeds.offsets[seed + 1]].tolist()
        for seed in range(len(seeds.offsets) - 1)
        if seeds.offsets[seed] != seeds.offsets[seed + 1]
    }
    assert found == expected


@pytest.mark.parametrize(("workers", "share"), [(1, 64), (3, 100), (4, 1_000)])
def test_the_files_do_not_depend_on_shares_or_threads(
    book: Book,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    workers: int,
    share: int,
) -> None:
    plain = tmp_path_factory.mktemp("plain")
    about = seed_index(book, plain)
    monkeypatch.setattr(search_seeds, "LETTERS_PER_READ", share)
    monkeypatch.setattr(search_seeds, "MAX_POSITIONS", 10 * share)
    assert seed_index(book, tmp_path, workers=workers) == about
    assert books.snapshot(tmp_path) == books.snapshot(plain)


def test_units_are_where_the_book_has_them(book: Book, indexed: tuple[PackedText, Seeds]) -> None:
    text, _ = indexed
    number = 0
    for volume in book:
        for row in volume.sentences().itertuples():
            if volume.name != "odd":  # some of its sentences are not in the text
                assert text.unit(text.sentences, number) == (row.start, row.end)
            number += 1
    assert number == len(text.sentences)
    starts = np.array([0, 10, 20, 40], np.uint32)
    assert PackedText.holder(starts, 5, 12) == 0
    assert PackedText.holder(starts, 5, 16) == 1
    assert PackedText.holder(starts, 5, 15) == 0
    assert PackedText.holder(starts, 19, 41) == 2


def test_a_book_without_bases_has_no_index(tmp_path: Path) -> None:
    (tmp_path / "n.fa").write_bytes(b">n\nNNNNRYN\n")
    book = books.make(tmp_path / "n.fa", tmp_path / "n.book")
    with pytest.raises(BookError, match="nothing to search"):
        seed_index(book, tmp_path)


def test_shapes_are_as_heavy_as_they_say() -> None:
    assert all(shape.count("1") == weight for weight, shape in SHAPES.items())
    assert blocks_of("1101").tolist() == [[0, 2, 0], [3, 1, 2]]
    assert [weight_for(10**n) for n in range(4, 11)] == [8, 8, 8, 8, 10, 11, 12]


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_a_stretch_with_few_changes_is_among_the_candidates(
    indexed: tuple[PackedText, Seeds], data: st.DataObject
) -> None:
    text, seeds = indexed
    at = data.draw(st.integers(60, 2_800))
    query = bytearray(text.read(at, at + 120))
    for place in data.draw(st.lists(st.integers(0, 119), max_size=5)):
        query[place] = data.draw(st.sampled_from(b"ACGTN"))
    codes = CODE[np.frombuffer(bytes(query), np.uint8)]
    score, start, end, first, last = candidates(codes, np.zeros(120, bool), seeds, text, 5)[0].tolist()
    assert start - first == at
    assert end - start == last - first
    best = np.where(codes == CODE[np.frombuffer(text.read(at, at + 120), np.uint8)], 2, -3)[first:last].sum()
    assert score >= best > 100


def test_masked_letters_are_not_looked_up(indexed: tuple[PackedText, Seeds]) -> None:
    text, seeds = indexed
    codes = CODE[np.frombuffer(text.read(100, 200), np.uint8)]
    assert len(candidates(codes, np.zeros(100, bool), seeds, text, 5))
    assert not len(candidates(codes, np.ones(100, bool), seeds, text, 5))


def test_index_json_is_plain(book: Book, tmp_path: Path) -> None:
    about = seed_index(book, tmp_path)
    body = msgspec.to_builtins(about)
    assert json.loads(json.dumps(body)) == body
    assert (tmp_path / RUNS).stat().st_size == 32 * about.runs
    assert (tmp_path / TEXT).stat().st_size == 8 * (-(-about.letters // 32) + 1)
