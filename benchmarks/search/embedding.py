"""What the trained vectors know, beside the same encoder with random weights and beside counted k-mers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from benchmarks.search.kmer_vectors import KmerVectors
from benchmarks.search.sentence_recall import family_neighbours, read_copies
from benchmarks.search.tools import VectorsAlone
from genomebook.book import Book
from genomebook.models.sentences import SentenceEncoder, load_sentence_encoder, open_encoder
from genomebook.training.sentences.model import EncoderSize, MotifModel, write_encoder

COPIES = "data/sequences/repeat_instances_GRCh37_ensembl_regions.tsv.gz"
HELD_OUT = ("chr2", "chr22")
"""Of the contigs of these copies, those that the shipped encoder was not trained on."""

NAMES = {"meaning": "meaning vectors", "random": "random weights", "k-mers": "k-mer vectors"}
"""Of folders; of tables."""


def encoders(folder: Path) -> dict[str, SentenceEncoder]:
    """Open the shipped encoder, make one of its size with random weights, and the vectors of k-mers."""
    trained = load_sentence_encoder()
    random = folder / "random-encoder"
    if not random.exists():
        write_encoder(MotifModel(EncoderSize(width=trained.width), seed=1), random, "random", {})
    return {"meaning": trained, "random": open_encoder(random), "k-mers": KmerVectors(trained.width)}


def vectors_alone(book: Book, folder: Path) -> list[VectorsAlone]:
    """Stores of the sentences of a book, one for each encoder."""
    return [
        VectorsAlone(f"{NAMES[name]}, not aligned", book, encoder, folder / name)
        for name, encoder in encoders(folder).items()
    ]


def families(folder: Path) -> dict[str, Any]:
    """Nearest copies that share no 11-mer with a repeat copy: how many are of its family, beside chance.

    Returns
    -------
    dict
        ``all`` copies and those of `HELD_OUT`; of each what `family_neighbours` gives.
    """
    path = Path(os.environ["GENOMEBOOK_SHARED"]) / COPIES
    embeds = {NAMES[name]: one.embed for name, one in encoders(folder).items()}
    return {
        "all": family_neighbours(embeds, read_copies(path)),
        "held out": family_neighbours(embeds, read_copies(path, contigs=HELD_OUT)),
    }
