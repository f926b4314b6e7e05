"""A reader that finds the ends of sentences and paragraphs, trained in our way and in the published way.

Ours: the reader sees hidden text (`genomebook.training.corpora.labelled_text`), and linear heads on its final
hidden states predict, ``lookahead`` tokens later, whether one ended. Heads of several lookaheads are trained
together; the next-word loss over hidden English and DNA is kept, so that neither script is forgotten.

Published (arXiv 2501.16982): the reader learns hidden text in which paragraphs end with ``<p_end>``, and text
in which sentences end with "."; the score is the probability of that token after each word of text without.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, linear, log_softmax
from transformers import PreTrainedModel

from genomebook.errors import ReaderError
from genomebook.language.bilingual import Bilingual
from genomebook.models.windows import WindowPlan
from genomebook.training.corpora.batches import rng_of
from genomebook.training.corpora.labelled_text import ENDS, TokenizedDocument
from genomebook.training.optimise import learning_rate, take_steps, update
from genomebook.training.pretraining.losses import columns
from genomebook.training.pretraining.pretrain import Report

LOOKAHEADS = (0, 1, 2, 4, 8)
"""Tokens after an end at which a head is asked about it."""


@dataclass(frozen=True)
class BoundaryTuning:
    """Budget of one fine-tuning.

    Parameters
    ----------
    steps, rows : int
        Optimiser steps; windows in a step.
    rate : float
        Highest learning rate; warm-up over a twentieth of the steps, then a cosine.
    dna_share, lower_share : float
        Share of windows that are DNA, which has no labels; of English windows in small letters.
    head_weight : float
        Weight of the loss of the heads against that of the next word.
    words : int
        Maximum number of words of hidden text to learn from, evenly from all documents.
    device : str
        Where to compute.
    """

    steps: int = 600
    rows: int = 16
    rate: float = 5e-4
    dna_share: float = 0.25
    lower_share: float = 0.5
    head_weight: float = 4.0
    words: int = 2_000_000
    device: str = "cpu"


class LabelledWindows:
    """Windows drawn from concatenated streams of labelled English or of DNA."""

    def __init__(self, documents: Sequence[TokenizedDocument], window: int) -> None:
        self.ids = np.concatenate([document.ids for document in documents])
        self.window = window
        if len(self.ids) <= window:
            raise ReaderError(f"{len(self.ids)} tokens are fewer than a window of {window}; give more text")
        self.ends = np.full((len(self.ids), len(ENDS)), -1.0, np.float32)
        start = 0
        for document in documents:
            self.ends[start + document.last] = document.ends
            start += len(document.ids)

    def draw(self, rng: np.random.Generator, count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Ids int64[count, window]; labels float32[count, window, 2]: 1 ended, 0 did not, -1 in a word."""
        starts = rng.integers(0, len(self.ids) - self.window, count)
        places = starts[:, None] + np.arange(self.window)
        return self.ids[places], self.ends[places]


class Heads(torch.nn.Module):
    """Linear heads for each lookahead: weight float32[lookaheads, 2, width], bias float32[lookaheads, 2]."""

    def __init__(self, width: int, lookaheads: Sequence[int], rates: NDArray[np.float64]) -> None:
        super().__init__()
        self.lookaheads = tuple(lookaheads)
        odds = torch.tensor(np.log(rates / (1 - rates)), dtype=torch.float32)
        self.weight = torch.nn.Parameter(torch.zeros(len(lookaheads), len(ENDS), width))
        self.bias = torch.nn.Parameter(odds.repeat(len(lookaheads), 1))

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """float[b, t, width] -> log-odds float[b, t, lookaheads, 2], at the position that predicts them."""
        flat = linear(hidden, self.weight.flatten(0, 1), self.bias.flatten())
        return flat.view(*hidden.shape[:2], *self.bias.shape)

    def loss(self, hidden: torch.Tensor, ends: torch.Tensor) -> torch.Tensor:
        """Mean cross-entropy at the ends of words over heads and kinds."""
        odds, losses = self(hidden), []
        for i, ahead in enumerate(self.lookaheads):
            truth = ends[:, : ends.shape[1] - ahead]
            said = odds[:, ahead:, i]
            asked = truth >= 0
            losses.append(binary_cross_entropy_with_logits(said[asked], truth[asked]))
        return torch.stack(losses).mean()


def train_heads(
    model: PreTrainedModel,
    scripts: Bilingual,
    english: tuple[LabelledWindows, LabelledWindows],
    dna: LabelledWindows | None,
    tuning: BoundaryTuning,
    seed: int,
    report: Report,
) -> Heads:
    """Fine-tune a causal model in place, with heads of all `LOOKAHEADS`.

    Parameters
    ----------
    model : GPT2LMHeadModel
        Where it starts.
    scripts : Bilingual
        Id space.
    english : (LabelledWindows, LabelledWindows)
        Hidden text with capital letters, and in small letters.
    dna : LabelledWindows, optional
        DNA; None to train without.
    tuning, seed
        Budget; decides what is drawn.
    report : callable
        Receives step and losses (nats).
    """
    rates = np.array([(english[0].ends[:, i] == 1).sum() for i in range(len(ENDS))], np.float64)
    rates = np.clip(rates / max(1, (english[0].ends[:, 0] >= 0).sum()), 1e-4, 0.5)
    heads = Heads(int(model.config.hidden_size), LOOKAHEADS, rates).to(tuning.device)

    def losses(step: int) -> dict[str, torch.Tensor]:
        counts = _counts(tuning, step, dna is not None)
        parts = {}
        ids, ends = _mixed(english, rng_of(seed, "ends", step), counts[:2])
        hidden = _hidden(model, ids, tuning.device)
        parts["english"] = _next_word(model, scripts, hidden, ids, dna=False)
        parts["ends"] = heads.loss(hidden, torch.from_numpy(ends).to(tuning.device))
        if dna is not None and counts[2]:
            ids, _ = dna.draw(rng_of(seed, "dna", step), counts[2])
            parts["dna"] = _next_word(model, scripts, _hidden(model, ids, tuning.device), ids, dna=True)
        return parts

    weights = {"english": 1.0, "dna": 1.0, "ends": tuning.head_weight}
    _loop(model, list(heads.parameters()), losses, weights, tuning, report)
    return heads


def train_end_tokens(
    model: PreTrainedModel,
    scripts: Bilingual,
    english: tuple[LabelledWindows, ...],
    tuning: BoundaryTuning,
    seed: int,
    report: Report,
) -> None:
    """Fine-tune a causal model in place on texts with end tokens, drawn in equal parts: the published way."""

    def losses(step: int) -> dict[str, torch.Tensor]:
        rng = rng_of(seed, "marks", step)
        share = [tuning.rows // len(english)] * len(english)
        share[0] += tuning.rows - sum(share)
        ids, _ = _mixed(english, rng, share)
        hidden = _hidden(model, ids, tuning.device)
        return {"english": _next_word(model, scripts, hidden, ids, dna=False)}

    _loop(model, [], losses, {"english": 1.0}, tuning, report)


def _counts(tuning: BoundaryTuning, step: int, dna: bool) -> tuple[int, int, int]:
    """Rows with capitals, in small letters and of DNA; shares hold over steps, not in each."""
    before, after = (int(s * tuning.rows * tuning.dna_share + 1e-9) for s in (step, step + 1))
    whole = after - before if dna else 0
    english = max(1, tuning.rows - whole)
    small = min(english, round(english * tuning.lower_share))
    return english - small, small, whole


def _mixed(
    rows: Sequence[LabelledWindows], rng: np.random.Generator, counts: Sequence[int]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    drawn = [source.draw(rng, count) for source, count in zip(rows, counts, strict=True) if count]
    return np.concatenate([ids for ids, _ in drawn]), np.concatenate([ends for _, ends in drawn])


def _hidden(model: Any, ids: NDArray[np.int64], device: str) -> torch.Tensor:
    hidden: torch.Tensor = model.transformer(
        torch.from_numpy(ids).to(device), use_cache=False
    ).last_hidden_state
    return hidden


def _next_word(
    model: Any, scripts: Bilingual, hidden: torch.Tensor, ids: NDArray[np.int64], dna: bool
) -> torch.Tensor:
    """Mean loss of the next word among the ids of its script."""
    here = columns(scripts)[dna]
    said = linear(hidden[:, :-1].flatten(0, 1), model.get_output_embeddings().weight[here])
    truth = torch.from_numpy(ids[:, 1:].reshape(-1) - here.start).to(hidden.device)
    return cross_entropy(said, truth)


def _loop(
    model: PreTrainedModel, more: list[torch.nn.Parameter], losses: Callable[[int], dict[str, torch.Tensor]],
    weights: dict[str, float], tuning: BoundaryTuning, report: Report,
) -> None:  # fmt: skip
    """Update weights for the steps of the budget; those of the heads learn ten times as fast."""
    model.to(tuning.device).train()  # type: ignore[arg-type]
    groups = [{"params": list(model.parameters()), "times": 1.0}, {"params": more, "times": 10.0}]
    optimizer = torch.optim.AdamW([g for g in groups if g["params"]], lr=tuning.rate, weight_decay=0.01)
    last: dict[str, torch.Tensor] = {}

    def take(step: int) -> None:
        last.update(losses(step))
        total = torch.stack([weights[name] * loss for name, loss in last.items()]).sum()
        rate = learning_rate(step, tuning.steps, tuning.rate, max(1, tuning.steps // 20))
        update(optimizer, total, [*model.parameters(), *more], rate)

    def tell(done: int) -> None:
        report({"step": done, "steps": tuning.steps, **{k: v.item() for k, v in last.items()}})

    take_steps(0, tuning.steps, take, (20, tell))
    model.train(False)


def head_scores(
    model: Any, heads: Heads, tokenized: TokenizedDocument, window: int, filler: int
) -> NDArray[np.float32]:
    """Log-odds that one ends after each word of a document: float32[n, lookaheads, 2].

    Each position is scored with half a window before it; ``filler`` follows the last token as often as the
    farthest head looks ahead.
    """
    farthest = max(heads.lookaheads)
    ids = np.concatenate([tokenized.ids, np.full(farthest, filler, np.int64)])
    odds = _over_windows(model, ids, window, heads)
    return np.stack([odds[tokenized.last + ahead, i] for i, ahead in enumerate(heads.lookaheads)], axis=1)


def end_token_scores(
    model: Any, scripts: Bilingual, tokenized: TokenizedDocument, window: int, marks: tuple[int, int]
) -> NDArray[np.float32]:
    """Log-probability of the end token of each kind after each word of a document: float32[n, 2]."""
    here = columns(scripts)[False]
    wanted = [mark - here.start for mark in marks]
    weight = model.get_output_embeddings().weight[here]

    def said(hidden: torch.Tensor) -> torch.Tensor:
        return log_softmax(linear(hidden, weight), dim=-1)[..., wanted]

    return _over_windows(model, tokenized.ids, window, said)[tokenized.last]


def _over_windows(
    model: Any, ids: NDArray[np.int64], window: int, said: Callable[[torch.Tensor], torch.Tensor]
) -> NDArray[np.float32]:
    """Scores at each position of a stream, from its window."""
    device, plan = str(next(model.parameters()).device), WindowPlan(len(ids), window)
    parts: list[NDArray[np.float32]] = []
    with torch.inference_mode():
        for number in range(len(plan)):
            place = plan[number]
            hidden = _hidden(model, ids[None, place.start : place.end], device)
            kept = said(hidden)[0, place.first - place.start : place.last - place.start]
            parts.append(kept.float().cpu().numpy())
    return np.concatenate(parts)
