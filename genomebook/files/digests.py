"""Digests of files, and the canonical JSON that is digested."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no spaces: the form that is digested."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def own_digest(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of a manifest without its own ``digest``, so of every file through its digest."""
    body = {key: value for key, value in manifest.items() if key != "digest"}
    return hashlib.sha256(canonical(body)).hexdigest()


def manifest_text(manifest: Mapping[str, Any]) -> str:
    """Text of a manifest: ASCII, sorted, one value a line."""
    return json.dumps(manifest, indent=1, sort_keys=True) + "\n"
