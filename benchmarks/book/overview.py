"""Zoom levels of the overview: their cost, a picture of any width, and a book of very many sequences."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import numpy as np

from benchmarks.book.build import build_apart
from benchmarks.common.data import records, repeated, write_fasta
from benchmarks.common.table import table
from genomebook.book import Book
from genomebook.book.profile import profile
from genomebook.genome.regions import Region
from genomebook.pipeline.overview import overview
from genomebook.render.overview.scene import builtins, scene
from genomebook.render.page.make import PageMaker

WIDTHS = (50_000_000, 5_000_000, 1_000_000, 200_000, 100_000)
"""Bases that a picture shows; those of the first are the whole sequence."""
BINS, TIMES = 500, 15
CONTIGS, CONTIG_BASES = 100_000, 100


def run(quick: bool = False) -> dict[str, Any]:
    """Make the levels of a long sequence and of many short ones, then ask for pictures.

    Returns
    -------
    dict
        ``source``; ``long`` and ``many``: bases, sequences, processor seconds and bytes of the levels;
        ``pictures``: processor seconds by width; ``scene``: processor seconds and bytes of what is sent first
        of the many.
    """
    what, letters = records(quick)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = WIDTHS[0] // (100 if quick else 1)
        one = {"chr1": repeated(np.concatenate(letters), size, seed=7)}
        long = _book(write_fasta(folder / "long.fa", one), folder / "long.book")
        random = np.random.Generator(np.random.PCG64(3))
        bases = np.frombuffer(b"ACGT", np.uint8)
        count = CONTIGS // (100 if quick else 1)
        pieces = {f"contig{n}": iter([bases[random.integers(0, 4, CONTIG_BASES)]]) for n in range(count)}
        many = _book(write_fasta(folder / "many.fa", pieces), folder / "many.book")
        book = Book.open(folder / "long.book")
        pictures = {str(min(width, size)): _pictures(book, min(width, size)) for width in WIDTHS}
        return {
            "source": f"{what}, repeated with changes, and made-up sequences",
            "long": long,
            "many": many,
            "pictures": pictures,
            "scene": _scene(Book.open(folder / "many.book")),
        }


def _book(fasta: Path, path: Path) -> dict[str, Any]:
    """Build a book, and make its levels anew."""
    built = build_apart(fasta, path)
    fasta.unlink()
    began = time.process_time()
    size = overview(path, threads=1)
    return {
        "bases": built["letters"],
        "sequences": len(Book.open(path)),
        "processor": time.process_time() - began,
        "bytes": size,
    }


def _pictures(book: Book, width: int) -> list[float]:
    return _timed(lambda: profile(book, "chr1", 0, width, BINS))


def _scene(book: Book) -> dict[str, Any]:
    """What the overview of a book is sent first, with a page in the middle of the book."""
    name = book.contents.names[len(book) // 2]
    genes = PageMaker(book).genes
    place = Region(name, 0, book[name].length)
    sent = msgspec.json.encode(builtins(scene(book, genes, place)))
    return {"seconds": _timed(lambda: scene(book, genes, place)), "bytes": len(sent)}


def _timed(work: Callable[[], object]) -> list[float]:
    """Processor seconds of each of `TIMES` times, after one that is not counted."""
    work()
    seconds = []
    for _ in range(TIMES):
        began = time.process_time()
        work()
        seconds.append(time.process_time() - began)
    return seconds


def lines(result: dict[str, Any]) -> list[str]:
    """Tables for the docs."""
    books = [
        [
            f"{one['sequences']:,}",
            f"{one['bases']:,}",
            f"{one['processor']:.1f} s",
            f"{one['bytes'] / 1e6:.2f} MB",
        ]
        for one in (result["long"], result["many"])
    ]
    pictures = [
        [f"{int(width):,}", f"{1e3 * median(times):.2f}"] for width, times in result["pictures"].items()
    ]
    first = result["scene"]
    return [
        *table(["sequences", "bases", "making the levels, processor", "size"], books),
        "",
        f"{BINS} bins of the long sequence, median of {TIMES}; up to 262,144 bases are counted base by base.",
        "",
        *table(["bases shown", "ms of the processor"], pictures),
        "",
        f"Of the book of {result['many']['sequences']:,} sequences the overview begins with "
        f"{first['bytes'] / 1e3:.0f} kB, made in {1e3 * median(first['seconds']):.1f} ms of the processor "
        "(median).",
    ]
