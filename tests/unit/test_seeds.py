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
from genomebook.errors import BookError, DamagedBookError
from genomebook.language.alphabet import CODE
from genomebook.pipeline.search import parts
from genomebook.pipeline.search import seeds as search_seeds
from genomebook.pipeline.search.seeds import seed_index
from genomebook.search.alignment.candidates import candidates
from genomebook.search.alignment.lookup import QUERY_BITS, hits_of, selected
from genomebook.search.alignment.seeds import WIDE, Seeds, tables_of
from genomebook.search.schema import (
    AMBIGUOUS,
    AMBIGUOUS_LETTERS,
    LONGEST_WHOLE,
    PARAGRAPHS,
    PLACES,
    RUNS,
    SEEDS,
    SENTENCES,
    SHAPES,
    TEXT,
    Sampling,
    SeedsMeta,
    TextMeta,
    sampling_for,
)
from genomebook.search.text import PackedText, pack, unpack
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


def listed(seeds: Seeds) -> dict[int, list[int]]:
    """Places of each seed, decoded in plain Python."""
    found: dict[int, list[int]] = {}
    rows = seeds.places.reshape(-1, 3).astype(np.int64) @ [1, 1 << 8, 1 << 16]
    for seed in np.flatnonzero(np.diff(seeds.offsets)).tolist():
        at, high = 0, 0
        for row in rows[seeds.offsets[seed] : seeds.offsets[seed + 1]].tolist():
            if row >= 0xFFFF00:
                high = row - 0xFFFF00
                continue
            at, high = at + (high << 24 | row), 0
            found.setdefault(seed, []).append(seeds.step * at)
    return found


@pytest.mark.parametrize("sampling", [Sampling(SHAPES[8], 1), Sampling(SHAPES[10], 2), Sampling("11", 3)])
def test_every_seed_is_listed_where_it_stands_and_nowhere_else(
    book: Book, tmp_path: Path, sampling: Sampling
) -> None:
    about = seed_index(book, tmp_path, sampling=sampling)
    text, seeds = PackedText(tmp_path, about), Seeds(tmp_path, about.seeds)
    seen = [i for i, one in enumerate(sampling.shape) if one == "1"]
    codes = unpack(text.packed, 0, text.letters).astype(np.int64)
    expected: dict[int, list[int]] = {}
    for low, high in zip(text.bounds, text.bounds[1:], strict=False):
        for at in range(low, high - len(seeds.shape) + 1):
            if at % sampling.step == 0:
                seed = sum(int(codes[at + i]) << (2 * n) for n, i in enumerate(seen))
                expected.setdefault(seed, []).append(at)
    assert listed(seeds) == expected


@pytest.mark.parametrize(("step", "distance"), [(1, WIDE - 1), (1, WIDE), (2, 1 << 24)])
def test_places_that_are_far_apart_are_found(tmp_path: Path, step: int, distance: int) -> None:
    passage, length = books.letters(40, 9), step * (distance + 500)
    codes = np.zeros(-(-length // 32) * 32 + 32, np.uint8)
    places = [step * 7, step * (7 + distance)]
    for at in places:
        codes[at : at + 40] = CODE[np.frombuffer(passage, np.uint8)]
    (tmp_path / TEXT).write_bytes(pack(codes))
    (tmp_path / RUNS).write_bytes(np.array([0, 0, 0, length], "<i8").tobytes())
    for name in (SENTENCES, PARAGRAPHS):
        (tmp_path / name).write_bytes(bytes(4))
    meta = parts.write_seeds(tmp_path, length, Sampling("1" * 10, step), 2, lambda letters: None)
    about = TextMeta(
        letters=length, ambiguous=0, gc=0.5, runs=1, volumes=1, sentences=1, paragraphs=1, seeds=meta
    )
    assert meta.items > length // step - 10  # poly-A is listed as well
    query = CODE[np.frombuffer(passage, np.uint8)]
    rows = candidates(query, np.zeros(40, bool), Seeds(tmp_path, meta), PackedText(tmp_path, about), 5)
    assert sorted(rows[:, 1].tolist()) == places
    assert rows[:, 0].tolist() == [80, 80]


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
    monkeypatch.setattr(parts, "MAX_ITEMS", 10 * share)
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
    tables = tables_of("1101" + "0" * 13 + "1")
    assert tables[0, 0b11_10_11_01_10_11] == 0b11_10_11  # letters 0, 1 and 3
    assert tables[2, 0b10 << 10] == 0b10_00_00_00  # the last
    assert [sampling_for(10**n).shape.count("1") for n in range(4, 10)] == [8, 8, 8, 8, 10, 11]
    assert sampling_for(LONGEST_WHOLE) == Sampling(SHAPES[11], 1)
    assert sampling_for(LONGEST_WHOLE + 1) == Sampling(SHAPES[10], 2)


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


def hand_made(folder: Path, offsets: list[int], items: list[int]) -> Seeds:
    """An index of seeds of two letters: first item of each seed, and items of three bytes."""
    (folder / SEEDS).write_bytes(np.array(offsets, "<u4").tobytes())
    (folder / PLACES).write_bytes(b"".join(number.to_bytes(3, "little") for number in items))
    return Seeds(folder, SeedsMeta("11", 2, 1, len(items)))


def test_offsets_that_do_not_ascend_are_damage(tmp_path: Path) -> None:
    seeds = hand_made(tmp_path, [0, 3, *[2] * 14, 4], [1, 1, 1, 1])
    with pytest.raises(DamagedBookError, match=r"seeds\.u32: places that do not ascend"):
        selected(np.array([0, 0, 1, 0], np.uint8), np.zeros(4, bool), seeds)


def test_offsets_beyond_the_items_are_damage(tmp_path: Path) -> None:
    seeds = hand_made(tmp_path, [0, 9, *[9] * 14, 4], [1, 1, 1, 1])
    with pytest.raises(DamagedBookError, match=r"seeds\.u32: places that do not ascend"):
        selected(np.zeros(2, np.uint8), np.zeros(2, bool), seeds)


def hits(seeds: Seeds, count: int, end: int) -> list[int]:
    """Places of the first ``count`` items of seed AA, or -1."""
    first, at = np.zeros(1, np.int64), np.zeros(1, np.int64)
    keys = hits_of(first, at, np.array([count]), seeds.compiled, 2, end)
    return [key if key < 0 else (key >> QUERY_BITS) - 2 for key in keys.tolist()]


def test_a_place_beyond_the_end_is_told(tmp_path: Path) -> None:
    seeds = hand_made(tmp_path, [0, *[2] * 16], [5, 4])
    assert hits(seeds, 2, 10) == [5, 9]
    assert hits(seeds, 2, 9) == [-1]


def test_a_budget_that_ends_inside_a_wide_distance_leaves_that_place_out(tmp_path: Path) -> None:
    distance = 0x2_000007
    seeds = hand_made(tmp_path, [0, *[4] * 16], [5, WIDE + (distance >> 24), distance & 0xFFFFFF, 3])
    assert hits(seeds, 4, 1 << 40) == [5, 5 + distance, 8 + distance]
    assert hits(seeds, 3, 1 << 40) == [5, 5 + distance]
    assert hits(seeds, 2, 1 << 40) == [5]
