"""Long queries: changed passages of the book, beside BLASTN: how long it takes, how much one hit covers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.common.table import table
from benchmarks.search.peers import Peer
from benchmarks.search.queries import KINDS, Place, Source, mutated
from benchmarks.search.tools import Ours
from genomebook.book import Book
from genomebook.language.alphabet import CODE, NOT_BASE

LENGTHS = (300, 1_000, 3_000, 10_000, 30_000, 100_000)
"""Letters of the passages."""

OF_PEER = 10_000
"""Letters of the longest passage that the peer is asked for, so that a run stays short."""

EACH = 10
RATE = 0.1


def passages(book: Book, length: int, number: int, seed: int) -> list[Source]:
    """Draw passages of bases alone anywhere in a book; none of a book that has no such place."""
    volumes = [volume for volume in book if volume.length >= length]
    random = np.random.Generator(np.random.PCG64([seed, length]))
    found: list[Source] = []
    share = np.array([volume.length - length + 1 for volume in volumes], float)
    for _ in range(20 * number if volumes else 0):
        volume = volumes[int(random.choice(len(volumes), p=share / share.sum()))]
        start = int(random.integers(volume.length - length + 1))
        letters = volume.sequence(start, start + length).upper()
        if CODE[np.frombuffer(letters, np.uint8)].max() < NOT_BASE:
            found.append(Source(f"long{len(found)}", letters, volume.name, start, start + length))
        if len(found) == number:
            break
    return found


def covered(source: Source, places: Sequence[Place]) -> float:
    """Share of a passage that the first hit overlaps."""
    if not places or places[0].volume != source.volume:
        return 0.0
    shared = min(places[0].end, source.end) - max(places[0].start, source.start)
    return max(0, shared) / (source.end - source.start)


def long_queries(book: Book, ours: Ours, peer: Peer, quick: bool = False) -> dict[str, Any]:
    """Search for passages, one after the other, with one thread.

    Returns
    -------
    dict
        By letters of the passage (as text), by program (the peer: up to `OF_PEER`): ``seconds``
        and ``covered`` of each query.
    """
    programs: dict[str, Callable[[list[Source]], dict[str, list[Place]]]] = {
        ours.name: lambda some: ours.search(some, 1),
        peer.name: lambda some: peer.search(some, 1),
    }
    found: dict[str, Any] = {}
    for length in LENGTHS[:2] if quick else LENGTHS:
        sources = mutated(passages(book, length, 2 if quick else EACH, 4), RATE, KINDS[1], 7)
        for name, search in programs.items():
            if name == peer.name and length > OF_PEER:
                continue
            search(sources[:1])
            row = found.setdefault(str(length), {}).setdefault(name, {"seconds": [], "covered": []})
            for source in sources:
                began = time.perf_counter()
                places = search([source]).get(source.name, [])
                row["seconds"].append(time.perf_counter() - began)
                row["covered"].append(covered(source, places))
    return found


def lines(result: dict[str, Any]) -> list[str]:
    """Put it into a table."""
    names = list(next(iter(result.values())))
    rows = [
        [
            f"{int(length):,}",
            str(len(found[names[0]]["seconds"])),
            *(
                f"{np.median(found[name]['seconds']) * 1e3:,.0f} / {np.mean(found[name]['covered']):.3f}"
                if name in found
                else ""
                for name in names
            ),
        ]
        for length, found in result.items()
    ]
    return [
        f"Passages of the book with {RATE:.0%} substitutions and indels, on either strand, in sequence on "
        "one thread: median milliseconds (BLASTN: one process per query) / mean share of the passage that "
        "the first hit covers. Queries above 10,000 letters are cut and their hits chained. "
        f"{names[-1]} is not run above {OF_PEER:,} letters, to keep the benchmark short.",
        "",
        *table(["letters", "queries", *names], rows),
    ]
