"""Readers by name: shipped ones, checkpoint folders, models of the hub."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Literal

from genomebook.errors import MissingExtraError, OptionError, ReaderError
from genomebook.language.vocabulary import Vocabulary
from genomebook.models.checkpoint import CONFIG, READER, SCRIPTS, Checkpoint, open_checkpoint
from genomebook.models.reader import Reader
from genomebook.models.scoring import Precision

Runtime = Literal["auto", "onnx", "torch"]
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


def shipped_readers() -> list[str]:
    """List the readers inside the package."""
    data = resources.files("genomebook") / "data"
    return sorted(item.name for item in data.iterdir() if item.is_dir() and (item / READER).is_file())


@contextmanager
def shipped_folder(name: str) -> Iterator[Path]:
    """Folder of a shipped reader, unpacked while it is used when the package is a zip file."""
    with resources.as_file(resources.files("genomebook") / "data" / name) as path:
        yield path


def load_reader(
    name: str | Path,
    *,
    revision: str | None = None,
    trust_remote_code: bool = False,
    device: str = "cpu",
    runtime: Runtime = "auto",
    threads: int = 1,
    words: Vocabulary | None = None,
    precision: Precision = "float32",
) -> Reader:
    """Load a reader.

    Parameters
    ----------
    name : str or Path
        A shipped reader such as ``bilingual-mini``, a checkpoint folder, or a hub id ``owner/model``.
    revision : str, optional
        Commit of a model of the hub.
    trust_remote_code : bool
        Let a model of the hub run its own code; needs a revision.
    device : str
        ``cpu``, or a GPU as torch names it.
    runtime : "auto", "onnx" or "torch"
        What runs a checkpoint; by default ONNX Runtime on the CPU where there is a graph, else torch.
    threads : int
        Windows at once on ONNX Runtime.
    words : Vocabulary, optional
        Words that a model of the hub scores, ``words-4096`` by default; our own readers know theirs.
    precision : "float32" or "bfloat16"
        Of the layers on torch, for our own readers; the digest of the reader tells them apart.

    Raises
    ------
    MissingExtraError, ReaderError
        When there is no such reader, it is damaged, or what runs it is not installed or not on this machine.
    """
    folder = Path(name)
    if str(name) in shipped_readers():
        with shipped_folder(str(name)) as path:
            return _open(path, device, runtime, threads, precision)
    if folder.is_dir() and not _is_foreign(folder):
        return _open(folder, device, runtime, threads, precision)
    if folder.is_dir() or HUB_ID.fullmatch(str(name)):
        from genomebook.models.hub import load_hub

        if precision != "float32":
            raise OptionError(f"precision {precision}: {name} runs in float32; leave precision out")

        return load_hub(
            str(name), revision=revision, trust_remote_code=trust_remote_code, device=device, words=words
        )
    known = ", ".join(shipped_readers()) or "none"
    raise ReaderError(f"{name}: no such model; give a folder, an id of the hub, or a shipped one: {known}")


def _is_foreign(folder: Path) -> bool:
    """Whether a folder is a checkpoint of another project, rather than one of ours that lost a file."""
    return (folder / CONFIG).is_file() and not any((folder / file).exists() for file in (READER, SCRIPTS))


def _open(folder: Path, device: str, runtime: Runtime, threads: int, precision: Precision) -> Reader:
    checkpoint = open_checkpoint(folder)
    if runtime == "onnx" and device != "cpu":
        raise OptionError(f"device {device}: ONNX Runtime reads on the CPU here; give runtime torch")
    if runtime == "onnx" and precision != "float32":
        raise OptionError(f"precision {precision}: ONNX Runtime has that of the graph; give runtime torch")
    graph = device == "cpu" and precision == "float32" and checkpoint.onnx
    if runtime == "onnx" or (runtime == "auto" and graph):
        from genomebook.models.onnx_reader import OnnxReader

        return OnnxReader(checkpoint, threads)
    return _torch(checkpoint, device, precision)


def _torch(checkpoint: Checkpoint, device: str, precision: Precision) -> Reader:
    try:
        from genomebook.models.torch_reader import TorchReader
    except ImportError as error:
        raise MissingExtraError(f"{checkpoint.folder} on torch", [str(error.name)], "train") from None
    return TorchReader(checkpoint, device, precision=precision)
