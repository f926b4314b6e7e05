"""Ours as one more program: a book with its index, searched by channel; and vectors alone in a store."""

from __future__ import annotations

import gc
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common.machine import cores
from benchmarks.search.peers import LARGEST, TOP
from benchmarks.search.queries import Place, Source
from genomebook.book import Book
from genomebook.models.sentences import SentenceEncoder
from genomebook.search.channels import Channel
from genomebook.search.hits import Hit
from genomebook.search.query import MIN_LETTERS, Query
from genomebook.search.searcher import Searcher
from genomebook.search.stores.base import VectorStore
from genomebook.search.stores.registry import build_store, open_store

CHANNELS: dict[str, tuple[Channel, ...]] = {
    "genomebook, wording": ("sequence",),
    "genomebook, meaning": ("embedding",),
    "genomebook, both": ("sequence", "embedding"),
}
WORDING, MEANING, BOTH = CHANNELS

BATCH = 1024
OF_MEANING = re.compile(r"^(sentences|paragraphs)(?!\.u32$)")
"""Files of an index that only the channel meaning reads."""


def threads_here() -> int:
    """Threads to measure with."""
    return min(4, cores())


def index_apart(book: Path, output: Path, encoder: str = "sentences-mini", workers: int = 0) -> float:
    """Make an index with the program in a process of its own; its seconds. One that is there stays."""
    done = output.with_name(f"{output.name}.seconds")
    if done.exists():
        return float(done.read_text())
    began = time.perf_counter()
    command = [sys.executable, "-m", "genomebook", "index", str(book), "--output", str(output)]
    options = ["--encoder", encoder, "--workers", str(workers)]
    subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - began
    done.write_text(str(seconds))
    return seconds


def index_of(folder: Path, encoder: str) -> Path:
    """Where the index by an encoder (its digest) lies: another version of it makes another index."""
    return folder / f"search-{encoder[:12]}"


def sizes(index: Path) -> dict[str, int]:
    """Bytes of an index, by channel."""
    found = {"wording": 0, "meaning": 0}
    for file in index.rglob("*"):
        if file.is_file():
            kind = "meaning" if OF_MEANING.match(file.relative_to(index).parts[0]) else "wording"
            found[kind] += file.stat().st_size
    return found


def forget(*folders: Path) -> None:
    """Let go of what the system keeps of files in memory; nothing where it cannot be asked to."""
    gc.collect()
    if not hasattr(os, "posix_fadvise"):
        return
    os.sync()
    for file in (file for folder in folders for file in folder.rglob("*") if file.is_file()):
        with file.open("rb") as opened:
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def place(hit: Hit) -> Place:
    """Where a hit lies."""
    return Place(hit.volume, hit.start, hit.end, hit.strand, hit.bits, hit.evalue)


class Ours:
    """A book opened for search by some channels.

    Raises
    ------
    KeyError
        For a name that is not in `CHANNELS`.
    """

    def __init__(self, name: str, book: Path, index: Path) -> None:
        self.name, self.channels = name, CHANNELS[name]
        self.book = Book.open(book)
        self.searcher = Searcher.open(self.book, index)

    def search(
        self, sources: Sequence[Source], threads: int, limit: int = TOP, evalue: float = LARGEST
    ) -> dict[str, list[Place]]:
        """Search many queries."""
        queries = [Query(one.name, one.letters) for one in sources]
        found = self.searcher.search_many(queries, self.channels, limit=limit, evalue=evalue, threads=threads)
        return {query.name: [place(hit) for hit in hits] for query, hits in found}

    def one(self, source: Source) -> list[Hit]:
        """Search one query."""
        return self.searcher.search(Query(source.name, source.letters), self.channels, limit=TOP)


def seconds_each(
    sources: Sequence[Source], search: Callable[[Source], Any], before: Callable[[], None] = lambda: None
) -> list[float]:
    """Seconds of each query, one after the other."""
    found = []
    for source in sources:
        before()
        began = time.perf_counter()
        search(source)
        found.append(time.perf_counter() - began)
    return found


class VectorsAlone:
    """Vectors of the sentences of a book in FAISS: the nearest are the hits, nothing is aligned."""

    def __init__(self, name: str, book: Book, encoder: SentenceEncoder, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.name, self.encoder = name, encoder
        self.places: list[Place] = []
        began = time.perf_counter()
        parts: list[Any] = []
        for volume in book:
            letters, table = volume.sequence().upper(), volume.sentences()
            table = table[table["end"] - table["start"] >= MIN_LETTERS]
            here = list(zip(table["start"].tolist(), table["end"].tolist(), strict=True))
            self.places += [Place(volume.name, start, end, "") for start, end in here]
            for first in range(0, len(here), BATCH):
                parts.append(encoder.embed([letters[a:b] for a, b in here[first : first + BATCH]]))
        about = build_store("faiss", folder, "sentences", np.concatenate(parts))
        self.build_seconds = time.perf_counter() - began
        self.bytes = sum(file.stat().st_size for file in folder.iterdir())
        self.factory: str = about.factory
        self._store: VectorStore = open_store("faiss", folder, "sentences", about)

    def search(self, sources: Sequence[Source], threads: int) -> dict[str, list[Place]]:
        """Find the ten nearest sentences of each query (``threads`` are FAISS's to choose)."""
        rows, _ = self._store.search(self.encoder.embed([one.letters for one in sources]), TOP)
        return {
            source.name: [self.places[row] for row in found if row >= 0]
            for source, found in zip(sources, rows.tolist(), strict=True)
        }
