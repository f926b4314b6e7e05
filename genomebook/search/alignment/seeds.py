"""Spaced-seed index: the positions of each seed in the text.

A spaced seed samples some positions of a window. Its overlapping hits share fewer positions than those of a
contiguous k-mer, so a mutation destroys fewer of them (PatternHunter: Ma, Tromp, Li 2002).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genomebook.compiled import kernel
from genomebook.search.schema import INDEX, PLACES, SEEDS, SHAPES, SeedsMeta, index_files
from genomebook.search.text import damaged, letter


def blocks_of(shape: str) -> NDArray[np.int64]:
    """Split a shape into runs of ones: int64[b, 3] of start, length and number of ones before.

    Parameters
    ----------
    shape : str
        Ones and zeros; begins and ends with 1; at most 31 long.
    """
    rows, before, at = [], 0, 0
    while at < len(shape):
        length = len(shape) - at - len(shape[at:].lstrip("1"))
        if length:
            rows.append((at, length, before))
            before += length
        at += max(length, 1)
    return np.array(rows, np.int64)


@kernel(nogil=True, inline="always")
def seed_in(window, blocks):  # type: ignore[no-untyped-def]
    """Seed of a window (two bits per base, the first in the lowest bits)."""
    seed = np.int64(0)
    for b in range(blocks.shape[0]):
        part = (window >> (2 * blocks[b, 0])) & ((np.int64(1) << (2 * blocks[b, 1])) - 1)
        seed |= part << (2 * blocks[b, 2])
    return seed


@kernel(nogil=True)
def _count(packed, start, end, span, blocks, counts):  # type: ignore[no-untyped-def]
    """Count the seeds that begin in [start, end) and lie in one run."""
    window = np.int64(0)
    high = 2 * (span - 1)
    for at in range(start, end + span - 1):
        window = (window >> 2) | (letter(packed, at) << high)
        if at - start >= span - 1:
            counts[seed_in(window, blocks)] += 1


@kernel(nogil=True)
def _place(packed, start, end, span, blocks, low, high_seed, cursor, out):  # type: ignore[no-untyped-def]
    """Write the positions of seeds [low, high_seed) that begin in [start, end), and advance the cursors."""
    window = np.int64(0)
    high = 2 * (span - 1)
    for at in range(start, end + span - 1):
        window = (window >> 2) | (letter(packed, at) << high)
        if at - start >= span - 1:
            seed = seed_in(window, blocks)
            if low <= seed < high_seed:
                out[cursor[seed - low]] = at - (span - 1)
                cursor[seed - low] += 1


def count_seeds(
    packed: NDArray[np.uint64], runs: NDArray[np.int64], shape: str, start: int, end: int
) -> NDArray[np.int64]:
    """Count the seeds that begin in [start, end) of the text.

    Parameters
    ----------
    packed : uint64[m]
        The text, 32 bases per item.
    runs : int64[k + 1]
        Starts of the runs in the text, then its length; seeds do not span runs.
    shape : str
        Seed shape.
    start, end : int
        0-based half-open.

    Returns
    -------
    int64[4**weight]
        Count of each seed.
    """
    blocks, span = blocks_of(shape), len(shape)
    counts = np.zeros(4 ** shape.count("1"), np.int64)
    for low, high in _stretches(runs, span, start, end):
        _count(packed, low, high, span, blocks, counts)
    return counts


def place_seeds(
    packed: NDArray[np.uint64],
    runs: NDArray[np.int64],
    shape: str,
    offsets: NDArray[np.int64],
    low: int,
    high: int,
) -> NDArray[np.uint32]:
    """List the positions of seeds [low, high), grouped by seed, ascending.

    Parameters
    ----------
    packed, runs, shape
        As for `count_seeds`.
    offsets : int64[4**weight + 1]
        Start of each seed's positions in the whole list.
    low, high : int
        Range of seeds, half-open.

    Returns
    -------
    uint32[offsets[high] - offsets[low]]
        Positions in the text.
    """
    blocks, span = blocks_of(shape), len(shape)
    out = np.empty(int(offsets[high] - offsets[low]), np.uint32)
    cursor = offsets[low:high] - offsets[low]
    for first, last in _stretches(runs, span, 0, int(runs[-1])):
        _place(packed, first, last, span, blocks, low, high, cursor, out)
    return out


def _stretches(runs: NDArray[np.int64], span: int, start: int, end: int) -> list[tuple[int, int]]:
    """Ranges of seed starts in [start, end), one per run."""
    lows = np.maximum(runs[:-1], start)
    highs = np.minimum(runs[1:] - span + 1, end)
    keep = lows < highs
    return list(zip(lows[keep].tolist(), highs[keep].tolist(), strict=True))


class Seeds:
    """An open seed index: ``offsets`` uint32[4**weight + 1] and ``places`` uint32[n], memory-mapped.

    Positions are verified by `check` just before use: a 3.1 Gb genome has 12 GB of them.
    """

    def __init__(self, folder: Path, about: SeedsMeta) -> None:
        self.folder = folder
        self.shape: str = about.shape
        if self.shape not in SHAPES.values():
            raise damaged(folder / INDEX, f"no index has seeds of the shape {self.shape!r}")
        self.blocks = blocks_of(self.shape)
        weight, count = self.shape.count("1"), about.positions
        files = index_files(folder)
        self.offsets: NDArray[np.uint32] = files.flat(SEEDS, "<u4", 4**weight + 1).all
        self._places = files.flat(PLACES, "<u4", count)
        self.places: NDArray[np.uint32] = self._places.raw
        if self.offsets[0] != 0 or self.offsets[-1] != count:
            raise damaged(folder / SEEDS, f"does not lead through {count:,} places")

    @property
    def compiled(self) -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.int64], int]:
        """The index as compiled functions take it: offsets, places, blocks and span of the shape."""
        return self.offsets, self.places, self.blocks, len(self.shape)

    def check(self, seeds: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
        """Verify the checksums of the first ``counts[i]`` positions of each seed, int64[n] both.

        Raises
        ------
        DamagedBookError
            If they were altered.
        """
        used = counts > 0
        first = self.offsets[seeds[used]].astype(np.int64)
        last = first + counts[used] - 1
        self._places.check_spans(first, last)
