"""Stage: train a reader on a corpus. Resumable at any save, on one device or on many (accelerate).

It writes a checkpoint folder that transformers and `genomebook.models` load, with ``log.jsonl`` (a line for
every report and every test). ``state/`` holds the last save while it runs; the same command resumes from it.
On many devices: ``accelerate launch -m genomebook pretrain ...``.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import torch
from accelerate import Accelerator
from numpy.typing import NDArray

from genomebook.errors import OptionError, ReaderError
from genomebook.models.checkpoint import Kind
from genomebook.training.corpora.batches import Batches, BatchPlan
from genomebook.training.corpora.corpus import SCRIPTS, Corpus
from genomebook.training.optimise import learning_rate, take_steps
from genomebook.training.pretraining.losses import WordLosses
from genomebook.training.pretraining.sizes import ReaderSize, new_model
from genomebook.training.shipping.folder import (
    Description,
    check_unfinished,
    load_model,
    sha256,
    write_checkpoint,
)
from genomebook.training.state import load_state, save_state

if TYPE_CHECKING:
    from transformers import PreTrainedModel

REPORT_EVERY = 20
_TEST_STEP = 1 << 40
"""Masks of the test are drawn as those of a step that no training reaches."""

Report = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class PretrainingSchedule:
    """How to train.

    Parameters
    ----------
    steps, rows : int
        Optimiser steps; windows in a step over all devices.
    dna_share, pairs_share : float
        Share of windows that are DNA; that are pairs of sequence and text.
    rate : float
        Highest learning rate; it rises over ``warmup`` steps and falls as a cosine to a tenth.
    warmup : int
        Steps.
    seed : int
        Decides weights, order and masks.
    save_every, test_every : int
        Steps between saves, and between tests on held-out text.
    """

    steps: int
    rows: int = 16
    dna_share: float = 0.5
    rate: float = 1e-3
    warmup: int = 100
    seed: int = 0
    save_every: int = 200
    test_every: int = 200
    pairs_share: float = 0.0

    def rate_at(self, step: int) -> float:
        """Learning rate of a step."""
        return learning_rate(step, self.steps, self.rate, self.warmup)


@dataclass(frozen=True)
class ModelSetup:
    """GPT-2 ("causal") or BERT ("masked") to train, from random weights or from a checkpoint folder."""

    kind: Kind
    size: ReaderSize
    start: Path | None = None


def pretrain(
    corpus: Corpus,
    output: Path,
    shape: ModelSetup,
    schedule: PretrainingSchedule,
    report: Report,
    threads: int = 0,
) -> Path:
    """Train a reader and return its folder.

    Parameters
    ----------
    corpus : Corpus
        Text and DNA.
    output : Path
        Checkpoint folder, complete once it has ``reader.json``; its name becomes that of the reader.
    shape, schedule
        The model; how to train it.
    report : callable
        Receives each line of the log as a dict.
    threads : int
        Threads of a CPU; 0 leaves the choice to torch.

    Raises
    ------
    OptionError, ReaderError
        When the folder holds another run, or the corpus does not fit the schedule or the checkpoint.
    """
    check_unfinished(output)
    use_threads(threads)
    plan = BatchPlan(schedule.rows, schedule.dna_share, schedule.pairs_share)
    batches = Batches(corpus, plan, shape.size.window, schedule.seed)
    accelerator = Accelerator(mixed_precision=_precision())
    if schedule.rows % accelerator.num_processes:
        raise OptionError(
            f"{schedule.rows} windows a step do not divide by {accelerator.num_processes} devices"
        )
    ids, start = corpus.scripts.size, shape.start
    model = load_model(start, shape.kind) if start else new_model(shape.kind, shape.size, ids, schedule.seed)
    if model.config.vocab_size != ids:
        raise ReaderError(f"{start}: its {model.config.vocab_size} ids are not the {ids} of {corpus.folder}")
    parts = json.dumps(msgspec.to_builtins(corpus.meta.parts), sort_keys=True)
    run = {
        "kind": shape.kind,
        "size": asdict(shape.size),
        "schedule": asdict(schedule),
        "scripts": corpus.meta.scripts,
        "corpus": hashlib.sha256(parts.encode()).hexdigest(),
        "start": sha256(start / "model.safetensors") if start else None,
    }
    trainer = _Trainer(accelerator, model, batches, corpus, schedule, shape, output, run)
    trainer.resume()
    trainer.loop(report)
    if accelerator.is_main_process:
        description = Description(output.name, shape.kind, shape.size.window, trainer.training())
        write_checkpoint(output, trainer.plain(), corpus.scripts, description)
        shutil.rmtree(output / "state", ignore_errors=True)
    accelerator.wait_for_everyone()
    accelerator.end_training()
    return output


def use_threads(threads: int) -> None:
    """Set the number of CPU threads of torch; 0 leaves it unchanged."""
    if threads:
        torch.set_num_threads(threads)


def _precision() -> str:
    """bf16 where the device computes in it, else no: other processors emulate it, 40 times slower."""
    if torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported() else "no"
    about = Path("/proc/cpuinfo")
    flags = about.read_text() if about.is_file() else ""
    return "bf16" if "avx512_bf16" in flags or "amx_bf16" in flags else "no"


class _Trainer:
    """One run; its methods share the model."""

    def __init__(
        self,
        accelerator: Accelerator,
        model: PreTrainedModel,
        batches: Batches,
        corpus: Corpus,
        schedule: PretrainingSchedule,
        shape: ModelSetup,
        output: Path,
        run: dict[str, Any],
    ) -> None:
        self.accelerator, self.batches, self.corpus, self.schedule = accelerator, batches, corpus, schedule
        self.causal, self.window, self.output, self.run = (
            shape.kind == "causal",
            shape.size.window,
            output,
            run,
        )
        matrices = [p for p in model.parameters() if p.ndim > 1]
        others = [p for p in model.parameters() if p.ndim <= 1]
        groups = [{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
        optimizer = torch.optim.AdamW(groups, lr=schedule.rate, betas=(0.9, 0.98), fused=True)
        self.model, self.optimizer = accelerator.prepare(WordLosses(model, corpus.scripts), optimizer)
        self.step, self.seconds = 0, 0.0

    def plain(self) -> PreTrainedModel:
        """The model of transformers without its wrappers."""
        model: PreTrainedModel = self.accelerator.unwrap_model(self.model).model
        return model

    def training(self) -> dict[str, Any]:
        """Description of the run for ``reader.json``."""
        device, threads = self.accelerator.device, torch.get_num_threads()
        on_gpu = device.type == "cuda"
        return {
            **self.run,
            "tokens": self.step * self.schedule.rows * self.window,
            "hours": round(self.seconds / 3600, 3),
            "device": torch.cuda.get_device_name(device) if on_gpu else f"CPU, {threads} thread(s) a process",
            "processes": self.accelerator.num_processes,
            "precision": self.accelerator.mixed_precision,
            "torch": torch.__version__,
        }

    def losses(
        self, ids: NDArray[np.int64], is_dna: NDArray[np.bool_], step: int
    ) -> dict[bool, torch.Tensor]:
        """Natural log loss of each scored word, of DNA (True) and of English (False).

        ``is_dna`` is the script of each token, bool[b, t].
        """
        if self.causal:
            seen, answers, asked = ids, np.roll(ids, -1, axis=1), np.ones_like(ids, bool)
            is_dna, asked[:, -1] = np.roll(is_dna, -1, axis=1), False
        else:
            answers = ids
            seen, asked = self.batches.masked(ids, step, self.accelerator.process_index)
        device = self.accelerator.device
        given = (torch.from_numpy(np.ascontiguousarray(x)).to(device) for x in (seen, answers, asked, is_dna))
        losses: dict[bool, torch.Tensor] = self.model(*given)
        return losses

    def advance(self) -> NDArray[np.float64]:
        """Take one step; float64[2, 2]: sum and number of losses of DNA and of English."""
        ids, is_dna = self.batches.step(
            self.step, self.accelerator.process_index, self.accelerator.num_processes
        )
        for group in self.optimizer.param_groups:
            group["lr"] = self.schedule.rate_at(self.step)
        losses = self.losses(ids, is_dna, self.step)
        self.accelerator.backward(torch.cat(list(losses.values())).mean())
        self.accelerator.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        sums = np.zeros((2, 2))
        for script, some in losses.items():
            sums[int(not script)] = some.sum().item(), len(some)
        self.step += 1
        return sums

    def loop(self, report: Report) -> None:
        """Train to the last step; report, test and save on the way."""
        sums, began, first = np.zeros((2, 2)), time.monotonic(), self.step

        def take(_: int) -> None:
            np.add(sums, self.advance(), out=sums)

        def tell(done: int) -> None:
            nonlocal began, first
            spent = time.monotonic() - began
            self.seconds += spent
            speed = (done - first) * self.schedule.rows * self.window / spent
            self.tell({"step": done, **_bits(sums), "tokens_per_s": round(speed)}, report)
            sums[:], first = 0, done
            last = done == self.schedule.steps
            if done % self.schedule.test_every == 0 or last:
                self.tell({"step": done, "test": self.test()}, report)
            if done % self.schedule.save_every == 0 and not last:
                self.save()
            began = time.monotonic()

        take_steps(self.step, self.schedule.steps, take, (REPORT_EVERY, tell))

    def tell(self, line: dict[str, Any], report: Report) -> None:
        """Write a line to the log and report it, in the first process only."""
        if self.accelerator.is_main_process:
            self.output.mkdir(exist_ok=True)
            with (self.output / "log.jsonl").open("a") as log:
                log.write(json.dumps(line) + "\n")
            report({**line, "steps": self.schedule.steps})

    def test(self, windows: int = 32) -> dict[str, float]:
        """Bits per word and per letter on held-out windows of each script, spread evenly."""
        figures = {}
        self.model.eval()
        for script in SCRIPTS:
            tokens = self.corpus.tokens(script, "test")
            count = min(windows, len(tokens) // self.window)
            if not count:
                continue
            starts = np.linspace(0, len(tokens) - self.window, count).astype(int)
            ids = np.stack([tokens[s : s + self.window] for s in starts]).astype(np.int64)
            with torch.no_grad():
                losses = self.losses(ids, np.full(ids.shape, script == "dna"), _TEST_STEP)[script == "dna"]
            bits = losses.mean().item() / math.log(2)
            figures[f"{script}_bits"] = bits
            figures[f"{script}_bits_a_letter"] = bits / self.corpus.letters_per_token(script, "test")
        self.model.train()
        return figures

    def save(self) -> None:
        """Write ``state/``."""
        if self.accelerator.is_main_process:
            body = {"step": self.step, "seconds": self.seconds, "run": self.run}
            body["log"] = (self.output / "log.jsonl").stat().st_size
            save_state(self.output / "state", self.plain(), self._adam(), body)
        self.accelerator.wait_for_everyone()

    def resume(self) -> None:
        """Resume from ``state/`` if it belongs to the same run."""
        if not (self.output / "state").is_dir():
            (self.output / "log.jsonl").unlink(missing_ok=True)
            return
        body = load_state(self.output / "state", self.plain(), self._adam(), self.run)
        self.step, self.seconds = body["step"], body["seconds"]
        if self.accelerator.is_main_process:
            with (self.output / "log.jsonl").open("r+") as log:
                log.truncate(body["log"])

    def _adam(self) -> Any:
        return getattr(self.optimizer, "optimizer", self.optimizer)


def _bits(sums: NDArray[np.float64]) -> dict[str, float]:
    return {f"{s}_bits": sums[i, 0] / sums[i, 1] / math.log(2) for i, s in enumerate(SCRIPTS) if sums[i, 1]}
