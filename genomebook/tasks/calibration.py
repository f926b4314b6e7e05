"""Probabilities that mean what they say: temperature scaling, and how well it did.

Guo et al. (2017), On calibration of modern neural networks, ICML; the bins hold equally many answers, as in
Nixon et al. (2019), Measuring calibration in deep learning, CVPR workshops.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

BINS = 15

_LOG_RANGE = (-4.0, 4.0)
"""Natural logarithm of the temperatures that are tried."""


class ReliabilityBin(NamedTuple):
    """Answers of like confidence.

    Attributes
    ----------
    confidence : float
        Their mean probability.
    accuracy : float
        Share of them that was right.
    answers : int
        How many.
    """

    confidence: float
    accuracy: float
    answers: int

    def rounded(self) -> ReliabilityBin:
        """To four digits, as it is written down."""
        return ReliabilityBin(round(self.confidence, 4), round(self.accuracy, 4), self.answers)


def probabilities(logits: NDArray[Any], temperature: float = 1.0) -> NDArray[np.float32]:
    """Probabilities float32[n, labels] from logits [n, labels]."""
    return np.asarray(softmax(np.asarray(logits, np.float64) / temperature, axis=1), np.float32)


def capped(
    probability: NDArray[np.float32], unsure: NDArray[np.bool_], highest: float
) -> NDArray[np.float32]:
    """Probabilities of which those of unsure rows are at most so high: float32[n, labels].

    Parameters
    ----------
    probability : float32[n, labels]
        Of each row they sum to 1.
    unsure : bool[n]
        Rows that are capped; they are mixed with even odds.
    highest : float
        Above 1 / labels.
    """
    highest = float(np.nextafter(np.float32(highest), np.float32(0)))  # rounding lifts none above it
    top = probability.max(1).astype(np.float64)
    even = 1 / probability.shape[1]
    share = np.where(unsure & (top > highest), (top - highest) / np.maximum(top - even, 1e-9), 0)[:, None]
    mixed = (1 - share) * probability + share * even
    return np.asarray(np.minimum(mixed, np.where(share > 0, highest, 1)), np.float32)


def fit_temperature(logits: NDArray[Any], truth: NDArray[np.integer[Any]]) -> float:
    """Temperature under which known answers are the most probable.

    Each answer counts as wrong with a probability of 1 / (n + 2), so that n right ones are no certainty:
    Platt (1999), Probabilistic outputs for support vector machines, Advances in Large Margin Classifiers.

    Parameters
    ----------
    logits : float[n, labels]
        Of examples that the rule was not fitted to.
    truth : int[n]
        Their labels.
    """
    doubt = 1 / (len(truth) + 2)
    target = np.full(np.shape(logits), doubt / (np.shape(logits)[1] - 1))
    target[np.arange(len(truth)), truth] = 1 - doubt

    def loss(log_temperature: float) -> float:
        scaled = np.asarray(logits, np.float64) / np.exp(log_temperature)
        return float(-(target * log_softmax(scaled, axis=1)).sum(1).mean())

    return float(np.exp(minimize_scalar(loss, bounds=_LOG_RANGE, method="bounded").x))


def reliability(
    probability: NDArray[Any], truth: NDArray[np.integer[Any]], bins: int = BINS
) -> list[ReliabilityBin]:
    """Confidence and accuracy in bins of equally many answers, by rising confidence.

    Parameters
    ----------
    probability : float[n, labels]
        Calibrated.
    truth : int[n]
        Labels.
    bins : int
        At most; fewer than answers.
    """
    confidence = np.asarray(probability, np.float64).max(1)
    right = probability.argmax(1) == truth
    order = np.argsort(confidence, kind="stable")
    parts = np.array_split(order, min(bins, len(order)))
    return [ReliabilityBin(float(confidence[p].mean()), float(right[p].mean()), len(p)) for p in parts]


def expected_calibration_error(bins: list[ReliabilityBin]) -> float:
    """Mean distance of confidence and accuracy, weighted by the answers of each bin."""
    total = sum(each.answers for each in bins)
    return sum(each.answers * abs(each.confidence - each.accuracy) for each in bins) / total


def error_by_chance(probability: NDArray[Any], bins: int = BINS, draws: int = 200) -> float:
    """Mean calibration error of as many answers that are right exactly as often as they promise.

    The measured error is never 0, as each bin has few answers: this is what is left of it without a fault.
    """
    rng = np.random.default_rng(0)
    confidence = np.sort(np.asarray(probability, np.float64).max(1), kind="stable")
    parts = np.array_split(confidence, min(bins, len(confidence)))
    errors = [
        np.abs((rng.random((draws, len(part))) < part).mean(1) - part.mean()) * len(part) for part in parts
    ]
    return float(np.sum(errors, axis=0).mean() / len(confidence))
