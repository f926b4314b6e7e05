"""The demonstration: the book of the human mitochondrial chromosome with its lexicon and search index."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from genomebook.book import Book
from genomebook.files.progress import Stage, no_stages
from genomebook.models.registry import load_reader
from genomebook.pipeline.book.build import Options, build
from genomebook.pipeline.lexicon.ground import ground
from genomebook.pipeline.lexicon.senses_book import senses_of_book
from genomebook.pipeline.overview import overview
from genomebook.pipeline.search.index import search_index


def demo_book(folder: Path, progress: Stage = no_stages) -> Book:
    """Make ``chrM.book`` in a folder, which is made too; an older one is replaced."""
    path = folder / "chrM.book"
    folder.mkdir(parents=True, exist_ok=True)
    with resources.as_file(resources.files("genomebook") / "data") as data:
        options = Options(
            data / "NC_012920.1.fa", path, genes=data / "NC_012920.1.genes.tsv",
            title="The human mitochondrial chromosome", assembly="GRCh38", reader="bilingual-mini",
            signal="surprise", generated_titles=True, replace=True,  # nothing recurs in it: switch is silent
        )  # fmt: skip
        book = build(options, progress)
    ground(path, progress=progress)
    senses_of_book(path, load_reader(options.reader), random=False, progress=progress)
    search_index(path, progress=progress)
    overview(path, progress=progress)
    return book
