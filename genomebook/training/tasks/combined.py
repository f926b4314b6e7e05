"""Weights of the rules of a task in their sum, fitted to the dev split."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

from genomebook.errors import OptionError
from genomebook.tasks.rules.base import Rule
from genomebook.tasks.rules.combined import CombinedRule
from genomebook.training.tasks.data import FittingData

PARTS = ("gapped", "network", "motifs")
"""Kinds of rules that are added up."""

SMALLEST_WEIGHT = 0.02
"""A rule of a smaller weight is left out, unless all are that small."""


def fit(data: FittingData, rules: Mapping[str, Rule]) -> CombinedRule:
    """Find the weights that give the answers of the dev split the highest probability.

    Parameters
    ----------
    data : FittingData
        Its dev split is used.
    rules : mapping of str to Rule
        Rules of the task that were fitted before, by kind.

    Raises
    ------
    OptionError
        When there are fewer than two of `PARTS`.
    """
    parts = {kind: rules[kind] for kind in PARTS if kind in rules}
    if len(parts) < 2:
        raise OptionError(f"task {data.task}: fit two of the rules {', '.join(PARTS)} before combined")
    logits = np.array([rule.logits(data.dev.sequences) for rule in parts.values()], np.float64)
    rows = np.arange(len(data.dev))

    def loss(weights: NDArray[np.float64]) -> float:
        summed = np.tensordot(weights, logits, 1)
        return -float(log_softmax(summed, axis=1)[rows, data.dev.labels].mean())

    start = np.full(len(parts), 1 / len(parts))
    weights = minimize(loss, start, method="L-BFGS-B", bounds=[(0, None)] * len(parts)).x
    all_weights = {kind: round(weight, 4) for kind, weight in zip(parts, weights.tolist(), strict=True)}
    kept = {kind: weight for kind, weight in all_weights.items() if weight >= SMALLEST_WEIGHT} or all_weights
    return CombinedRule({kind: parts[kind] for kind in kept}, list(kept.values()))
