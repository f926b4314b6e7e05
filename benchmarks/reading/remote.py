"""Pages of a book behind an address, of which nothing is here yet: time, requests and bytes fetched."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common.data import records, repeated, write_fasta
from benchmarks.common.table import table
from benchmarks.reading.books import program
from benchmarks.reading.server import serving
from genomebook.book import Book
from genomebook.book.places import page_from, random_position
from genomebook.book.remote import remote_copy
from genomebook.files.web import WebFolder
from genomebook.render.page.make import PageMaker

LETTERS = 250_000_000
OPENED, PLACES = 5, 20
"""How often the book is opened with nothing here, and how many places are read each time."""

GOAL_S = 0.3
"""Seconds within which a page is to be there."""

STEPS = {"open": "open the book", "first": "the first page", "other": "a page at another place"}


def run(quick: bool = False, folder: Path | None = None) -> dict[str, Any]:
    """Read a book from a server of files on this machine, with an empty copy each time.

    Returns
    -------
    dict
        ``source``, ``letters``, ``book``: bytes of its files; ``steps``: of each of `STEPS` the ``wall`` and
        ``processor`` seconds, ``bytes`` fetched and ``requests``, one for each time.
    """
    what, letters = records(quick)
    with tempfile.TemporaryDirectory() as temporary:
        path = (folder or Path(temporary)) / "remote.book"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            size = LETTERS // (500 if quick else 1)
            volumes = {"chr1": repeated(np.concatenate(letters), size, seed=7)}
            fasta = write_fasta(Path(temporary) / "long.fa", volumes)
            program("build", fasta, "-o", path)
            fasta.unlink()
        local = Book.open(path)
        PageMaker(local).page(page_from(local, *random_position(local, np.random.default_rng(1)), 3000))
        steps: dict[str, Any] = {step: {} for step in STEPS}
        with _server(path.parent) as address:
            os.environ["no_proxy"] = "*"
            for number in range(1 if quick else OPENED):
                os.environ["GENOMEBOOK_CACHE"] = str(Path(temporary, str(number)))
                # another spelling of the address is another copy, as in another process
                _read(f"{address}{'./' * number}{path.name}", steps, number, 3 if quick else PLACES)
        size = sum(entry.bytes for entry in local.meta.files.values())
        return {"source": what, "letters": local.meta.counts.letters, "book": size, "steps": steps}


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    """Serve a folder from a process of its own, whose work is not that of the reader; yields its address."""
    own = multiprocessing.get_context("spawn")
    starts, ends = own.Queue(), own.Event()
    process = own.Process(target=_serve, args=(folder, starts, ends))
    process.start()
    try:
        yield starts.get(timeout=120)
    finally:
        ends.set()
        process.join(10)


def _serve(folder: Path, starts: Queue[str], ends: Event) -> None:
    with serving(folder) as address:
        starts.put(address)
        ends.wait()


def _read(address: str, steps: dict[str, Any], seed: int, places: int) -> None:
    random = np.random.default_rng(seed)
    web = remote_copy(address).web
    book = _noted(steps["open"], web, lambda: Book.open(address))
    maker = PageMaker(book)
    for number in range(places):
        volume, start = random_position(book, random)
        step = steps["other" if number else "first"]
        _noted(step, web, partial(_page, maker, volume, start))


def _page(maker: PageMaker, volume: str, start: int) -> object:
    return maker.page(page_from(maker.book, volume, start, maker.limit))


def _noted(step: dict[str, list[float]], web: WebFolder, work: Callable[[], Any]) -> Any:
    before = time.perf_counter(), time.process_time(), web.fetched, web.requests
    made = work()
    after = time.perf_counter(), time.process_time(), web.fetched, web.requests
    for name, old, new in zip(("wall", "processor", "bytes", "requests"), before, after, strict=True):
        step.setdefault(name, []).append(new - old)
    return made


def lines(result: dict[str, Any]) -> list[str]:
    """The section of docs/serving.md."""
    rows = []
    for step, said in STEPS.items():
        of = result["steps"][step]
        wall, processor = (1000 * np.array(of[name]) for name in ("wall", "processor"))
        rows.append(
            [
                said,
                f"{np.median(wall):.0f} ms",
                f"{np.percentile(wall, 95):.0f} ms",
                f"{wall.max():.0f} ms",
                f"{np.median(processor):.0f} ms",
                f"{np.median(of['requests']):.0f}",
                f"{np.median(of['bytes']) / 1e6:.2f} MB",
            ]
        )
    other = np.array(result["steps"]["other"]["wall"])
    within = f"{100 * np.mean(other < GOAL_S):.0f} % of {len(other)}"
    head = ["step", "median", "95 %", "longest", "processor time", "requests", "fetched"]
    count = len(result["steps"]["open"]["wall"])
    return [
        f"A book of {result['letters'] / 1e6:,.0f} Mb ({result['source']}, repeated with changes), "
        f"{result['book'] / 1e6:,.0f} MB, from a server of files on the same machine; nothing of it is here "
        f"when it is opened ({count} times), and no place is read twice. Times of the reader.",
        "",
        *table(head, rows),
        "",
        f"{within} pages at another place were there within {1000 * GOAL_S:.0f} ms.",
    ]
