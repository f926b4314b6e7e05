"""The lexicon as a build makes it: counts, where they were counted, and counts in shuffled sequence."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from genomebook.book import Book
from genomebook.book.occurrences import count_blocks
from genomebook.book.schema import LEXICON, OCCURRENCE_BLOCK, WORD_SCHEMAS
from genomebook.genome.fasta import Genome, unpack
from genomebook.language.encode import Encoder
from genomebook.language.shuffle import dinucleotide_shuffle
from genomebook.language.vocabulary import load_vocabulary
from genomebook.lexicon.shipped import shipped_glosses
from genomebook.lexicon.statistics import against_shuffle, letters_a_word
from genomebook.pipeline.book import lexicon as stage
from tests.support import books

GENOME = {
    "chr1": b"N" * 90
    + books.letters(7000, 1, "AAACGTTT")
    + b"N" * 5
    + books.letters(900, 2).lower()
    + b"RYK",
    "chr2": b"CG" * 700 + books.letters(2600, 3),
    "chr3": b"N" * 40,
}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("lexicon")
    (folder / "a.fa").write_bytes(books.fasta(GENOME))
    return books.make(folder / "a.fa", folder / "a.book")


def all_ids(book: Book) -> np.ndarray:
    return np.concatenate([volume.ids[:] for volume in book])


@settings(max_examples=20)
@given(
    st.integers(0, 3 * OCCURRENCE_BLOCK + 5), st.integers(0, 99), st.integers(1, 5), st.integers(1, 50_000)
)
def test_blocks_are_counted_alike_in_chunks_of_any_size(
    words: int, seed: int, columns: int, size: int
) -> None:
    ids = np.random.default_rng(seed).integers(0, 7, words).astype(np.uint16)
    chunks = (ids[at : at + size] for at in range(0, words, size))
    found = list(count_blocks(chunks, 9, columns))
    assert all(counts.shape[1] == columns for counts in found[:-1])
    counts = np.concatenate([np.empty((9, 0), np.uint16), *found], axis=1)
    blocks = [ids[at : at + OCCURRENCE_BLOCK] for at in range(0, words, OCCURRENCE_BLOCK)]
    expected = [[int((block == word).sum()) for block in blocks] for word in range(9)]
    assert counts.dtype == np.uint16
    assert counts.tolist() == expected


def test_a_block_of_one_word_alone_fits() -> None:
    (counts,) = count_blocks([np.full(OCCURRENCE_BLOCK, 3, np.uint16)], 4, 2)
    assert counts.tolist() == [[0], [0], [0], [OCCURRENCE_BLOCK]]


@pytest.mark.parametrize("chunk", [1, 40, 1 << 25])
def test_index_is_written_alike_in_pieces_of_any_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    random = np.random.default_rng(4)
    ids = random.integers(0, 6, 120_006).astype("<u2")
    ids.tofile(tmp_path / "words.u16")
    monkeypatch.setattr(stage, "BYTES_PER_WRITE", chunk)
    told: list[int] = []
    total = stage.count_words(tmp_path / "words.u16", 8, tmp_path / "occurrences.u16", told.append)
    blocks = [ids[at : at + OCCURRENCE_BLOCK] for at in range(0, len(ids), OCCURRENCE_BLOCK)]
    index = np.fromfile(tmp_path / "occurrences.u16", "<u2").reshape(8, -1)
    assert index.T.tolist() == [np.bincount(block, minlength=8).tolist() for block in blocks]
    assert total.tolist() == np.bincount(ids, minlength=8).tolist()
    assert sum(told) == len(ids)


def test_lexicon_counts_the_words_of_the_book(book: Book) -> None:
    table, ids = book.lexicon.table, all_ids(book)
    assert list(table) == [*WORD_SCHEMAS[LEXICON].names, "name", "field"]
    assert table["id"].tolist() == [i for i, word in enumerate(book.vocabulary.words) if word]
    assert table["count"].tolist() == np.bincount(ids, minlength=len(book.vocabulary))[table["id"]].tolist()
    assert (
        book.occurrences[:].reshape(-1, book.blocks).sum(axis=1).tolist()
        == np.bincount(ids, minlength=len(book.vocabulary)).tolist()
    )


@pytest.mark.parametrize("words", ["words-600", "words-4096"])
def test_glosses_are_those_shipped_for_the_vocabulary(tmp_path: Path, words: str) -> None:
    vocabulary = load_vocabulary(words)
    zero = np.zeros(len(vocabulary))
    stage.write_lexicon(tmp_path / LEXICON, vocabulary, zero.astype(np.int64), zero)
    table = pd.read_parquet(tmp_path / LEXICON)
    known = shipped_glosses(vocabulary)
    columns = [name for name in table if name.startswith("gloss")]
    if known is None:
        assert table[columns].isna().all(axis=None)
    else:
        beside = table[["id"]].merge(known, on="id", how="left")
        pd.testing.assert_frame_equal(table[columns], beside[columns])


@pytest.mark.parametrize(
    ("letters", "copies"),
    [
        (0, 50),
        (1, 50),
        (16_569, 50),
        (200_000, 50),
        (1_000_000, 10),
        (9_999_999, 2),
        (10_000_000, 1),
        (3 * 10**9, 1),
    ],
)
def test_copies(letters: int, copies: int) -> None:
    assert stage.copies_for(letters) == copies


def test_expected_is_the_mean_of_spelled_shuffles(book: Book) -> None:
    encoder = Encoder(book.vocabulary)
    total = np.zeros(len(book.vocabulary), np.int64)
    for volume in book:
        for copy in range(50):
            mixed = dinucleotide_shuffle(volume.sequence(), copy, volume.name, 0)
            total += np.bincount(encoder.encode(np.frombuffer(mixed, np.uint8)), minlength=len(total))
    table = book.lexicon.table
    assert msgspec.to_builtins(book.meta.parameters.shuffle) == {
        "copies": 50,
        "block_letters": stage.SHUFFLE_BLOCK,
    }
    assert book.lexicon.copies == 50
    np.testing.assert_allclose(table["expected"], total[table["id"]] / 50, rtol=1e-12)
    letters = (table["length"] * table["expected"]).sum()
    assert letters == pytest.approx(sum(len(dna) - dna.upper().count(b"N") for dna in GENOME.values()))


def test_shuffled_counts_do_not_depend_on_the_pool(
    book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.fa").write_bytes(books.fasta(GENOME))
    records = unpack(tmp_path / "a.fa", tmp_path)
    encoder = Encoder(book.vocabulary)
    monkeypatch.setattr(stage, "SHUFFLE_BLOCK", 1000)
    found, told = [], []
    with Genome(tmp_path) as genome:
        for workers, ahead in ((1, 1), (2, 3), (4, 9)):
            with ThreadPoolExecutor(workers) as pool:
                found.append(
                    stage.count_shuffled(genome.letters, records, 3, encoder, pool, ahead, told.append)
                )
        dna = np.array(genome.letters("chr2"))[1000:2000].tobytes()
        one = np.frombuffer(dinucleotide_shuffle(dna, 2, "chr2", 1000), np.uint8)
    assert (found[0] == found[1]).all()
    assert (found[0] == found[2]).all()
    assert (np.bincount(encoder.encode(one), minlength=len(found[0])) <= found[0]).all()
    assert sum(told) == 3 * 3 * sum(map(len, GENOME.values()))


@settings(max_examples=40)
@given(st.integers(0, 500), st.integers(0, 500), st.sampled_from([1, 3, 50]))
def test_against_shuffle_is_the_exact_binomial_interval(count: int, mixed: int, copies: int) -> None:
    row = against_shuffle([count], [mixed / copies], copies).iloc[0]
    if count + mixed == 0:
        assert np.isnan(row["times"])
        assert (row["low"], row["high"], row["p"]) == (0, np.inf, 1)
        return
    share = stats.binomtest(count, count + mixed).proportion_ci(0.95, "exact")
    assert row["low"] == pytest.approx(copies * share.low / (1 - share.low))
    if mixed:
        assert row["times"] == pytest.approx(count * copies / mixed)
        assert row["high"] == pytest.approx(copies * share.high / (1 - share.high))
    else:
        assert row["times"] == row["high"] == np.inf
    tails = [
        stats.binomtest(count, count + mixed, 1 / (1 + copies), side).pvalue for side in ("less", "greater")
    ]
    assert row["p"] == pytest.approx(min(1, 2 * min(tails)), rel=1e-9)


def test_against_shuffle_holds_its_level() -> None:
    """Where real and shuffled have one rate, about 5 % of the intervals leave out 1, or fewer."""
    random = np.random.default_rng(2)
    rate = random.uniform(1, 60, 20_000)
    found = against_shuffle(random.poisson(rate), random.poisson(5 * rate) / 5, 5)
    out = (found["low"] > 1) | (found["high"] < 1)
    assert 0.02 < out.mean() < 0.05
    assert ((found["p"] < 0.05) == out).mean() > 0.999


def test_letters_a_word_of_real_and_shuffled() -> None:
    table = pd.DataFrame(
        {"word": ["R", "A", "AC"], "length": [1, 1, 2], "count": [9, 1, 3], "expected": [9.0, 2.0, 2.0]}
    )
    assert letters_a_word(table) == (7 / 4, 6 / 4)
    nothing = letters_a_word(table.assign(count=0, expected=0.0))
    assert np.isnan(nothing).all()
