from __future__ import annotations

import itertools
import json
import math
from importlib import resources

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from genomebook.book.schema import STRENGTH_UNIT
from genomebook.models.registry import shipped_readers
from genomebook.segmentation.priors import PARAGRAPH, SENTENCE
from genomebook.segmentation.signals import (
    DEFAULT,
    FAR,
    NEAR,
    NEURAL,
    SIGNALS,
    STATE_UNIT,
    Scale,
    combined,
    shift,
    shipped_calibration,
    surprise,
    transfer,
    window_change,
)


def plain_change(values: list[list[float]], is_gap: list[bool], reach: int) -> list[float]:
    """The definition, word by word."""
    out = []
    for i in range(len(values)):
        before, after = [], []
        for j in range(i, max(-1, i - reach), -1):
            if is_gap[j]:
                break
            before.append(values[j])
        for j in range(i + 1, min(len(values), i + 1 + reach)):
            if is_gap[j]:
                break
            after.append(values[j])
        if not before or not after:
            out.append(0.0)
            continue
        means = [[sum(column) / len(side) for column in zip(*side, strict=True)] for side in (before, after)]
        harmonic = 2 / (1 / len(before) + 1 / len(after))
        out.append(math.dist(*means) * math.sqrt(harmonic / reach))
    return out


@st.composite
def rows(draw: st.DrawFn) -> tuple[list[list[float]], list[bool]]:
    n, d = draw(st.integers(0, 60)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    often = draw(st.sampled_from([0.0, 0.05, 0.3, 1.0]))
    return rng.integers(-50, 51, (n, d)).astype(float).tolist(), (rng.random(n) < often).tolist()


@given(rows(), st.integers(1, 12))
def test_change_of_the_mean_by_its_definition(
    given_rows: tuple[list[list[float]], list[bool]], reach: int
) -> None:
    values, is_gap = given_rows
    array = np.array(values, np.float64).reshape(len(values), len(values[0]) if values else 1)
    found = window_change(array, np.array(is_gap, bool), reach)
    assert found == pytest.approx(plain_change(values, is_gap, reach), abs=1e-9)


@given(rows(), rows(), st.integers(1, 12))
def test_no_window_reaches_over_a_gap(
    one: tuple[list[list[float]], list[bool]], two: tuple[list[list[float]], list[bool]], reach: int
) -> None:
    def change(values: list[list[float]], is_gap: list[bool]) -> list[float]:
        found = window_change(np.array(values).reshape(-1, 1), np.array(is_gap, bool), reach)
        return [float(x) for x in found]

    a, b = [row[:1] for row in one[0]], [row[:1] for row in two[0]]
    joined = change([*a, [99.0], *b], [*one[1], True, *two[1]])
    assert joined == pytest.approx([*change(a, one[1]), 0, *change(b, two[1])], abs=1e-9)


def test_change_by_hand() -> None:
    values = np.array([[0.0], [0], [0], [6], [6], [6], [1], [6]])
    gaps = np.zeros(8, bool)
    found = window_change(values, gaps, 2)
    assert found[2] == 6  # two on each side
    assert found[[1, 3]].tolist() == [3, 3]
    assert found[0] == 0  # one on the left, two on the right, all 0
    assert found[6] == pytest.approx(abs(6 - 3.5) * math.sqrt(4 / 3 / 2))
    assert found[7] == 0
    gaps[3] = True
    assert window_change(values, gaps, 2)[[2, 3]].tolist() == [0, 0]


def test_scales_turn_raw_values_into_units() -> None:
    scale = Scale((2.0, -1.0), (0.5, 0.0))
    raw = np.array(
        [[0.0, 0.0], [1.0, 1.0], [-0.28, 0.03], [100.0, 100.0], [-100.0, -100.0], [math.inf, math.inf]]
    )
    units = scale.units(raw)
    assert units.dtype == np.int8
    assert units.tolist() == [[8, 0], [40, -16], [-1, 0], [127, -127], [-127, 127], [127, -127]]
    assert scale.units(np.empty((0, 2))).shape == (0, 2)


@given(st.lists(st.tuples(*[st.floats(-1e6, 1e6)] * 2), max_size=20), st.floats(-3, 3), st.floats(-9, 9))
def test_units_are_the_nearest_sixteenths_within_a_byte(
    raw: list[tuple[float, float]], slope: float, offset: float
) -> None:
    units = Scale((slope, slope), (offset, offset)).units(np.array(raw).reshape(-1, 2))
    for row, values in zip(units.tolist(), raw, strict=True):
        for unit, value in zip(row, values, strict=True):
            assert abs(unit - max(-127, min(127, 16 * (slope * value + offset)))) <= 0.5 + 1e-6


def test_combined_is_the_weighted_sum_in_nats() -> None:
    rng = np.random.default_rng(1)
    parts = {name: rng.integers(-127, 128, (30, 2)).astype(np.int8) for name in ("a", "b", "c")}
    weights = {"a": 0.5, "c": -2.0}
    found = combined(parts, weights)
    for i, level in itertools.product(range(30), range(2)):
        wanted = 0.5 * int(parts["a"][i, level]) / 16 - 2.0 * int(parts["c"][i, level]) / 16
        assert found[i, level] == pytest.approx(wanted)
    assert not combined(parts, {}).any()
    assert combined({"a": np.empty((0, 2), np.int8)}, {"a": 1.0}).shape == (0, 2)


def test_raw_signals_are_what_they_say() -> None:
    rng = np.random.default_rng(2)
    is_gap = rng.random(200) < 0.02
    boundary = rng.normal(0, 3, (200, 2)).astype(np.float32)
    assert (transfer(boundary) == boundary).all()
    strength, bits = rng.integers(-127, 128, 200).astype(np.int8), rng.uniform(0, 30, 200)
    found = surprise(strength, bits, is_gap)
    assert found[:, 0].tolist() == [s * STRENGTH_UNIT for s in strength.tolist()]
    assert found[:, 1] == pytest.approx(plain_change(bits[:, None].tolist(), is_gap.tolist(), FAR))
    hidden = rng.normal(0, 1, (200, 5)).astype(np.float32)
    found = shift(hidden, is_gap)
    rounded = [[round(x / STATE_UNIT) * STATE_UNIT for x in state] for state in hidden.astype(float).tolist()]
    for level, reach in enumerate((NEAR, FAR)):
        wanted = plain_change(rounded, is_gap.tolist(), reach)
        assert found[:, level] == pytest.approx(wanted, abs=1e-9)


# --- what ships


def numbers(value: object) -> list[float]:
    if isinstance(value, dict):
        return [x for item in value.values() for x in numbers(item)]
    if isinstance(value, list):
        return [x for item in value for x in numbers(item)]
    return [value] if isinstance(value, int | float) else []


def test_the_shipped_calibration_is_complete() -> None:
    calibration = shipped_calibration()
    assert set(calibration.scales) == {*SIGNALS, "combined+"}
    assert set(calibration.weights) == {"combined", "combined+"}
    assert set(calibration.weights["combined"]) == set(SIGNALS) - {*NEURAL, "combined"}
    assert set(calibration.weights["combined+"]) == set(SIGNALS) - {"combined"}
    for scale in calibration.scales.values():
        assert len(scale.slope) == len(scale.offset) == 2
        assert min(scale.slope) > 0
    text = (resources.files("genomebook") / "data" / "signals.json").read_text(encoding="utf-8")
    assert json.loads(text)["format"] == "genomebook-signals-1"
    assert all(math.isfinite(x) for x in numbers(json.loads(text)))
    assert DEFAULT in SIGNALS
    assert DEFAULT not in NEURAL  # a book is made without a neural reader too
    assert "bilingual-mini" in shipped_readers()


@pytest.mark.parametrize("name", ["transfer", "switch"])
def test_signals_that_are_log_odds_already_are_only_moved(name: str) -> None:
    assert shipped_calibration().scales[name].slope == (1.0, 1.0)


def test_priors_are_those_of_english() -> None:
    """What the offsets were set to."""
    lengths: NDArray[np.float64] = np.array([SENTENCE.mean(), PARAGRAPH.mean()])
    assert lengths == pytest.approx([19.6, 4.6], abs=1)
