"""What Read asks of the server in long books: pages, places, the box, motifs, passages like it, memory."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.book.build import anonymous
from benchmarks.book.genome import assembly
from benchmarks.common.data import kept_folder, records, repeated, write_fasta
from benchmarks.common.table import table
from benchmarks.reading.books import LARGE, program
from genomebook.book import Book
from genomebook.book.places import page_from, random_position
from genomebook.genome.regions import Region
from genomebook.render.page.make import PageMaker
from genomebook.search.box import understand
from genomebook.search.motifs import Motif, find_motif
from genomebook.search.searcher import Searcher
from genomebook.search.suggestions import suggest

GENES, EXONS = 20_000, 5
"""Made-up genes of the book, with a coding exon every 2,000 letters."""

PAGES, OPENED, TYPED, ASKED = 300, 20, 300, 50
MOTIF = "RGGTCANNNTGACCY"
LINES = {
    "opened": "opening the book and making a first page",
    "page": "a page at a random place",
    "place": "understanding a gene, exon or place",
    "suggest": "a suggestion in the box",
    "like": "counting passages like a paragraph",
    "motif": "all places of a motif of 15 letters",
}


Volumes = dict[str, Iterator[NDArray[np.uint8]]]
"""Letters of volumes in blocks, by name."""


def run(quick: bool = False, folder: Path | None = None) -> dict[str, Any]:
    """Ask a book of 250 Mb with a seed index what Read asks.

    Parameters
    ----------
    quick : bool
        A thousandth of the length.
    folder : Path, optional
        Keeps the book, and uses the one that is there.

    Returns
    -------
    dict
        ``source``, ``letters``, ``volumes``, ``genes``; ``first_names``: seconds of the first suggestion;
        ``steps``: of each of `LINES` the ``wall`` and ``processor`` seconds; ``memory``: bytes of the process
        that belong to no file, after the book is opened and at the end.
    """

    def volumes(letters: NDArray[np.uint8]) -> Volumes:
        return {"chr1": repeated(letters, LARGE // (1_000 if quick else 1), seed=7)}

    return _asked("large", volumes, quick, folder, is_indexed=True)


def whole(quick: bool = False, folder: Path | None = None) -> dict[str, Any]:
    """Ask a book of GRCh38's lengths, 3.1 Gb, without an index of seeds; as `run`."""
    return _asked("whole", lambda letters: assembly(letters, 1_000 if quick else 1), quick, folder)


def _asked(
    name: str,
    volumes: Callable[[NDArray[np.uint8]], Volumes],
    quick: bool,
    folder: Path | None,
    is_indexed: bool = False,
) -> dict[str, Any]:
    what, letters = records(quick)
    one = np.concatenate(letters)
    letters.clear()
    with kept_folder(folder) as kept:
        path = kept / f"{name}.book"
        if not path.exists():
            fasta = write_fasta(kept / f"{name}.fa", volumes(one))
            program("build", fasta, "-o", path)
            fasta.unlink()
        book = Book.open(path)
        if not len(book.transcripts):
            genes = _genes(book, kept / "genes.genePred", GENES // (100 if quick else 1))
            program("annotate", path, "--track", genes)
        if is_indexed and not PageMaker(book).is_searchable:
            program("index", path, "--encoder", "none")
        return {"source": f"copies of {what} with changes"} | measure(path, 10 if quick else 1)


def measure(path: Path, fewer: int = 1) -> dict[str, Any]:
    """Measure a book, of which ``fewer`` times fewer questions are asked."""
    book = Book.open(path)
    memory = [anonymous(os.getpid())]
    random = np.random.default_rng(3)
    maker = PageMaker(book)
    places = [random_position(book, random) for _ in range(PAGES // fewer + 1)]
    regions = [page_from(book, volume, start, maker.limit) for volume, start in places]
    began = time.perf_counter()
    suggest(book, "a")
    first_names = time.perf_counter() - began
    numbers = random.integers(0, max(len(book.transcripts), 1), TYPED // fewer)
    genes = [f"GENE{number}" for number in numbers]
    asked = [gene + more for gene, more in zip(genes, (" exon 2", "+500", "") * ASKED, strict=False)]
    steps = {
        "opened": _timed(regions[: OPENED // fewer + 1], lambda at: PageMaker(Book.open(path)).page(at)),
        "page": _timed(regions, maker.page),
        "place": _timed(asked[:ASKED], partial(understand, book)),
        "suggest": _timed([gene[: 5 + len(gene) % 4] for gene in genes], partial(suggest, book)),
        "motif": _timed([Motif.of(MOTIF)] * 3, lambda motif: list(find_motif(book, motif, threads=1))),
    }
    if maker.is_searchable:
        steps["like"] = _timed(_paragraphs(book, regions[: ASKED // fewer]), Searcher.open(book).count_like)
    memory.append(anonymous(os.getpid()))
    return {
        "letters": book.meta.counts.letters,
        "volumes": len(book),
        "genes": len(book.transcripts),
        "first_names": first_names,
        "steps": steps,
        "memory": memory,
    }


def _paragraphs(book: Book, regions: Sequence[Region]) -> list[Region]:
    """Paragraphs of some pages."""
    spans = [(at.volume, book[at.volume].paragraphs(at.start, at.end)) for at in regions]
    return [
        Region(volume, start, end)
        for volume, rows in spans
        for start, end in zip(rows["start"].tolist(), rows["end"].tolist(), strict=True)
    ]


def _timed(items: Sequence[Any], work: Callable[[Any], object]) -> dict[str, list[float]]:
    """Seconds of each item by the clock and by the processor, without the first."""
    wall, busy = [], []
    for item in items:
        began, used = time.perf_counter(), time.process_time()
        work(item)
        wall.append(time.perf_counter() - began)
        busy.append(time.process_time() - used)
    return {"wall": wall[1:], "processor": busy[1:]}


def _genes(book: Book, path: Path, count: int) -> Path:
    """Write made-up genes of `EXONS` exons at random places, as genePred."""
    random = np.random.default_rng(5)
    with path.open("w") as file:
        for number in range(count):
            volume, start = random_position(book, random)
            starts = [start + 2_000 * exon for exon in range(EXONS)]
            end = starts[-1] + 150
            if end < book[volume].length:
                edges = [",".join(str(at + more) for at in starts) + "," for more in (0, 150)]
                cells = [f"T{number}", volume, "+-"[number % 2], start, end, start, end, EXONS, *edges]
                file.write(
                    "\t".join(map(str, [*cells, 0, f"GENE{number}", "cmpl", "cmpl", "0," * EXONS])) + "\n"
                )
    return path


def lines(result: dict[str, Any]) -> list[str]:
    """Table for the docs."""
    rows = [
        [
            LINES[name],
            f"{len(step['wall']):,}",
            *(f"{1000 * median(step[which]):,.1f}" for which in ("wall", "processor")),
            f"{1000 * float(np.quantile(step['processor'], 0.99)):,.1f}",
        ]
        for name, step in result["steps"].items()
    ]
    first, last = (f"{size / 1e6:,.0f}" for size in result["memory"])
    return [
        f"{result['letters']:,} letters on {result['volumes']:,} sequences, {result['genes']:,} made-up "
        "genes, one thread, files in the memory of the system as far as they fit.",
        "",
        *table(["what is asked", "times", "median, ms", "processor, ms", "99 %, processor, ms"], rows),
        "",
        f"The names of the genes are read once, {result['first_names']:.1f} s. Memory of the process that "
        f"belongs to no file: {first} MB with the book open, {last} MB after all this.",
    ]
