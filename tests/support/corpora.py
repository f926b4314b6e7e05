"""A small corpus of English and DNA."""

from __future__ import annotations

import json
from pathlib import Path

from genomebook.training.corpora.corpus import Corpus, CorpusSources, make_corpus
from tests.support.dna import random_dna

PARAGRAPH = "It was a bright cold day in April, and the clocks were striking thirteen, number {}."


def texts(n: int) -> list[str]:
    return ["\n\n".join(PARAGRAPH.format(f"{book} {line}") for line in range(8)) for book in range(n)]


def write_sources(folder: Path) -> CorpusSources:
    """Three chromosomes, two of them held out, and sixty books."""
    chr4 = random_dna(30_000, 1) + b"N" * 50 + random_dna(9_000, 2)
    records = {b"chr4": chr4, b"chr21": random_dna(8_000, 3), b"chr22": random_dna(8_000, 4)}
    fasta = folder / "genome.fa"
    fasta.write_bytes(b"".join(b">" + name + b"\n" + letters + b"\n" for name, letters in records.items()))
    books = folder / "books.jsonl"
    books.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts(60)))
    return CorpusSources((fasta,), (books,), ("21",), ("NC_000022.11",))


def build(sources: CorpusSources, output: Path, **changes: object) -> Corpus:
    options = {"words": "words-600", "kind": "two-script", "english_size": 300, "one_script": False}
    return make_corpus(sources, output, **{**options, **changes}, stage=lambda name, n: lambda k: None)  # type: ignore[arg-type]
