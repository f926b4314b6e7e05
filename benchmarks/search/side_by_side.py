"""Search beside BLASTN, minimap2 and MMseqs2 on the same sequence: recall, time, size, false hits."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec

from benchmarks.book.build import build_apart
from benchmarks.common.data import kept_folder, records, source, write_fasta
from benchmarks.search.embedding import families, vectors_alone
from benchmarks.search.long import long_queries
from benchmarks.search.natural import natural
from benchmarks.search.peers import Peer, blast, missing, peers, versions, write_book, write_queries
from benchmarks.search.queries import KINDS, RATES, Place, Source, draw, mutated, recall
from benchmarks.search.tools import (
    CHANNELS,
    MEANING,
    WORDING,
    Ours,
    VectorsAlone,
    forget,
    index_apart,
    index_of,
    seconds_each,
    sizes,
    threads_here,
)
from genomebook.book import Book
from genomebook.language.shuffle import dinucleotide_shuffle
from genomebook.models.sentences import load_sentence_encoder

QUERIES, SHUFFLED = 1000, 10_000
FEW = 4
"""All queries are for BLASTN's default and us; the other programs get every fourth."""

LATENCIES, COLD = 100, 10
SLOW = 5
"""Queries of a program that takes seconds for one."""

THRESHOLDS = (1.0, 0.1, 0.01, 0.001)
MAX_HITS = 30
"""Hits of a shuffled query that are counted, at most."""

WHOLE = ("BLASTN", WORDING)


class Tool(Protocol):
    """What searches many queries at once."""

    name: str

    def search(self, sources: Sequence[Source], threads: int) -> dict[str, list[Place]]:
        """Find the places of each query, best first."""
        ...


def say(text: str) -> None:
    """Show how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def run(quick: bool = False, folder: Path | None = None) -> dict[str, Any]:
    """Measure all.

    Parameters
    ----------
    quick : bool
        On little sequence with few queries.
    folder : Path, optional
        Keeps book and indexes for the next time.

    Returns
    -------
    dict
        ``source``, ``book`` and ``versions``; ``recall``: program, kind, rate, bin; ``batch``: program,
        threads, seconds a query; ``latency``: program, ``cold``, ``warm``, ``warm, threads``, seconds;
        ``index``: program, ``bytes``, ``seconds``; ``long``: see
        `benchmarks.search.long.long_queries`; ``false``: of each program, hits up to each E-value
        and queries that have some; ``natural``: see `benchmarks.search.natural.natural`; ``families``: see
        `benchmarks.search.embedding.families`. The last two are None without the real data.
    """
    if missing():
        raise RuntimeError(f"programs to compare with are missing: apt-get install {' '.join(missing())}")
    with kept_folder(folder) as kept:
        return _run(quick, kept)


def _run(quick: bool, folder: Path) -> dict[str, Any]:
    what, path = book_of_records(quick, folder)
    book = Book.open(path)
    say("indexing")
    index, bare = index_of(folder, load_sentence_encoder().digest), folder / "wording"
    seconds = index_apart(path, index, workers=threads_here())
    seconds_bare = index_apart(path, bare, "none", workers=threads_here())
    size = sizes(index)
    ours = [Ours(name, path, index) for name in CHANNELS]
    fasta = write_book(book, folder / "all.fa")
    programs = peers()
    for peer in programs:
        peer.build(fasta, folder / peer.short)
    say("vectors alone")
    alone = vectors_alone(book, folder)
    built: list[Peer | VectorsAlone] = [*alone, *programs]
    number = 20 if quick else QUERIES
    sources = draw(book, number, 50, None, 1) + draw(book, number // 4, 20, 50, 2)
    tools: list[Tool] = [*ours, *alone, *programs]
    sample = mutated(sources, 0.1, KINDS[0], 7)[: 5 if quick else LATENCIES]
    return {
        "source": what,
        "book": _described(book, sources),
        "versions": versions(),
        "threads": threads_here(),
        "index": {
            WORDING: {"bytes": size["wording"], "seconds": seconds_bare},
            MEANING: {"bytes": size["meaning"], "seconds": seconds - seconds_bare},
            **{one.name: {"bytes": one.bytes, "seconds": one.build_seconds} for one in built},
        },
        "vectors": msgspec.to_builtins(ours[0].searcher.about.vectors),
        "recall": {tool.name: _recalls(tool, sources) for tool in tools},
        "batch": {tool.name: _batch(tool, mutated(sources[::FEW], 0.1, KINDS[0], 7)) for tool in tools},
        "latency": {
            **{name: _latency(name, path, bare if name == WORDING else index, sample) for name in CHANNELS},
            **{peer.name: _latency_of(peer, sample) for peer in programs},
        },
        "long": long_queries(book, ours[0], programs[0], quick),
        "false": _false(ours[0], fasta, programs[0].folder, book, 40 if quick else SHUFFLED),
        "natural": natural(folder, ours, programs[0], say) if source() and not quick else None,
        "families": families(folder) if source() and not quick else None,
    }


def book_of_records(quick: bool, folder: Path) -> tuple[str, Path]:
    """Where the sequence comes from, and its book."""
    path = folder / "all.book"
    what, letters = records(quick)
    if not path.exists():
        fasta = source()
        if fasta is None or quick:
            volumes = {f"chr{number}": iter([one]) for number, one in enumerate(letters, 1)}
            fasta = write_fasta(folder / "small.fa", volumes)
        say("building the book")
        build_apart(fasta, path)
    return what, path


def _described(book: Book, sources: Sequence[Source]) -> dict[str, Any]:
    lengths = [
        length
        for volume in book
        for table in [volume.sentences()]
        for length in (table["end"] - table["start"]).tolist()
    ]
    return {
        "letters": sum(volume.length for volume in book),
        "volumes": [volume.name for volume in book],
        "sentences": len(lengths),
        "sentences_20": sum(length >= 20 for length in lengths),
        "sentences_50": sum(length >= 50 for length in lengths),
        "queries": sum(source.end - source.start >= 50 for source in sources),
        "short": sum(source.end - source.start < 50 for source in sources),
    }


def _recalls(tool: Tool, sources: Sequence[Source]) -> dict[str, Any]:
    """Recall at every rate."""
    some = sources if tool.name in WHOLE else sources[::FEW]
    found: dict[str, Any] = {}
    for kind in KINDS:
        for rate in RATES if kind == KINDS[0] else RATES[1:]:
            queries = mutated(some, rate, kind, 7)
            began = time.perf_counter()
            row = recall(queries, tool.search(queries, threads_here()))
            seconds = (time.perf_counter() - began) / len(queries)
            found.setdefault(kind, {})[f"{rate:g}"] = row
            say(f"{tool.name}, {rate:.0%} {kind}: {row['all']['at10']:.3f}, {seconds * 1e3:.1f} ms a query")
    return found


def _batch(tool: Tool, queries: Sequence[Source]) -> dict[str, float]:
    """Seconds a query when all are given at once, by threads."""
    found = {}
    for threads in sorted({1, threads_here()}):
        began = time.perf_counter()
        tool.search(queries, threads)
        found[str(threads)] = (time.perf_counter() - began) / len(queries)
    return found


def _latency(name: str, book: Path, index: Path, sample: Sequence[Source]) -> dict[str, list[float]]:
    """Seconds of one query after the other in an open book; and with the book opened for each, from disk."""
    cold = seconds_each(
        sample[:COLD],
        lambda one: Ours(name, book, index).one(one),
        before=lambda: forget(book, index),
    )
    ours = Ours(name, book, index)
    seconds_each(sample, ours.one)
    say(f"{name}: latency")
    return {"cold": cold, "warm": seconds_each(sample, ours.one)}


def _latency_of(peer: Peer, sample: Sequence[Source]) -> dict[str, list[float]]:
    """Seconds of one query after the other, a process each."""
    some = sample[:SLOW] if peer.name == "MMseqs2" else sample
    query = peer.folder / "one.fa"

    def once(one: Source, threads: int = 1) -> float:
        return peer.run(write_queries([one], query), threads)

    once(some[0])
    say(f"{peer.name}: latency")
    return {
        "warm": seconds_each(some, once),
        "warm, threads": seconds_each(some, lambda one: once(one, threads_here())),
        "cold": seconds_each(some[:COLD], once, before=lambda: forget(peer.folder)),
    }


def shuffled(sources: Sequence[Source]) -> list[Source]:
    """Mix the letters of queries, each with its dinucleotides: whatever is found is found by chance."""
    return [
        Source(one.name, dinucleotide_shuffle(one.letters, 1, one.name), "", one.start, one.end)
        for one in sources
    ]


def _false(ours: Ours, fasta: Path, folder: Path, book: Book, number: int) -> dict[str, Any]:
    """Hits of shuffled sentences, which chance alone gives, up to each E-value."""
    queries = shuffled(draw(book, number, 50, None, 3))
    peer = blast("BLASTN", "-task", "blastn", most=MAX_HITS)
    peer.build(fasta, folder)
    found = {}
    say(f"{len(queries):,} shuffled queries")
    for name, places in (
        (ours.name, ours.search(queries, threads_here(), MAX_HITS, THRESHOLDS[0])),
        (peer.name, peer.search(queries, threads_here())),
    ):
        values = [[hit.evalue for hit in places.get(one.name, [])[:MAX_HITS]] for one in queries]
        found[name] = {
            f"{most:g}": {
                "hits": sum(value <= most for of_one in values for value in of_one),
                "queries": sum(any(value <= most for value in of_one) for of_one in values),
            }
            for most in THRESHOLDS
        }
    letters = [one.end - one.start for one in queries]
    return {
        "queries": len(queries),
        "mean_letters": sum(letters) / max(1, len(letters)),
        "most": MAX_HITS,
        "found": found,
    }
