"""Opening a book and setting a page at random places, in a small book and in one of hundreds of megabases."""

from __future__ import annotations

import gc
import tempfile
import time
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.book.build import build_apart
from benchmarks.common.data import records, repeated, write_fasta
from genomebook.annotation.genes import Genes
from genomebook.book import Book
from genomebook.book.page import LIMIT, open_page
from genomebook.book.places import contents, random_position
from genomebook.genome.regions import Region
from genomebook.render.page import html, picture

PLACES = 1000
VOLUMES = 4
TIMES = 10
"""Length of each volume of the large book, in lengths of the real sequence: 551 Mb in all."""

GENE_EVERY = 50_000
"""Letters for each of the made-up genes of the large book: as dense as in the human genome."""

"""Letters on a page, as in the app."""


def run(quick: bool = False) -> dict[str, Any]:
    """Visit the same number of random places in both books, by turns.

    Returns
    -------
    dict
        ``source``; ``small`` and ``large``: ``letters``, ``volumes``, ``genes``, ``book_bytes``, and for each
        step of `STEPS` the seconds of every place.
    """
    what, letters = records(quick)
    one = np.concatenate(letters)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = resources.files("genomebook") / "data"
        with (
            resources.as_file(data / "NC_012920.1.fa") as fa,
            resources.as_file(data / "NC_012920.1.genes.tsv") as genes,
        ):
            small = build_apart(fa, folder / "small.book", genes)
        size = (1 if quick else TIMES) * len(one)
        volumes = {f"chr{n}": repeated(one, size, seed=100 * n) for n in range(1, VOLUMES + 1)}
        fasta = write_fasta(folder / "large.fa", volumes)
        large = build_apart(fasta, folder / "large.book", _made_up_genes(folder / "genes.bed", size))
        fasta.unlink()
        paths = {"small": folder / "small.book", "large": folder / "large.book"}
        seconds = visit(paths, 5 if quick else PLACES)
        found: dict[str, Any] = {"source": what}
        for key, built in (("small", small), ("large", large)):
            book = Book.open(paths[key])
            n_genes = len(_genes(book).overlapping(next(iter(book)).name, 0, 1 << 62)) * len(book)
            size_of = {"letters": built["letters"], "volumes": len(book), "genes": n_genes}
            found[key] = {**size_of, "book_bytes": built["book_bytes"], "seconds": seconds[key]}
    return found


def _made_up_genes(path: Path, size: int) -> Path:
    """BED of genes at even distance, of lengths as different as real ones."""
    lengths = (
        np.random.Generator(np.random.PCG64(5)).lognormal(9.5, 1.3, size // GENE_EVERY + 1).astype(int) + 100
    )
    rows = [
        f"chr{volume}\t{start}\t{min(start + int(length), size)}\tGENE{volume}_{number}\t0\t"
        f"{'+-'[number % 2]}\n"
        for volume in range(1, VOLUMES + 1)
        for number, (start, length) in enumerate(zip(range(0, size, GENE_EVERY), lengths, strict=False))
    ]
    path.write_text("".join(rows))
    return path


def _genes(book: Book) -> Genes:
    return Genes.open(book.path / "genes.parquet")


STEPS = ("open", "first_page", "first_html", "page", "html")
"""Book.open; the first page of a book just opened, and its HTML with the genes read from disk; then in a book
that stays open, as in the app, a page and its HTML."""


def visit(paths: dict[str, Path], places: int) -> dict[str, dict[str, list[float]]]:
    """Seconds of each step at random places, the books by turns."""
    random = {key: np.random.Generator(np.random.PCG64(11)) for key in paths}
    stay = {key: Book.open(path) for key, path in paths.items()}
    genes = {key: _genes(book) for key, book in stay.items()}
    found: dict[str, dict[str, list[float]]] = {key: {step: [] for step in STEPS} for key in paths}
    for key in paths:  # compile, and touch what every page touches
        for _ in range(3):
            _one(stay[key], _place(stay[key], random[key]), genes[key])
    gc.freeze()
    for _ in range(places):
        for key, path in paths.items():
            gc.collect()  # of the place before: a server does not open a book a thousand times
            region = _place(stay[key], random[key])
            began = time.perf_counter()
            fresh = Book.open(path)
            opened = time.perf_counter() - began
            first = _one(fresh, region, None)
            again = _one(stay[key], region, genes[key])
            for step, seconds in zip(STEPS, (opened, *first, *again), strict=True):
                found[key][step].append(seconds)
    gc.unfreeze()
    return found


def _place(book: Book, random: np.random.Generator) -> Region:
    volume, start = random_position(book, random)
    return Region(volume, start, min(start + LIMIT, book[volume].length))


def _one(book: Book, region: Region, genes: Genes | None) -> tuple[float, float]:
    """Seconds to set a page, and to make what the app's Read page sends of it."""
    began = time.perf_counter()
    page = open_page(book, region, LIMIT)
    middle = time.perf_counter()
    genes = genes or _genes(book)
    volume = book[region.volume]
    units = [unit for unit in contents(volume, page.start) if unit.is_open]
    strip = picture.strip(volume, genes.overlapping(volume.name, 0, volume.length), here=page.start)
    near = genes.overlapping(volume.name, page.start, page.end)
    text = html.book_page(book.addresses, page, near, units, strip)
    if "</article>" not in text:
        raise RuntimeError("the page is not whole")
    return middle - began, time.perf_counter() - middle
