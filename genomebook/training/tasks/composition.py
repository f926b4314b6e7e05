"""Fitting the rule on length and GC content."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genomebook.tasks.rules.base import gc_shares
from genomebook.tasks.rules.composition import CompositionRule
from genomebook.training.tasks.data import FittingData
from genomebook.training.tasks.regression import regression

CLASSES = 32
"""Of length and of GC content, at most, with equally many training sequences."""


def fit(data: FittingData) -> CompositionRule:
    """Logistic regression on the classes, so that any course of the log-odds can be learnt."""
    sequences = data.train.sequences
    lengths = _borders(np.array([len(sequence) for sequence in sequences], np.float64))
    gc = _borders(gc_shares(sequences))
    rows = len(lengths) + len(gc) + 2
    blank = CompositionRule(lengths, gc, np.zeros((rows, 1)), np.zeros(1))
    matrix = np.zeros((len(sequences), rows), np.float32)
    np.put_along_axis(matrix, blank.classes(sequences), 1, axis=1)
    table, bias = regression(matrix, data.train.labels, 10.0)
    return CompositionRule(lengths, gc, table, bias)


def _borders(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Borders between classes with about equally many values; none where all values are equal."""
    inner = np.quantile(values, np.linspace(0, 1, CLASSES + 1)[1:-1])
    return np.unique(inner[inner > values.min()]).astype(np.float32)
