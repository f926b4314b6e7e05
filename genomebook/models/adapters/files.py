"""Files of a checkpoint folder, and what can be read from them without building the network."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from genomebook.errors import ReaderError
from genomebook.files.digests import file_digest

WEIGHTS = re.compile(r"model(-\d+-of-\d+)?\.safetensors")
PICKLED = re.compile(r".*\.(bin|pt|pth|ckpt|pkl)")
SMALL = ("config.json", "merges.txt", "tokenizer.json", "tokenizer_config.json", "vocab.json", "vocab.txt")
CONVERT = (
    "convert them to safetensors (or name a revision that has them, such as 'refs/pr/1' of the hub's own bot)"
)


def used(names: Iterable[str], *, code: bool) -> list[str]:
    """Choose the files that make up a reader, sorted; Python files only with `code`."""
    return sorted(
        name
        for name in names
        if name in SMALL or WEIGHTS.fullmatch(name) or (code and name.endswith(".py") and "/" not in name)
    )


def check_weights(source: str, names: Iterable[str]) -> None:
    """Refuse a checkpoint without safetensors: pickled weights are never opened."""
    known = list(names)
    if any(WEIGHTS.fullmatch(name) for name in known):
        return
    pickled = next((name for name in known if PICKLED.fullmatch(name)), None)
    if pickled is None:
        raise ReaderError(
            f"{source}: has no weights (model.safetensors); give a folder or a model that has them"
        )
    raise ReaderError(f"{source}: has its weights in {pickled} only, which could run code; {CONVERT}")


def weight_files(folder: Path) -> list[Path]:
    """List the safetensors files of a folder, in order."""
    return sorted(path for path in folder.iterdir() if WEIGHTS.fullmatch(path.name))


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object; raise ReaderError when there is none."""
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReaderError(f"{path}: not readable ({error}); download it anew") from None
    if not isinstance(body, dict):
        raise ReaderError(f"{path}: not a JSON object; download it anew")
    return body


def has_code(source: object, config: Mapping[str, Any]) -> bool:
    """Whether a config.json names Python code of its own (``auto_map``)."""
    auto_map = config.get("auto_map")
    if auto_map and not isinstance(auto_map, dict):
        raise ReaderError(f"{source}: the auto_map of its config.json is not readable; download it anew")
    return bool(auto_map)


def digests(folder: Path, *, code: bool) -> dict[str, str]:
    """SHA-256 of each file in use, by name."""
    names = used((path.name for path in folder.iterdir()), code=code)
    return {name: file_digest(folder / name) for name in names}


def one_line(error: BaseException) -> str:
    """First line of the message of an error, or else its type."""
    return next(iter(str(error).strip().splitlines()), "")[:200] or type(error).__name__
