"""What tests of letters, switches and marks share: sequence of every kind, counts of it, markers."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from genomebook.genome.stretches import true_runs
from genomebook.language.alphabet import reverse_complement
from genomebook.language.encode import Encoder
from genomebook.models.letters import Letters
from genomebook.segmentation.scorer import BoundaryScorer, open_scorer
from tests.support.dna import as_array, random_dna, tandem

ELEMENT = random_dna(300, 7)
"""A sequence met many times in what is counted."""


@cache
def text() -> bytes:
    """An element 30 times in two orientations, between sequence of its own, gaps and other letters."""
    parts = []
    for number in range(30):
        parts += [random_dna(150, 100 + number), ELEMENT if number % 3 else reverse_complement(ELEMENT)]
    return b"NN".join([b"".join(parts[:20]), b"".join(parts[20:]).lower(), b"ACGTRACGT" * 4])


@cache
def counted() -> Letters:
    return Letters.count("by-hand", [as_array(text())])


def runs(is_gap: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last word of each run between gaps."""
    return [(start, end) for start, end in true_runs(~is_gap).tolist()]


def tensors_of(letters: Letters, folder: Path) -> dict[str, NDArray[np.uint32]]:
    letters.write(folder / "letters")
    with safe_open(folder / "letters", "numpy") as file:
        return {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118


@cache
def plain() -> BoundaryScorer:
    scorer = open_scorer()
    _ = scorer.letters.tables, scorer.ngram.tables
    return scorer


@cache
def neural() -> BoundaryScorer:
    """With the shipped reader, whose words are those of the shipped counts."""
    return open_scorer("bilingual-mini")


def mixed(size: int, seed: int) -> bytes:
    """What was never counted, what was (from chrM), tandem repeats, gaps, other letters, both cases."""
    draw = random.Random(seed)
    known = Path(__file__).parents[2] / "genomebook" / "data" / "NC_012920.1.fa"
    counted = b"".join(known.read_bytes().splitlines()[1:])
    parts: list[bytes] = []
    while sum(map(len, parts)) < size:
        at, length = draw.randrange(len(counted)), draw.randrange(20, 900)
        part = draw.choice(
            [
                random_dna(length, draw.randrange(99)),
                counted[at : at + length],
                counted[at : at + length],
                tandem(draw.randrange(1, 60), 1 + length // 30, draw.randrange(99)),
            ]
        )
        parts.append(part.lower() if draw.random() < 0.3 else part)
        if draw.random() < 0.15:
            parts.append(draw.choice([b"N", b"nnnN" * 9, b"R", b"y", b"NNRNN"]))
    return b"".join(parts)


def encoded(letters: bytes) -> NDArray[np.uint16]:
    return Encoder(plain().vocabulary).encode(as_array(letters))
