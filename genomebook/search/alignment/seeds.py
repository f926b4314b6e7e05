"""Spaced-seed index: the positions of each seed in the text, three bytes each.

A spaced seed samples some positions of a window. Its overlapping hits share fewer positions than those of a
contiguous k-mer, so a mutation destroys fewer of them (PatternHunter: Ma, Tromp, Li 2002).
In a long text only every ``step``-th position is listed, while every position of a query is looked up, as
BLAT does (Kent 2002): a match of n letters still has about n / ``step`` listed seeds.

Positions divided by ``step`` ascend, and each is written as its distance from the one before: three bytes, or
six when it is `WIDE` or more. A seed of w letters has a mean distance of 4**w, so three bytes are nearly all.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genomebook.compiled import kernel
from genomebook.genome.stretches import prefix_sums
from genomebook.search.schema import INDEX, PLACES, SEEDS, SeedsMeta, index_files
from genomebook.search.text import damaged, word

WIDE = 0xFFFF00
"""Smallest distance that takes two items: the first is this plus its highest byte, the second the rest."""

ITEM = 3
"""Bytes of an item."""

LONGEST_SHAPE, MAX_WEIGHT = 18, 12


def tables_of(shape: str) -> NDArray[np.uint32]:
    """Part of a seed by six letters of its window at a time: uint32[3, 4**6].

    Parameters
    ----------
    shape : str
        Ones and zeros; at most `LONGEST_SHAPE`.
    """
    tables, weight = np.zeros((LONGEST_SHAPE // 6, 4**6), np.uint32), 0
    letters = np.arange(4**6, dtype=np.uint32)
    for at, kind in enumerate(shape):
        if kind == "1":
            tables[at // 6] |= (letters >> np.uint32(2 * (at % 6)) & 3) << np.uint32(2 * weight)
            weight += 1
    return tables


@kernel(nogil=True, inline="always")
def seed_in(window, tables):  # type: ignore[no-untyped-def]
    """Seed of a window (two bits per base, the first in the lowest bits)."""
    return np.int64(
        tables[0, window & 4095] | tables[1, (window >> 12) & 4095] | tables[2, (window >> 24) & 4095]
    )


@kernel(nogil=True, inline="always")
def item(places, at):  # type: ignore[no-untyped-def]
    """Number in three bytes, the lowest first."""
    return np.int64(places[at]) | (np.int64(places[at + 1]) << 8) | (np.int64(places[at + 2]) << 16)


@kernel(nogil=True)
def _count(packed, start, end, step, tables, low, last, items):  # type: ignore[no-untyped-def]
    """Add the items that the seeds from ``low`` on need for their places in [start, end)."""
    for at in range(-(-start // step) * step, end, step):
        seed = seed_in(np.int64(word(packed, at)), tables) - low
        if 0 <= seed < items.shape[0]:
            unit = at // step
            items[seed] += 1 + (unit - np.int64(last[seed]) >= WIDE)
            last[seed] = unit


@kernel(nogil=True, inline="always")
def _put(out, at, value):  # type: ignore[no-untyped-def]
    out[at] = value & 255
    out[at + 1] = (value >> 8) & 255
    out[at + 2] = (value >> 16) & 255


@kernel(nogil=True)
def _place(packed, start, end, step, tables, low, last, cursor, out):  # type: ignore[no-untyped-def]
    """Write the places of the seeds from ``low`` on that lie in [start, end), and advance the cursors."""
    for at in range(-(-start // step) * step, end, step):
        seed = seed_in(np.int64(word(packed, at)), tables) - low
        if 0 <= seed < last.shape[0]:
            unit = at // step
            distance = unit - np.int64(last[seed])
            last[seed] = unit
            if distance >= WIDE:
                _put(out, cursor[seed], WIDE + (distance >> 24))
                cursor[seed] += 3
            _put(out, cursor[seed], distance)
            cursor[seed] += 3


def count_items(
    packed: NDArray[np.uint64], runs: NDArray[np.int64], shape: str, step: int, low: int, high: int
) -> NDArray[np.int64]:
    """Count the items that the places of seeds [low, high) take.

    Parameters
    ----------
    packed : uint64[m]
        The text, 32 bases per item.
    runs : int64[k + 1]
        Starts of the runs in the text, then its length; seeds do not span runs.
    shape : str
        Seed shape.
    step : int
        Only positions that it divides are listed.
    low, high : int
        Range of seeds, half-open.

    Returns
    -------
    int64[high - low]
        Items of each seed.
    """
    tables = tables_of(shape)
    items, last = np.zeros(high - low, np.uint32), np.zeros(high - low, np.uint32)
    for first, end in _stretches(runs, len(shape)):
        _count(packed, first, end, step, tables, low, last, items)
    return items.astype(np.int64)


def list_places(
    packed: NDArray[np.uint64],
    runs: NDArray[np.int64],
    shape: str,
    step: int,
    low: int,
    items: NDArray[np.int64],
) -> NDArray[np.uint8]:
    """List the places of seeds from ``low`` on, grouped by seed, ascending.

    Parameters
    ----------
    packed, runs, shape, step
        As for `count_items`.
    low : int
        First seed.
    items : int64[n]
        Items of each seed, as `count_items` gives them.

    Returns
    -------
    uint8[3 * sum of items]
        Their distances.
    """
    tables, offsets = tables_of(shape), ITEM * prefix_sums(items)
    out = np.empty(int(offsets[-1]), np.uint8)
    last, cursor = np.zeros(len(items), np.uint32), offsets[:-1].copy()
    for first, end in _stretches(runs, len(shape)):
        _place(packed, first, end, step, tables, low, last, cursor, out)
    return out


def _stretches(runs: NDArray[np.int64], span: int) -> list[tuple[int, int]]:
    """Ranges of seed starts, one per run that is long enough."""
    lows, highs = runs[:-1], runs[1:] - span + 1
    keep = lows < highs
    return list(zip(lows[keep].tolist(), highs[keep].tolist(), strict=True))


class Seeds:
    """An open seed index: ``offsets`` uint32[4**weight + 1] and ``places`` uint8[3 * n], memory-mapped.

    Places are verified by `check` just before use: a 3.1 Gb genome has 4.4 GB of them.
    """

    def __init__(self, folder: Path, about: SeedsMeta) -> None:
        self.folder, self.about = folder, about
        self.shape, self.step = about.shape, about.step
        weight = self.shape.count("1")
        is_shape = set(self.shape) <= set("01") and self.shape[:1] == self.shape[-1:] == "1"
        if not is_shape or len(self.shape) > LONGEST_SHAPE or weight > MAX_WEIGHT:
            raise damaged(folder / INDEX, f"no index has seeds of the shape {self.shape[:40]!r}")
        self.tables = tables_of(self.shape)
        files = index_files(folder)
        self.offsets: NDArray[np.uint32] = files.kept(SEEDS, "<u4", 4**weight + 1)
        self._places = files.flat(PLACES, "u1", ITEM * about.items)
        self.places: NDArray[np.uint8] = self._places.raw
        if self.offsets[0] != 0 or self.offsets[-1] != about.items:
            raise damaged(folder / SEEDS, f"does not lead through {about.items:,} places")

    @property
    def compiled(self) -> tuple[NDArray[np.uint32], NDArray[np.uint8], NDArray[np.uint32], int, int]:
        """The index as compiled functions take it: offsets, places, tables and span of the shape, step."""
        return self.offsets, self.places, self.tables, len(self.shape), self.step

    def check(self, seeds: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
        """Verify the checksums of the first ``counts[i]`` items of each seed, int64[n] both.

        Raises
        ------
        DamagedBookError
            If they were altered.
        """
        used = counts > 0
        first = self.offsets[seeds[used]].astype(np.int64)
        last = first + counts[used]
        self._places.check_spans(ITEM * first, ITEM * last - 1)
