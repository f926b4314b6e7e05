"""The control of a network: random weights, and a regression on what the hidden layer makes of them."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from genomebook.tasks.rules.base import joined_sequences
from genomebook.tasks.rules.network import BATCH, LayerWeights, Network, NetworkRule, windows_of
from genomebook.training.tasks.data import FittingData
from genomebook.training.tasks.network import TrainedNetwork, shape_for

SEED, PENALTY = 0, 1.0


class RandomNetworkRule(NetworkRule):
    """A network of which only the last layer was fitted."""

    name = "random-network"


def fit(data: FittingData) -> RandomNetworkRule:
    """Fit the last layer of a network like that of `network.fit` whose other weights stay random."""
    torch.manual_seed(SEED)
    network = TrainedNetwork(shape_for(data), 0.0).exported()
    codes = windows_of(joined_sequences(data.train.sequences), network.shape.window)
    hidden = np.concatenate(
        [network.hidden_units(codes[at : at + BATCH]) for at in range(0, len(codes), BATCH)]
    )
    deviation = hidden.std(axis=0) + 1e-6
    model = LogisticRegression(C=PENALTY, max_iter=3000).fit(hidden / deviation, data.train.labels)
    weights = np.asarray(model.coef_ / deviation, np.float32).T
    scores = LayerWeights(weights, np.asarray(model.intercept_, np.float32))
    layers = [*network.convolutions, network.hidden, scores]
    return RandomNetworkRule([Network(network.shape, layers)])
