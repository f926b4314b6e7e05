from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.common.library_tokenizer import library_tokenizer
from genomebook.book.schema import STRIDE
from genomebook.errors import FastaError, VocabularyError
from genomebook.language.alphabet import FIRST_WORD, GAP
from genomebook.language.cuts import MAX_PIECE
from genomebook.language.encode import Encoder, decode
from genomebook.language.merges import may_follow
from genomebook.language.train import train_words
from genomebook.language.vocabulary import Vocabulary, load_vocabulary
from genomebook.pipeline.book.words import in_order, tokenize_volumes, write_runs
from tests.support.dna import (
    IUPAC,
    as_array,
    gap_lengths,
    library_ids,
    plain_bpe,
    plain_cuts,
    plain_ids,
    random_dna,
    random_vocabulary,
    sequences,
    tandem,
)

SHIPPED = ("words-600", "words-4096")


@cache
def encoder(name: str) -> Encoder:
    return Encoder(load_vocabulary(name))


@cache
def library(name: str) -> Any:
    return library_tokenizer(load_vocabulary(name))


@cache
def learnt(seed: int, merges: int) -> Vocabulary:
    """A vocabulary of random sequence and repeats."""
    sequence = random_dna(2000, seed) + b"A" * 300 + tandem(1 + seed % 30, 20, seed) + b"CA" * 100
    return train_words([sequence], merges, f"learnt-{seed}")


def letters_of(fasta: Path) -> bytes:
    return b"".join(line for line in fasta.read_bytes().splitlines() if not line.startswith(b">"))


# --- lossless


@pytest.mark.parametrize("name", SHIPPED)
@given(letters=sequences())
def test_words_joined_are_the_sequence(name: str, letters: bytes) -> None:
    ids = encoder(name).encode(as_array(letters))
    assert encoder(name).decode(ids, gap_lengths(letters)).tobytes() == letters.upper()
    assert ids.dtype == np.uint16


@given(st.binary(max_size=60).map(lambda raw: bytes(ord(IUPAC[b % 16]) | (b & 16) << 1 for b in raw)))
def test_words_joined_are_any_iupac_text(letters: bytes) -> None:
    ids = encoder("words-600").encode(as_array(letters))
    assert encoder("words-600").decode(ids, gap_lengths(letters)).tobytes() == letters.upper()


def test_letters_that_are_no_nucleotides_are_refused_with_their_place() -> None:
    with pytest.raises(FastaError, match=r"'X' at position 5 "):
        encoder("words-600").encode(as_array(b"ACGTXACGT"))


@pytest.mark.parametrize(
    ("ids", "gaps", "message"),
    [
        ([16, 9999], [], "9999 is not in words-600"),
        ([16, 0], [], "1 gaps among the words but 0 lengths"),
        ([16], [5], "0 gaps among the words but 1 lengths"),
    ],
)
def test_ids_that_do_not_fit_are_refused(ids: list[int], gaps: list[int], message: str) -> None:
    with pytest.raises(VocabularyError, match=message):
        decode(load_vocabulary("words-600"), np.array(ids, np.uint16), np.array(gaps, np.int64))


# --- the ids of byte-pair encoding


@pytest.mark.parametrize("name", SHIPPED)
@settings(max_examples=60)
@given(letters=sequences(most=6000))
def test_ids_are_those_of_the_library(name: str, letters: bytes) -> None:
    expected = library_ids(encoder(name).vocabulary, letters, library(name))
    assert encoder(name).encode(as_array(letters)).tolist() == expected


@pytest.mark.parametrize("name", SHIPPED)
def test_ids_of_the_mitochondrial_chromosome_are_those_of_the_library(name: str, chrm_fasta: Path) -> None:
    letters = letters_of(chrm_fasta)
    assert len(letters) == 16_569
    expected = library_ids(encoder(name).vocabulary, letters, library(name))
    assert encoder(name).encode(as_array(letters)).tolist() == expected


@pytest.mark.parametrize("name", SHIPPED)
def test_ids_of_long_random_sequence_are_those_of_the_library(name: str) -> None:
    letters = random_dna(200_000, 1)
    expected = library_ids(encoder(name).vocabulary, letters, library(name))
    assert encoder(name).encode(as_array(letters)).tolist() == expected


@pytest.mark.parametrize("unit", ["A", "T", "CA", "GT", "AT", "CG", "AAT", "TTAGGG", "GGAAT", "AAAAC"])
@pytest.mark.parametrize("name", SHIPPED)
def test_ids_of_simple_repeats_are_those_of_the_library(name: str, unit: str) -> None:
    """All lengths about the longest piece, so that every phase of the repeat ends a piece."""
    for size in range(MAX_PIECE - 12, MAX_PIECE + 40):
        letters = (unit * size)[:size].encode()
        expected = library_ids(encoder(name).vocabulary, letters, library(name))
        assert encoder(name).encode(as_array(letters)).tolist() == expected


@settings(max_examples=40)
@given(sequences(), st.integers(0, 8), st.sampled_from([10, 25, 60, 120, 200]))
def test_ids_in_small_learnt_vocabularies(letters: bytes, seed: int, merges: int) -> None:
    vocabulary = learnt(seed, merges)
    ids = Encoder(vocabulary).encode(as_array(letters)).tolist()
    assert ids == library_ids(vocabulary, letters)
    assert ids == plain_ids(vocabulary, letters)


@settings(max_examples=60)
@given(sequences(), st.integers(0, 2**32), st.integers(0, 80))
def test_ids_in_vocabularies_of_arbitrary_merges(letters: bytes, seed: int, merges: int) -> None:
    """Some of these words their letters never make; the definition still decides."""
    vocabulary = random_vocabulary(seed, merges)
    assert Encoder(vocabulary).encode(as_array(letters)).tolist() == plain_ids(vocabulary, letters)


def test_a_word_that_its_letters_never_make_is_not_used() -> None:
    vocabulary = Vocabulary("odd", (("A", "C"), ("C", "G"), ("A", "CG")))
    ids = Encoder(vocabulary).encode(as_array(b"ACGACG"))
    assert [vocabulary.words[i] for i in ids] == ["AC", "G", "AC", "G"]
    assert may_follow(vocabulary)[0].tolist() == [1, 1, 1, 1, 1, 1, 0]


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.integers(0, 50), st.booleans())
def test_may_follow_is_what_encoding_every_pair_says(seed: int, merges: int, from_sequence: bool) -> None:
    vocabulary = learnt(seed % 20, max(1, merges)) if from_sequence else random_vocabulary(seed, merges)
    words = vocabulary.words[FIRST_WORD:]
    possible, allowed = may_follow(vocabulary)
    assert possible.tolist() == [plain_bpe(vocabulary.merges, word) == [word] for word in words]
    for i, a in enumerate(words):
        expected = [plain_bpe(vocabulary.merges, a + b) == [a, b] for b in words]
        assert allowed[i].tolist() == expected, a


@pytest.mark.parametrize("name", SHIPPED)
def test_every_word_of_the_shipped_vocabularies_is_tokenized_from_its_letters(name: str) -> None:
    vocabulary = load_vocabulary(name)
    assert may_follow(vocabulary)[0].all()
    for number in range(FIRST_WORD, len(vocabulary)):
        word = vocabulary.words[number]
        encoded = library(name).encode(word).ids
        assert encoded == [number]


# --- the same words from any shares


def in_shares(tokenizer: Encoder, letters: NDArray[np.uint8], size: int) -> list[int]:
    """Each share tokenized from its own letters and eight on both sides, as the build does."""
    ids: list[int] = []
    for start, end in tokenizer.shards(letters, size):
        low = max(0, start - 8)
        ids += tokenizer.encode(letters[low : end + 8], start - low, min(end, len(letters)) - low).tolist()
    return ids


@given(sequences(most=6000), st.data())
def test_shares_of_any_size_give_the_same_words(letters: bytes, data: st.DataObject) -> None:
    array = as_array(letters)
    whole = encoder("words-600").encode(array).tolist()
    size = data.draw(st.integers(1, max(1, len(letters))))
    assert in_shares(encoder("words-600"), array, size) == whole


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("size", [1000, 4096, 50_001, 299_999, 300_000, 10**9])
def test_shares_of_long_sequence_give_the_same_words(name: str, size: int) -> None:
    letters = as_array(random_dna(150_000, 2) + b"N" * 5000 + random_dna(145_000, 3))
    shares = list(encoder(name).shards(letters, size))
    assert [start for start, _ in shares[1:]] == [end for _, end in shares[:-1]]
    assert (shares[0][0], shares[-1][1]) == (0, len(letters))
    assert len(shares) > 1 or size >= len(letters) - 1000
    assert in_shares(encoder(name), letters, size) == encoder(name).encode(letters).tolist()


class TokenizedFiles(NamedTuple):
    """What is appended for some volumes."""

    words: NDArray[np.uint16]
    index: NDArray[np.int64]
    gaps: NDArray[np.int64]
    case: NDArray[np.int64]
    counts: NDArray[np.int64]


def tokenize_files(volumes: list[bytes], name: str, shard: int, workers: int) -> TokenizedFiles:
    out = {part: BytesIO() for part in TokenizedFiles._fields}
    told: list[int] = []
    with ThreadPoolExecutor(workers) as pool:
        letters = [partial(as_array, volume) for volume in volumes]
        tokenize_volumes(letters, out, encoder(name), pool, shard, workers + 1, told.append)  # type: ignore[arg-type]
    assert sum(told) == sum(map(len, volumes))
    found = {
        part: np.frombuffer(file.getvalue(), "<i8" if part != "words" else "<u2")
        for part, file in out.items()
    }
    return TokenizedFiles(**found)


def test_files_of_volumes_do_not_depend_on_shares_or_workers(chrm_fasta: Path) -> None:
    letters = (
        b"n" * 700
        + letters_of(chrm_fasta)
        + random_dna(40_000, 4).lower()
        + b"N" * 3000
        + random_dna(30_000, 5)
        + b"NNRYacgt" * 20
        + b"CA" * 2000
        + b"N"
    )
    volumes = [b"nA", letters, b"N" * 40, random_dna(5_000, 6)]
    shapes = [(40, 2), (1000, 2), (7777, 1), (50_000, 2), (10**9, 1)]
    found = [tokenize_files(volumes, "words-600", shard, workers) for shard, workers in shapes]
    assert all(
        part.tobytes() == first.tobytes()
        for other in found
        for part, first in zip(other, found[0], strict=True)
    )
    word = entry = gap = run = 0
    for one, (n_words, n_gaps, n_runs, lower) in zip(
        volumes, found[0].counts.reshape(-1, 4).tolist(), strict=True
    ):
        ids = found[0].words[word : word + n_words]
        assert ids.tolist() == encoder("words-600").encode(as_array(one)).tolist()
        sizes = encoder("words-600").vocabulary.lengths[ids].astype(np.int64)
        sizes[ids == GAP] = gap_lengths(one)
        starts = (np.cumsum(sizes) - sizes)[::STRIDE].tolist()
        assert found[0].index[entry : entry + len(starts)].tolist() == starts
        for rows, first, count, pattern in (
            (found[0].gaps, gap, n_gaps, b"[Nn]+"), (found[0].case, run, n_runs, b"[a-z]+")
        ):  # fmt: skip
            spans = [list(match.span()) for match in re.finditer(pattern, one)]
            assert rows.reshape(-1, 2)[first : first + count].tolist() == spans
        assert lower == len(re.findall(b"[a-z]", one))
        word, entry, gap, run = word + n_words, entry + len(starts), gap + n_gaps, run + n_runs
    assert (word, entry) == (len(found[0].words), len(found[0].index))


@pytest.mark.parametrize("letters", [b"N" * 5000, b"A", b"acgt", b"R"])
def test_files_of_odd_volumes(letters: bytes) -> None:
    tokenized = tokenize_files([letters], "words-600", 1000, 1)
    assert encoder("words-600").decode(tokenized.words, gap_lengths(letters)).tobytes() == letters.upper()
    assert tokenized.index.tolist() == [0]


def test_runs_are_written_starts_first(tmp_path: Path) -> None:
    np.array([[3, 9], [20, 21]], "<i8").tofile(tmp_path / "pairs")
    write_runs(tmp_path / "pairs", tmp_path / "runs")
    assert np.fromfile(tmp_path / "runs", "<i8").tolist() == [3, 20, 9, 21]


def test_results_come_in_the_order_of_the_items_and_an_error_stops_the_rest() -> None:
    def work(n: int) -> int:
        if n == 40:
            raise FastaError("at 40")
        return n * n

    done: list[int] = []
    with ThreadPoolExecutor(2) as pool, pytest.raises(FastaError, match="at 40"):
        done.extend(in_order(pool, work, range(100), 3))
    with ThreadPoolExecutor(2) as pool:
        assert list(in_order(pool, work, range(40), 3)) == [n * n for n in range(40)]


# --- the same passage, the same words


def words_between(tokenizer: Encoder, letters: bytes, first: int, last: int) -> list[tuple[int, int]]:
    """(start - first, id) of words that begin in [first, last)."""
    ids = tokenizer.encode(as_array(letters))
    sizes = tokenizer.vocabulary.lengths[ids].astype(np.int64)
    starts = np.cumsum(sizes) - sizes
    return [(int(s) - first, int(i)) for s, i in zip(starts, ids, strict=True) if first <= s < last]


@pytest.mark.parametrize("name", SHIPPED)
@settings(max_examples=30)
@given(
    passage=sequences(gaps=False),
    contexts=st.lists(sequences(most=900, gaps=False), min_size=4, max_size=4),
)
def test_a_passage_has_the_same_words_from_its_first_cut_to_its_last(
    name: str, passage: bytes, contexts: list[bytes]
) -> None:
    inside = plain_cuts(passage)
    assume(len(inside) >= 2)
    first, last = inside[0], inside[-1]
    tokenized = [
        words_between(encoder(name), before + passage + after, len(before) + first, len(before) + last)
        for before, after in (contexts[:2], contexts[2:])
    ]
    assert tokenized[0] == tokenized[1]
    assert tokenized[0][0][0] == 0


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_random_passages_differ_by_1024_letters_at_their_ends_at_most(seed: int, other: int) -> None:
    """A longer margin has probability (47/48)^1024 = 4e-10 at each end (see tests/unit/test_cuts.py)."""
    passage = random_dna(5000, seed)
    one = random_dna(3001, other) + passage + random_dna(500, other + 1)
    two = b"A" * 700 + passage + b"CA" * 300
    tokenized = [
        words_between(encoder("words-4096"), text, start + 1024, start + 5000 - 1024)
        for text, start in ((one, 3001), (two, 700))
    ]
    assert len(tokenized[0]) > 400
    assert tokenized[0] == tokenized[1]
