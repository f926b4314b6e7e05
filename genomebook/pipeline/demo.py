"""The demonstration: the book of the human mitochondrial chromosome with its lexicon and search index."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from genomebook.annotation.evidence import read_evidence
from genomebook.book import Book
from genomebook.files.progress import Stage, no_stages
from genomebook.models.registry import load_reader
from genomebook.pipeline.annotate import TrackInput, annotate
from genomebook.pipeline.book.build import Options, build
from genomebook.pipeline.evidence.book import measure_book
from genomebook.pipeline.lexicon.ground import ground
from genomebook.pipeline.lexicon.senses_book import senses_of_book
from genomebook.pipeline.overview import overview
from genomebook.pipeline.search.index import search_index

GENES = "NC_012920.1.genes.tsv"
CLASSES = {"Mt_tRNA": "tRNA", "Mt_rRNA": "rRNA", "protein_coding": "CDS"}
"""Tracks of the mitochondrion by the biotype of its genes."""

CONTROL_REGION = ((0, 576), (16_023, 16_569))
"""The D-loop: all that lies between the last gene, MT-TP, and the first, MT-TF; 0-based half-open."""

NOTES = (
    "These figures are of the 16,569 letters of the mitochondrion, in which nothing recurs, so the intervals "
    "are wide. The figures that come with genomebook are of 2.3 million letters of chromosome 2; a book "
    "without figures of its own shows them.",
    "Figures on English were not measured on this book: they come with genomebook.",
)
"""Notes on the figures of the demo."""


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
    demo_evidence(path, progress)
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
    with tempfile.TemporaryDirectory() as folder:
        annotate(path, [TrackInput(file) for file in _track_files(genes, Path(folder))], progress=progress)


def demo_evidence(path: Path, progress: Stage = no_stages) -> None:
    """Give the book of the mitochondrion its own figures, beside those on English that come with genomebook.

    Parameters
    ----------
    path : Path
        Of the book.
    progress : callable
        Progress: one step.
    """
    step = progress("evidence", 1)
    with (
        resources.as_file(resources.files("genomebook") / "data") as data,
        tempfile.TemporaryDirectory() as name,
    ):
        folder = Path(name)
        files = _track_files(data / GENES, folder)
        shipped = read_evidence(data / "evidence.json").signals
        rows = {
            signal: [row.record() for row in rows if row.control == "english"]
            for signal, rows in shipped.items()
        }
        (folder / "english.json").write_text(json.dumps(rows), encoding="utf-8")
        measure_book(path, files, english=folder / "english.json", notes=NOTES)
    step(1)


def _track_files(genes: Path, folder: Path) -> list[Path]:
    """Write the tracks of the mitochondrion as BED files."""
    with genes.open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file, delimiter="\t"))
    tracks = {name: [_bed(row) for row in table if row["biotype"] == of] for of, name in CLASSES.items()}
    tracks["D-loop"] = [f"chrM\t{start}\t{end}\tD-loop\n" for start, end in CONTROL_REGION]
    for name, rows in tracks.items():
        (folder / f"{name}.bed").write_text("".join(rows), encoding="utf-8")
    return [folder / f"{name}.bed" for name in tracks]


def _bed(row: Mapping[str, str]) -> str:
    return f"chrM\t{int(row['start']) - 1}\t{row['end']}\t{row['name']}\t0\t{row['strand']}\n"
