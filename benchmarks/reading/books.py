"""The books and files that reading is measured on; what is in the folder already stays."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
from importlib import resources
from pathlib import Path

import numpy as np

from benchmarks.common.data import records, repeated, write_fasta
from genomebook.book import Book
from genomebook.genome.fasta import Genome, unpack

LARGE = 250_000_000
"""Letters of the large book: as many as the longest human chromosome has."""

SLICE = ("chr21", 24_985_580, 26_000_306)
"""The stretch of GRCh38 that all browsers read, 0-based half-open."""

EXON = (708_175, 708_328)
"""A coding exon of JAM2 on the plus strand, in the slice, 0-based half-open."""


def program(*arguments: str | Path) -> None:
    """Run the program."""
    command = [sys.executable, "-m", "genomebook", *map(str, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def books(folder: Path, quick: bool) -> dict[str, Path]:
    """Books of 16 kb, of the real sequence, and of 250 Mb; only the first when quick."""
    made = {"chrM": folder / "chrM.book"}
    with resources.as_file(resources.files("genomebook") / "data") as data:
        _build(data / "NC_012920.1.fa", made["chrM"], "--genes", data / "NC_012920.1.genes.tsv")
    if quick:
        return made
    _, letters = records(quick)
    for name, size in (("14 Mb", 0), ("250 Mb", LARGE)):
        made[name] = folder / f"{name.replace(' ', '')}.book"
        if made[name].exists():
            continue
        pieces = {f"segment{number}": iter([piece]) for number, piece in enumerate(letters, 1)}
        if size:
            pieces = {"chr1": repeated(np.concatenate(letters), size, seed=7)}
        fasta = write_fasta(folder / "long.fa", pieces)
        _build(fasta, made[name])
        fasta.unlink()
    return made


def _build(fasta: Path, book: Path, *options: str | Path) -> None:
    if not book.exists():
        program("build", fasta, "-o", book, *options)


def shared_files(folder: Path) -> Path:
    """FASTA and GFF3 of the slice, with the positions of the slice, and a book of them; the book."""
    import pysam

    shared = Path(os.environ["GENOMEBOOK_SHARED"]) / "data"
    contig, low, high = SLICE
    fasta, gff, book = folder / "slice.fa", folder / "slice.gff3", folder / "slice.book"
    if book.exists():
        return book
    unpack(shared / "genome" / "GRCh38_regions.fa.gz", folder / "unpacked")
    with Genome(folder / "unpacked") as genome:
        name = next(one.name for one in genome.records if one.name.startswith(f"{contig}:{low + 1}"))
        letters = np.array(genome.letters(name))
    write_fasta(fasta, {contig: iter([letters])})
    pysam.faidx(str(fasta))
    rows = moved_genes(shared / "annotation" / "chr21_GRCh38_ensembl.gff3.gz", low, high)
    gff.write_text("##gff-version 3\n" + "".join(rows))
    subprocess.run(["bgzip", "-kf", str(gff)], check=True)
    subprocess.run(["tabix", "-f", "-p", "gff", f"{gff}.gz"], check=True)
    _build(fasta, book)
    program("annotate", book, "--track", gff)
    return book


def moved_genes(path: Path, low: int, high: int) -> list[str]:
    """Lines of the genes that lie within a stretch, moved to its start, by start."""
    kept: list[tuple[int, str]] = []
    ids: set[str] = set()
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            cells = line.rstrip("\n").split("\t")
            if len(cells) < 9 or cells[2] in ("chromosome", "biological_region"):
                continue
            start, end = int(cells[3]) - low, int(cells[4]) - low
            parents = re.findall(r"(?:^|;)Parent=([^;]+)", cells[8])
            if start < 1 or end > high - low or not all(p in ids for p in ",".join(parents).split(",") if p):
                continue
            ids.update(re.findall(r"(?:^|;)ID=([^;]+)", cells[8]))
            moved = ["chr21", *cells[1:3], str(start), str(end), *cells[5:]]
            kept.append((start, "\t".join(moved) + "\n"))
    return [line for _, line in sorted(kept, key=lambda item: item[0])]


def letters_of(book: Path, start: int, end: int) -> str:
    """Letters of the first volume of a book."""
    return next(iter(Book.open(book))).sequence(start, end).decode().upper()
