"""A run that can go on: weights and optimiser at a step, as safetensors, written aside and renamed."""

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
    """Write a state.

    Parameters
    ----------
    folder : Path
        Replaced as a whole.
    model : torch.nn.Module
        Its parameters by name.
    optimizer : torch.optim.AdamW
        Its two moments and its step of each parameter.
    body : dict
        JSON: the run it belongs to under ``run``, and where it stands.
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
    """Put a state back and give its body.

    Raises
    ------
    ReaderError
        When the state is unreadable.
    OptionError
        When it is of another run.
    """
    try:
        body: dict[str, Any] = json.loads((folder / "state.json").read_text())
        tensors = load_file(folder / "state.safetensors")
    except (OSError, ValueError, SafetensorError) as error:
        raise ReaderError(
            f"{folder}: not a readable state ({error}); remove {folder.parent} and train anew"
        ) from None
    if body["run"] != json.loads(json.dumps(run)):
        raise OptionError(f"{folder}: of a run with other data or numbers; give another folder or remove it")
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(tensors[f"model.{name}"])
            for key in ("step", "exp_avg", "exp_avg_sq"):
                if f"{key}.{name}" in tensors:
                    value = tensors[f"{key}.{name}"]
                    optimizer.state[parameter][key] = value if key == "step" else value.to(parameter.device)
    return body
