"""Surprisal of held-out words under a reader, beside counting and random weights."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from genomebook.errors import ReaderError
from genomebook.models.checkpoint import Kind, open_checkpoint
from genomebook.training.corpora.batches import MASKED_SHARE, rng_of
from genomebook.training.corpora.corpus import SCRIPTS, Corpus
from genomebook.training.measures import table, write_result
from genomebook.training.pretraining.losses import WordLosses
from genomebook.training.pretraining.sizes import ReaderSize, new_model
from genomebook.training.shipping.folder import load_model

DISCOUNT = 0.75
NAMES = {"dna": "DNA", "english": "English"}


def word_figures(
    folder: Path, corpus: Corpus, output: Path, windows: int = 200, seed: int = 0
) -> list[dict[str, Any]]:
    """Measure bits per word and per letter on the held-out part of a corpus.

    Parameters
    ----------
    folder : Path
        Checkpoint folder.
    corpus : Corpus
        Corpus of the same id space; baselines are counted on its training part.
    output : Path
        Result, ``.json``, with a table beside it.
    windows, seed : int
        Maximum windows of each script, spread evenly; decides random weights and masks.

    Returns
    -------
    list of dict
        ``script``, ``rule``, ``bits`` per word, ``bits_a_letter``, ``words``. Rules: the reader; the same
        architecture with random weights; word frequencies; for a causal reader, word pairs with absolute
        discounting (Ney, Essen and Kneser 1994).

    Raises
    ------
    ReaderError
        When the reader has another id space.
    """
    checkpoint = open_checkpoint(folder)
    if checkpoint.scripts.digest != corpus.scripts.digest:
        raise ReaderError(
            f"{folder}: has another id space than {corpus.folder}; give the corpus of its training"
        )
    shape = checkpoint.shape
    size = ReaderSize(shape.layers, shape.width, shape.heads, checkpoint.window)
    models = {
        "reader": load_model(folder, checkpoint.kind),
        "random weights": new_model(checkpoint.kind, size, shape.ids, seed),
    }
    rows: list[dict[str, Any]] = []
    for script in SCRIPTS:
        ids = _windows(corpus.tokens(script, "test"), checkpoint.window, windows)
        if not len(ids):
            continue
        asked = _asked(ids, checkpoint.kind, corpus, seed)
        by_model = {
            name: _model_bits(model, corpus, ids, asked, script == "dna") for name, model in models.items()
        }
        train = np.asarray(corpus.tokens(script, "train"))
        by_model["word frequencies"] = frequency_bits(train, ids[asked], shape.ids)
        if checkpoint.kind == "causal":
            before = np.roll(ids, 1, axis=1)[asked]
            by_model["word pairs"] = pair_bits(train, before, ids[asked], shape.ids)
        per_letter = corpus.letters_per_token(script, "test")
        for name, bits in by_model.items():
            mean = float(bits.mean())
            row = {"script": script, "rule": name, "bits": mean, "bits_a_letter": mean / per_letter}
            rows.append({**row, "words": len(bits)})
    cells = [
        [NAMES[r["script"]], r["rule"], f"{r['bits']:.3f}", f"{r['bits_a_letter']:.3f}", f"{r['words']:,}"]
        for r in rows
    ]
    write_result(
        output,
        {"rows": rows},
        table(["script", "rule", "bits a word", "bits a letter", "words asked"], cells),
    )
    return rows


def _windows(tokens: NDArray[np.uint16], window: int, most: int) -> NDArray[np.int64]:
    count = min(most, len(tokens) // window)
    starts = np.linspace(0, max(0, len(tokens) - window), count).astype(int)
    return np.array([tokens[start : start + window] for start in starts], np.int64)


def _asked(ids: NDArray[np.int64], kind: Kind, corpus: Corpus, seed: int) -> NDArray[np.bool_]:
    """Every word but the first of a window; of a masked reader, the share that it is trained to predict."""
    asked = np.ones_like(ids, bool)
    if kind == "masked":
        asked = rng_of(seed, "asked").random(ids.shape) < MASKED_SHARE
    asked[:, 0] = False
    asked &= ids != corpus.scripts.mark("<end>")
    return asked


def _model_bits(
    model: Any, corpus: Corpus, ids: NDArray[np.int64], asked: NDArray[np.bool_], is_dna: bool
) -> NDArray[np.float64]:
    """Bits of each scored word; a masked reader sees ``<mask>`` in its place."""
    losses = WordLosses(model, corpus.scripts).eval()
    seen, answers, places = ids, ids, asked
    if losses.causal:
        answers, places = np.roll(ids, -1, axis=1), np.roll(asked, -1, axis=1)
    else:
        seen = np.where(asked, corpus.scripts.mark("<mask>"), ids)
    parts = []
    with torch.no_grad():
        for row in range(0, len(ids), 8):
            part = slice(row, row + 8)
            given = (torch.from_numpy(np.ascontiguousarray(x[part])) for x in (seen, answers, places))
            said = losses(*given, torch.full(ids[part].shape, is_dna))
            parts += [nats.double().numpy() for nats in said.values()]
    bits: NDArray[np.float64] = np.concatenate(parts) / math.log(2)
    return bits


def frequency_bits(train: NDArray[np.uint16], words: NDArray[np.int64], ids: int) -> NDArray[np.float64]:
    """Bits of words by their counts in training plus one: float64[n]."""
    counts = np.bincount(train, minlength=ids) + 1.0
    bits: NDArray[np.float64] = -np.log2(counts[words] / counts.sum())
    return bits


def pair_bits(
    train: NDArray[np.uint16], before: NDArray[np.int64], words: NDArray[np.int64], ids: int
) -> NDArray[np.float64]:
    """Bits of words given the previous word, interpolated with their frequencies: float64[n]."""
    codes, counts = np.unique(train[:-1].astype(np.int64) * ids + train[1:], return_counts=True)
    left = codes // ids
    total = np.bincount(left, counts, minlength=ids)
    kinds = np.bincount(left, minlength=ids)
    wanted = before * ids + words
    place = np.minimum(np.searchsorted(codes, wanted), len(codes) - 1)
    count = np.where(codes[place] == wanted, counts[place], 0)
    base = 2.0 ** -frequency_bits(train, words, ids)
    of = np.maximum(total[before], 1)
    share = np.where(total[before] > 0, DISCOUNT * kinds[before] / of, 1.0)
    bits: NDArray[np.float64] = -np.log2(np.maximum(count - DISCOUNT, 0) / of + share * base)
    return bits
