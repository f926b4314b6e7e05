"""The benchmark of boundaries: the published windows and the trivial bar by hand; our own decoding in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.common.report import DOCS, RESULTS, markdown
from benchmarks.models import markov, windowed
from benchmarks.segmentation import scored
from benchmarks.segmentation.segment import apart, edged, in_windows, spread
from genomebook.language.encode import Encoder
from genomebook.segmentation.priors import PARAGRAPH, SENTENCE
from genomebook.segmentation.scorer import open_scorer
from tests.support.dna import random_dna

ROOT = Path(__file__).resolve().parents[2]


def letters(n: int, seed: int = 1) -> np.ndarray:
    return np.frombuffer(random_dna(n, seed), np.uint8)


@pytest.mark.parametrize(("n", "windows", "twice"), [(256, 1, 0), (257, 2, 64), (640, 3, 128), (10, 1, 0)])
def test_what_windows_share_is_printed_twice(n: int, windows: int, twice: int) -> None:
    printed = windowed.divide(np.arange(n, dtype=np.float64) / n, "paragraph")
    assert printed.twice == twice
    assert len(printed.per_window) == windows
    assert windowed.starts(n).tolist() == [192 * i for i in range(windows)]


def test_a_paragraph_ends_above_the_mean_of_the_five_largest() -> None:
    p = np.full(256, 0.01)
    p[[10, 50, 90, 130, 170, 210]] = [0.9, 0.8, 0.4, 0.3, 0.2, 0.1]  # the mean of five is 0.52
    odds = np.log(p / (1 - p))
    assert windowed.divide(odds, "paragraph").marked.tolist() == [10, 50]
    # of fifteen: 2.7 and nine times 0.01 over 15 are 0.186
    assert windowed.divide(odds, "sentence").marked.tolist() == [10, 50, 90, 130, 170]


def test_every_window_has_its_quota_whatever_it_says() -> None:
    quiet = np.random.default_rng(1).normal(-12, 0.1, 192 * 40 + 64)
    loud = quiet + 10
    for odds in (quiet, loud):
        counts = windowed.divide(odds, "paragraph").per_window
        assert len(counts) == 40
        assert 1 <= counts.min() <= counts.max() <= 4


def test_windows_disagree_in_what_they_share_and_move_with_the_start() -> None:
    odds = np.full(448, -5.0)
    odds[[200, 300, 310, 320, 330, 340, 350]] = [-1, 3, 3, 3, 3, 2, 2]  # 200 leads in the first window only
    printed = windowed.divide(odds, "paragraph")
    assert printed.disputed == 1
    assert 200 in printed.marked
    later = windowed.divide(odds, "paragraph", 199)
    assert 200 not in later.marked
    assert windowed.moved(printed.marked, later.marked, 199) == pytest.approx(1 / len(printed.marked))
    assert windowed.moved(printed.marked, printed.marked, 0) == 0
    assert windowed.moved(np.array([5]), np.array([5]), 10) == 0


def test_the_bar_finds_where_copies_of_known_sequence_begin_and_end() -> None:
    known = letters(3_000)
    text = np.concatenate([letters(4_000, 2), known[:1_000], letters(4_000, 3)])
    for mixing in (markov.Mixing(2), markov.Mixing(0.2, constant=True)):
        cost = markov.costs(markov.count([known] * 5), mixing)
        differs = markov.change(markov.surprisal(text, cost))
        found = markov.largest(differs, 2)
        assert np.abs(found - [4_000, 5_000]).max() <= 20
        each = markov.one_per(differs, 400)
        assert (each // 400 == np.arange(len(text) // 400)).all()
        assert {int(place) for place in found} <= {int(place) for place in each}


def test_probabilities_of_the_bar_by_hand() -> None:
    counts = markov.count([np.frombuffer(b"AAAAC", np.uint8)], 2)  # AA 3, AC 1, and TT 3, GT 1
    assert counts.reshape(4, 4).tolist() == [[3, 1, 0, 0], [0] * 4, [0, 0, 0, 1], [0, 0, 0, 3]]
    first = (np.array([3, 1, 0, 4]) + 2 * 0.25) / (8 + 2)
    after = (np.array([3, 1, 0, 0]) + 2 * first) / (4 + 2)
    p = 2.0 ** -markov.costs(counts, markov.Mixing(2)).reshape(4, 4)
    assert p[0] == pytest.approx(after, rel=1e-5)
    assert p[1] == pytest.approx(first, rel=1e-5)  # a context never seen falls back
    assert p.sum(axis=1) == pytest.approx(1, rel=1e-5)
    p = 2.0 ** -markov.costs(counts, markov.Mixing(0.3, constant=True)).reshape(4, 4)
    first = 0.7 * np.array([3, 1, 0, 4]) / 8 + 0.3 * 0.25
    assert p[0] == pytest.approx(0.7 * np.array([3, 1, 0, 0]) / 4 + 0.3 * first, rel=1e-5)
    assert p[1] == pytest.approx(first, rel=1e-5)


def test_surprisal_knows_nothing_beside_a_gap() -> None:
    cost = markov.costs(markov.count([letters(500)], 4), markov.Mixing(1))
    text = letters(40).copy()
    text[20] = ord("N")
    unknown = np.flatnonzero(np.isnan(markov.surprisal(text, cost)))
    assert unknown.tolist() == [0, 1, 2, 20, 21, 22, 23]
    assert markov.change(np.ones(2_000))[[0, 1_000, 2_000]].tolist() == [0, 0, 0]


def test_largest_keeps_its_distance() -> None:
    differs = np.zeros(1_000)
    differs[[100, 150, 300, 700]] = [5, 4, 3, 2]
    assert markov.largest(differs, 3, 100).tolist() == [100, 300, 700]


def test_scores_and_ends_are_those_of_the_library() -> None:
    scorer, text = open_scorer(), letters(60_000)
    kept = scored.scored(scorer, text)
    expected = scorer.score(Encoder(scorer.vocabulary).encode(text))
    for name in scorer.signals:
        assert (kept.units[name] == expected[name]).all()
        for ours, theirs in zip(
            scored.decode(kept.units[name], kept.ends), scorer.divide(text)[name], strict=True
        ):
            assert (ours == theirs).all()
    many = scored.as_many(kept.units["switch"], kept.ends, 150)
    few = scored.as_many(kept.units["switch"], kept.ends, 20)
    assert abs(len(many) - 150) <= 8
    assert abs(len(few) - 20) <= 3
    with pytest.raises(ValueError, match="gap"):
        scored.scored(scorer, np.append(text, np.uint8(ord("N"))))


def test_other_priors_are_distributions() -> None:
    for _, priors in scored.other_priors():
        for units in priors:
            assert np.exp(units[1:] / 16).sum() == pytest.approx(1, abs=0.05)
    for english in (SENTENCE, PARAGRAPH):
        assert len(set(scored.flat(english)[1:].tolist())) == 1
        steps = np.diff(scored.geometric(english)[1:])  # all alike, but for rounding
        assert steps.max() - steps.min() <= 1
        assert steps.sum() < -40


def test_crowded_boundaries_count_once() -> None:
    assert apart(np.array([0, 39, 40, 60, 80, 500])).tolist() == [0, 40, 80, 500]


def test_ends_in_windows() -> None:
    ends = np.arange(1, 641) * 4
    counts = in_windows(np.array([4, 4 * 200, 4 * 256, 4 * 640]), ends)
    assert counts.tolist() == [3, 2, 1]  # words 0, 199, 255 | 199, 255 | 639
    assert spread(np.array([2, 2, 2]))["dispersion"] == 0


def test_edges_of_the_soft_mask() -> None:
    assert edged("x", np.frombuffer(b"ACgtACg", np.uint8)).edges.tolist() == [2, 4, 6]


def test_docs_show_the_results() -> None:
    assert markdown("segment", RESULTS) in DOCS.read_text()
    text = (RESULTS / "segment.json").read_text()
    assert not [word for word in ("/home", "/work", "/tmp", "/root") if word in text]
