"""Bits of words: the rules by hand, and a reader beside them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from genomebook.errors import ReaderError
from genomebook.training.corpora.corpus import CorpusSources
from genomebook.training.pretraining.held_out import DISCOUNT, frequency_bits, pair_bits, word_figures
from tests.support import checkpoints
from tests.support.corpora import build

TRAIN = np.array([1, 2, 1, 2, 1, 3], np.uint16)


def test_frequencies_by_hand() -> None:
    bits = frequency_bits(TRAIN, np.array([1, 0]), 4)
    assert bits.tolist() == pytest.approx([-np.log2(4 / 10), -np.log2(1 / 10)])


def test_pairs_by_hand() -> None:
    bits = pair_bits(TRAIN, np.array([1, 1, 0]), np.array([2, 1, 2]), 4)
    share = DISCOUNT * 2 / 3
    wanted = [(2 - DISCOUNT) / 3 + share * 3 / 10, share * 4 / 10, 3 / 10]
    assert bits.tolist() == pytest.approx((-np.log2(wanted)).tolist())


def test_pairs_sum_to_one() -> None:
    for before in range(4):
        bits = pair_bits(TRAIN, np.full(4, before), np.arange(4), 4)
        assert (2.0**-bits).sum() == pytest.approx(1)


@pytest.mark.parametrize("kind", ["causal", "masked"])
def test_a_reader_stands_beside_the_rules(sources: CorpusSources, tmp_path: Path, kind: str) -> None:
    corpus = build(sources, tmp_path / "corpus")
    folder = checkpoints.tiny(tmp_path / "reader", kind, boundaries=False)
    with pytest.raises(ReaderError, match="has another id space"):
        word_figures(folder, corpus, tmp_path / "no.json")
    corpus.scripts.write(folder)
    model_ids = json.loads((folder / "config.json").read_text())["vocab_size"]
    assert model_ids == corpus.scripts.size
    checkpoints.edit(folder, scripts=corpus.scripts.digest, words=corpus.scripts.words.digest)
    rows = word_figures(folder, corpus, tmp_path / "words.json", windows=6)
    rules = ["reader", "random weights", "word frequencies", *(["word pairs"] if kind == "causal" else [])]
    assert [(row["script"], row["rule"]) for row in rows] == [
        (s, r) for s in ("dna", "english") for r in rules
    ]
    bits = {(row["script"], row["rule"]): row["bits"] for row in rows}
    random = bits["english", "random weights"]
    assert random == pytest.approx(np.log2(corpus.scripts.size - corpus.scripts.first_mark), abs=1)
    assert bits["english", "word frequencies"] < random
    assert "| DNA | reader |" in (tmp_path / "words.md").read_text()
