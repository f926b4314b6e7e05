"""Measures of answers to a task."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from genomebook.errors import OptionError
from genomebook.stats import RESAMPLES, Estimate, Reals, expanded

Labels = NDArray[np.integer[Any]]


def confusion(truth: Labels, said: Labels, labels: int) -> Reals:
    """How often each label (rows) was answered by each (columns): float64[labels, labels]."""
    pairs = np.asarray(truth, np.int64) * labels + np.asarray(said, np.int64)
    return np.bincount(pairs, minlength=labels * labels).reshape(labels, labels).astype(np.float64)


def mcc(table: Reals) -> Reals:
    """Matthews correlation coefficient of confusion tables [..., labels, labels]; 0 where it is undefined.

    For more than two labels as in Gorodkin (2004), Comparing two K-category assignments by a K-category
    correlation coefficient, Comput. Biol. Chem. 28: 367-374.
    """
    total, correct = table.sum((-2, -1)), np.trace(table, axis1=-2, axis2=-1)
    true, said = table.sum(-1), table.sum(-2)
    top = correct * total - (true * said).sum(-1)
    bottom = np.sqrt((total**2 - (said**2).sum(-1)) * (total**2 - (true**2).sum(-1)))
    return np.asarray(np.divide(top, bottom, out=np.zeros_like(top * 1.0), where=bottom > 0), np.float64)


def accuracy(table: Reals) -> Reals:
    """Share of right answers in confusion tables [..., labels, labels]."""
    return np.asarray(np.trace(table, axis1=-2, axis2=-1) / table.sum((-2, -1)), np.float64)


def f1(table: Reals) -> Reals:
    """Mean over the labels of the harmonic mean of precision and recall (macro F1)."""
    right = np.diagonal(table, axis1=-2, axis2=-1)
    both = table.sum(-1) + table.sum(-2)
    return np.asarray(np.divide(2 * right, both, out=np.zeros_like(right), where=both > 0).mean(-1))


_MEASURES = {"MCC": mcc, "accuracy": accuracy, "F1": f1}


def measure(metric: str, truth: Labels, said: Labels, labels: int) -> float:
    """Measure answers.

    Parameters
    ----------
    metric : str
        "MCC", "accuracy" or "F1" (macro).
    truth, said : int[n]
        Numbers of labels.
    labels : int
        How many there are.

    Raises
    ------
    OptionError
        For another metric.
    """
    if metric not in _MEASURES:
        raise OptionError(f"metric {metric!r}: one of {', '.join(_MEASURES)}")
    return float(_MEASURES[metric](confusion(truth, said, labels)))


def estimate(metric: str, truth: Labels, said: Labels, labels: int, rng: np.random.Generator) -> Estimate:
    """Measure answers, with a 95 % interval by bootstrap over the examples.

    The confusion table has all that the measure depends on, so the samples are drawn from it.
    """
    value = measure(metric, truth, said, labels)
    table = confusion(truth, said, labels)
    drawn = rng.multinomial(len(truth), table.ravel() / len(truth), RESAMPLES).reshape(-1, labels, labels)
    low, high = expanded(_MEASURES[metric](drawn.astype(np.float64)), len(truth))
    return Estimate(value, min(float(low), value), max(float(high), value))
