"""Search over millions of sentences: the real sequence and mutated copies of it, beside BLASTN."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from benchmarks.book.build import build_apart
from benchmarks.common.data import kept_folder, records, write_fasta
from benchmarks.common.data import mutated as substituted
from benchmarks.search.peers import TOP, blast, missing, write_book, write_queries
from benchmarks.search.queries import KINDS, Source, draw, mutated, recall
from benchmarks.search.side_by_side import say
from benchmarks.search.tools import (
    BOTH,
    MEANING,
    WORDING,
    Ours,
    forget,
    index_of,
    seconds_each,
    sizes,
    threads_here,
)
from genomebook.book import Book
from genomebook.models.sentences import load_sentence_encoder
from genomebook.pipeline.search.index import search_index

COPIES = 63
"""Of the sequence, beside itself."""

LOWEST_SHARE, HIGHEST_SHARE = 0.1, 0.4
"""Share of the bases that is substituted: spread evenly from the first copy to the last."""

RATE = 0.1
"""Of substitutions in the queries, which come from the sequence itself."""

QUERIES, FEW, LATENCIES, COLD, OF_BLAST = 1000, 250, 200, 20, 20


def run(quick: bool = False, folder: Path | None = None) -> dict[str, Any]:
    """Build, index and search.

    Parameters
    ----------
    quick : bool
        On little sequence.
    folder : Path, optional
        Keeps book and index for the next time; what is measured is written there as it comes, to
        ``search-scale.json``.

    Returns
    -------
    dict
        ``source``, ``copies``, ``book`` (``letters``, ``sentences``, ``sentences_20``), ``build`` and
        ``index`` (seconds by stage), ``bytes``, ``vectors`` (of ``index.json``), ``recall`` by program,
        ``latency`` in seconds by program: ``warm``, ``warm, threads`` (as many at once as there are threads;
        BLASTN: its own threads), ``cold``.
    """
    if missing():
        raise RuntimeError(f"programs to compare with are missing: apt-get install {' '.join(missing())}")
    with kept_folder(folder) as kept:
        return _run(quick, kept)


def _run(quick: bool, folder: Path) -> dict[str, Any]:
    path = folder / "scale.book"
    index = index_of(folder, load_sentence_encoder().digest)
    result: dict[str, Any] = {"source": records(quick)[0], "threads": threads_here()}
    result["copies"] = 2 if quick else COPIES

    def add(**values: Any) -> None:
        result.update(values)
        (folder / "search-scale.json").write_text(json.dumps(result))
        say(f"{', '.join(values)}: done")

    add(build=_once(path, lambda: _build(quick, folder, path, result["copies"])))
    add(index=_once(index, lambda: _index(path, index)))
    book = Book.open(path)
    ours = {name: Ours(name, path, index) for name in (WORDING, MEANING, BOTH)}
    add(
        book=_counts(book),
        bytes=sizes(index),
        vectors=msgspec.to_builtins(ours[WORDING].searcher.about.vectors),
    )
    sources = mutated(draw([book["chr1"]], 20 if quick else QUERIES, 50, None, 1), RATE, KINDS[0], 7)
    recalls, latency = {}, {}
    for name, one in ours.items():
        some = sources if name == WORDING else sources[:FEW]
        one.search(some[:TOP], 1)
        latency[name] = _latency(one, sources[:LATENCIES])
        add(latency=latency)
        recalls[name] = recall(some, one.search(some, threads_here()))
        add(recall=recalls)
    del ours, one
    latency[WORDING]["cold"] = seconds_each(
        sources[:COLD],
        lambda query: Ours(WORDING, path, index).one(query),
        before=lambda: forget(path, index),
    )
    peer, some = blast("BLASTN", "-task", "blastn"), sources[:OF_BLAST]
    if not (folder / "blast" / "done").exists():
        peer.build(write_book(book, folder / "scale-all.fa"), folder / "blast")
    peer.build(folder / "scale-all.fa", folder / "blast")
    query = folder / "one.fa"
    for threads in (1, threads_here()):

        def process(one: Source, threads: int = threads) -> float:
            return peer.run(write_queries([one], query), threads)

        process(some[0])
        key = "warm" if threads == 1 else "warm, threads"
        latency.setdefault("BLASTN", {})[key] = seconds_each(some, process)
        add(latency=latency)
    recalls["BLASTN"] = recall(sources[:FEW], peer.search(sources[:FEW], threads_here()))
    add(recall=recalls, bytes={**result["bytes"], "BLASTN": peer.bytes})
    return result


def _once(made: Path, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What making took, also when it was made by an earlier run."""
    known = made.with_name(f"{made.name}.json")
    if not known.exists():
        known.write_text(json.dumps(make()))
    told: dict[str, Any] = json.loads(known.read_text())
    return told


def _build(quick: bool, folder: Path, path: Path, copies: int) -> dict[str, Any]:
    """Write the sequence as chr1, its copies as chr2 and on, and build their book."""
    _, letters = records(quick)
    one = np.concatenate(letters)

    def copy(number: int, share: float) -> Iterator[NDArray[np.uint8]]:
        yield substituted(one, share, seed=number)

    volumes = {"chr1": iter([one])}
    volumes |= {
        f"chr{number}": copy(number, share)
        for number, share in enumerate(np.linspace(LOWEST_SHARE, HIGHEST_SHARE, copies).tolist(), 2)
    }
    fasta = write_fasta(folder / "scale.fa", volumes)
    say("building the book")
    return build_apart(fasta, path)


def _index(path: Path, index: Path) -> dict[str, float]:
    """Make the index; seconds by stage."""
    began: list[tuple[str, float]] = []

    def stage(name: str, total: int) -> Callable[[int], None]:
        say(f"index: {name}, {total:,}")
        began.append((name, time.perf_counter()))
        return lambda done: None

    search_index(path, index, workers=threads_here(), progress=stage)
    began.append(("", time.perf_counter()))
    return {name: later - at for (name, at), (_, later) in pairwise(began)}


def _counts(book: Book) -> dict[str, int]:
    """Letters and sentences."""
    lengths = [
        (table["end"] - table["start"]).to_numpy() for volume in book for table in [volume.sentences()]
    ]
    return {
        "letters": sum(volume.length for volume in book),
        "sentences": sum(len(one) for one in lengths),
        "sentences_20": sum(int((one >= 20).sum()) for one in lengths),
    }


def _latency(ours: Ours, queries: Sequence[Source]) -> dict[str, list[float]]:
    """Seconds of each query: one after the other, and as many at once as there are threads."""
    seconds_each(queries, ours.one)
    with ThreadPoolExecutor(threads_here()) as pool:
        together = list(pool.map(lambda query: seconds_each([query], ours.one)[0], queries))
    return {"warm": seconds_each(queries, ours.one), "warm, threads": together}
