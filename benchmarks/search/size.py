"""The index of seeds at the size of the human genome: bytes, cost of making it, recall, time of a query."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.common.data import kept_folder
from benchmarks.common.table import table
from benchmarks.search.copies import lengths_up_to, write_copies
from benchmarks.search.queries import KINDS, Place, Source, draw, mutated, recall
from benchmarks.search.side_by_side import book_of_records, say
from benchmarks.search.tools import index_apart
from genomebook.book import Book
from genomebook.search.alignment.search import SequenceSearch
from genomebook.search.alignment.seeds import Seeds
from genomebook.search.schema import Sampling, SeedsMeta, TextMeta, sampling_for
from genomebook.search.searcher import Searcher
from genomebook.search.text import PackedText

TEXTS = {"0.25 Gb": 250_000_000, "3.1 Gb": 3_088_286_401}
"""Letters by name; the long one has the length of GRCh38 with its gaps."""

SHARES = np.linspace(0.1, 0.4, 8).tolist()
"""Share of the letters that is substituted in the copies, in turn."""

HEAVY = Sampling("111010110100110111", 1)
"""Seeds of an index of 3.1 Gb until version 2: 12 letters, all positions."""

RATES = (0.05, 0.1, 0.15, 0.2, 0.25)
QUERIES, TIMED, AT_ONCE, TURNS = 150, 60, 20, 3
WORKERS = 2


def run(quick: bool = False, folder: Path | None = None) -> dict[str, Any]:
    """Make texts from the sequence at hand, index and search them.

    Parameters
    ----------
    quick : bool
        A thousandth of the letters.
    folder : Path, optional
        Keeps texts and indexes for the next time.

    Returns
    -------
    dict
        ``source``; ``indexes``: a list, of each ``text``, ``letters``, ``shape``, ``step``, ``items``,
        ``seconds``, ``processor_seconds``, ``peak_rss``, ``bytes`` and ``recall`` by rate; ``queries``:
        seconds in the longest text: ``warm``, ``processor``, and for `AT_ONCE` ``together`` and
        ``in turn``.
    """
    with kept_folder(folder) as kept:
        return _run(quick, kept)


def _run(quick: bool, folder: Path) -> dict[str, Any]:
    what, path = book_of_records(quick, folder)
    book = Book.open(path)
    index_apart(path, folder / "source.index", "none", workers=1)
    source = Searcher.open(book, folder / "source.index").text
    sources = [
        replace(one, volume="", start=at, end=at + len(one.letters))
        for one in draw(book, 1_000, 50, None, 1)[: 10 if quick else QUERIES]
        for at in [source.position(book[one.volume].number, one.start)]
    ]
    smaller = 1_000 if quick else 1
    rows = []
    for name, size in ({"the sequence": source.letters * smaller} | TEXTS).items():
        letters, usual = size // smaller, sampling_for(size)
        compared = [usual] if name in TEXTS else [usual, HEAVY, sampling_for(max(TEXTS.values()))]
        for sampling in compared:
            at = folder / f"{letters}-{sampling.shape.count('1')}-{sampling.step}"
            cost = _made(at, source, letters, sampling)
            search = opened(at, letters, cost["items"], sampling)
            rows.append(_row(name, search, sources) | cost)
            say(f"{at.name}: done")
    return {
        "source": f"copies of {what} with changes",
        "indexes": rows,
        "queries": _times(search, sources),
    }


def _made(folder: Path, source: PackedText, letters: int, sampling: Sampling) -> dict[str, Any]:
    """Make a text and its seeds; the cost of the seeds, also when an earlier run has made them."""
    done = folder.with_name(f"{folder.name}.json")
    if not done.exists():
        folder.mkdir(exist_ok=True)
        write_copies(folder, source.packed, source.letters, lengths_up_to(letters), SHARES)
        command = [sys.executable, "-m", "benchmarks.search.seeds_child", str(folder), str(letters)]
        options = [sampling.shape, str(sampling.step), str(WORKERS)]
        made = subprocess.run([*command, *options], check=True, stdout=subprocess.PIPE, text=True)
        done.write_text(made.stdout)
    cost: dict[str, Any] = json.loads(done.read_text())
    return cost | {"bytes": sum(file.stat().st_size for file in folder.iterdir())}


def opened_text(folder: Path, letters: int, seeds: SeedsMeta, runs: int) -> PackedText:
    """Open a text that has no book."""
    counts = {"runs": runs, "volumes": runs, "sentences": 1, "paragraphs": 1}
    return PackedText(folder, TextMeta(letters=letters, ambiguous=0, gc=0.41, seeds=seeds, **counts))


def opened(folder: Path, letters: int, items: int, sampling: Sampling) -> SequenceSearch:
    """Open a text without a book for search."""
    seeds = SeedsMeta(sampling.shape, sampling.shape.count("1"), sampling.step, items)
    text = opened_text(folder, letters, seeds, len(lengths_up_to(letters)))
    return SequenceSearch(text, Seeds(folder, seeds))


def _places(search: SequenceSearch, source: Source) -> list[Place]:
    hits = search.search(source.letters, 10, 10.0)
    return [Place("", hit.at, hit.end, hit.strand, hit.bits, hit.evalue) for hit in hits]


def _row(name: str, search: SequenceSearch, sources: Sequence[Source]) -> dict[str, Any]:
    """What an index is, and its recall at 10 by rate."""
    found = {}
    with ThreadPoolExecutor(WORKERS) as pool:
        for rate in RATES:
            changed = mutated(sources, rate, KINDS[0], 7)
            places = pool.map(lambda one: _places(search, one), changed)
            found[f"{rate:g}"] = recall(
                changed, dict(zip([one.name for one in changed], places, strict=True))
            )
    seeds = search.seeds.about
    return {
        "text": name,
        "letters": search.text.letters,
        "shape": seeds.shape,
        "step": seeds.step,
        "items": seeds.items,
        "recall": {rate: one["all"]["at10"] for rate, one in found.items()},
    }


def _times(search: SequenceSearch, sources: Sequence[Source]) -> dict[str, Any]:
    """Seconds of queries with 10 % of the letters substituted."""
    queries = mutated(sources, 0.1, KINDS[0], 7)[:TIMED]
    for query in queries:
        _places(search, query)
    warm, processor = [], []
    for query in queries:
        began, used = time.perf_counter(), time.process_time()
        _places(search, query)
        warm.append(time.perf_counter() - began)
        processor.append(time.process_time() - used)
    together, in_turn = [], []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in range(TURNS):
            began = time.perf_counter()
            list(pool.map(lambda query: _places(search, query), queries[:AT_ONCE]))
            together.append(time.perf_counter() - began)
            began = time.perf_counter()
            for query in queries[:AT_ONCE]:
                _places(search, query)
            in_turn.append(time.perf_counter() - began)
    return {"warm": warm, "processor": processor, "together": together, "in turn": in_turn}


def lines(result: dict[str, Any]) -> list[str]:
    """Tables for the docs."""
    recalls, costs = [], []
    for row in result["indexes"]:
        every = "all" if row["step"] == 1 else f"1 in {row['step']}"
        head = [row["text"], str(row["shape"].count("1")), every]
        recalls.append([*head, *(f"{value:.3f}" for value in row["recall"].values())])
        cost = [f"{row['seconds']:,.0f}", f"{row['processor_seconds']:,.0f}"]
        size = f"{row['bytes'] / 1e9:.2f}"
        costs.append([*head, size, *cost, f"{row['peak_rss'] / 1e9:.2f}"])
    times, first = result["queries"], ["text", "letters of a seed", "positions listed"]
    ratio = median(times["in turn"]) / median(times["together"])
    return [
        "Recall at 10 by the share of letters substituted; queries are the sentences of 50 letters and more.",
        "",
        *table([*first, *(f"{float(rate):.0%}" for rate in result["indexes"][0]["recall"])], recalls),
        "",
        f"Text and seeds on disk, and making the seeds from the text with {WORKERS} threads.",
        "",
        *table([*first, "GB on disk", "seconds", "processor seconds", "GB of memory"], costs),
        "",
        f"A query in 3.1 Gb, files in memory, median: {1e3 * median(times['warm']):.0f} ms, of the processor "
        f"{1e3 * median(times['processor']):.0f} ms. {AT_ONCE} queries at once are answered {ratio:.2f} "
        "times as fast as one after the other.",
    ]
