"""Fine-tuning on pairs, the figures, and the table of what carried over."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest

from genomebook.errors import OptionError
from genomebook.training.measures import (
    auc,
    average_precision,
    best_accuracy,
    best_threshold,
    classified,
    precision_recall,
    write_result,
)
from genomebook.training.pairs.english import TextPair
from genomebook.training.pairs.model import Tuning, encode, fine_tune, predict
from genomebook.training.pairs.sets import PairSet, english_sets, with_unrelated
from genomebook.training.pairs.transfer import jaccard, transfer
from genomebook.training.shipping.folder import load_model
from tests.support.checkpoints import scripts, tiny

pytestmark = pytest.mark.usefixtures("one_torch_thread")

WORDS = ["was", "of", "the", "best", "times", "it", "age", "worst"]


def easy_pairs(seed: int, count: int) -> list[TextPair]:
    """Alike when the second begins with "best"."""
    rng = np.random.default_rng(seed)
    texts = [" ".join(rng.choice(WORDS, int(rng.integers(3, 9)))) for _ in range(2 * count)]
    return [
        TextPair(a, f"{'best' if i % 2 else 'worst'} {b}", i % 2)
        for i, (a, b) in enumerate(zip(texts[::2], texts[1::2], strict=True))
    ]


def dna_pairs(count: int) -> list[TextPair]:
    rng = np.random.default_rng(9)
    sides = ["".join(rng.choice(list("ACGT"), 50)) for _ in range(2 * count)]
    return [
        TextPair(a, a if i % 2 else b, i % 2)
        for i, (a, b) in enumerate(zip(sides[::2], sides[1::2], strict=True))
    ]


def test_pairs_are_tokenized_with_their_marks_and_fit_the_window():
    pair = TextPair("it was the best", "it was", 1)
    (ids,) = encode(scripts(), [pair], "english", 64)
    assert scripts().decode(ids.astype(np.uint16)) == "<end>it was the best<sep>it was<end>"
    long = TextPair("the " * 90, "best", 1)
    (ids,) = encode(scripts(), [long], "english", 64)
    assert len(ids) == 64
    assert scripts().decode(ids.astype(np.uint16)).endswith("<sep>best<end>")
    (ids,) = encode(scripts(), [TextPair("ACGT" * 90, "TTCA" * 200, 0)], "dna", 64)
    assert len(ids) == 64
    assert 25 <= ids.tolist().index(scripts().mark("<sep>")) <= 35


def test_figures_agree_with_their_definitions():
    rng = np.random.default_rng(0)
    scores, labels = rng.integers(0, 6, 80).astype(float), rng.integers(0, 2, 80)
    p, n = scores[labels == 1], scores[labels == 0]
    assert auc(scores, labels) == pytest.approx(np.mean((p[:, None] > n) + 0.5 * (p[:, None] == n)))
    cuts = sorted(set(scores))
    f1 = {cut: precision_recall(scores >= cut, labels)["f1"] for cut in cuts}
    assert f1[best_threshold(scores, labels)] == max(f1.values())
    right = {cut: classified(scores, labels, cut)["accuracy"] for cut in cuts}
    assert right[best_accuracy(scores, labels)] == max(right.values())
    steps = [precision_recall(scores >= cut, labels) for cut in cuts[::-1]]
    gains = np.diff([0.0, *(one["recall"] for one in steps)])
    assert average_precision(scores, labels) == pytest.approx(
        sum(g * s["precision"] for g, s in zip(gains, steps, strict=True))
    )
    assert np.isnan(auc(scores, np.ones(80, int)))
    assert classified(np.array([1.0, 1.0, 1.0]), np.array([1, 1, 0]), 0.5)["balanced"] == 0.5


@pytest.mark.parametrize("pooling", ["last", "mean"])
def test_fine_tuning_learns_and_is_reproducible(tmp_path, pooling):
    model = load_model(tiny(tmp_path / "c", boundaries=False), "causal")
    train, test = easy_pairs(0, 200), easy_pairs(1, 60)
    labels = np.array([pair.label for pair in train])
    tuning = Tuning(steps=60, rows=16, rate=5e-3, pooling=pooling)
    encoded = encode(scripts(), train, "english", 64)
    asked = encode(scripts(), test, "english", 64)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    odds = [predict(fine_tune(model, encoded, labels, tuning, seed), asked) for seed in (0, 0, 1)]
    assert classified(odds[0], np.array([p.label for p in test]), 0.0)["auc"] > 0.85
    assert (odds[0] == odds[1]).all()
    assert (odds[0] != odds[2]).any()
    assert all((before[name] == value).all() for name, value in model.state_dict().items())


def test_likeness_of_two_sides_is_learnt(tmp_path):
    model = load_model(tiny(tmp_path / "c", boundaries=False), "causal")

    def alike(seed: int) -> list[TextPair]:
        rng = np.random.default_rng(seed)
        texts = [" ".join(rng.choice(WORDS, 4)) for _ in range(301)]
        return [TextPair(a, a if i % 2 else b, i % 2) for i, (a, b) in enumerate(pairwise(texts))]

    train, test = alike(0), alike(1)
    labels = np.array([pair.label for pair in train])
    tuning = Tuning(steps=120, rows=16, rate=5e-3, pooling="sides")
    pair = fine_tune(model, encode(scripts(), train, "english", 64), labels, tuning, 0)
    odds = predict(pair, encode(scripts(), test, "english", 64))
    assert auc(odds, np.array([p.label for p in test])) > 0.65


def test_a_prediction_does_not_depend_on_its_batch(tmp_path):
    model = load_model(tiny(tmp_path / "c", boundaries=False), "causal")
    asked = encode(scripts(), easy_pairs(1, 30), "english", 64)
    for pooling in ("last", "mean", "sides"):
        pair = fine_tune(model, asked, np.arange(30) % 2, Tuning(steps=2, rows=8, pooling=pooling), 0)
        np.testing.assert_allclose(predict(pair, asked, 64), predict(pair, asked, 1), atol=1e-4)


def test_the_table_has_every_row_and_no_label_of_dna(tmp_path):
    readers = {
        "both": tiny(tmp_path / "a", seed=0),
        "english only": tiny(tmp_path / "b", seed=1),
        "encoder": tiny(tmp_path / "e", kind="masked"),
    }
    tests = [PairSet("held out", "english", easy_pairs(1, 20)), PairSet("DNA50", "dna", dna_pairs(20))]
    body = transfer(
        readers, easy_pairs(0, 40), tests, tmp_path / "r.json", tuning=Tuning(steps=2, rows=8), seeds=(0, 1),
        report=lambda line: None,
    )  # fmt: skip
    assert json.loads((tmp_path / "r.json").read_text()) == body
    rows = {(row["reader"], row["set"]): row for row in body["rows"]}
    names = {name for name, _ in rows}
    assert names == {
        "3-mer Jaccard", "6-mer Jaccard", "majority class", "both", "both, random weights", "english only",
        "encoder", "encoder, random weights",
    }  # fmt: skip
    assert len(rows) == 2 * len(names)
    assert len(rows["both", "DNA50"]["auc"]["each"]) == 2
    assert rows["6-mer Jaccard", "DNA50"]["auc"]["mean"] == 1.0
    assert rows["majority class", "DNA50"]["balanced"]["mean"] == 0.5
    assert (tmp_path / "r.md").read_text().count("\n") == len(names) + 2
    assert body["train"]["script"] == "english"


def test_jaccard_counts_shared_pieces():
    assert jaccard(TextPair("ABCD", "abcd", 1), 3) == 1.0
    assert jaccard(TextPair("abcd", "abce", 1), 3) == pytest.approx(1 / 3)
    assert jaccard(TextPair("ab", "ab", 1), 3) == 0.0


def test_half_of_the_negatives_become_unrelated():
    pairs = [TextPair(f"a{i}", f"b{i}", i % 2) for i in range(40)]
    mixed = with_unrelated(pairs, 0)
    assert [p.label for p in mixed] == [p.label for p in pairs]
    assert sum(p != q for p, q in zip(pairs, mixed, strict=True)) == 10


def test_no_sentence_of_a_test_is_learnt(tmp_path):
    head = "sentence1\tsentence2\tlabel\n"
    (tmp_path / "train.tsv").write_text(head + "one here .\ttwo here .\t1\nthree .\tfour .\t0\n")
    (tmp_path / "test.tsv").write_text(head + "two here .\tfive .\t0\n")
    train, tests = english_sets([], [tmp_path / "train.tsv"], {"t": tmp_path / "test.tsv"}, made=0, seed=0)
    assert [pair.a for pair in train] == ["three."]
    assert [one.name for one in tests] == ["t"]


def test_results_need_a_folder(tmp_path):
    with pytest.raises(OptionError, match="make it first"):
        write_result(tmp_path / "no" / "r.json", {}, "")
