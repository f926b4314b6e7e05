"""Shipped tables of counts beside the same counted on all sequence at hand, on a held-out chromosome."""

from __future__ import annotations

from collections.abc import Iterator
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common.data import genome_files
from benchmarks.common.table import table
from genomebook.genome.stretches import true_runs
from genomebook.language.alphabet import FIRST_WORD
from genomebook.language.encode import Encoder
from genomebook.language.vocabulary import Vocabulary, load_vocabulary
from genomebook.models.letters import UNIT, Letters, shipped_letters
from genomebook.models.ngram import NgramReader, shipped_reader
from genomebook.stats import generator, ratio
from genomebook.training.corpora.sequence import open_records

SKIPPED = ("chr1", "chr2", "chr21", "chrM")
TEST = "chr2"
"""No table has counted it; chromosome 22, which readers hold out, the shipped tables have."""
WORDS = ("words-4096", "words-600")
BLOCK = 10_000
"""Words of a block of the bootstrap."""


def run(quick: bool) -> dict[str, Any]:
    """Bits a letter on the held-out chromosome, of the shipped tables and of those counted on more."""
    fastas = genome_files()
    with open_records(fastas[:1] if quick else fastas, SKIPPED) as records:
        counted = [np.array(genome.letters(record.name)) for genome, record in records]
    with open_records(fastas[:1], only=[TEST]) as records:
        test = [np.array(genome.letters(record.name)) for genome, record in records]
    rows = []
    for name in WORDS:
        vocabulary = load_vocabulary(name)
        encoder = Encoder(vocabulary)
        more = NgramReader.count(name, vocabulary, ([encoder.encode(letters)] for letters in counted))
        shipped = shipped_reader(vocabulary)
        assert shipped is not None
        for label, reader in (("shipped", shipped), ("all sequence", more)):
            figure = _pairs(reader, vocabulary, [encoder.encode(letters) for letters in test])
            rows.append({"table": f"word pairs, {name}", "counted on": label, "bits": figure})
    words = [Encoder(load_vocabulary(WORDS[0])).encode(letters) for letters in test]
    for label, letters in (("shipped", shipped_letters()), ("all sequence", Letters.count("more", counted))):
        for source, what in enumerate(("contexts of 3 letters", "contexts of 10 letters")):
            figure = _known(letters, load_vocabulary(WORDS[0]), words, source)
            rows.append({"table": what, "counted on": label, "bits": figure})
    size = sum(int((letters != ord("N")).sum()) for letters in counted)
    return {"source": f"GRCh38 segments, {TEST} held out", "letters": size, "rows": rows}


def _blocks(letters: NDArray[np.int64], bits: NDArray[np.float64]) -> Iterator[tuple[float, float]]:
    for start in range(0, len(bits), BLOCK):
        yield float(bits[start : start + BLOCK].sum()), float(letters[start : start + BLOCK].sum())


def _estimate(parts: list[tuple[float, float]]) -> list[float]:
    top, bottom = np.array(parts).T
    estimate = ratio(top, bottom, generator(1, "blocks"))
    assert estimate is not None
    return list(estimate)


def _pairs(reader: NgramReader, vocabulary: Vocabulary, texts: list[NDArray[np.uint16]]) -> list[float]:
    """Bits a letter of words given the word before: value and 95 % interval."""
    parts: list[tuple[float, float]] = []
    for ids in texts:
        for start, end in true_runs(ids >= FIRST_WORD).tolist():
            run = ids[start:end]
            bits = -np.log2(reader.probabilities[run[:-1], run[1:]].astype(np.float64))
            parts += _blocks(vocabulary.lengths[run[1:]].astype(np.int64), bits)
    return _estimate(parts)


def _known(
    letters: Letters, vocabulary: Vocabulary, texts: list[NDArray[np.uint16]], source: int
) -> list[float]:
    """Bits a letter of a source of the signal *switch*, mean of both directions: value and interval."""
    parts: list[tuple[float, float]] = []
    for ids in texts:
        bits = letters.explain(ids, vocabulary)[:, source].astype(np.float64) * (UNIT / log(2) / 2)
        here = ids >= FIRST_WORD
        parts += _blocks(vocabulary.lengths[ids[here]].astype(np.int64), bits[here])
    return _estimate(parts)


def lines(result: dict[str, Any]) -> list[str]:
    """Put the result into a table."""
    rows = [
        [
            row["table"],
            "as shipped" if row["counted on"] == "shipped" else f"{result['letters'] / 1e6:.1f} Mb",
            "{:.4f} ({:.4f} to {:.4f})".format(*row["bits"]),
        ]
        for row in result["rows"]
    ]
    return table(["table", "counted on", f"bits a letter on {TEST} (95 %)"], rows)
