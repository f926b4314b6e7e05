"""Fitting a linear layer on a frozen model, and on the same model with random weights."""

from __future__ import annotations

from functools import cache

from genomebook.models.registry import load_reader
from genomebook.models.scoring import WindowReader
from genomebook.tasks.rules.probe import MeanStates, ProbeRule, ProbeSettings, mean_states
from genomebook.training.tasks.data import FittingData, spread
from genomebook.training.tasks.regression import scaled_regression

READER = "encoder-mini"

SEQUENCES = 6_000
"""Training sequences that the linear layer is fitted to, at most."""

PENALTIES = (0.01, 0.1, 1.0)


def fit(data: FittingData) -> ProbeRule:
    """Fit the linear layer on the trained reader."""
    return fit_to(data, mean_states(READER))


@cache
def untrained_states() -> MeanStates:
    """The reader with random weights, on the runtime of the trained one."""
    from genomebook.training.pretraining.untrained import untrained_onnx

    reader = load_reader(READER)
    assert isinstance(reader, WindowReader)
    return MeanStates(untrained_onnx(reader.checkpoint))


def fit_to(data: FittingData, states: MeanStates) -> ProbeRule:
    """Fit the linear layer; the penalty is chosen on the dev split."""
    rows = spread(len(data.train), SEQUENCES)
    features = states.of([data.train.sequences[row] for row in rows.tolist()])
    dev = states.of(data.dev.sequences)
    best: tuple[float, ProbeRule] | None = None
    for penalty in PENALTIES:
        table, bias = scaled_regression(features, data.train.labels[rows], penalty)
        rule = ProbeRule(ProbeSettings(READER), states, table, bias)
        reached = data.measured_on_dev(rule.head(dev))
        if best is None or reached > best[0]:
            best = reached, rule
    assert best is not None
    return best[1]
