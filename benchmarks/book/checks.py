"""What it costs to check blocks when they are read, and to have files on the disk before they get a name."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common.data import records, write_fasta
from genomebook.book import Book
from genomebook.book.page import LIMIT, open_page
from genomebook.book.places import random_position
from genomebook.files.checks import CheckedFile
from genomebook.genome.regions import Region
from genomebook.pipeline.book.build import Options, build
from genomebook.pipeline.search.index import search_index
from genomebook.search.query import Query
from genomebook.search.searcher import Searcher

TIMES, BUILDS = 300, 5
QUERY = 150
"""Letters of a query."""


def run(quick: bool = False) -> dict[str, Any]:
    """Read and search with and without checks, build with and without syncing, by turns.

    Returns
    -------
    dict
        ``source``; ``letters``; ``reading``: seconds of the processor of each step, ``with`` and ``without``,
        a list each; ``building``: the same of a whole build, in seconds that passed; ``syncs`` of one build.
    """
    what, letters = records(quick)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        volumes = {f"segment{number}": iter([record]) for number, record in enumerate(letters, 1)}
        fasta = write_fasta(folder / "a.fa", volumes)
        book = build(Options(fasta, folder / "a.book"))
        search_index(book.path, encoder=None)
        reading = _read(book.path, 5 if quick else TIMES)
        building, syncs = _build(folder, fasta, 1 if quick else BUILDS)
    size = book.meta.counts.letters
    return {"source": what, "letters": size, "reading": reading, "building": building, "syncs": syncs}


def _read(path: Path, times: int) -> dict[str, dict[str, list[float]]]:
    """Seconds of the processor of each step of `STEPS`."""
    warm, random = Book.open(path), np.random.Generator(np.random.PCG64(3))
    searcher = Searcher.open(warm)
    found: dict[str, dict[str, list[float]]] = {
        step: {"with": [], "without": []}
        for step in ("page, book opened anew", "page", "query, index opened anew", "query")
    }
    for turn in range(times + 3):
        name, at = random_position(warm, random)
        region = Region(name, at, min(at + LIMIT, warm[name].length))
        query = Query("q", warm[name].sequence(at, min(at + QUERY, warm[name].length)).upper())
        steps: list[Callable[[], object]] = [
            lambda region=region: open_page(Book.open(path), region, LIMIT),  # type: ignore[misc]
            lambda region=region: open_page(warm, region, LIMIT),  # type: ignore[misc]
            lambda query=query: Searcher.open(Book.open(path)).search(query),  # type: ignore[misc]
            lambda query=query: searcher.search(query),  # type: ignore[misc]
        ]
        for seconds, do in zip(found.values(), steps, strict=True):
            for how in ("with", "without") if turn % 2 else ("without", "with"):
                with _unchecked() if how == "without" else _as_it_is():
                    began = time.process_time()
                    do()
                    if turn >= 3:  # the first compile, and touch what every page touches
                        seconds[how].append(time.process_time() - began)
    return found


def _build(folder: Path, fasta: Path, times: int) -> tuple[dict[str, list[float]], int]:
    """Seconds of a build, and how often it waits for the disk."""
    found: dict[str, list[float]] = {"with": [], "without": []}
    sync, calls = os.fsync, 0

    def counted(fd: Any) -> None:
        nonlocal calls
        calls += 1
        sync(fd)

    for turn in range(times):
        for how in ("with", "without") if turn % 2 else ("without", "with"):
            os.fsync = counted if how == "with" else _no_sync
            began = time.perf_counter()
            build(Options(fasta, folder / f"{how}{turn}.book"))
            found[how].append(time.perf_counter() - began)
            os.fsync = sync
    return found, calls // times


def _no_sync(fd: Any) -> None:
    """Stand in for `os.fsync`."""


@contextmanager
def _as_it_is() -> Iterator[None]:
    yield


@contextmanager
def _unchecked() -> Iterator[None]:
    """Let every block pass."""
    check, check_each = CheckedFile.check, CheckedFile.check_each
    CheckedFile.check = CheckedFile.check_each = lambda *_: None  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        CheckedFile.check, CheckedFile.check_each = check, check_each  # type: ignore[method-assign]
