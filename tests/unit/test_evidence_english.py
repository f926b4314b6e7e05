"""Signals measured on English with hidden ends, with a reader that learns made-up text in seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.segmentation.english_evidence import (
    LogisticRegression,
    Seen,
    _Choice,
    _measured,
    changes,
    english,
    f1,
    wide,
)
from genomebook.errors import ReaderError
from genomebook.training.boundaries.heads import BoundaryTuning
from genomebook.training.boundaries.train import boundaries
from tests.support.checkpoints import tiny
from tests.support.english import made_up

pytestmark = pytest.mark.usefixtures("one_torch_thread")

TRAIN, TEST = [made_up(i) for i in range(6)], [made_up(i) for i in (10, 11)]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("english")
    start = tiny(folder / "start", boundaries=False)
    boundaries(
        start, TRAIN, TEST, None, output=folder / "out", result=folder / "out.json", published=False,
        tuning=BoundaryTuning(steps=40, rows=8, rate=3e-3, words=4000), seed=0, report=lambda line: None,
    )  # fmt: skip
    return folder / "out"


def test_signals_find_what_can_be_known(reader: Path):
    told: list[dict] = []
    rows = english(reader, TRAIN, TEST, report=told.append)
    assert sorted(rows) == ["combined", "shift", "surprise", "transfer"]
    by = {(name, row.label, row.level): row for name, some in rows.items() for row in some}
    best = by["transfer", "capitals", "sentence"]
    assert best.value is not None
    assert best.value > 0.8
    assert best.n > 150
    wide_head = by["transfer", "small letters, wide head", "paragraph"]
    assert wide_head.value is not None
    assert wide_head.value > 0.9  # "age" is seen two words before the end
    for row in by.values():
        assert row.control == "english"
        assert row.unit == "F1"
        assert row.value is not None
        assert row.control_value is not None
        assert 0 <= row.low <= row.value <= row.high <= 1
    assert {line["text"] for line in told if line.get("signal") == "random"} == {"capitals", "small letters"}


def test_a_reader_without_heads_or_texts_is_refused(reader: Path, tmp_path: Path):
    with pytest.raises(ReaderError, match="no heads"):
        english(tiny(tmp_path / "none", boundaries=False), TRAIN, TEST, report=lambda line: None)
    with pytest.raises(ReaderError, match="too few"):
        english(reader, TRAIN[:1], TEST, report=lambda line: None)


def test_what_is_beside_a_word_stays_in_its_text():
    hidden = np.arange(1, 13, dtype=np.float16).reshape(6, 2)
    document = np.array([0, 0, 0, 1, 1, 1])
    zero = np.zeros((6, 2), np.float32)
    seen = Seen(zero, hidden, zero, document, np.zeros((6, 2), np.bool_))
    around = wide(seen)
    assert around[2].tolist() == [3, 4, 5, 6, 0, 0, 0, 0]
    assert around[3].tolist() == [0, 0, 7, 8, 9, 10, 11, 12]
    bits, states = changes(seen)
    assert bits.shape == (6, 3)
    assert states[[2, 5]].tolist() == [[0, 0], [0, 0]]
    assert (states[[0, 1, 3, 4]] > 0).all()


def test_decoding_weighs_strength_against_length():
    prior = _measured(np.full(1000, 5), 20)
    assert prior[5] > prior[4] == prior[6]
    document = np.repeat([0, 1], 10)
    flat = _Choice(prior, 1.0, 0.0).decode(np.zeros(20), document)
    assert np.flatnonzero(flat).tolist() == [4, 9, 14, 19]
    loud = np.zeros(20)
    loud[6] = 30
    assert not flat[6]
    assert _Choice(prior, 1.0, 0.0).decode(loud, document)[6]
    assert not len(_Choice(prior, 1.0, 0.0).decode(np.zeros(0), np.zeros(0, np.int64)))


def test_layers_find_a_rule_and_f1_counts():
    rng = np.random.default_rng(0)
    columns = rng.normal(3, 9, (3000, 4))
    ends = np.stack([columns[:, 1] > 3, columns[:, 2] + columns[:, 3] > 6], axis=1)
    odds = LogisticRegression(columns[:2000], ends[:2000], 1e-5).odds(columns[2000:])
    for i in range(2):
        assert f1(odds[:, i] > 0, ends[2000:, i], rng).value > 0.97
    called, truth = np.zeros(4000, np.bool_), np.zeros(4000, np.bool_)
    truth[::10], called[::20] = True, True
    figure = f1(called, truth, rng)
    assert figure.value == pytest.approx(2 / 3)
    assert figure.low <= figure.value <= figure.high
    assert f1(called & False, truth, rng).value == 0.0
