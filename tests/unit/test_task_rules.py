"""Rules of tasks on made-up sequences: what is counted, stored, measured and said to be out of range."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import msgspec
import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score, matthews_corrcoef, roc_auc_score

from genomebook.errors import TaskError
from genomebook.language.alphabet import reverse_complement
from genomebook.tasks.calibration import (
    ReliabilityBin,
    capped,
    error_by_chance,
    expected_calibration_error,
    fit_temperature,
    probabilities,
    reliability,
)
from genomebook.tasks.metrics import estimate, measure
from genomebook.tasks.reach import InRange
from genomebook.tasks.rules.base import PackedRule, gc_shares, logits_along, windows_along
from genomebook.tasks.rules.composition import CompositionRule
from genomebook.tasks.rules.kmers import KmerRule, WordCounter, WordShape
from genomebook.tasks.rules.motifs import MotifNames, MotifRule, motif_features
from genomebook.tasks.task import Examples
from genomebook.training.measures import auc
from genomebook.training.tasks.data import FittingData
from genomebook.training.tasks.gapped import gapped_masks
from genomebook.training.tasks.motifs import read_motifs
from genomebook.training.tasks.reach import fit_range, shuffles

RNG = np.random.default_rng(7)


def sequences(count: int, length: int, letters: str = "ACGT") -> list[str]:
    return ["".join(RNG.choice(list(letters), length)) for _ in range(count)]


def counted(shape: WordShape, sequence: str) -> dict[int, float]:
    values, columns, first = WordCounter(shape).rows([sequence])
    assert first.tolist() == [0, len(values)]
    return dict(zip(columns.tolist(), values.tolist(), strict=True))


def test_words_are_counted_as_by_hand() -> None:
    words = ["".join(word) for word in product("ACGT", repeat=3)]
    shape = WordShape(("111",), both_strands=False, weighting="count")
    sequence = "ACGTNACGACG"
    expected = {words.index(w): float(sequence.count(w)) for w in words if w in sequence}
    assert counted(shape, sequence) == expected
    gapped = counted(WordShape(("101",), both_strands=False, weighting="count"), "ACGAAG")
    pairs = ["".join(pair) for pair in product("ACGT", repeat=2)]
    assert gapped == {pairs.index(w): n for w, n in (("AG", 2), ("CA", 1), ("GA", 1))}


@pytest.mark.parametrize("masks", [("1",), ("1111",), ("11", "110011", *gapped_masks(8))])
def test_strands_count_alike(masks: tuple[str, ...]) -> None:
    shape = WordShape(masks)
    for sequence in sequences(5, 80):
        other = reverse_complement(sequence.encode()).decode()
        mine, theirs = counted(shape, sequence), counted(shape, other)
        assert mine.keys() == theirs.keys()
        np.testing.assert_allclose([mine[k] for k in mine], [theirs[k] for k in mine], rtol=1e-6)


def test_bins_split_a_sequence() -> None:
    shape = WordShape(("1",), both_strands=False, bins=4, weighting="count")
    assert counted(shape, "AACCGGTT") == {0: 2, 4 + 1: 2, 8 + 2: 2, 12 + 3: 2}


def test_tf_idf_is_that_of_scikit_learn() -> None:
    texts = sequences(30, 40)
    peer = TfidfVectorizer(analyzer="char", ngram_range=(3, 3), lowercase=False, sublinear_tf=False)
    peer.fit(texts)
    words = ["".join(word) for word in product("ACGT", repeat=3)]
    scale = np.array([peer.idf_[peer.vocabulary_[w]] if w in peer.vocabulary_ else 1.0 for w in words])
    counter = WordCounter(WordShape(("111",), both_strands=False, weighting="tf-idf"), scale)
    values, columns, _ = counter.rows(texts[:1])
    counts = {w: sum(texts[0].startswith(w, i) for i in range(38)) for w in words}
    raw = np.array([np.log1p(counts[w]) * scale[i] for i, w in enumerate(words)])
    np.testing.assert_allclose(values, (raw / np.linalg.norm(raw))[columns], rtol=1e-5)


@pytest.mark.parametrize("weighting", ["binary", "count", "log", "tf-idf"])
def test_scores_are_features_times_table(weighting: str) -> None:
    shape = msgspec.convert(
        {"masks": ["11", "1001"], "both_strands": True, "bins": 3, "weighting": weighting}, WordShape
    )
    features = WordCounter(shape).features
    scale = RNG.random(features) + 0.5 if weighting == "tf-idf" else None
    rule = KmerRule(shape, RNG.normal(size=(features, 3)), RNG.normal(size=3), scale)
    again = KmerRule.unpack(rule.pack())
    texts = [*sequences(4, 60), "", "A", "NNNN"]
    values, columns, first = WordCounter(shape, scale).rows(texts)
    dense = np.zeros((len(texts), features))
    for row in range(len(texts)):
        dense[row, columns[first[row] : first[row + 1]]] = values[first[row] : first[row + 1]]
    packed = rule.pack().tensors
    np.testing.assert_allclose(
        again.logits(texts), dense @ packed["table"].astype(float) + packed["bias"], atol=2e-2
    )
    np.testing.assert_array_equal(again.logits(texts)[1:2], again.logits(texts[1:2]))


@pytest.mark.parametrize(
    "settings",
    [
        {"masks": ["1" * 9]},
        {"masks": ["1" + "0" * 30 + "1"]},
        {"masks": ["011"]},
        {"masks": ["11"], "bins": 0},
        {"masks": ["11"], "bins": 10**9},
        {"masks": ["11"], "weighting": "other"},
        {"masks": ["11"], "weighting": "tf-idf"},
        {"masks": ["11"], "bins": 2},
    ],
)
def test_damaged_settings_are_refused(settings: dict[str, object]) -> None:
    tensors = {"table": np.zeros((10, 1), np.float16), "bias": np.zeros(1, np.float32)}
    KmerRule.unpack(PackedRule({"masks": ["11"]}, tensors))
    with pytest.raises((ValueError, msgspec.ValidationError)):
        KmerRule.unpack(PackedRule(settings, tensors))


def test_composition_reads_length_and_gc() -> None:
    table = np.array([0.0, 5.0, 0.0, 1.0])[:, None]
    rule = CompositionRule(np.array([10.0]), np.array([0.5]), table, np.array([-1.0]))
    assert rule.logits(["AT", "GC", "A" * 10, "G" * 10])[:, 1].tolist() == [-1, 0, 4, 5]
    assert CompositionRule.unpack(rule.pack()).logits(["GC"]).tolist() == [[0, 0]]
    assert gc_shares(["", "NN", "acgu", "GGN"]).tolist() == [0, 0, 0.5, 1]


def test_motif_scores_are_those_of_biopython(tmp_path: Path) -> None:
    from Bio import motifs
    from Bio.Seq import Seq

    counts = RNG.integers(1, 30, (7, 4))
    lines = ["# made up", ">MA1_MA1.Xyz", *(" ".join(map(str, row)) for row in counts.tolist())]
    path = tmp_path / "motifs.pfm"
    path.write_text("\n".join(lines) + "\n")
    collection = read_motifs(path)
    assert collection.names == ("MA1.Xyz",)
    peer = motifs.Motif(counts=dict(zip("ACGT", counts.T.tolist(), strict=True)))
    matrix = peer.counts.normalize(0.5).log_odds()
    text = sequences(1, 50)[0]
    forward = matrix.calculate(Seq(text))
    backward = matrix.reverse_complement().calculate(Seq(text))
    features = motif_features([text, "ACG"], collection.matrices, collection.widths)
    both = np.concatenate([forward, backward])
    np.testing.assert_allclose(features[0], [both.max(), np.log2(np.mean(2.0**both))], atol=0.02)
    rule = MotifRule(
        MotifNames(("x",), "made up", "none"), collection.matrices, collection.widths, np.ones((2, 1)), [0.0]
    )
    np.testing.assert_allclose(rule.logits([text])[0, 1], features[0].sum(), rtol=1e-5)
    np.testing.assert_array_equal(MotifRule.unpack(rule.pack()).logits([text]), rule.logits([text]))


@pytest.mark.parametrize(("window", "step"), [(30, 7), (30, 40), (6, 1), (4, 3)])
def test_motifs_along_a_sequence_are_those_of_its_windows(window: int, step: int) -> None:
    matrices = RNG.normal(size=(3, 9, 4)).astype(np.float32)
    names = MotifNames(("a", "b", "c"), "made up", "none")
    rule = MotifRule(names, matrices, np.array([9, 6, 5]), RNG.normal(size=(6, 1)), [0.5])
    text = sequences(1, 400)[0]
    text = f"{text[:200]}NNN{text[200:]}"
    expected = rule.logits(windows_along(text, window, step))
    np.testing.assert_array_equal(logits_along(rule, text, window, step), expected)
    assert logits_along(rule, "ACG", window, step).shape == (0, 2)


@pytest.mark.parametrize(
    "text", ["", "1 2 3 4\n", ">a\n1 2 3\n", ">a\n1 2 x 4\n", ">a\n1 2 -3 4\n", ">a\n>b\n1 2 3 4\n"]
)
def test_what_is_no_motif_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "motifs.pfm"
    path.write_text(text)
    with pytest.raises(TaskError, match=r"motifs\.pfm"):
        read_motifs(path)


def test_metrics_are_those_of_scikit_learn() -> None:
    truth, said = RNG.integers(0, 3, 200), RNG.integers(0, 3, 200)
    said[:100] = truth[:100]
    assert measure("MCC", truth, said, 3) == pytest.approx(matthews_corrcoef(truth, said))
    assert measure("F1", truth, said, 3) == pytest.approx(f1_score(truth, said, average="macro"))
    assert measure("accuracy", truth, said, 3) == pytest.approx((truth == said).mean())
    assert measure("MCC", truth, np.zeros_like(said), 3) == 0
    scores = RNG.integers(0, 20, 200)
    assert auc(scores, truth == 1) == pytest.approx(roc_auc_score(truth == 1, scores))


def test_interval_of_accuracy_is_about_that_of_the_binomial() -> None:
    truth = np.zeros(400, int)
    said = (np.arange(400) < 100).astype(int)
    figure = estimate("accuracy", truth, said, 2, np.random.default_rng(0))
    assert figure.value == 0.75
    assert figure.low == pytest.approx(0.75 - 1.96 * np.sqrt(0.75 * 0.25 / 400), abs=0.008)
    assert figure.high == pytest.approx(0.75 + 1.96 * np.sqrt(0.75 * 0.25 / 400), abs=0.008)


def test_temperature_and_calibration_error() -> None:
    z = RNG.normal(0, 2, 20_000)
    truth = (RNG.random(20_000) < 1 / (1 + np.exp(-z))).astype(int)
    logits = np.stack([np.zeros_like(z), 3 * z], 1)
    temperature = fit_temperature(logits, truth)
    assert temperature == pytest.approx(3, rel=0.05)
    before, after = (reliability(probabilities(logits, t), truth) for t in (1, temperature))
    assert expected_calibration_error(after) < 0.02 < 0.05 < expected_calibration_error(before)
    assert sum(each.answers for each in after) == 20_000
    assert expected_calibration_error([ReliabilityBin(0.9, 0.6, 3), ReliabilityBin(0.5, 0.5, 1)]) == (
        pytest.approx(0.225)
    )


def test_a_few_right_answers_are_no_certainty() -> None:
    logits = np.array([[0.0, 9.0], [9.0, 0.0]] * 20)
    truth = np.array([1, 0] * 20)
    surest = probabilities(logits, fit_temperature(logits, truth)).max()
    assert surest == pytest.approx(1 - 1 / 42, abs=1e-3)


def test_unsure_rows_are_capped_and_keep_their_order() -> None:
    given = np.array([[0.97, 0.02, 0.01], [0.97, 0.02, 0.01], [0.5, 0.3, 0.2]], np.float32)
    after = capped(given, np.array([True, False, True]), 0.9)
    assert after[0].max() == pytest.approx(0.9)
    assert after[0, 1] > after[0, 2]
    np.testing.assert_allclose(after[1:], given[1:])
    np.testing.assert_allclose(after.sum(1), 1, atol=1e-6)


def test_rounding_lifts_no_capped_row_to_the_bound() -> None:
    top = RNG.uniform(0.9, 1, 2000)
    given = np.stack([top, 1 - top], 1).astype(np.float32)
    assert (capped(given, np.ones(2000, bool), 0.9) < 0.9).all()


def test_the_error_by_chance_is_that_of_answers_without_a_fault() -> None:
    p = RNG.uniform(0.5, 1, 900)
    sure = np.stack([p, 1 - p], 1)
    errors = [
        expected_calibration_error(reliability(sure, (RNG.random(900) > p).astype(int))) for _ in range(50)
    ]
    assert error_by_chance(sure) == pytest.approx(np.mean(errors), rel=0.15)


def test_out_of_range_is_said_with_the_figure() -> None:
    training = [text for text in sequences(400, 100) if "ACGTTGCA" not in text]
    training = [f"{text[:40]}ACGTTGCAAC{text[50:]}" for text in training]
    examples = Examples(training, np.zeros(len(training), np.int8), np.full(len(training), "train"), {})
    in_range = fit_range(FittingData("made-up", ("no", "yes"), "MCC", examples, examples, Path()))
    again = InRange(in_range.limits, in_range.tensors)
    for each in (in_range, again):
        inside = [each.check(sequence) is None for sequence in training]
        assert np.mean(inside) > 0.9
        assert "99 letters" in str(each.check("A" * 99))
        assert "GC content is 0%" in str(each.check("AT" * 50))
        assert "k-mers" in str(each.check("ACGT" * 25))
    mixed = shuffles(training, "test")
    real, shuffled = (in_range.modesty(in_range.log_odds(each)) for each in (training, mixed))
    assert real.shape == (len(training), 1)
    assert 0 <= shuffled.min() < real.max() <= 1
    assert real.mean() > shuffled.mean() + 0.1
