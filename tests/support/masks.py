"""Digests of masks."""

from __future__ import annotations

import hashlib

import numpy as np

from genomebook.search.alignment.dust import low_complexity


def digest(packed: bytes) -> str:
    """First digits of the SHA-256 of the mask of all records of a FASTA, one after another."""
    lines = packed.upper().split(b"\n")
    mask = low_complexity(b"".join(line for line in lines if not line.startswith(b">"))[:3_000_000])
    return hashlib.sha256(np.packbits(mask).tobytes()).hexdigest()[:16]
