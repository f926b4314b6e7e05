"""Tracks as large as those of the human genome: reading them, a place, their values at every width."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pysam
from numpy.typing import NDArray

from benchmarks.book.track_child import DIGEST
from benchmarks.common.table import table
from genomebook.book.annex import open_annex
from genomebook.book.feature_schema import TRACKS
from genomebook.book.features import Features
from genomebook.genome.names import LENGTHS

INTERVALS, UNSORTED, PLACES = 6_000_000, 10_000_000, 1_000
"""Rows of the sorted track, of the one that is not, and places that are asked for."""

LETTERS, BINS = 16_000, 1_000
"""Letters of a place, as many as a page has; bins of a picture."""

WIDTHS = (1_000, 100_000, 10_000_000, 240_000_000)
"""Letters that a picture shows."""


def run(quick: bool = False) -> dict[str, Any]:
    """Read a track like rmsk and one that is not sorted, then ask for places, beside tabix.

    Returns
    -------
    dict
        ``source``; ``sorted``, ``unsorted``: rows, seconds, peak memory and bytes; ``features``: mean number
        of intervals of a place; ``seconds``: of every place, by way; ``values``: of every picture, by width.
    """
    random = np.random.Generator(np.random.PCG64(17))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bed = _write(folder / "repeats.bed", INTERVALS // (1_000 if quick else 1), random, True)
        ordered = _read_apart(bed, folder / TRACKS)
        loose = _write(folder / "loose.bed", UNSORTED // (1_000 if quick else 1), random, False)
        unsorted = _read_apart(loose, folder / "loose")
        loose.unlink()
        pysam.tabix_index(str(bed), preset="bed", force=True)
        seconds, found = _places(folder, PLACES // (100 if quick else 1), random)
        values = _values(folder, PLACES // (100 if quick else 10), random)
    return {
        "source": "made-up intervals on the lengths of GRCh38",
        "sorted": ordered,
        "unsorted": unsorted,
        "features": found,
        "seconds": seconds,
        "values": values,
    }


def lines(result: dict[str, Any]) -> list[str]:
    """Tables for the docs."""
    reading = [
        [
            name,
            f"{one['rows']:,}",
            f"{one['seconds']:.0f} s",
            f"{one['peak_rss'] / 1e9:.2f} GB",
            f"{one['bytes'] / 1e6:,.0f} MB",
        ]
        for name, one in (("sorted", result["sorted"]), ("not sorted", result["unsorted"]))
    ]
    places = [
        [way, f"{1e3 * median(times):.2f}", f"{1e3 * float(np.quantile(times, 0.99)):.2f}"]
        for way, times in result["seconds"].items()
    ]
    pictures = [
        [f"{int(width):,}", f"{1e3 * median(times):.2f}", f"{1e3 * float(np.quantile(times, 0.99)):.2f}"]
        for width, times in result["values"].items()
    ]
    return [
        *table(["BED of 6 columns", "rows", "reading", "most memory", "in the book"], reading),
        "",
        f"Milliseconds for a place of {LETTERS:,} letters, {result['features']:.0f} intervals on average; "
        f"{len(next(iter(result['seconds'].values()))):,} places at random, the same intervals from all:",
        "",
        *table(["", "median", "99th percentile"], places),
        "",
        f"Milliseconds for the values of {BINS:,} bins:",
        "",
        *table(["letters", "median", "99th percentile"], pictures),
    ]


def _write(path: Path, count: int, random: np.random.Generator, in_order: bool) -> Path:
    """BED of repeats, as many on each chromosome as its length gives; one in ten thousand is long."""
    total = sum(LENGTHS.values())
    with path.open("w") as file:
        for name, length in LENGTHS.items():
            number = count * length // total + 1
            starts = random.integers(0, length - 10, number)
            sizes = random.lognormal(5, 0.9, number).astype(int) + 10
            sizes[random.random(number) < 1e-4] = 1_000_000
            ends = np.minimum(starts + sizes, length)
            order = np.argsort(starts, kind="stable") if in_order else np.arange(number)
            text = [
                f"{name}\t{a}\t{b}\t{'r' if in_order else f'row{n}'}{n % 1_000}\t{n % 997}\t{'+-'[n % 2]}\n"
                for n, a, b in zip(range(number), starts[order].tolist(), ends[order].tolist(), strict=True)
            ]
            file.writelines(text)
    return path


def _read_apart(bed: Path, folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.book.track_child", str(bed), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _open(folder: Path) -> Features:
    return Features.open(open_annex(folder / TRACKS, TRACKS, DIGEST), LENGTHS)


def _at_random(random: np.random.Generator, letters: int) -> tuple[str, int, int]:
    """A place, chromosomes by their lengths; the largest are long enough for all."""
    names = [name for name, length in LENGTHS.items() if length > letters]
    sizes = np.array([LENGTHS[name] for name in names], float)
    name = names[int(random.choice(len(names), p=sizes / sizes.sum()))]
    start = int(random.integers(LENGTHS[name] - letters))
    return name, start, start + letters


def _places(folder: Path, count: int, random: np.random.Generator) -> tuple[dict[str, list[float]], float]:
    """Seconds of each place by each way, which must find the same intervals."""
    features = _open(folder)
    tabix = pysam.TabixFile(str(folder / "repeats.bed.gz"))

    def fetch(name: str, start: int, end: int) -> list[tuple[int, int]]:
        rows = (row.split("\t") for row in tabix.fetch(name, start, end))
        return sorted((int(row[1]), int(row[2])) for row in rows)

    def ours(opened: Features, name: str, start: int, end: int) -> list[tuple[int, int]]:
        return [(hit.start, hit.end) for hit in opened.overlapping(name, start, end)]

    ways: dict[str, Callable[[str, int, int], list[tuple[int, int]]]] = {
        "genomebook": lambda *place: ours(features, *place),
        "genomebook, book opened anew": lambda *place: ours(_open(folder), *place),
        "tabix (pysam)": fetch,
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    found = 0
    gc.freeze()
    for _ in range(count):
        place = _at_random(random, LETTERS)
        hits = []
        for way, ask in ways.items():
            began = time.perf_counter()
            hits.append(ask(*place))
            seconds[way].append(time.perf_counter() - began)
        if any(one != hits[0] for one in hits):
            raise RuntimeError(f"{place}: the ways do not find the same intervals")
        found += len(hits[0])
    gc.unfreeze()
    return seconds, found / count


def _values(folder: Path, count: int, random: np.random.Generator) -> dict[str, list[float]]:
    features = _open(folder)
    name = features.tracks[0].name
    seconds: dict[str, list[float]] = {}
    for width in WIDTHS:
        times = []
        for _ in range(count):
            place = _at_random(random, width)
            began = time.perf_counter()
            values: NDArray[np.float32] = features.values(name, *place, BINS)
            times.append(time.perf_counter() - began)
            if not 0 <= float(values.mean()) <= 1:
                raise RuntimeError(f"{place}: its share of letters covered is {values.mean()}")
        seconds[str(width)] = times
    return seconds
