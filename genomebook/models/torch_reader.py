"""A reader on torch: for GPUs, and for the CPU where there is no graph.

Windows of one padded length run together (`genomebook.models.batches`). On the CPU the number of rows of a
batch changes no bit. When the memory of a GPU does not suffice, the batch is halved and run again.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from genomebook.errors import OptionError, ReaderError
from genomebook.models.batches import CallRows, fill, pack, prepared, shape_of
from genomebook.models.checkpoint import BOUNDARIES, CONFIG, WEIGHTS, Checkpoint
from genomebook.models.scoring import Call, CallScores, Precision, WindowReader

BUDGET = 1 << 16
"""Positions of a batch on a GPU."""


class TorchReader(WindowReader):
    """Runs ``model.safetensors`` of a checkpoint with the code of transformers.

    Parameters
    ----------
    checkpoint : Checkpoint
        Opened and checked.
    device : str
        As torch names it.
    budget : int, optional
        Positions of a batch, padding among them: `BUDGET` by default, on the CPU one window. Halved when the
        memory does not suffice.
    precision : "float32" or "bfloat16"
        Of the layers; the heads and what comes out are float32.

    Raises
    ------
    OptionError
        When the device does not exist.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        device: str = "cpu",
        budget: int | None = None,
        precision: Precision = "float32",
    ) -> None:
        self._device = _device(device)
        here = self._device.type
        runs = checkpoint.meta.weights
        if here != "cpu" or precision != "float32":
            runs = f"{runs} {here} {precision}"
        super().__init__(checkpoint, runs)
        self.budget = budget or (1 if here == "cpu" else BUDGET)
        self.model = _load(checkpoint).to(self._device)
        self._reduced = precision == "bfloat16"
        self._in_use = nullcontext() if here == "cpu" else threading.Lock()
        self._pad = checkpoint.scripts.mark("<pad>")
        table, says = self.model.get_output_embeddings(), checkpoint.says
        self._answers = table.weight[:says], None if self._causal else table.bias[:says]
        self._heads: tuple[torch.Tensor, torch.Tensor] | None = None
        if "boundary" in self.gives:
            heads = load_file(checkpoint.folder / BOUNDARIES, str(self._device))
            self._heads = heads["weight"].float(), heads["bias"].float()

    def run(self, calls: Sequence[Call], want: frozenset[str]) -> Iterator[tuple[int, CallScores]]:
        """Run calls in batches, the next of which is made while one runs."""
        batches = pack([shape_of(call, self.window) for call in calls], self.budget)
        for rows in prepared(lambda numbers: self._made(calls, numbers), batches):
            waiting = [rows]
            while waiting:
                part = waiting.pop()
                outputs = self._tried(part, want)
                if outputs is None:
                    waiting += reversed(part.halves())
                    continue
                for row, number in enumerate(part.numbers):
                    yield number, _scores(outputs, row, calls[number])

    def _made(self, calls: Sequence[Call], numbers: Sequence[int]) -> CallRows:
        rows = fill(calls, numbers, shape_of(calls[numbers[0]], self.window), self._pad)
        return rows.pinned() if self._device.type == "cuda" else rows

    def _tried(self, rows: CallRows, want: frozenset[str]) -> dict[str, NDArray[np.float32]] | None:
        """Outputs of a batch; None when it must be halved, as its memory does not suffice."""
        if len(rows.numbers) > 1 and rows.ids.numel() > self.budget:
            return None
        try:
            with self._in_use:
                outputs: dict[str, NDArray[np.float32]] = self.outputs(rows, want)
                return outputs
        except torch.OutOfMemoryError:
            if len(rows.numbers) == 1:
                what = f"its memory does not hold a window of {rows.ids.shape[1]} words"
                raise ReaderError(f"device {self._device}: {what}; use another device, or cpu") from None
        self.budget = rows.ids.numel() // 2
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        return None

    @torch.inference_mode()
    def outputs(self, rows: CallRows, want: frozenset[str]) -> dict[str, NDArray[np.float32]]:
        """Run a batch and return what is wanted of all its positions, and of those whose surprisal is asked.

        Raises
        ------
        torch.OutOfMemoryError
            When the memory of the device does not suffice.
        """
        hidden = self._hidden(rows)
        outputs: dict[str, torch.Tensor] = {}
        if "hidden" in want:
            outputs["hidden"] = hidden
        if "boundary" in want and self._heads is not None:
            outputs["boundary"] = torch.nn.functional.linear(hidden, *self._heads)
        if "surprisal" in want:
            outputs["surprisal"] = self._surprisal(hidden, rows)
        return {name: values.cpu().numpy() for name, values in outputs.items()}

    def _hidden(self, rows: CallRows) -> torch.Tensor:
        """Hidden states float32[b, t, width]; a causal model never sees the padding after its words."""
        ids = rows.ids.to(self._device, non_blocking=True)
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._reduced):
            if self._causal:
                states = self.model.transformer(ids, use_cache=False)
            else:
                seen = None if rows.whole else rows.seen.to(self._device, non_blocking=True)
                states = self.model.bert(ids, attention_mask=seen)
        hidden: torch.Tensor = states.last_hidden_state.float()
        return hidden

    def _head(self, states: torch.Tensor) -> torch.Tensor:
        """States that are multiplied with the word embeddings."""
        return states if self._causal else self.model.cls.predictions.transform(states)

    def _surprisal(self, hidden: torch.Tensor, rows: CallRows) -> torch.Tensor:
        """Surprisal of the answers in bits: float32[b, asked]."""
        asked = rows.asked.to(self._device, non_blocking=True)
        states = hidden.gather(1, asked[:, :, None].expand(-1, -1, hidden.shape[2])).flatten(0, 1)
        logits = torch.nn.functional.linear(self._head(states), *self._answers)
        wanted = rows.answers.to(self._device, non_blocking=True)
        nats = torch.nn.functional.cross_entropy(logits, wanted.flatten(), reduction="none")
        return (nats / math.log(2)).reshape(wanted.shape)


def _scores(outputs: dict[str, NDArray[np.float32]], row: int, call: Call) -> CallScores:
    hidden, boundary, surprisal = (outputs.get(name) for name in ("hidden", "boundary", "surprisal"))
    here = slice(call.first, len(call.ids))
    return CallScores(
        None if hidden is None else hidden[row, here],
        None if boundary is None else boundary[row, here],
        None if surprisal is None else surprisal[row, : len(call.asked)],
    )


def _device(name: str) -> torch.device:
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        what = " ".join(str(error).split())[:120]
        raise OptionError(f"device {name}: not on this machine ({what}); use cpu") from None
    return device


def _load(checkpoint: Checkpoint) -> Any:
    from transformers import BertConfig, BertForMaskedLM, GPT2Config, GPT2LMHeadModel

    path = checkpoint.folder / CONFIG
    model: Any
    if checkpoint.kind == "causal":
        model = GPT2LMHeadModel(GPT2Config.from_json_file(path))
    else:
        model = BertForMaskedLM(BertConfig.from_json_file(path))
    tensors = {name: tensor.float() for name, tensor in load_file(checkpoint.folder / WEIGHTS).items()}
    model.float().load_state_dict(tensors, strict=False)  # tied tensors are stored once
    model.tie_weights()
    model.eval()
    return model
