"""Signals: log-odds of a sentence and of a paragraph boundary after each word.

A signal is a function of scored words that returns float64[n, 2], a row for each word, columns for sentence
and paragraph ends:

- *transfer*: scores of DNA by a reader that learnt boundaries in English (the published idea);
- *surprise*: surprisal and branching entropy of the next word (Harris 1955); for paragraphs, the change in
  mean surprisal between the words on either side;
- *shift*: the change in mean hidden state between the words on either side;
- *switch*: posterior odds of a change of source (`genomebook.segmentation.switch`);
- *combined*: a weighted sum of the others.

A `Scale` turns raw values into log-odds, calibrated to give the training sequence sentences and paragraphs as
long as in English (``python -m benchmarks.segmentation.calibrate``), stored as int8 in `STRENGTH_UNIT` nats.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from genomebook.book.schema import STRENGTH_UNIT
from genomebook.genome.stretches import prefix_sums

Signal = Literal["transfer", "surprise", "shift", "switch", "combined"]

SIGNALS: tuple[Signal, ...] = get_args(Signal)
"""All signals, in display order."""

DEFAULT: Signal = "switch"
"""The default for books: the signal that the evidence favours (docs/evidence.md)."""

NEURAL = ("transfer", "shift")
"""Signals that need a neural reader."""

LEVELS = ("sentence", "paragraph")

STATE_UNIT = 2.0**-16

NEAR, FAR = 8, 32
"""Words on each side compared by *shift*, for sentences and paragraphs; *surprise* uses `FAR`."""


@dataclass(frozen=True)
class Scale:
    """Natural log-odds = slope x raw + offset, a pair for each of `LEVELS`."""

    slope: tuple[float, float]
    offset: tuple[float, float]

    def units(self, raw: NDArray[np.float64]) -> NDArray[np.int8]:
        """Turn raw values (float64[n, 2]) into log-odds (int8[n, 2], 1/16 nat), clipped to +-127."""
        odds = (raw * self.slope + self.offset) / STRENGTH_UNIT
        units: NDArray[np.int8] = np.clip(np.rint(odds), -127, 127).astype(np.int8)
        return units


@dataclass(frozen=True)
class Calibration:
    """The shipped constants of all signals.

    Attributes
    ----------
    scales : mapping of str to Scale
        By signal; for *combined* with a neural reader, ``combined+``.
    weights : mapping of str to mapping of str to float
        Weights of the other signals in both kinds of *combined*, by name.
    """

    scales: Mapping[str, Scale]
    weights: Mapping[str, Mapping[str, float]]

    @property
    def digest(self) -> str:
        """SHA-256 of all constants."""
        scales = {name: asdict(scale) for name, scale in self.scales.items()}
        weights = {name: dict(parts) for name, parts in self.weights.items()}
        text = json.dumps([scales, weights], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


@cache
def shipped_calibration() -> Calibration:
    """Read the constants that ship with genomebook (``data/signals.json``)."""
    text = (resources.files("genomebook") / "data" / "signals.json").read_text(encoding="utf-8")
    data = json.loads(text)
    scales = {name: Scale(tuple(s["slope"]), tuple(s["offset"])) for name, s in data["scales"].items()}
    return Calibration(scales, data["weights"])


def window_change(values: NDArray[np.float64], is_gap: NDArray[np.bool_], reach: int) -> NDArray[np.float64]:
    """Distance between the means of the words before and after each boundary between words.

    Parameters
    ----------
    values : float64[n, d]
        One row per word.
    is_gap : bool[n]
        Windows stop at gaps.
    reach : int
        Words on each side, fewer near a gap.

    Returns
    -------
    float64[n]
        Euclidean distance, times the square root of the harmonic mean of both counts over ``reach`` to
        compensate for the noise of short windows; 0 where one side has no words.
    """
    n = len(values)
    total = prefix_sums(values, np.float64)
    at = np.arange(1, n + 1)
    gaps = np.flatnonzero(is_gap)
    nearest = np.searchsorted(gaps, at)
    wall_before = np.concatenate([[0], gaps + 1])[nearest]
    wall_after = np.concatenate([gaps, [n]])[nearest]
    first, last = np.maximum(at - reach, wall_before), np.minimum(at + reach, wall_after)
    before, after = at - first, last - at
    both = (before > 0) & (after > 0)
    change = (total[last] - total[at]) / np.maximum(after, 1)[:, None]
    change -= (total[at] - total[first]) / np.maximum(before, 1)[:, None]
    trust = np.sqrt(2 * before * after / np.maximum(before + after, 1) / reach)
    distance: NDArray[np.float64] = np.where(both, np.sqrt((change**2).sum(axis=1)) * trust, 0.0)
    return distance


def transfer(boundary: NDArray[np.float32]) -> NDArray[np.float64]:
    """Raw *transfer*: the reader's log-odds float32[n, 2] of sentence and paragraph ends, as they are."""
    return boundary.astype(np.float64)


def surprise(
    strength: NDArray[np.int8], surprisal: NDArray[np.float64], is_gap: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Raw *surprise*.

    Parameters
    ----------
    strength : int8[n]
        Standardised surprisal and branching entropies (`genomebook.models.ngram`), in `STRENGTH_UNIT`.
    surprisal : float64[n]
        Bits.
    is_gap : bool[n]
        Gaps.

    Returns
    -------
    float64[n, 2]
        Standard deviations; bits.
    """
    return np.stack([strength * STRENGTH_UNIT, window_change(surprisal[:, None], is_gap, FAR)], axis=1)


def shift(hidden: NDArray[np.float32], is_gap: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Raw *shift*: change of the mean hidden state (float32[n, width]) over `NEAR` and over `FAR` words.

    States are rounded to multiples of `STATE_UNIT`: sums are exact wherever they begin.
    """
    values = np.rint(hidden.astype(np.float64) / STATE_UNIT) * STATE_UNIT
    return np.stack([window_change(values, is_gap, reach) for reach in (NEAR, FAR)], axis=1)


def combined(parts: Mapping[str, NDArray[np.int8]], weights: Mapping[str, float]) -> NDArray[np.float64]:
    """Raw *combined*: weighted sum, in nats, of the log-odds of other signals (int8[n, 2] each)."""
    total = np.zeros(next(iter(parts.values())).shape)
    for name, weight in weights.items():
        total += weight * STRENGTH_UNIT * parts[name]
    return total
