"""A reader fine-tuned to tell whether the second of two texts says what the first says."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel

from genomebook.language.bilingual import MARKS, Bilingual
from genomebook.training.corpora.batches import rng_of
from genomebook.training.optimise import learning_rate, update
from genomebook.training.pairs.english import TextPair

Script = Literal["english", "dna"]
Pooling = Literal["last", "mean", "sides"]
_CHUNK = 32
"""Batches that are sorted by length together, so that little is padded and order stays random."""


@dataclass(frozen=True)
class Tuning:
    """Budget of one fine-tuning.

    Parameters
    ----------
    steps, rows : int
        Optimiser steps; pairs in a step.
    rate : float
        Highest learning rate; warm-up over a tenth of the steps, then a cosine.
    pooling : "last", "mean" or "sides"
        Input of the classifier: the last hidden state; the mean of all; or the means u and v of the two
        sides, as |u - v| and u * v, so that the comparison need not be learnt.
    device : str
        Where to compute.
    """

    steps: int = 400
    rows: int = 32
    rate: float = 3e-4
    pooling: Pooling = "last"
    device: str = "cpu"


def encode(
    scripts: Bilingual, pairs: Sequence[TextPair], script: Script, window: int
) -> list[NDArray[np.int64]]:
    """Tokenize pairs as ``<end> a <sep> b <end>``, cutting the longer side first to fit."""
    end, sep = scripts.mark("<end>"), scripts.mark("<sep>")
    sequences = []
    sides = _tokenized(scripts, [text for p in pairs for text in (p.a, p.b)], script)
    for a, b in zip(sides[::2], sides[1::2], strict=True):
        room = window - 3
        keep_a = max(room - len(b), min(len(a), room // 2))
        a, b = a[:keep_a], b[: room - min(len(a), keep_a)]
        sequences.append(np.concatenate([[end], a, [sep], b, [end]]).astype(np.int64))
    return sequences


def _tokenized(scripts: Bilingual, texts: list[str], script: Script) -> list[NDArray[np.uint16]]:
    if script == "english":
        return scripts.texts(texts)
    return [scripts.dna(text.encode("ascii")) for text in texts]


class PairModel(torch.nn.Module):
    """The body of a transformer and a classifier with one output: log-odds that two texts say the same.

    Parameters
    ----------
    model : PreTrainedModel
        GPT-2 or BERT of transformers; its body is copied.
    pooling : "last", "mean" or "sides"
        See `Tuning`.
    end, sep : int
        Ids of the special tokens.
    """

    def __init__(self, model: PreTrainedModel, pooling: Pooling, end: int, sep: int) -> None:
        super().__init__()
        self.body: Any = copy.deepcopy(model.base_model)
        self.pooling, self.end, self.sep = pooling, end, sep
        self.head = torch.nn.Linear(int(model.config.hidden_size) * (1 + (pooling == "sides")), 1)
        torch.nn.init.zeros_(self.head.weight)
        torch.nn.init.zeros_(self.head.bias)

    def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """int64[b, t] padded at the end, lengths int64[b] -> float32[b]."""
        inside = torch.arange(ids.shape[1], device=ids.device) < lengths[:, None]
        hidden = self.body(input_ids=ids, attention_mask=inside.long()).last_hidden_state
        if self.pooling == "last":
            pooled = hidden[torch.arange(len(ids), device=ids.device), lengths - 1]
        elif self.pooling == "mean":
            pooled = _mean(hidden, inside)
        else:
            second, words = (ids == self.sep).cumsum(1) > 0, inside & (ids != self.sep) & (ids != self.end)
            u, v = _mean(hidden, words & ~second), _mean(hidden, words & second)
            pooled = torch.cat([(u - v).abs(), u * v], dim=1)
        odds: torch.Tensor = self.head(pooled)[:, 0]
        return odds


def _mean(hidden: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
    """Mean over places: float[b, t, width], bool[b, t] -> float[b, width]; 0 where there is none."""
    return (hidden * where[:, :, None]).sum(1) / where.sum(1, keepdim=True).clamp(min=1)


def fine_tune(
    model: PreTrainedModel,
    encoded: Sequence[NDArray[np.int64]],
    labels: NDArray[np.int64],
    tuning: Tuning,
    seed: int,
) -> PairModel:
    """Fine-tune a copy of a model, all its weights, on labelled pairs.

    Parameters
    ----------
    model : PreTrainedModel
        Where it starts; not changed.
    encoded, labels : sequence of int64[t], int64[n]
        From `encode`; 1 for pairs that say the same.
    tuning, seed
        Budget; decides the order of the pairs.

    Returns
    -------
    PairModel
        In evaluation mode, on the device of ``tuning``.
    """
    end = int(encoded[0][0])
    sep = end + MARKS.index("<sep>") - MARKS.index("<end>")
    pair = PairModel(model, tuning.pooling, end, sep).to(tuning.device).train()
    warmup = max(1, tuning.steps // 10)
    optimizer = torch.optim.AdamW(pair.parameters(), lr=tuning.rate, weight_decay=0.01)
    order = _order([len(ids) for ids in encoded], tuning.rows, seed)
    for step in range(tuning.steps):
        rows = next(order)
        ids, lengths = _padded([encoded[i] for i in rows], tuning.device)
        truth = torch.from_numpy(labels[rows]).float().to(tuning.device)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(pair(ids, lengths), truth)
        update(optimizer, loss, pair.parameters(), learning_rate(step, tuning.steps, tuning.rate, warmup))
    return pair.eval()


def predict(pair: PairModel, encoded: Sequence[NDArray[np.int64]], rows: int = 64) -> NDArray[np.float64]:
    """Log-odds that two texts say the same: float64[n]."""
    device = next(pair.parameters()).device
    order = np.argsort([len(ids) for ids in encoded], kind="stable")
    odds = np.empty(len(encoded))
    with torch.inference_mode():
        for first in range(0, len(order), rows):
            some = order[first : first + rows]
            ids, lengths = _padded([encoded[i] for i in some], device)
            odds[some] = pair(ids, lengths).double().cpu().numpy()
    return odds


def _padded(
    encoded: Sequence[NDArray[np.int64]], device: str | torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows padded at the end with 0, which the mask hides, and their lengths."""
    lengths = np.array([len(ids) for ids in encoded])
    ids = np.zeros((len(encoded), int(lengths.max())), np.int64)
    for row, tokens in zip(ids, encoded, strict=True):
        row[: len(tokens)] = tokens
    return torch.from_numpy(ids).to(device), torch.from_numpy(lengths).to(device)


def _order(lengths: Sequence[int], rows: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Endless batches of similar lengths: each epoch in a new order, sorted in chunks, batches shuffled."""
    size, epoch = np.array(lengths), 0
    rows = min(rows, len(size))
    while True:
        rng = rng_of(seed, "pairs", epoch)
        shuffled, epoch = rng.permutation(len(size)), epoch + 1
        for first in range(0, len(shuffled), rows * _CHUNK):
            chunk = shuffled[first : first + rows * _CHUNK]
            chunk = chunk[np.argsort(size[chunk], kind="stable")]
            batches = [chunk[i : i + rows] for i in range(0, len(chunk) - rows + 1, rows)]
            for i in rng.permutation(len(batches)):
                yield batches[i]
