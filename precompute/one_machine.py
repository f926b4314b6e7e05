"""One machine: build a book and add everything to it.

python precompute/one_machine.py hg38.fa.gz GRCh38.book --genes genes.gff3.gz --track repeats.bed.gz

Run it again after an interruption: what is done is kept. ``--skip atlas`` leaves a step out.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import genomebook as gb
from genomebook.models.registry import load_reader
from genomebook.pipeline.atlas.book import atlas_of_book
from genomebook.pipeline.evidence.book import measure_book
from genomebook.pipeline.lexicon.ground import ground
from genomebook.pipeline.lexicon.senses_book import senses_of_book
from genomebook.pipeline.search.index import search_index

STEPS = ("ground", "senses", "search", "atlas", "evidence")
"""Folders that the steps add to the book, in order; the lexicon is part of the book itself."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, run the steps that are not done yet."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("fasta", type=Path)
    parser.add_argument("book", type=Path)
    parser.add_argument("--words", default="words-4096")
    parser.add_argument("--genes", type=Path)
    parser.add_argument("--track", type=Path, action="append", default=[], help="annotation; may be repeated")
    parser.add_argument("--title", default="")
    parser.add_argument("--assembly", default="")
    parser.add_argument("--reader", default="bilingual-mini", help="for senses and atlas")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--skip", action="append", default=[], choices=STEPS)
    options = parser.parse_args(arguments)
    path, tracks = options.book, options.track
    if not path.exists():
        gb.build(
            options.fasta, path, words=options.words, genes=options.genes, title=options.title,
            assembly=options.assembly, workers=options.workers,
        )  # fmt: skip
    reader = load_reader(options.reader)
    steps: dict[str, Callable[[], object]] = {
        "ground": lambda: ground(path, tracks, threads=options.workers),
        "senses": lambda: senses_of_book(path, reader, random=False),
        "search": lambda: search_index(path, workers=options.workers),
        "atlas": lambda: atlas_of_book(path, reader, tracks),
        "evidence": lambda: measure_book(path, tracks, threads=options.workers),
    }
    for name, step in steps.items():
        if name not in options.skip and gb.open(path).annex(name) is None:
            print(f"{path}: {name} ...", flush=True)
            step()
    print(f"{path}: {gb.open(path).digest}")


if __name__ == "__main__":
    main()
