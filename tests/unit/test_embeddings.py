"""Embeddings: every k-th occurrence, the own states of the reader, every share alike, and random weights."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from genomebook.book import Book
from genomebook.errors import FastaError, ReaderError
from genomebook.language.alphabet import FIRST_WORD, GAP
from genomebook.lexicon.occurrences import Occurrences
from genomebook.models.checkpoint import open_checkpoint
from genomebook.models.onnx_reader import OnnxReader
from genomebook.models.reader import Reader
from genomebook.models.registry import load_reader
from genomebook.pipeline.atlas import embeddings
from genomebook.pipeline.atlas.embeddings import (
    WordRun,
    blocks,
    book_runs,
    checkpoint_of,
    contexts,
    control_of,
    fasta_runs,
    input_embeddings,
    units,
    untrained,
    untrained_inputs,
    word_counts,
)
from genomebook.pipeline.atlas.english_contexts import english_contexts, english_tokens, single_words
from genomebook.pipeline.scores import Scoring
from tests.support import books
from tests.support.checkpoints import WIDTH, tiny

DATA = Path(__file__).resolve().parents[2] / "genomebook" / "data"


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    pytest.importorskip("torch")
    return load_reader(tiny(tmp_path_factory.mktemp("tiny")))


@pytest.fixture(scope="module")
def fasta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fasta") / "two.fa"
    first = books.letters(3_000, 1) + b"N" * 20 + books.letters(2_000, 2)
    path.write_bytes(
        books.fasta({"chr1": first, "chr2": books.letters(1_500, 3), "chrM": books.letters(300, 4)})
    )
    return path


@pytest.fixture(scope="module")
def book(fasta: Path, tmp_path_factory: pytest.TempPathFactory) -> Book:
    return books.make(fasta, tmp_path_factory.mktemp("book") / "two.book")


def test_a_book_and_its_fasta_are_the_same_text(book: Book, fasta: Path, reader: Reader) -> None:
    from_book = book_runs(Scoring(book, reader))
    from_fasta = fasta_runs(fasta, book.vocabulary)
    assert [run.first for run in from_book] == [run.first for run in from_fasta]
    for one, other in zip(from_book, from_fasta, strict=True):
        assert (one.ids == other.ids).all()
        assert (one.ids != GAP).all()
    assert len(from_book) == 4
    counts = word_counts(from_book, len(book.vocabulary))
    table = book.lexicon.table
    assert (counts[table["id"]] == table["count"]).all()


def test_contigs_are_left_out_by_any_name(fasta: Path, book: Book) -> None:
    assert len(fasta_runs(fasta, book.vocabulary, ["2", "MT"])) == 2
    with pytest.raises(FastaError, match=r"two\.fa: no sequence is left"):
        fasta_runs(fasta, book.vocabulary, ["chr1", "chr2", "chrM"])


def test_a_sample_is_every_kth_occurrence_with_the_readers_own_states(book: Book, reader: Reader) -> None:
    runs = book_runs(Scoring(book, reader))
    found = contexts(reader, runs, len(book.vocabulary), each=5, surprisal=True)
    hidden = [reader.score(run.ids, hidden=True) for run in runs]
    ordinals = np.concatenate([run.first + np.arange(len(run.ids)) for run in runs])
    states = units(np.concatenate([one.hidden for one in hidden]))
    bits = np.concatenate([one.surprisal for one in hidden])
    ids = np.concatenate([run.ids for run in runs])
    index = Occurrences.open(book)
    for word, part in found.groups():
        every = index.ordinals(word, 0, 10_000)
        kept = found.ordinals[part]
        n = min(5, len(every))
        assert (kept == every[(2 * np.arange(n) + 1) * len(every) // (2 * n)]).all()
        np.testing.assert_array_equal(found.vectors[part], states[np.searchsorted(ordinals, kept)])
        np.testing.assert_allclose(found.means[word], states[ids == word].mean(0), atol=1e-6)
        assert found.surprisal[word] == pytest.approx(bits[ids == word].mean(), rel=1e-5)
    assert (np.unique(found.ids) == np.unique(ids[ids >= FIRST_WORD])).all()
    assert found.words == found.read == len(ids)


def test_a_long_text_is_read_in_blocks_spread_evenly() -> None:
    runs = [
        WordRun(0, np.full(10 * embeddings.WORDS_PER_BLOCK + 7, 20, np.uint16)),
        WordRun(10**6, np.full(50, 20, np.uint16)),
    ]
    assert sum(last - first for _, first, last in blocks(runs, 10**9)) == 10 * embeddings.WORDS_PER_BLOCK + 57
    chosen = blocks(runs, 4 * embeddings.WORDS_PER_BLOCK)
    assert len(chosen) == 4
    assert all(first % embeddings.WORDS_PER_BLOCK == 0 for _, first, _ in chosen)
    steps = np.diff([12 if run else first // embeddings.WORDS_PER_BLOCK for run, first, _ in chosen])
    assert steps.min() >= 2
    assert len(blocks(runs, 1)) == 1


def test_what_is_kept_does_not_depend_on_blocks(
    book: Book, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = book_runs(Scoring(book, reader))
    before = contexts(reader, runs, len(book.vocabulary), each=8)
    monkeypatch.setattr(embeddings, "WORDS_PER_BLOCK", 100)
    after = contexts(reader, runs, len(book.vocabulary), each=8)
    np.testing.assert_array_equal(before.vectors, after.vectors)
    np.testing.assert_array_equal(before.ordinals, after.ordinals)
    np.testing.assert_array_equal(before.means, after.means)


def _hidden(reader: Reader, run: WordRun) -> np.ndarray:
    hidden = reader.score(run.ids, hidden=True).hidden
    assert hidden is not None
    return hidden


@pytest.mark.parametrize("kind", ["causal", "masked"])
def test_random_weights_are_the_same_architecture_untrained(kind: str, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    checkpoint = open_checkpoint(tiny(tmp_path / kind, kind))
    one, again, other = (untrained(checkpoint, seed) for seed in (5, 5, 6))
    assert one is not None
    assert again is not None
    assert other is not None
    table = input_embeddings(checkpoint)
    assert table.shape == untrained_inputs(one).shape == (checkpoint.shape.ids, WIDTH)
    assert abs(np.corrcoef(table.ravel(), untrained_inputs(one).ravel())[0, 1]) < 0.05
    run = np.arange(20, 60, dtype=np.uint16)
    np.testing.assert_array_equal(one.score(run, hidden=True).hidden, again.score(run, hidden=True).hidden)
    assert np.abs(one.score(run, hidden=True).hidden - other.score(run, hidden=True).hidden).max() > 0.1  # type: ignore[operator]


def test_the_control_runs_where_the_reader_runs_on_any_number_of_threads() -> None:
    pytest.importorskip("torch")
    pytest.importorskip("onnx")
    shipped = load_reader("bilingual-mini")
    control, threaded = control_of(shipped, 5), control_of(load_reader("bilingual-mini", threads=2), 5)
    assert isinstance(control, OnnxReader)
    assert isinstance(threaded, OnnxReader)
    assert threaded.threads == 2
    run = np.arange(20, 2_020, dtype=np.uint16)
    hidden = control.score(run, hidden=True).hidden
    assert hidden is not None
    np.testing.assert_array_equal(hidden, threaded.score(run, hidden=True).hidden)
    on_torch = untrained(checkpoint_of(shipped), 5)
    assert on_torch is not None
    theirs = on_torch.score(run, hidden=True).hidden
    assert theirs is not None
    assert (units(hidden) * units(theirs)).sum(1).min() > 0.97  # int8 moves a state this little


def test_without_torch_there_are_no_random_weights(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "genomebook.training.pretraining.untrained", None)
    assert untrained(checkpoint_of(reader)) is None


def test_a_reader_that_is_not_ours_is_refused() -> None:
    class Foreign:
        name = "owner/model"

    with pytest.raises(ReaderError, match="owner/model: has no embeddings of these words"):
        checkpoint_of(Foreign())  # type: ignore[arg-type]


def test_english_words_are_read_in_their_context(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("english_words")
    checkpoint = open_checkpoint(DATA / "bilingual-mini")
    words = single_words(checkpoint.scripts)
    assert {"house", "water"} <= set(words)
    assert all(word.isalpha() and word.islower() and len(word) >= 3 for word in words)
    assert single_words(open_checkpoint(DATA / "encoder-mini").scripts) == {}
    text = tmp_path / "text.txt"
    text.write_text("The water ran by the old house and the water was cold. " * 40)
    tokens = english_tokens(checkpoint.scripts, [text])
    model = untrained(checkpoint)
    assert model is not None
    found = english_contexts(model, tokens, each=4)
    read = tokens[model.window // 2 :][: found.read]
    assert found.read % (model.window // 2) == 0
    assert found.counts[words["water"]] == np.count_nonzero(read == words["water"])
    assert (tokens[found.ordinals] == found.ids).all()
