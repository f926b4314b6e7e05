"""Readers on a GPU: words a second by batch and precision, and boundaries beside those of the processor.

Where there is no GPU the same steps run on the processor with less data, which proves the steps and no speed.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.common.data import records
from benchmarks.common.table import table
from genomebook.language.encode import Encoder
from genomebook.language.vocabulary import load_vocabulary
from genomebook.models.checkpoint import Checkpoint, open_checkpoint
from genomebook.models.letters import shipped_letters
from genomebook.models.ngram import counted_reader
from genomebook.models.reader import Scores
from genomebook.models.registry import shipped_folder
from genomebook.models.scoring import Precision
from genomebook.models.torch_reader import TorchReader
from genomebook.segmentation.boundaries import Boundaries
from genomebook.segmentation.scorer import BoundaryScorer

READER, WORDS = "bilingual-mini", "words-4096"
NEURAL = ("transfer", "shift", "combined")
PRECISIONS: tuple[Precision, ...] = ("float32", "bfloat16")
LIMIT = 150.0
"""Seconds after which no further row is measured: the whole takes at most three minutes."""


def run(quick: bool) -> dict[str, Any]:
    """Measure on the first GPU, or on the processor where there is none."""
    began = time.monotonic()
    source, sequences = records(quick)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    letters = max(sequences, key=len)
    letters = letters[: 2_000_000 if device == "cuda" else 40_000]
    ids = Encoder(load_vocabulary(WORDS)).encode(letters)[: None if device == "cuda" else 1024]
    with shipped_folder(READER) as folder:
        checkpoint = open_checkpoint(folder)
        rows = _rows(checkpoint, device, ids, began)
        here = letters[: 200_000 if device == "cuda" else 40_000]
        wanted = _boundaries(TorchReader(checkpoint), here)
        equal = {
            precision: _equal(wanted, _boundaries(TorchReader(checkpoint, device, None, precision), here))
            for precision in PRECISIONS
        }
    why = "" if device == "cuda" else f"torch {torch.__version__} sees no GPU"
    name = torch.cuda.get_device_name() if device == "cuda" else "the processor"
    return {
        "source": source,
        "device": name,
        "skipped": why,
        "words": len(ids),
        "rows": rows,
        "boundaries": equal,
        "letters": len(here),
    }


def _rows(checkpoint: Checkpoint, device: str, ids: NDArray[np.uint16], began: float) -> list[dict[str, Any]]:
    """Words a second by precision and batch, and the difference from one window a call in float32."""
    part = ids[: 4 * checkpoint.window]
    alone = TorchReader(checkpoint, device, 1).score(part, hidden=True)
    rows = []
    for precision in PRECISIONS:
        for budget in (1, 16, 256) if device == "cuda" else (1, 16):
            if time.monotonic() - began > LIMIT:
                break
            reader = TorchReader(checkpoint, device, budget * checkpoint.window, precision)
            scores = reader.score(part, hidden=True)
            clock, process = time.perf_counter(), time.process_time()
            reader.score(ids, hidden=True)
            rows.append(
                {
                    "precision": precision,
                    "windows": budget,
                    "seconds": time.perf_counter() - clock,
                    "process_seconds": time.process_time() - process,
                    "difference": _difference(scores, alone),
                }
            )
    return rows


def _difference(scores: Scores, wanted: Scores) -> float:
    """Largest difference of any score."""
    pairs = [(a, b) for a, b in zip(scores, wanted, strict=True) if a is not None and b is not None]
    return max(float(np.abs(a - b).max()) for a, b in pairs)


def _boundaries(reader: TorchReader, letters: NDArray[np.uint8]) -> dict[str, Boundaries]:
    vocabulary = load_vocabulary(WORDS)
    ngram = counted_reader(WORDS, vocabulary)
    if ngram is None:
        raise RuntimeError(f"{WORDS}: no counts of words")
    return BoundaryScorer(vocabulary, ngram, shipped_letters(), reader).divide(letters)


def _equal(wanted: dict[str, Boundaries], found: dict[str, Boundaries]) -> dict[str, list[int]]:
    """Sentence ends that both have and those that either has, by signal."""
    return {
        name: [
            len(np.intersect1d(wanted[name].sentences, found[name].sentences)),
            len(np.union1d(wanted[name].sentences, found[name].sentences)),
        ]
        for name in NEURAL
    }


def lines(result: dict[str, Any]) -> list[str]:
    """Tables for the docs."""
    where = f"On {result['device']}, {result['words']:,} words, boundaries, surprisal and hidden states."
    if result["skipped"]:
        where = (
            f"No GPU was measured: {result['skipped']}. The same steps on the processor, {result['words']:,} "
            "words, show that they work and how results differ, not how fast a GPU is; words a second are of "
            "process time."
        )
    clock = "process_seconds" if result["skipped"] else "seconds"
    rows = [
        [
            row["precision"],
            str(row["windows"]),
            f"{result['words'] / row[clock]:,.0f}",
            f"{row['difference']:.1e}",
        ]
        for row in result["rows"]
    ]
    heads = ["precision", *NEURAL]
    same = [
        [precision, *(f"{100 * both / either:.2f} %" for both, either in (shares[name] for name in NEURAL))]
        for precision, shares in result["boundaries"].items()
    ]
    return [
        where,
        "",
        *table(["precision", "windows a batch", "words a second", "largest difference of a score"], rows),
        "",
        f"Sentence ends of {result['letters']:,} letters that are those of one window a call in float32 on "
        "the processor:",
        "",
        *table(heads, same),
    ]
