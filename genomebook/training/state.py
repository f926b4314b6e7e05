"""Saved state of a training run: weights and optimiser at a step, to resume from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from genomebook.errors import OptionError, ReaderError
from genomebook.files.jobs import fresh_folder


def save_state(folder: Path, model: torch.nn.Module, optimizer: Any, body: dict[str, Any]) -> None:
    """Write a state: a folder that replaces the one before as a whole.

    Parameters
    ----------
    folder, model, optimizer
        Folder to write; parameters to save; AdamW, whose moments and steps are saved.
    body : dict
        JSON: settings of the run under ``run``, and its progress.
    """
    tensors = {}
    for name, parameter in model.named_parameters():
        tensors[f"model.{name}"] = parameter.detach().cpu().contiguous()
        for key, value in optimizer.state.get(parameter, {}).items():
            tensors[f"{key}.{name}"] = value.detach().cpu().contiguous()
    with fresh_folder(folder) as fresh:
        save_file(tensors, fresh / "state.safetensors")
        (fresh / "state.json").write_text(json.dumps(body))


def load_state(folder: Path, model: torch.nn.Module, optimizer: Any, run: dict[str, Any]) -> dict[str, Any]:
    """Load a state into model and optimiser, and return its body.

    Raises
    ------
    ReaderError
        When the state is unreadable.
    OptionError
        When it belongs to another run.
    """
    try:
        body: dict[str, Any] = json.loads((folder / "state.json").read_text())
        tensors = load_file(folder / "state.safetensors")
    except (OSError, ValueError, SafetensorError) as error:
        raise ReaderError(
            f"{folder}: not a readable state ({error}); remove {folder.parent} and train again"
        ) from None
    if body["run"] != json.loads(json.dumps(run)):
        raise OptionError(
            f"{folder}: belongs to a run with other data or settings; choose another folder or remove it"
        )
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(tensors[f"model.{name}"])
            for key in ("step", "exp_avg", "exp_avg_sq"):
                if f"{key}.{name}" in tensors:
                    value = tensors[f"{key}.{name}"]
                    optimizer.state[parameter][key] = value if key == "step" else value.to(parameter.device)
    return body
