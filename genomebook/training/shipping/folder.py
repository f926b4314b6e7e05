"""The checkpoint folder of a reader: written whole, loaded into the models of transformers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError

from genomebook.errors import OptionError, ReaderError
from genomebook.files.digests import file_digest
from genomebook.files.manifest import read_json
from genomebook.language.bilingual import Bilingual
from genomebook.models.checkpoint import FORMAT, READER, WEIGHTS, Kind
from genomebook.options import check_parent
from genomebook.training.output import write_json

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@dataclass(frozen=True)
class Description:
    """Content of ``reader.json`` besides digests: name, kind, tokens of a window, training (free keys)."""

    name: str
    kind: Kind
    window: int
    training: Mapping[str, Any]


def record_of(folder: Path) -> dict[str, Any]:
    """Whole content of ``reader.json`` of a checkpoint, with what is kept there but never read again."""
    return read_json(folder / READER, "copy the checkpoint anew", ReaderError)


def update_record(folder: Path, **changes: Any) -> None:
    """Change fields of ``reader.json`` and leave the others as they are."""
    write_json(folder / READER, {**record_of(folder), **changes})


def sha256(path: Path) -> str:
    """SHA-256 of a file of weights; raise ReaderError when it is missing."""
    try:
        return file_digest(path)
    except OSError:
        raise ReaderError(f"{path}: missing or not readable; give a checkpoint folder") from None


def check_unfinished(folder: Path) -> None:
    """Raise OptionError when a folder holds a finished reader, or its parent does not exist."""
    if (folder / READER).exists():
        raise OptionError(f"{folder}: holds a finished model; choose another folder")
    check_parent(folder, "a reader")


def load_model(folder: Path, kind: Kind) -> PreTrainedModel:
    """Load a checkpoint folder into GPT2LMHeadModel or BertForMaskedLM, as float32; or raise ReaderError."""
    import torch
    from transformers import BertForMaskedLM, GPT2LMHeadModel

    family: Any = GPT2LMHeadModel if kind == "causal" else BertForMaskedLM
    try:
        model: PreTrainedModel = family.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, dtype=torch.float32
        )
    except (OSError, ValueError, SafetensorError) as error:
        text = " ".join(str(error).split())[:200]
        raise ReaderError(
            f"{folder}: not a checkpoint to start from ({text}); give a folder that was trained"
        ) from None
    return model


def write_checkpoint(
    folder: Path, model: PreTrainedModel, scripts: Bilingual, description: Description
) -> None:
    """Write weights, id space and ``reader.json``, which comes last."""
    folder.mkdir(exist_ok=True)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    scripts.write(folder)
    write_json(
        folder / READER,
        {
            "format": FORMAT,
            "name": description.name,
            "kind": description.kind,
            "window": description.window,
            "lookahead": 0,
            "scripts": scripts.digest,
            "words": scripts.words.digest,
            "weights": sha256(folder / WEIGHTS),
            "boundaries": None,
            "onnx": None,
            "training": description.training,
        },
    )
