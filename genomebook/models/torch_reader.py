"""A reader on torch: for GPUs, and for the CPU where there is no graph.

On the CPU one window is one call. On a GPU every call has one shape (short windows and batches are padded),
and a window always has the same row of its batch: its neighbours do not change its result.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from genomebook.errors import OptionError
from genomebook.models.checkpoint import BOUNDARIES, CONFIG, WEIGHTS, Checkpoint
from genomebook.models.scoring import Batch, CallScores, WindowReader

BATCH = 64


class TorchReader(WindowReader):
    """Runs ``model.safetensors`` of a checkpoint with the code of transformers.

    Parameters
    ----------
    checkpoint : Checkpoint
        Opened and checked.
    device : str
        As torch names it.
    batch : int or None
        Windows in a call, padded to one shape; None for one window without padding on the CPU and `BATCH`
        elsewhere.

    Raises
    ------
    ReaderError
        When the device does not exist.
    """

    def __init__(self, checkpoint: Checkpoint, device: str = "cpu", batch: int | None = None) -> None:
        self._device = _device(device)
        self._padded = batch is not None or self._device.type != "cpu"
        super().__init__(checkpoint, checkpoint.meta.weights, (batch or BATCH) if self._padded else 1)
        self.model = _load(checkpoint).to(self._device)
        self._pad = checkpoint.scripts.mark("<pad>")
        table, says = self.model.get_output_embeddings(), checkpoint.says
        self._answers = table.weight[:says], None if self._causal else table.bias[:says]
        self._heads: tuple[torch.Tensor, torch.Tensor] | None = None
        if "boundary" in self.gives:
            heads = load_file(checkpoint.folder / BOUNDARIES, str(self._device))
            self._heads = heads["weight"].float(), heads["bias"].float()

    @torch.inference_mode()
    def run(self, batch: Batch) -> dict[int, CallScores]:
        """Run calls together."""
        calls, want = batch.calls, batch.want
        size, length = batch.size, self.window if self._padded else max(len(c.ids) for c in calls.values())
        ids = np.full((size, length), self._pad, np.int64)
        seen = np.zeros((size, length), np.int64)
        for row, call in calls.items():
            ids[row, : len(call.ids)], seen[row, : len(call.ids)] = call.ids, 1
        hidden = self._hidden(ids, seen)
        outputs: dict[str, NDArray[np.float32]] = {}
        if "hidden" in want:
            outputs["hidden"] = hidden.cpu().numpy()
        if "boundary" in want and self._heads is not None:
            outputs["boundary"] = torch.nn.functional.linear(hidden, *self._heads).cpu().numpy()
        if "surprisal" in want:
            outputs["surprisal"] = self._surprisal(hidden, batch)
        return {
            row: _rows(outputs, row, call.first, len(call.ids), len(call.asked))
            for row, call in calls.items()
        }

    def _hidden(self, ids: NDArray[np.int64], seen: NDArray[np.int64]) -> torch.Tensor:
        """Hidden states float32[b, t, width]; a causal model never sees the padding after its words."""
        tokens = torch.from_numpy(ids).to(self._device)
        if self._causal:
            states = self.model.transformer(tokens, use_cache=False)
        else:
            mask = torch.from_numpy(seen).to(self._device)
            states = self.model.bert(tokens, attention_mask=mask if self._padded else None)
        hidden: torch.Tensor = states.last_hidden_state
        return hidden

    def _head(self, states: torch.Tensor) -> torch.Tensor:
        """States that are multiplied with the word embeddings."""
        return states if self._causal else self.model.cls.predictions.transform(states)

    def _surprisal(self, hidden: torch.Tensor, batch: Batch) -> NDArray[np.float32]:
        """Surprisal of the answers in bits: float32[b, most]."""
        most = batch.most if self._padded else max(len(call.asked) for call in batch.calls.values())
        asked, answers = np.zeros((2, batch.size, most), np.int64)
        for row, call in batch.calls.items():
            asked[row, : len(call.asked)] = call.asked + call.first
            answers[row, : len(call.asked)] = call.answers
        rows = torch.from_numpy(asked).to(self._device)[:, :, None].expand(-1, -1, hidden.shape[2])
        states = hidden.gather(1, rows).flatten(0, 1)
        logits = torch.nn.functional.linear(self._head(states), *self._answers)
        wanted = torch.from_numpy(answers).to(self._device).reshape(-1)
        nats = torch.nn.functional.cross_entropy(logits, wanted, reduction="none")
        bits: NDArray[np.float32] = (nats / math.log(2)).reshape(batch.size, most).cpu().numpy()
        return bits


def _rows(outputs: dict[str, NDArray[np.float32]], row: int, first: int, end: int, asked: int) -> CallScores:
    hidden, boundary, surprisal = (outputs.get(name) for name in ("hidden", "boundary", "surprisal"))
    return CallScores(
        None if hidden is None else hidden[row, first:end],
        None if boundary is None else boundary[row, first:end],
        None if surprisal is None else surprisal[row, :asked],
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
