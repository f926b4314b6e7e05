"""The demonstration: the book of the human mitochondrial chromosome with its lexicon and search index."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from genomebook.book import Book
from genomebook.files.progress import Stage, no_stages
from genomebook.models.registry import load_reader
from genomebook.pipeline.annotate import TrackInput, annotate
from genomebook.pipeline.book.build import Options, build
from genomebook.pipeline.lexicon.ground import ground
from genomebook.pipeline.lexicon.senses_book import senses_of_book
from genomebook.pipeline.overview import overview
from genomebook.pipeline.search.index import search_index

GENES = "NC_012920.1.genes.tsv"
CLASSES = {"Mt_tRNA": "tRNA", "Mt_rRNA": "rRNA", "protein_coding": "CDS"}
"""Tracks of the mitochondrion by the biotype of its genes."""

CONTROL_REGION = ((0, 576), (16_023, 16_569))
"""The D-loop: all that lies between the last gene, MT-TP, and the first, MT-TF; 0-based half-open."""


def demo_book(folder: Path, progress: Stage = no_stages) -> Book:
    """Make ``chrM.book`` in a folder, which is made too; an older one is replaced."""
    path = folder / "chrM.book"
    folder.mkdir(parents=True, exist_ok=True)
    with resources.as_file(resources.files("genomebook") / "data") as data:
        options = Options(
            data / "NC_012920.1.fa", path, genes=data / GENES,
            title="The human mitochondrial chromosome", assembly="GRCh38", reader="bilingual-mini",
            signal="surprise", generated_titles=True, replace=True,  # nothing recurs in it: switch is silent
        )  # fmt: skip
        build(options, progress)
        demo_tracks(path, data / GENES, progress)
    ground(path, progress=progress)
    senses_of_book(path, load_reader(options.reader), random=False, progress=progress)
    search_index(path, progress=progress)
    overview(path, progress=progress)
    return Book.open(path)


def demo_tracks(path: Path, genes: Path, progress: Stage = no_stages) -> None:
    """Give the book of the mitochondrion its tracks: tRNA, rRNA, CDS, D-loop.

    Parameters
    ----------
    path : Path
        Of the book.
    genes : Path
        Table of its genes: name, start and end (1-based inclusive), strand, biotype.
    progress : callable
        Progress over the tracks.
    """
    with genes.open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file, delimiter="\t"))
    tracks = {name: [_bed(row) for row in table if row["biotype"] == of] for of, name in CLASSES.items()}
    tracks["D-loop"] = [f"chrM\t{start}\t{end}\tD-loop\n" for start, end in CONTROL_REGION]
    with tempfile.TemporaryDirectory() as folder:
        texts = {f"{name}.bed": "".join(rows) for name, rows in tracks.items()}
        for name, text in texts.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        annotate(path, [TrackInput(Path(folder, name)) for name in texts], progress=progress)


def _bed(row: Mapping[str, str]) -> str:
    return f"chrM\t{int(row['start']) - 1}\t{row['end']}\t{row['name']}\t0\t{row['strand']}\n"
