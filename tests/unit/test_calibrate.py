from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from benchmarks.segmentation.calibrate import NEAR, CalibrationSample, find_scale, logistic, main
from genomebook.annotation.tracks import AnnotationTrack
from genomebook.book.schema import STRENGTH_UNIT
from genomebook.language.alphabet import GAP
from genomebook.language.encode import Encoder
from genomebook.language.vocabulary import load_vocabulary
from genomebook.models.letters import Letters
from genomebook.segmentation.boundaries import decode
from genomebook.segmentation.priors import PARAGRAPH, SENTENCE
from genomebook.segmentation.signals import SIGNALS, Scale
from tests.support.books import fasta
from tests.support.dna import as_array, random_dna, tandem


@cache
def encoder() -> Encoder:
    return Encoder(load_vocabulary("words-4096"))


@cache
def sample() -> CalibrationSample:
    records = {"a": random_dna(150_000, 1), "b": random_dna(3000, 2) + b"N" * 90 + random_dna(60_000, 3)}
    return CalibrationSample({name: as_array(letters) for name, letters in records.items()}, encoder(), [])


def track(**intervals: tuple[int, int]) -> AnnotationTrack:
    """Intervals by volume."""
    rows = [{"volume": name, "start": a, "end": b, "strand": "."} for name, (a, b) in intervals.items()]
    return AnnotationTrack("t", "t.bed", "", pd.DataFrame(rows).astype({"volume": "category"}))


# --- scales


def lengths(scale: Scale, raw: NDArray[np.float64]) -> tuple[float, float]:
    """Words in a sentence, sentences in a paragraph."""
    sentences, paragraphs = decode(scale.units(raw), sample().is_gap)
    return np.count_nonzero(~sample().is_gap) / len(sentences), len(sentences) / len(paragraphs)


@pytest.mark.parametrize("as_it_is", [False, True])
@pytest.mark.parametrize("kind", ["normal", "skewed", "rare", "opposed"])
def test_scales_give_text_the_lengths_of_english(kind: str, as_it_is: bool) -> None:
    rng = np.random.default_rng(5)
    n = len(sample().ids)
    raw = {
        "normal": rng.normal([3, -7], [2.0, 0.5], (n, 2)),
        "skewed": rng.gamma(2.0, 1.5, (n, 2)),
        "rare": rng.normal(-9, 0.7, (n, 2)) + 8 * (rng.random((n, 1)) < 0.03),
        "opposed": rng.normal(0, 1, (n, 1)) * [1.0, -1.0],
    }[kind]
    scale = find_scale(raw, sample(), as_it_is)
    wanted = SENTENCE.mean(), PARAGRAPH.mean()
    assert lengths(scale, raw) == pytest.approx(wanted, rel=0.08)
    lower = Scale(scale.slope, (scale.offset[0] - STRENGTH_UNIT, scale.offset[1]))
    assert lengths(scale, raw)[0] < 1.005 * wanted[0]  # the right one lies within a step
    assert lengths(lower, raw)[0] > 0.995 * wanted[0]
    spread = raw[sample().breaks == 0].std(axis=0)
    assert scale.slope == pytest.approx((1, 1) if as_it_is else 1 / spread, rel=1e-4)
    if as_it_is:
        assert scale.slope == (1.0, 1.0)


def test_a_scale_does_not_depend_on_the_unit_of_the_raw_values() -> None:
    raw = np.random.default_rng(6).normal(0, 1, (len(sample().ids), 2))
    one, two = find_scale(raw, sample()), find_scale(1000 * raw + 500, sample())
    assert np.abs(one.units(raw).astype(int) - two.units(1000 * raw + 500)).max() <= 2


# --- the sample


def test_records_of_a_sample_are_parted_by_gaps() -> None:
    letters = {"a": as_array(random_dna(2000, 1)), "b": as_array(random_dna(1000, 2))}
    found = CalibrationSample(letters, encoder(), [])
    words = [encoder().encode(one) for one in letters.values()]
    assert found.ids.tolist() == [*words[0].tolist(), GAP, *words[1].tolist(), GAP]
    assert np.isnan(found.label).all()
    assert (found.breaks == (found.is_gap | np.roll(found.is_gap, -1))).all()


@pytest.mark.parametrize("gap", [b"", b"N", b"n" * 700])
def test_gaps_between_words_near_an_edge_are_labelled(gap: bytes) -> None:
    """In letters of the record, whatever gaps lie before."""
    letters = random_dna(3000, 1) + gap + random_dna(5000, 2)
    edges = (len(gap) + 4000, len(gap) + 6500)
    found = CalibrationSample({"a": as_array(letters), "b": as_array(letters)}, encoder(), [track(a=edges)])
    sizes = encoder().vocabulary.lengths.astype(int)
    sizes[GAP] = len(gap)
    count = len(found.ids) // 2
    ends = np.cumsum(sizes[found.ids[: count - 1]])
    assert ends[-1] == len(letters)
    wanted = [min(abs(end - edge) for edge in edges) <= NEAR for end in ends.tolist()]
    assert found.label[: count - 1].tolist() == wanted
    assert 4 <= sum(wanted) <= 12
    assert np.isnan(found.label[count - 1 :]).all()  # no track there, so nothing to learn from


# --- the regression


def test_planted_weights_are_found() -> None:
    rng = np.random.default_rng(7)
    x = rng.normal([0, -4, 2], [1, 2, 0.5], (60_000, 3))
    weight, constant = np.array([0.8, -0.3, 0.0]), -1.2
    y = (rng.random(len(x)) < 1 / (1 + np.exp(-(x @ weight + constant)))).astype(float)
    found = logistic(x, y)
    assert found == pytest.approx([*weight, constant], abs=0.1)
    p = 1 / (1 + np.exp(-(np.column_stack([x, np.ones(len(x))]) @ found)))
    slope = np.column_stack([x, np.ones(len(x))]).T @ (y - p) - found  # zero at the optimum
    assert slope == pytest.approx(np.zeros(4), abs=1e-4)


def test_a_ridge_keeps_weights_of_separable_data_finite() -> None:
    x = np.array([[-2.0], [-1], [1], [2]])
    weak, strong = (logistic(x, np.array([0.0, 0, 1, 1]), ridge) for ridge in (0.1, 10.0))
    assert np.isfinite(weak).all()
    assert 0 < strong[0] < weak[0] < 10


# --- the command


def test_the_command_writes_constants_and_letters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repeat = tandem(31, 8, 9)
    measured = b"".join(random_dna(400, seed) + repeat for seed in range(40))
    edges = [at for k in range(40) for at in (k * (400 + len(repeat)) + 400, (k + 1) * (400 + len(repeat)))]
    records = {"chr1": random_dna(900, 1), "chr4": random_dna(30_000, 2), "chr6:101-90000": measured}
    records["chr6:101-90000"] = measured + random_dna(89_900 - len(measured), 3)
    (tmp_path / "a.fa").write_bytes(fasta(records))
    rows = [f"chr6\t{a + 100}\t{b + 100}\n" for a, b in zip(edges[::2], edges[1::2], strict=True)]
    (tmp_path / "edges.bed").write_text("".join(rows))
    outputs = ["--letters", str(tmp_path / "letters"), "-o", str(tmp_path / "signals.json")]
    arguments = [str(tmp_path / "a.fa"), "--track", str(tmp_path / "edges.bed"), *outputs]
    monkeypatch.setattr(sys, "argv", ["calibrate", *arguments])
    main()
    content = json.loads((tmp_path / "signals.json").read_text())
    assert content["format"] == "genomebook-signals-1"
    assert content["measured_on"] == ["chr6:101-90000"]
    assert set(content["scales"]) == {*SIGNALS, "combined+"}
    assert set(content["weights"]["combined"]) == {"surprise", "switch"}
    assert set(content["weights"]["combined+"]) == set(SIGNALS) - {"combined"}
    assert content["weights"]["combined"]["switch"] > 0.1  # edges of tandem repeats
    assert json.loads(capsys.readouterr().out)["fitted"] > 10_000
    counted = Letters.count("letters", [as_array(records["chr4"]), as_array(records["chr6:101-90000"])])
    assert Letters.open(tmp_path / "letters").digest == counted.digest  # chr1 is left out
