"""A small causal transformer that reads words and predicts the next k bases, with one head for each k.

This is the measure of a vocabulary of Sanabria et al. (GROVER, Nat. Mach. Intell. 2024), who fine-tune a
pretrained BERT; here one network is trained for the question itself. The last word of a window is marked,
because it ends with the window and, unlike the words before, reveals nothing of what follows (`kmer_places`).
"""

from __future__ import annotations

import copy
import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import GPT2Config, GPT2Model

from genomebook.files.progress import Advance
from genomebook.language.encode import Encoder
from genomebook.training.optimise import learning_rate
from genomebook.training.vocabularies.kmer_places import (
    KINDS,
    Runs,
    TokenizedWindows,
    choose_places,
    draw_windows,
    next_kmers,
    tokenize,
    word_ends,
)
from genomebook.training.vocabularies.settings import HEAD, Settings

_INSIDE, _LAST = 12, 13
"""Ids that stand for no word: added to the embedding of the words of a window and to that of its last."""

_WARM_UP = 0.05
_TESTED_AT_ONCE = 512


class NextKmer(nn.Module):
    """The network, for a vocabulary of ``n_ids`` (reserved ids included)."""

    def __init__(self, n_ids: int, settings: Settings) -> None:
        super().__init__()
        config = GPT2Config(
            vocab_size=n_ids,
            n_positions=settings.context,
            n_embd=settings.width,
            n_layer=settings.layers,
            n_head=settings.width // HEAD,
            activation_function="gelu_pytorch_tanh",
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
            use_cache=False,
            bos_token_id=None,
            eos_token_id=None,
        )
        self.trunk = GPT2Model(config)
        self.heads = nn.ModuleDict({str(k): nn.Linear(settings.width, 4**k) for k in settings.ks})

    def forward(
        self, tokenized: TokenizedWindows, rows: NDArray[np.int64], columns: NDArray[np.int64]
    ) -> dict[int, Tensor]:
        """Log-odds of the next k bases: float32[n, 4 ** k] by k.

        Parameters
        ----------
        tokenized : TokenizedWindows
            Windows; what follows a place does not influence its answer. Words are numbered from the end.
        rows, columns : int64[n]
            Places.
        """
        after = tokenized.counts[:, None] - 1 - np.arange(tokenized.ids.shape[1])
        positions = (self.trunk.config.n_positions - 1 - after).clip(max=self.trunk.config.n_positions - 1)
        hidden = self.trunk(
            input_ids=torch.from_numpy(tokenized.ids),
            position_ids=torch.from_numpy(positions),
            token_type_ids=torch.from_numpy(np.where(after == 0, _LAST, _INSIDE)),
        ).last_hidden_state
        asked = hidden[torch.from_numpy(rows), torch.from_numpy(columns)]
        return {int(k): head(asked) for k, head in self.heads.items()}


def train(
    encoder: Encoder, runs: Runs, settings: Settings, seed: int, advance: Advance
) -> tuple[NextKmer, NextKmer]:
    """Train a network, and the heads of a copy whose random transformer stays fixed, as a control.

    Parameters
    ----------
    encoder : Encoder
        Encoder of the vocabulary.
    runs : Runs
        Training sequence, windows of ``settings.span`` bases.
    settings : Settings
        Size and budget.
    seed : int
        With the number of merges and the step it decides all draws.
    advance : callable
        Receives 1 for each step.

    Returns
    -------
    trained, random : NextKmer
        The second is the control.
    """
    merges = len(encoder.vocabulary.merges)
    torch.manual_seed(int(np.random.SeedSequence([seed, merges]).generate_state(1)[0]))
    trained = NextKmer(len(encoder.vocabulary), settings)
    random = copy.deepcopy(trained)
    random.trunk.requires_grad_(False)
    nets = (trained, random)
    learnt = [[p for p in net.parameters() if p.requires_grad] for net in nets]
    optimizer = torch.optim.AdamW([{"params": ps} for ps in learnt], settings.rate, (0.9, 0.95), fused=True)
    warmup = max(round(_WARM_UP * settings.steps), 1)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: learning_rate(step, settings.steps, 1.0, warmup)
    )
    for step in range(settings.steps):
        rng = np.random.default_rng([seed, merges, step])
        windows = draw_windows(runs, settings.batch, rng)
        tokenized = tokenize(encoder, windows[:, : settings.context])
        before = word_ends(tokenized, 1, settings.context - settings.most, settings.places - 1, rng)
        columns = np.concatenate([tokenized.counts[:, None] - 1, before], axis=1)
        rows = np.repeat(np.arange(settings.batch), settings.places)
        rows, chosen = rows[columns.ravel() >= 0], columns[columns >= 0]
        ends = tokenized.ends[rows, chosen]
        targets = {k: torch.from_numpy(next_kmers(windows, rows, ends, k)) for k in settings.ks}
        optimizer.zero_grad()
        for net, parameters in zip(nets, learnt, strict=True):
            logits = net(tokenized, rows, chosen)
            losses = [nn.functional.cross_entropy(logits[k], targets[k]) / k for k in settings.ks]
            torch.stack(losses).mean().backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        advance(1)
    return trained, random


@torch.inference_mode()
def measure(
    net: NextKmer, encoder: Encoder, tests: NDArray[np.uint8], settings: Settings, seed: int
) -> dict[tuple[str, int], tuple[int, float, float]]:
    """Measure the answers of a network on held-out windows, uint8[n, span]; ``seed`` chooses among word ends.

    Returns
    -------
    dict
        By kind of place and k: answers, share of right ones, and bits per base of what did follow.
    """
    contexts = tests[:, : settings.context]
    tokenized = tokenize(encoder, contexts)
    places = choose_places(tokenized, contexts, settings.most, np.random.default_rng([seed, 2, 1]))
    right = np.zeros((len(KINDS), len(settings.ks)), np.int64)
    bits = np.zeros(right.shape)
    for first in range(0, len(tests), _TESTED_AT_ONCE):
        part = slice(first, first + _TESTED_AT_ONCE)
        columns = np.stack([places[kind][part] for kind in KINDS])
        kinds, rows = np.nonzero(columns >= 0)
        chosen = columns[kinds, rows]
        some = TokenizedWindows(*(array[part] for array in tokenized))
        logits = net(some, rows, chosen)
        ends = some.ends[rows, chosen]
        for j, k in enumerate(settings.ks):
            answer = torch.from_numpy(next_kmers(tests[part], rows, ends, k))
            is_right = (logits[k].argmax(dim=1) == answer).numpy()
            nats = nn.functional.cross_entropy(logits[k], answer, reduction="none").double().numpy()
            right[:, j] += np.bincount(kinds, is_right, len(KINDS)).astype(np.int64)
            bits[:, j] += np.bincount(kinds, nats, len(KINDS)) / k / math.log(2)
    counts = {kind: int((places[kind] >= 0).sum()) for kind in KINDS}
    return {
        (kind, k): (counts[kind], float(right[i, j] / counts[kind]), float(bits[i, j] / counts[kind]))
        for i, kind in enumerate(KINDS)
        for j, k in enumerate(settings.ks)
        if counts[kind]
    }
