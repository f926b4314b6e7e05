"""Fitting a linear layer on a reader with random weights: the control of the frozen model."""

from __future__ import annotations

from genomebook.tasks.rules.probe import ProbeRule
from genomebook.training.tasks.data import FittingData
from genomebook.training.tasks.probe import fit_to, untrained_states


def fit(data: FittingData) -> ProbeRule:
    """Fit the linear layer on random weights."""
    return fit_to(data, untrained_states())
