"""Checksum of BSD's ``sum``, as Ensembl publishes it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from genomebook.compiled import kernel

_BYTES_PER_READ = 1 << 20


def bsd_sum(path: Path) -> str:
    """Checksum of BSD's ``sum``: five digits, and the number of blocks of 1,024 bytes.

    A register of 16 bits is turned right by one before each byte is added.
    """
    register, size = 0, 0
    with path.open("rb") as content:
        while block := content.read(_BYTES_PER_READ):
            register = int(_turned(np.frombuffer(block, np.uint8), register))
            size += len(block)
    return f"{register:05d} {-(-size // 1024)}"


@kernel(nogil=True)
def _turned(block, register):  # type: ignore[no-untyped-def]
    for byte in block:
        register = ((register >> 1) + ((register & 1) << 15) + np.int64(byte)) & 0xFFFF
    return register
