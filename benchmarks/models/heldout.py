"""What the shipped words and reader know of unseen sequence, beside the same sequence shuffled."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common.data import shared_data
from genomebook.language.alphabet import CODE, FIRST_WORD, NOT_BASE
from genomebook.language.cuts import cut_table, next_cut
from genomebook.language.encode import Encoder
from genomebook.language.shuffle import dinucleotide_shuffle
from genomebook.language.vocabulary import load_vocabulary
from genomebook.models.ngram import shipped_reader

RECORD = "chr2:1-2333275"
"""Exact GRCh38; chromosome 2 is in no training set here."""


def held_out(data: Path, letters: int | None = None) -> bytes:
    """Letters of the held-out record (the first ``letters`` of them after its leading gap)."""
    with gzip.open(data / "genome" / "GRCh38_regions.fa.gz", "rb") as file:
        records = file.read().split(b">")
    record = next(r for r in records if r.startswith(RECORD.encode()))
    sequence = record.split(b"\n", 1)[1].replace(b"\n", b"").strip(b"N")
    return sequence[:letters]


def letter_entropy(letters: bytes, order: int) -> float:
    """Bits per letter of an order-k Markov model, fitted to the sequence itself (so a lower bound for it)."""
    codes = CODE[np.frombuffer(letters, np.uint8)].astype(np.int64)
    windows = np.lib.stride_tricks.sliding_window_view(codes, order + 1)
    windows = windows[(windows < NOT_BASE).all(axis=1)]
    counts = np.bincount(windows @ (4 ** np.arange(order, -1, -1)), minlength=4 ** (order + 1)).reshape(-1, 4)
    p = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    bits = np.where(p > 0, -np.log2(np.where(p > 0, p, 1)), 0)
    return float((counts * bits).sum() / counts.sum())


def longest_without_cut(letters: NDArray[np.uint8]) -> int:
    """Letters of the longest stretch between hash cuts (gaps have none)."""
    table, at, longest = cut_table(), 0, 0
    while at < len(letters):
        following = int(next_cut(letters, at + 1, CODE, table))
        longest = max(longest, following - at)
        at = following
    return longest


def measure(data: Path, letters: int | None = None) -> dict[str, Any]:
    """Bases per word and bits per letter, real and shuffled.

    Returns
    -------
    dict
        One row per sequence and model, and the longest stretch without a content cut.
    """
    real = held_out(data, letters)
    rows: list[dict[str, Any]] = []
    for label, sequence in (("real", real), ("shuffled", dinucleotide_shuffle(real, 1, RECORD))):
        array = np.frombuffer(sequence, np.uint8)
        for order in (0, 1, 2):
            rows.append(
                {
                    "sequence": label,
                    "model": f"letters, order {order}",
                    "bits_per_letter": letter_entropy(sequence, order),
                }
            )
        for name in ("words-600", "words-4096"):
            vocabulary = load_vocabulary(name)
            reader = shipped_reader(vocabulary)
            assert reader is not None
            ids = Encoder(vocabulary).encode(array)
            ids = ids[ids >= FIRST_WORD]
            n_letters = int(vocabulary.lengths[ids].sum(dtype=np.int64))
            p_pair = reader.probabilities[ids[:-1], ids[1:]].astype(np.float64)
            once = reader.counts.sum(axis=0, dtype=np.float64) + 1
            p_word = (once / once.sum())[ids]
            for model, p in ((f"{name}, one word", p_word), (f"{name}, n-gram reader", p_pair)):
                rows.append(
                    {
                        "sequence": label,
                        "model": model,
                        "bits_per_letter": float(-np.log2(p).sum() / n_letters),
                        "bases_per_word": n_letters / len(ids),
                    }
                )
    return {
        "record": RECORD,
        "letters": len(real),
        "rows": rows,
        "longest_without_cut": longest_without_cut(np.frombuffer(real, np.uint8)),
    }


def run(quick: bool) -> dict[str, Any]:
    """Measure on the held-out record; without the real data there is nothing to measure."""
    result = measure(shared_data(), 200_000 if quick else None)
    return {
        "source": f"GRCh38 {RECORD}, which no shipped table has counted",
        **result,
    }
