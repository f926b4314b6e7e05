"""The index of seeds in parts: each lists the places of a range of seeds, from files to a file.

A part reads the text twice, counting and then placing, and holds only what it lists. Nothing is written but
at the end of a file, and what is written does not depend on how the seeds are divided.
"""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genomebook.files.atomic import aside, made_once
from genomebook.files.progress import Advance
from genomebook.genome.stretches import prefix_sums
from genomebook.search.alignment.seeds import count_items, list_places
from genomebook.search.schema import PLACES, RUNS, SEEDS, TEXT, Sampling, SeedsMeta, index_files
from genomebook.search.text import packed_length

MAX_ITEMS = 256_000_000
"""Items that a thread holds at once (3 bytes each), unless a single seed has more."""

PARTS = "seeds.parts"
"""Folder of the parts while they are made."""

_COPIED = 1 << 24
"""Bytes that are copied at a time."""


def write_seeds(folder: Path, letters: int, sampling: Sampling, workers: int, advance: Advance) -> SeedsMeta:
    """Write the seeds of a text, and their places.

    Parameters
    ----------
    folder : Path
        Has the text and its runs, and gets the files. Parts that an interrupted call has left are used.
    letters : int
        Letters of the text.
    sampling : Sampling
        Which seeds.
    workers : int
        Threads.
    advance : callable
        Called with the letters done: in all, about twice those of the text.
    """
    weight = sampling.shape.count("1")
    number = max(workers, -(-letters // sampling.step // MAX_ITEMS))
    edges = np.unique(np.linspace(0, 4**weight, number + 1).astype(np.int64)).tolist()
    (folder / PARTS).mkdir(exist_ok=True)

    def make(low: int, high: int) -> Path:
        name = folder / PARTS / f"{low}-{high}"
        made_once(name, lambda path: write_part(folder, letters, sampling, low, high, path))
        advance(2 * letters * (high - low) // 4**weight)
        return name

    with ThreadPoolExecutor(workers) as pool:
        parts = list(pool.map(make, edges[:-1], edges[1:]))
    items = join_parts(folder, parts, np.diff(edges).tolist())
    shutil.rmtree(folder / PARTS)
    return SeedsMeta(sampling.shape, weight, sampling.step, items)


def write_part(folder: Path, letters: int, sampling: Sampling, low: int, high: int, path: Path) -> None:
    """Write a part: uint32[high - low], the items of each of the seeds [low, high), and then these items.

    Parameters
    ----------
    folder : Path
        Has the text and its runs.
    letters, sampling
        As for `write_seeds`.
    low, high : int
        Range of seeds, half-open.
    path : Path
        File to write.
    """
    packed = index_files(folder).flat(TEXT, "<u8", packed_length(letters)).all
    runs = np.append(np.fromfile(folder / RUNS, "<i8").reshape(4, -1)[2], letters)
    items = count_items(packed, runs, *sampling, low, high)
    with path.open("wb") as file:
        file.write(items.astype("<u4").tobytes())
        for first, last in _slices(items):
            file.write(list_places(packed, runs, *sampling, low + first, items[first:last]).data)


def _slices(items: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Cut seeds into ranges of at most `MAX_ITEMS` items, or of a single seed that has more."""
    offsets, cuts = prefix_sums(items), [0]
    while cuts[-1] < len(items):
        here = cuts[-1]
        fits = int(np.searchsorted(offsets, offsets[here] + MAX_ITEMS, "right")) - 1
        cuts.append(max(here + 1, min(fits, len(items))))
    return list(pairwise(cuts))


def join_parts(folder: Path, parts: list[Path], seeds: list[int]) -> int:
    """Put parts together, each of which is removed once it is copied; returns the number of items.

    Parameters
    ----------
    folder : Path
        Gets the files.
    parts : list of Path
        In the order of their seeds.
    seeds : list of int
        Seeds of each.
    """
    counts = []
    with aside(folder / PLACES) as path, path.open("wb") as out:
        for part, number in zip(parts, seeds, strict=True):
            with part.open("rb") as file:
                counts.append(np.frombuffer(file.read(4 * number), "<u4"))
                shutil.copyfileobj(file, out, _COPIED)
            part.unlink()
    offsets = prefix_sums(np.concatenate(counts).astype(np.int64))
    with aside(folder / SEEDS) as path:
        path.write_bytes(offsets.astype("<u4").tobytes())
    return int(offsets[-1])
