"""Train the convolutional networks of tasks: the dev split chooses when to stop.

The learning rate rises and falls once, sequences are shifted by a few letters, and the weights that are kept
are a moving average over the steps. Batch normalisation is folded into the weights in the end.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import log_softmax
from torch import nn

from genomebook.language.alphabet import NOT_BASE
from genomebook.tasks.rules.base import joined_sequences
from genomebook.tasks.rules.network import ConvolutionShape, LayerWeights, Network, NetworkRule, windows_of
from genomebook.tasks.task import Examples
from genomebook.training.optimise import learning_rate, update
from genomebook.training.tasks.data import FittingData

Codes = NDArray[np.uint8]

DIRECTED = ("promoter", "splice", "coding", "direction", "orf", "biotype")
"""Beginnings of the names of tasks whose answer depends on the strand."""

LETTERS_SEEN, EPOCHS = 33_000_000, (8, 40)
"""Letters that a network sees, unless that is less or more than so many passes."""

SCRAMBLED = ("promoter-core-all", "promoter-core-notata")
"""Tasks with negatives that are promoters with random pieces: more of them are made while training."""

LONGEST_WINDOW, SITE, SHORT = 300, 140, 80
"""Letters that a network reads at most, and around a splice site; of a window that gets narrower pools."""


class Plan(NamedTuple):
    """How a network is trained.

    Attributes
    ----------
    epochs, batch : int
        Passes over the training set; sequences a step.
    peak : float
        Highest learning rate.
    decay, dropout : float
        Weight decay; share of hidden units left out in a step (half of it after convolutions).
    shift : int
        Letters by which a batch is moved at most.
    average : float
        How much of the moving average stays in a step.
    seed : int
        Of weights, order and shifts.
    fresh : float
        Share of the negatives of a batch that are made anew, see `scrambled`.
    """

    epochs: int = 8
    batch: int = 128
    peak: float = 2e-3
    decay: float = 1e-2
    dropout: float = 0.3
    shift: int = 3
    average: float = 0.998
    seed: int = 0
    fresh: float = 0.0


class Rows(NamedTuple):
    """What a network is trained on.

    Attributes
    ----------
    codes : uint8[n, window]
        Letters as numbers; 4 is N.
    targets : float32[n, heads]
        0 or 1.
    exclusive : bool
        Whether one head of a row is right and all others are wrong.
    """

    codes: Codes
    targets: NDArray[np.float32]
    exclusive: bool = False


def rows_of(examples: Examples, window: int, labels: int) -> Rows:
    """Rows of one task: a head for the second of two labels, else one head a label."""
    numbers = examples.labels.astype(np.int64)
    targets = numbers[:, None] if labels == 2 else np.eye(labels)[numbers]
    codes = windows_of(joined_sequences(examples.sequences), window)
    return Rows(codes, targets.astype(np.float32), exclusive=labels > 2)


class TrainedNetwork(nn.Module):
    """A network while it is trained.

    Parameters
    ----------
    shape : ConvolutionShape
        Its layers.
    dropout : float
        Share of units left out.
    """

    def __init__(self, shape: ConvolutionShape, dropout: float) -> None:
        super().__init__()
        self.shape = shape
        inputs = (4, *shape.filters[:-1])
        layers = zip(inputs, shape.filters, shape.widths, strict=True)
        self.convolutions = tuple(nn.Conv1d(*sizes) for sizes in layers)
        self.norms = tuple(nn.BatchNorm1d(filters) for filters in shape.filters)
        self.features = nn.ModuleList([*self.convolutions, *self.norms])
        self.hidden = nn.Linear(shape.places * shape.filters[-1], shape.hidden)
        self.hidden_norm = nn.BatchNorm1d(shape.hidden)
        self.scores = nn.Linear(shape.hidden, shape.outputs)
        self.drop_little, self.drop = nn.Dropout(dropout / 2), nn.Dropout(dropout)

    def forward(self, letters: torch.Tensor) -> torch.Tensor:
        """Scores float[n, outputs] of one-hot letters float[n, 4, window]."""
        if not self.shape.both_strands:
            return self._strand(letters)
        if self.training:  # a strand by chance: half the work, and the weights see both
            turned = torch.rand(len(letters), 1, 1) < 0.5
            return self._strand(torch.where(turned, letters.flip(1, 2), letters))
        both: torch.Tensor = self._strand(torch.cat([letters, letters.flip(1, 2)]))
        return both.reshape(2, len(letters), -1).mean(dim=0)

    def _strand(self, values: torch.Tensor) -> torch.Tensor:
        for convolution, norm, pool in zip(self.convolutions, self.norms, self.shape.pools, strict=True):
            values = self.drop_little(torch.max_pool1d(torch.relu(norm(convolution(values))), pool))
        places = values.transpose(1, 2).flatten(1)
        hidden = torch.relu(self.hidden_norm(self.hidden(self.drop(places))))
        scores: torch.Tensor = self.scores(self.drop(hidden))
        return scores

    def exported(self) -> Network:
        """The network as plain arrays: float16 as they will be stored, normalisation folded in."""
        self.eval()
        with torch.no_grad():
            layers = [
                _folded(convolution.weight.permute(2, 1, 0).flatten(0, 1), convolution.bias, norm)
                for convolution, norm in zip(self.convolutions, self.norms, strict=True)
            ]
            layers.append(_folded(self.hidden.weight.T, self.hidden.bias, self.hidden_norm))
            layers.append(_stored(self.scores.weight.T, self.scores.bias))
        return Network(self.shape, layers)


def _folded(weights: torch.Tensor, bias: torch.Tensor | None, norm: nn.BatchNorm1d) -> LayerWeights:
    """Weights [inputs, outputs] and bias that do what a layer and its normalisation do."""
    assert bias is not None
    assert norm.running_mean is not None
    assert norm.running_var is not None
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return _stored(weights * scale, (bias - norm.running_mean) * scale + norm.bias)


def _stored(weights: torch.Tensor, bias: torch.Tensor) -> LayerWeights:
    return LayerWeights(*(part.half().float().contiguous().numpy() for part in (weights, bias)))


def train(
    rows: Rows,
    shape: ConvolutionShape,
    plan: Plan,
    score: Callable[[Network], float],
) -> TrainedNetwork:
    """Train a network; the epoch whose moving average scores best is kept.

    Parameters
    ----------
    rows : Rows
        Training set.
    shape, plan
        Layers, and how to train them.
    score : callable
        What a network reaches on the dev split: more is better.

    Raises
    ------
    ValueError
        When there are fewer rows than a batch has.
    """
    steps = len(rows.codes) // plan.batch * plan.epochs
    if not steps:
        raise ValueError(f"{len(rows.codes)} rows are fewer than a batch of {plan.batch}")
    torch.manual_seed(plan.seed)
    generator = np.random.default_rng(plan.seed)
    module = TrainedNetwork(shape, plan.dropout)
    mean = copy.deepcopy(module)
    optimizer = torch.optim.AdamW(module.parameters(), plan.peak, weight_decay=plan.decay)
    positives = rows.codes[rows.targets[:, 0] == 1]
    best, highest = mean, -np.inf
    for step in range(steps):
        at = step % (steps // plan.epochs) * plan.batch
        if not at:
            order = generator.permutation(len(rows.codes))
            module.train()
        batch = order[at : at + plan.batch]
        codes = rows.codes[batch]
        if plan.fresh:
            renewed = (rows.targets[batch, 0] == 0) & (generator.random(len(batch)) < plan.fresh)
            codes[renewed] = scrambled(generator.choice(positives, int(renewed.sum())), generator)
        if plan.shift:
            codes = _shifted(codes, int(generator.integers(-plan.shift, plan.shift + 1)))
        loss = _loss(module, Rows(codes, rows.targets[batch], rows.exclusive))
        update(optimizer, loss, module.parameters(), learning_rate(step, steps, plan.peak, steps // 5, 0.01))
        _average(mean, module, min(plan.average, (1 + step) / (10 + step)))
        if (step + 1) % (steps // plan.epochs) == 0:
            reached = score(mean.exported())
            print(
                f"epoch {(step + 1) * plan.epochs // steps}: dev {reached:.4f}", file=sys.stderr, flush=True
            )
            if reached > highest:
                best, highest = copy.deepcopy(mean), reached
    return best


def scrambled(codes: Codes, generator: np.random.Generator) -> Codes:
    """Core promoters with some of their pieces replaced by random letters: negatives as GUE made them.

    The negatives of GUE's core promoters without a TATA box are promoters in which 12 of 20 pieces of 15
    letters are random, after DeePromoter (Oubounyt et al. 2019, Front. Genet. 10: 286); in the 70 letters
    around the start, pieces begin at letters 0, 9, 24, 39, 54 and 69.
    """
    replaced = generator.random((len(codes), 6)) < REPLACED
    replaced[np.arange(len(codes)), generator.integers(1, 5, len(codes))] = True
    letters = replaced[:, (np.arange(codes.shape[1]) + 6) // 15]
    return np.where(letters, generator.integers(0, 4, codes.shape, np.uint8), codes)


REPLACED = 0.6
"""Share of the pieces of a negative that are random."""


def _shifted(codes: Codes, by: int) -> Codes:
    """Codes moved by some letters, N where nothing is left."""
    moved = np.roll(codes, by, axis=1)
    if by > 0:
        moved[:, :by] = NOT_BASE
    elif by < 0:
        moved[:, by:] = NOT_BASE
    return moved


def _loss(module: TrainedNetwork, rows: Rows) -> torch.Tensor:
    """Mean cross-entropy: of every answer, or of the one right label of each row."""
    letters = _ONE_HOT[torch.from_numpy(rows.codes).long()].transpose(1, 2).contiguous()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        scores = module(letters).float()
    answers = torch.from_numpy(rows.targets)
    if rows.exclusive:
        return nn.functional.cross_entropy(scores, answers)
    return nn.functional.binary_cross_entropy_with_logits(scores, answers)


_ONE_HOT = torch.cat([torch.eye(4), torch.zeros(1, 4)])


@torch.no_grad()
def _average(mean: nn.Module, module: nn.Module, kept: float) -> None:
    """Move the moving average towards the weights of this step."""
    for old, new in zip(mean.state_dict().values(), module.state_dict().values(), strict=True):
        if old.dtype.is_floating_point:
            old.mul_(kept).add_(new, alpha=1 - kept)
        else:
            old.copy_(new)


def fit(data: FittingData) -> NetworkRule:
    """Train a network for a task; the dev split chooses the epoch.

    Parameters
    ----------
    data : FittingData
        Training and dev split.
    """
    shape = shape_for(data)
    rows = rows_of(data.train, shape.window, len(data.labels))
    module = train(rows, shape, plan_for(data, shape), lambda network: likelihood(network, data))
    return NetworkRule([module.exported()])


def plan_for(data: FittingData, shape: ConvolutionShape) -> Plan:
    """How to train on a task, by its size and its kind."""
    if data.task in SCRAMBLED:
        return Plan(epochs=20, shift=0, fresh=0.5, dropout=0.2)
    epochs = np.clip(LETTERS_SEEN // (shape.window * len(data.train)), *EPOCHS)
    return Plan(epochs=int(epochs), shift=0 if data.task.startswith(DIRECTED) else 3)


def shape_for(data: FittingData) -> ConvolutionShape:
    """Layers for the length and the direction of the sequences of a task."""
    longest = SITE if data.task.startswith("splice") else LONGEST_WINDOW
    window = min(longest, int(np.median([len(sequence) for sequence in data.train.sequences])))
    directed = data.task.startswith(DIRECTED)
    outputs = 1 if len(data.labels) == 2 else len(data.labels)
    if window <= SHORT:
        return ConvolutionShape(window, not directed, (12, 5), pools=(3, 1), outputs=outputs)
    return ConvolutionShape(window, not directed, outputs=outputs)


def likelihood(network: Network, data: FittingData) -> float:
    """Mean log-probability of the answers of the dev split: it depends less on chance than their number."""
    logits = NetworkRule([network]).logits(data.dev.sequences)
    return float(log_softmax(logits, axis=1)[np.arange(len(logits)), data.dev.labels].mean())
