"""Stage: prepare a trained checkpoint for shipping: a graph for ONNX Runtime, weights in half the bytes."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save

from genomebook.errors import ReaderError
from genomebook.files.atomic import aside
from genomebook.files.digests import file_digest
from genomebook.files.jobs import fresh_folder
from genomebook.models.checkpoint import BOUNDARIES, ONNX, READER, WEIGHTS, open_checkpoint
from genomebook.options import check_new_path
from genomebook.training.shipping.folder import update_record
from genomebook.training.shipping.graph import Precision, make_graph


def add_graph(folder: Path, precision: Precision = "float32") -> Path:
    """Write ``model.onnx`` into a checkpoint folder, replacing one that is there.

    Parameters
    ----------
    folder : Path
        Checkpoint folder; it is checked first.
    precision : "float32", "float16" or "int8"
        How weights are stored; see `genomebook.training.shipping.graph`.

    Raises
    ------
    ReaderError
        When the checkpoint is damaged; nothing is written.
    """
    checkpoint = open_checkpoint(folder)
    boundaries = checkpoint.tensors(BOUNDARIES) if checkpoint.meta.boundaries else None
    graph = make_graph(
        checkpoint.kind, checkpoint.shape, checkpoint.tensors(), boundaries, precision, checkpoint.says
    )
    path = folder / ONNX
    update_record(folder, onnx=None)  # at no moment do a graph and its digest differ
    with aside(path) as temporary:
        temporary.write_bytes(graph)
    update_record(folder, onnx=file_digest(path))
    return path


def ship(
    folder: Path,
    output: Path,
    *,
    graph: Precision | None = "int8",
    half: bool = True,
    name: str | None = None,
) -> Path:
    """Copy a checkpoint for shipping: weights in float16, and a graph made from those very weights.

    Parameters
    ----------
    folder, output : Path
        Checkpoint; folder to make.
    graph : "float32", "float16", "int8" or None
        Precision of ``model.onnx``; None for no graph.
    half : bool
        Whether to store ``model.safetensors`` in float16.
    name : str, optional
        New name of the reader.

    Raises
    ------
    ReaderError
        When the checkpoint is damaged, or a weight is too large for float16.
    OptionError
        When ``output`` exists or its folder does not.
    """
    checkpoint = open_checkpoint(folder)
    check_new_path(output, "a reader")
    kept = [WEIGHTS, "config.json", "words.json", "english.json", "scripts.json"]
    with fresh_folder(output) as work:
        for item in [*kept, *([BOUNDARIES] if checkpoint.meta.boundaries else [])]:
            shutil.copyfile(folder / item, work / item)
        if half:
            _halve(work / WEIGHTS)
        shutil.copyfile(folder / READER, work / READER)
        update_record(work, name=name or checkpoint.name, onnx=None, weights=file_digest(work / WEIGHTS))
        if graph is not None:
            add_graph(work, graph)
    return output


def _halve(path: Path) -> None:
    """Convert the tensors of a safetensors file to float16."""
    with safe_open(path, "numpy") as file:
        metadata = file.metadata()
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    for key, tensor in tensors.items():
        if np.abs(tensor).max(initial=0) > np.finfo(np.float16).max:
            raise ReaderError(f"{path}: {key} holds numbers too large for float16; ship it in float32")
    path.write_bytes(save({key: tensor.astype(np.float16) for key, tensor in tensors.items()}, metadata))
