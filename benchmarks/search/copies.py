"""A text as long as a genome, made of a short one: its copies, each with some letters substituted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genomebook.compiled import kernel
from genomebook.genome.assemblies import facts
from genomebook.search.schema import PARAGRAPHS, RUNS, SENTENCES, TEXT
from genomebook.search.text import letter, packed_length

WORDS = 1 << 20
"""Items of 32 letters that are written at a time."""


def lengths_up_to(letters: int) -> list[int]:
    """Lengths of the volumes of GRCh38, gaps and all, as many and as much of the last as give the letters."""
    left, lengths = letters, []
    for length in facts("GRCh38").lengths.values():
        if left:
            lengths.append(min(length, left))
            left -= lengths[-1]
    return lengths


def write_copies(
    folder: Path, source: NDArray[np.uint64], size: int, lengths: Sequence[int], shares: Sequence[float]
) -> int:
    """Write the text of an index, without a book, and return its letters.

    Parameters
    ----------
    folder : Path
        Gets text, runs, and a table of one sentence and one paragraph.
    source : uint64[ceil(size / 32) + 1]
        Packed letters: the text begins with them as they are.
    size : int
        Letters of the source.
    lengths : sequence of int
        Letters of the volumes.
    shares : sequence of float
        Share of the letters that is substituted in each copy, in turn.
    """
    letters = sum(lengths)
    with (folder / TEXT).open("wb") as file:
        for first in range(0, packed_length(letters), WORDS):
            count = min(WORDS, packed_length(letters) - first)
            file.write(_copied(source, size, first, count, np.array(shares)).tobytes())
    volumes, starts = np.arange(len(lengths)), np.cumsum([0, *lengths[:-1]])
    runs = np.stack([volumes, np.zeros_like(starts), starts, lengths])
    (folder / RUNS).write_bytes(runs.astype("<i8").tobytes())
    for name in (SENTENCES, PARAGRAPHS):
        (folder / name).write_bytes(bytes(4))
    return letters


@kernel(nogil=True)
def _copied(source, size, first, count, shares):  # type: ignore[no-untyped-def]
    """Items from ``first`` on; the chances of an item follow from its number alone (SplitMix64)."""
    out = np.zeros(count, np.uint64)
    for number in range(count):
        state = np.uint64(first + number) * np.uint64(32)
        for place in range(32):
            at = (first + number) * 32 + place
            copy = at // size
            code = letter(source, at % size)
            if copy:
                value = (state + np.uint64(place)) * np.uint64(0x9E3779B97F4A7C15)
                value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                value ^= value >> np.uint64(31)
                if np.int64(value & np.uint64(0xFFFFFF)) < shares[copy % shares.shape[0]] * (1 << 24):
                    code = (code + 1 + np.int64((value >> np.uint64(40)) % np.uint64(3))) & 3
            out[number] |= np.uint64(code) << np.uint64(2 * place)
    return out
