"""Stage: train the sentence encoder by contrast: to recognise mutated copies.

InfoNCE (van den Oord et al. 2018) in both directions: among the copies of all stretches of a batch, each
stretch must find its own copy, and each copy its stretch. Draws of a step follow from (seed, step), and sums
have a fixed order: the same command gives the same weights, also after an interruption.
"""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from genomebook.errors import OptionError
from genomebook.files.progress import Advance
from genomebook.models.threads import one_thread
from genomebook.options import check_new_path
from genomebook.training.corpora.batches import rng_of
from genomebook.training.measures import recall
from genomebook.training.optimise import learning_rate, take_steps, update
from genomebook.training.sentences.model import EncoderSize, MotifModel, pack_of, write_encoder
from genomebook.training.sentences.pairs import BaseRuns, Changes, draw_pairs, mutate
from genomebook.training.state import load_state, save_state

_TEST = 500
_TEST_LETTERS = 200
_TEST_CHANGES = 0.2


@dataclass(frozen=True)
class SentenceSchedule:
    """How to train.

    Attributes
    ----------
    steps, rows : int
        Optimiser steps; pairs in a step.
    rate : float
        Highest learning rate; it rises over ``warmup`` steps and falls as a cosine to a fiftieth.
    warmup, seed : int
        Steps; decides weights and pairs.
    save_every, test_every : int
        Steps between saves, and between tests on held-out sequence.
    changes : Changes
        Mutations of the copies.
    """

    steps: int
    rows: int = 256
    rate: float = 2e-3
    warmup: int = 50
    seed: int = 0
    save_every: int = 200
    test_every: int = 500
    changes: Changes = field(default_factory=Changes)

    def __post_init__(self) -> None:
        if min(self.steps, self.save_every, self.test_every) < 1 or self.rows < 2 or not self.rate > 0:
            raise OptionError(
                f"{self.steps} steps of {self.rows} pairs at rate {self.rate}: give 1, 2, above 0"
            )

    def rate_at(self, step: int) -> float:
        """Learning rate of a step."""
        return learning_rate(step, self.steps, self.rate, self.warmup, floor=0.02)


def train(
    text: BaseRuns,
    output: Path,
    size: EncoderSize,
    schedule: SentenceSchedule,
    advance: Advance,
    held_out: BaseRuns | None = None,
) -> Path:
    """Train an encoder and write the folder that `genomebook.models.sentences` opens.

    Parameters
    ----------
    text, held_out : BaseRuns
        Sequence to learn from; optionally, sequence to test on.
    output : Path
        Folder to make. Until it is there, ``output.state`` beside it holds the last save, and the same call
        resumes from it.
    size, schedule
        Of the model; how to train it.
    advance : callable
        Receives the number of pairs of each step.

    Raises
    ------
    OptionError
        When ``output`` exists, its folder does not, or the state beside it belongs to another run.
    """
    check_new_path(output, "an encoder")
    run = {
        "size": size._asdict(),
        "schedule": dataclasses.asdict(schedule),
        "text": hashlib.sha256(text.codes.tobytes() + text.ends.tobytes()).hexdigest(),
    }
    state = output.with_name(output.name + ".state")
    with one_thread():  # motif scores have their own threads
        model = MotifModel(size, schedule.seed)
        optimizer = torch.optim.AdamW(model.parameters(), lr=schedule.rate, weight_decay=0.0)
        body: dict[str, Any] = {"run": run, "step": 0, "seconds": 0.0, "log": [], "losses": []}
        if state.exists():
            body = load_state(state, model, optimizer, run)
            advance(body["step"] * schedule.rows)
        _loop(model, optimizer, text, schedule, body, state, advance, held_out)
    training = {
        **run,
        "letters": len(text.codes),
        "log": body["log"],
        "seconds": round(body["seconds"]),
        "torch": str(torch.__version__),
    }
    write_encoder(model, output, output.name, training)
    shutil.rmtree(state, ignore_errors=True)
    return output


def _loop(
    model: MotifModel,
    optimizer: Any,
    text: BaseRuns,
    schedule: SentenceSchedule,
    body: dict[str, Any],
    state: Path,
    advance: Advance,
    held_out: BaseRuns | None,
) -> None:
    """Train to the last step; test and save on the way."""
    since = time.monotonic()

    def take(step: int) -> None:
        body["losses"].append(_step(model, optimizer, text, schedule, step))
        body["step"] = step + 1
        advance(schedule.rows)

    def test(done: int) -> None:
        line = {"step": done, "loss": round(float(np.mean(body["losses"])), 4)}
        if held_out is not None:
            line["recall"] = round(held_out_recall(model, held_out, schedule.seed), 4)
        body["log"].append(line)
        body["losses"] = []

    def save(_: int) -> None:
        nonlocal since
        body["seconds"] += time.monotonic() - since
        since = time.monotonic()
        save_state(state, model, optimizer, body)

    take_steps(body["step"], schedule.steps, take, (schedule.test_every, test), (schedule.save_every, save))


def _step(model: MotifModel, optimizer: Any, text: BaseRuns, schedule: SentenceSchedule, step: int) -> float:
    """Take one step and return its loss."""
    first, second = draw_pairs(text, schedule.rows, schedule.changes, schedule.seed, step)
    loss = contrast(model(first), model(second), model.heat)
    update(optimizer, loss, model.parameters(), schedule.rate_at(step))
    return float(loss.detach())


def contrast(first: torch.Tensor, second: torch.Tensor, heat: torch.Tensor) -> torch.Tensor:
    """InfoNCE in both directions, in nats.

    Parameters
    ----------
    first, second : float32[n, width]
        Unit vectors, row by row a pair.
    heat : float32[]
        Logarithm of the factor of the cosines, which is kept below 100.
    """
    cosines = first @ second.T * heat.exp().clamp(max=100)
    own = torch.arange(len(first))
    both = functional.cross_entropy(cosines, own) + functional.cross_entropy(cosines.T, own)
    return both / 2


def held_out_recall(model: MotifModel, text: BaseRuns, seed: int) -> float:
    """Share of held-out stretches found first by a copy with a fifth of its bases replaced."""
    rng = rng_of(seed, "held out")
    letters = np.frombuffer(b"ACGT", np.uint8)[text.codes]
    sentences = [letters[a : a + _TEST_LETTERS].tobytes() for a in range(0, len(letters) - 49, _TEST_LETTERS)]
    chosen = rng.permutation(len(sentences))[:_TEST]
    queries = [mutate(sentences[i], _TEST_CHANGES, 0.0, rng) for i in chosen]

    def embed(some: list[bytes]) -> NDArray[np.float32]:
        with torch.inference_mode():
            vectors: NDArray[np.float32] = model(pack_of(some)).numpy()
        return vectors

    return recall(embed(sentences), embed(queries), chosen)[0]
