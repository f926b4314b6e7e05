"""The index of spaced seeds: where in the text each pattern of letters stands.

A spaced seed looks at some letters of a stretch and leaves out others, so that one mutation does not spoil as
many of its places in a row as of a word of letters side by side (Ma, Tromp, Li 2002, PatternHunter).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genomebook.compiled import kernel
from genomebook.search.schema import INDEX, PLACES, SEEDS, SHAPES, SeedsMeta, index_files
from genomebook.search.text import damaged, letter


def blocks_of(shape: str) -> NDArray[np.int64]:
    """Cut a shape into runs of ones: int64[b, 3] of first letter, letters, and letters looked at before.

    Parameters
    ----------
    shape : str
        Ones and zeros; begins and ends with 1, at most 31 long.
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
    """Seed of a window of letters (two bits each, the first in the lowest bits)."""
    seed = np.int64(0)
    for b in range(blocks.shape[0]):
        part = (window >> (2 * blocks[b, 0])) & ((np.int64(1) << (2 * blocks[b, 1])) - 1)
        seed |= part << (2 * blocks[b, 2])
    return seed


@kernel(nogil=True)
def _count(packed, start, end, span, blocks, counts):  # type: ignore[no-untyped-def]
    """Add the seeds that begin in [start, end) to counts; all their letters lie in one run."""
    window = np.int64(0)
    high = 2 * (span - 1)
    for at in range(start, end + span - 1):
        window = (window >> 2) | (letter(packed, at) << high)
        if at - start >= span - 1:
            counts[seed_in(window, blocks)] += 1


@kernel(nogil=True)
def _place(packed, start, end, span, blocks, low, high_seed, cursor, out):  # type: ignore[no-untyped-def]
    """Write the positions of seeds in [low, high_seed) that begin in [start, end); cursors move on."""
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
    """Count the seeds that begin in a share of the text.

    Parameters
    ----------
    packed : uint64[m]
        The text, 32 letters each.
    runs : int64[k + 1]
        Where runs begin in the text, then its length; no seed crosses from one to the next.
    shape : str
        Of the seed.
    start, end : int
        The share, 0-based half-open.

    Returns
    -------
    int64[4**weight]
        Counts by seed.
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
    """List the places of the seeds [low, high), seed by seed, ascending.

    Parameters
    ----------
    packed, runs, shape
        As for `count_seeds`.
    offsets : int64[4**weight + 1]
        Where the places of each seed begin in the whole list.
    low, high : int
        Seeds wanted, 0-based half-open.

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
    """First positions [low, high) of seeds that lie in one run and begin in [start, end)."""
    lows = np.maximum(runs[:-1], start)
    highs = np.minimum(runs[1:] - span + 1, end)
    keep = lows < highs
    return list(zip(lows[keep].tolist(), highs[keep].tolist(), strict=True))


class Seeds:
    """The index, opened: ``offsets`` uint32[4**weight + 1] and ``places`` uint32[n], memory-mapped.

    Places are checked by `check` before they are used: a book of 3.1 Gb has 12 GB of them.
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

    def check(self, seeds: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
        """Check what is about to be read of the places: the first ``counts[i]`` of each seed, int64[n] both.

        Raises
        ------
        DamagedBookError
            When some of it is not as it was written.
        """
        used = counts > 0
        first = self.offsets[seeds[used]].astype(np.int64)
        last = first + counts[used] - 1
        self._places.check_spans(first, last)
