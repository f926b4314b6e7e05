from __future__ import annotations

import itertools
import json
import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

from genomebook.errors import ReaderError
from genomebook.language.alphabet import FIRST_WORD, GAP
from genomebook.language.encode import Encoder
from genomebook.language.vocabulary import Vocabulary, load_vocabulary
from genomebook.models.ngram import DISCOUNT, FLOOR, MAX_IDS, NgramReader, shipped_reader
from tests.support.dna import as_array, random_dna

BASES_ONLY = Vocabulary("bases", ())
A, C, G, T = range(FIRST_WORD, FIRST_WORD + 4)
IDS = [i for i in range(20) if 1 <= i <= 11 or i >= FIRST_WORD]


def reader_of(pairs: dict[tuple[int, int], int], vocabulary: Vocabulary = BASES_ONLY) -> NgramReader:
    counts = np.zeros((len(vocabulary),) * 2, np.uint32)
    for pair, count in pairs.items():
        counts[pair] = count
    return NgramReader("by-hand", vocabulary.digest, counts)


TINY = {(A, C): 3, (A, G): 1, (C, A): 2, (G, 3): 1}


@cache
def shipped(name: str) -> NgramReader:
    reader = shipped_reader(load_vocabulary(name))
    assert reader is not None
    return reader


@st.composite
def tables(draw: st.DrawFn) -> NgramReader:
    pairs = st.tuples(st.sampled_from(IDS), st.sampled_from(IDS))
    return reader_of(draw(st.dictionaries(pairs, st.integers(1, 100_000), min_size=1, max_size=40)))


# --- counting


def plain_counts(streams: list[list[int]]) -> dict[tuple[int, int], int]:
    counts: dict[tuple[int, int], int] = {}
    for stream in streams:
        for pair in itertools.pairwise(stream):
            if GAP not in pair:
                counts[pair] = counts.get(pair, 0) + 1
    return counts


@given(st.lists(st.lists(st.sampled_from([GAP, *IDS]), max_size=40), max_size=4), st.integers(1, 9))
def test_neighbours_are_counted_within_a_volume_and_never_over_a_gap(
    streams: list[list[int]], size: int
) -> None:
    expected = plain_counts(streams)
    chunks = [
        [np.array(stream[i : i + size], np.uint16) for i in range(0, len(stream), size)] for stream in streams
    ]
    if not expected:
        with pytest.raises(ReaderError, match="no two words stand side by side"):
            NgramReader.count("r", BASES_ONLY, chunks)
        return
    counts = NgramReader.count("r", BASES_ONLY, chunks).counts
    assert {(int(v), int(w)): int(counts[v, w]) for v, w in np.argwhere(counts)} == expected


def test_a_vocabulary_that_is_too_large_is_refused() -> None:
    words = ["A", "C", "G", "T"]
    merges = [(left, right) for left in words for right in words]
    words += [left + right for left, right in merges]
    merges += [(a, b) for a in words[4:] for b in words]
    words = ["A", "C", "G", "T", *dict.fromkeys(a + b for a, b in merges)]
    unique = {a + b: (a, b) for a, b in merges}
    longer = {word + end: (word, end) for word in words for end in words if len(word + end) in (5, 6, 7)}
    vocabulary = Vocabulary("large", tuple([*unique.values(), *longer.values()][:9000]))
    assert len(vocabulary) > MAX_IDS
    with pytest.raises(ReaderError, match=f"takes at most {MAX_IDS}; use fewer merges"):
        NgramReader.count("r", vocabulary, [])


# --- probabilities


def test_probabilities_by_hand() -> None:
    """Four counted pairs (v, w); three follow words once as a type, 15 ids share the floor."""
    p = reader_of(TINY).probabilities
    floor = FLOOR / 15

    def q(types: int) -> float:
        return (1 - FLOOR) * types / 4 + floor

    expected = {
        (A, C): (3 - DISCOUNT) / 4 + DISCOUNT * 2 / 4 * q(1),
        (A, G): (1 - DISCOUNT) / 4 + DISCOUNT * 2 / 4 * q(1),
        (A, A): DISCOUNT * 2 / 4 * q(1),
        (A, T): DISCOUNT * 2 / 4 * floor,
        (C, A): (2 - DISCOUNT) / 2 + DISCOUNT / 2 * q(1),
        (C, 1): DISCOUNT / 2 * floor,
        (G, 3): (1 - DISCOUNT) + DISCOUNT * q(1),
        (T, C): q(1),  # T was never followed: all of it goes to q
        (T, T): floor,
        (T, 12): 0.0,  # not an id
        (T, GAP): 0.0,
        (GAP, C): 0.0,
    }
    for pair, value in expected.items():
        assert p[pair] == pytest.approx(value, rel=1e-6), pair


@given(tables())
def test_each_row_sums_to_one(reader: NgramReader) -> None:
    total = reader.probabilities.sum(axis=1, dtype=np.float64)
    assert total[1:] == pytest.approx(1, abs=1e-5)
    assert total[0] == 0


@pytest.mark.parametrize("name", ["words-600", "words-4096"])
def test_each_row_of_the_shipped_tables_sums_to_one(name: str) -> None:
    p = shipped(name).probabilities
    assert p.sum(axis=1, dtype=np.float64)[1:] == pytest.approx(1, abs=1e-4)
    assert p[1:, FIRST_WORD:].min() > 0
    assert not p[0].any()
    assert not p[:, 0].any()


def plain_tables(reader: NgramReader) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bits of surprisal and boundary strength in 1/16, in float64, straight from their definition."""
    counts = reader.counts.astype(np.float64)
    p = reader.probabilities.astype(np.float64)
    bits = np.array([[-math.log2(x) if x > 0 else 0.0 for x in row] for row in p])
    forward = (p * bits).sum(axis=1)
    joint = p * (counts.sum(axis=1) / counts.sum())[:, None]
    share = joint / np.where(joint.sum(axis=0) > 0, joint.sum(axis=0), 1)
    backward = np.array([-sum(x * math.log2(x) for x in column if x > 0) for column in share.T])
    weight = counts / counts.sum()

    def standardised(values: NDArray[np.float64]) -> NDArray[np.float64]:
        mean = (values * weight).sum()
        spread = math.sqrt((weight * (values - mean) ** 2).sum())
        return (values - mean) / max(spread, 1e-6)

    parts = [bits, np.tile(forward[:, None], len(p)), np.tile(backward, (len(p), 1))]
    strength = standardised(sum(standardised(part) for part in parts)) * 16
    strength[0] = strength[:, p.sum(axis=0) == 0] = 0
    return bits, strength


RICH = {(v, w): 1 + (7 * v + 11 * w) % 23 for v in (A, C, G, T, 2) for w in (A, C, G, T, 5) if (v * w) % 7}


@pytest.mark.parametrize("pairs", [TINY, RICH], ids=["tiny", "rich"])
def test_score_tables_follow_from_their_definition(pairs: dict[tuple[int, int], int]) -> None:
    reader = reader_of(pairs)
    surprisal, strength = reader.tables
    bits, expected = plain_tables(reader)
    assert surprisal.dtype == np.uint8
    assert np.abs(surprisal - np.clip(bits * 8, 0, 255)).max() <= 0.51
    assert np.abs(strength - np.clip(expected, -127, 127)).max() <= 0.51
    assert len(set(strength[A].tolist())) > 2


@pytest.mark.parametrize("name", ["words-600", "words-4096"])
def test_strengths_of_the_shipped_tables_are_standardised(name: str) -> None:
    reader = shipped(name)
    weight = reader.counts / reader.counts.sum()
    strength = reader.tables[1].astype(np.float64)
    mean = (strength * weight).sum()
    assert mean == pytest.approx(0, abs=0.1)
    assert math.sqrt(((strength - mean) ** 2 * weight).sum()) == pytest.approx(16, abs=0.5)
    for table in reader.tables:
        assert not table[0].any()
        assert not table[:, 0].any()


# --- scoring


def test_scores_by_hand() -> None:
    reader = reader_of(RICH)
    surprisals, strengths = reader.tables
    ids = np.array([A, C, GAP, G, T], np.uint16)
    surprisal, strength = reader.score(ids)
    assert surprisal.tolist() == [0, surprisals[A, C], 0, 0, surprisals[G, T]]
    assert strength.tolist() == [strengths[A, C], 0, 0, strengths[G, T], 0]
    surprisal, strength = reader.score(ids, before=T, after=A)
    assert surprisal[0] == surprisals[T, A] > 0
    assert strength[-1] == strengths[T, A]


@settings(max_examples=50)
@given(st.lists(st.sampled_from([GAP, *IDS]), max_size=60), st.lists(st.integers(0, 60), max_size=8))
def test_chunks_score_as_the_whole(words: list[int], cuts: list[int]) -> None:
    reader = reader_of(RICH)
    ids = np.array(words, np.uint16)
    whole = reader.score(ids)
    bounds = [0, *sorted(min(cut, len(ids)) for cut in cuts), len(ids)]
    parts = [
        reader.score(ids[a:b], int(ids[a - 1]) if a else GAP, int(ids[b]) if b < len(ids) else GAP)
        for a, b in itertools.pairwise(bounds)
        if b > a
    ]
    for i in (0, 1):
        assert [x for part in parts for x in part[i].tolist()] == whole[i].tolist()


def test_the_same_passage_is_scored_alike_anywhere() -> None:
    encoder = Encoder(load_vocabulary("words-4096"))
    ids = encoder.encode(as_array(random_dna(20_000, 1)))
    other = encoder.encode(as_array(random_dna(5000, 2)))
    reader = shipped("words-4096")
    alone, moved = reader.score(ids), reader.score(np.concatenate([other, ids, other]))
    for one, two in zip(alone, moved, strict=True):
        assert one[1:-1].tolist() == two[len(other) + 1 : len(other) + len(ids) - 1].tolist()


# --- the file


@settings(max_examples=30)
@given(tables())
def test_a_written_table_is_read_back(tmp_path_factory: pytest.TempPathFactory, reader: NgramReader) -> None:
    path = tmp_path_factory.mktemp("reader") / "reader.safetensors"
    reader.write(path)
    read = NgramReader.open(path, BASES_ONLY)
    assert (read.name, read.digest) == ("by-hand", reader.digest)
    assert (read.counts == reader.counts).all()
    first = path.read_bytes()
    read.write(path)
    assert path.read_bytes() == first
    assert [item.name for item in path.parent.iterdir()] == ["reader.safetensors"]


@pytest.mark.parametrize("count", [65_534, 65_535, 65_536, 2**32 - 1])
def test_large_counts_are_kept(count: int, tmp_path: Path) -> None:
    reader = reader_of({**TINY, (T, T): count, (C, C): 65_535})
    reader.write(tmp_path / "r")
    read = NgramReader.open(tmp_path / "r", BASES_ONLY)
    assert read.counts[T, T] == count
    assert (read.counts == reader.counts).all()


def test_no_flipped_or_missing_byte_of_a_table_changes_the_counts(tmp_path: Path) -> None:
    reader = reader_of({**TINY, (T, T): 70_000})
    path = tmp_path / "reader.safetensors"
    reader.write(path)
    whole = path.read_bytes()
    damaged = [whole[:size] for size in range(len(whole))]
    damaged += [
        whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :]
        for place in range(len(whole))
        for bit in (1, 16, 128)
    ]
    refused = 0
    for content in damaged:
        path.write_bytes(content)
        try:
            assert (NgramReader.open(path, BASES_ONLY).counts == reader.counts).all()
        except ReaderError as error:
            refused += "\n" not in str(error) and str(path) in str(error)
    assert refused > 0.9 * len(damaged)


def parts_of(path: Path) -> tuple[dict[str, NDArray[np.generic]], dict[str, str]]:
    with safe_open(path, "numpy") as file:
        tensors = {key: file.get_tensor(key) for key in ("row_ends", "second", "count", "large")}
        return tensors, json.loads(file.metadata()["genomebook"])


@pytest.mark.parametrize(
    ("tensor", "place", "value"),
    [
        ("row_ends", 19, 0),
        ("row_ends", 0, 2**32 - 1),
        ("second", 0, 60_000),
        ("count", 1, 9),
        ("large", (0, 0), 99),
    ],
)
def test_tables_that_do_not_fit_together_are_refused(
    tensor: str, place: int | tuple[int, int], value: int, tmp_path: Path
) -> None:
    path = tmp_path / "r"
    reader_of({**TINY, (T, T): 70_000}).write(path)
    tensors, meta = parts_of(path)
    tensors[tensor][place] = value
    save_file(tensors, path, {"genomebook": json.dumps(meta)})
    with pytest.raises(ReaderError, match="do not match its digest; restore it or count anew"):
        NgramReader.open(path, BASES_ONLY)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({}, "not a genomebook-ngram-1 file"),
        ({"genomebook": "[]"}, "not a genomebook-ngram-1 file"),
        ({"genomebook": "{"}, "not a readable reader file"),
        ({"genomebook": '{"format": "genomebook-ngram-2"}'}, "not a genomebook-ngram-1 file"),
        ({"genomebook": '{"format": "genomebook-ngram-1"}'}, "counted in another vocabulary than bases"),
    ],
)
def test_files_of_another_kind_are_refused(metadata: dict[str, str], message: str, tmp_path: Path) -> None:
    path = tmp_path / "r"
    reader_of(TINY).write(path)
    save_file(parts_of(path)[0], path, metadata)
    with pytest.raises(ReaderError, match=message):
        NgramReader.open(path, BASES_ONLY)


def test_a_missing_table_and_one_of_another_vocabulary_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match=r"none\.safetensors: not a readable reader file"):
        NgramReader.open(tmp_path / "none.safetensors", BASES_ONLY)
    reader_of(TINY).write(tmp_path / "r")
    other = Vocabulary("bases", (("A", "C"),))
    with pytest.raises(
        ReaderError, match="counted in another vocabulary than bases; use --reader ngram-book"
    ):
        NgramReader.open(tmp_path / "r", other)


def test_only_the_shipped_vocabularies_have_a_shipped_table() -> None:
    assert shipped("words-600").vocabulary_digest == load_vocabulary("words-600").digest
    assert shipped("words-4096").vocabulary_digest == load_vocabulary("words-4096").digest
    assert shipped_reader(BASES_ONLY) is None
    assert shipped_reader(Vocabulary("words-600", (("A", "C"),))) is None  # only the name is the same
