"""How far the scores of a reader depend on the length of the window."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.claims.common import COMMAND, figure, segments, written
from genomebook.language.bilingual import Bilingual
from genomebook.models.checkpoint import open_checkpoint
from genomebook.models.registry import shipped_folder
from genomebook.stats import Estimate, Reals, expanded, generator, resample
from genomebook.tasks.claims import ClaimFigure, MeasuredClaim
from genomebook.training.shipping.folder import load_model

READER = "bilingual-mini"
WINDOWS = (64, 128, 256)
STRETCHES = 120
"""Windows of the greatest length that are scored; each is resampled as a whole."""
VARIANTS = 120
FLANK = 900
"""Letters on each side of a variant: more than any window holds."""


def windows() -> MeasuredClaim:
    """Surprisal of words, and scores of variants, at three lengths of the window."""
    letters = max((letters for _, _, letters in segments(("chr21",))), key=len)
    with shipped_folder(READER) as folder:
        model: Any = load_model(folder, "causal")
        model.eval()
        scripts = open_checkpoint(folder).scripts
        figures = [*_words(model, scripts, letters), *_variants(model, scripts, letters)]
    return MeasuredClaim(
        name="window-length",
        claim="The likelihood that a model gives to a sequence, and the score of a variant, are its own.",
        source="Evo 2, issue 196 of its repository (2025)",
        published="the same variants scored with windows of other lengths correlate by 0.5 to 0.99",
        control="The same words and variants, scored with other lengths of the window.",
        ours=written(figures),
        means="A score without the length of its window is not defined. The surprisal of single words "
        "hardly depends on it; scores of variants, which sum what follows, do so more.",
        command=COMMAND,
        data=f"chr21:24,985,581-26,000,306: {STRETCHES} stretches of {WINDOWS[-1]} words, {VARIANTS} "
        "random substitutions; chromosome 21 was never trained on",
        figures=figures,
    )


def bits_of(model: Any, scripts: Bilingual, rows: NDArray[np.int64]) -> Reals:
    """Surprisal in bits of every word but the first of each row: float64[b, t - 1]."""
    parts = []
    with torch.inference_mode():
        for start in range(0, len(rows), 8):
            ids = torch.from_numpy(rows[start : start + 8])
            hidden = model.transformer(ids, use_cache=False).last_hidden_state[:, :-1]
            weight = model.get_output_embeddings().weight[: scripts.first_english]
            logs = torch.log_softmax(torch.nn.functional.linear(hidden, weight).float(), -1)
            parts.append(-logs.gather(2, ids[:, 1:, None])[..., 0].numpy() / math.log(2))
    return np.concatenate(parts).astype(np.float64)


def _words(model: Any, scripts: Bilingual, letters: NDArray[np.uint8]) -> list[ClaimFigure]:
    """Correlation over words of the last half of the shortest window, at the end of longer ones."""
    ids = scripts.dna(letters).astype(np.int64)
    starts = np.linspace(0, len(ids) - WINDOWS[-1], STRETCHES).astype(int)
    rows = np.array([ids[start : start + WINDOWS[-1]] for start in starts])
    asked = WINDOWS[0] // 2
    by_window = {w: bits_of(model, scripts, rows[:, -w:])[:, -asked:] for w in WINDOWS}
    return [
        figure(
            f"words, windows of {w} and {WINDOWS[-1]}",
            _pearson(by_window[w], by_window[WINDOWS[-1]]),
            STRETCHES * asked,
        )
        for w in WINDOWS[:-1]
    ]


def _variants(model: Any, scripts: Bilingual, letters: NDArray[np.uint8]) -> list[ClaimFigure]:
    """Correlation over substitutions of the change in bits of a window whose middle holds the variant."""
    rng = generator(1, "variants")
    places = rng.integers(FLANK, len(letters) - FLANK, 2 * VARIANTS)
    places = places[[b"N" not in letters[p - FLANK : p + FLANK].tobytes() for p in places]][:VARIANTS]
    scores = {w: np.zeros((len(places), 1)) for w in WINDOWS}
    for number, place in enumerate(places.tolist()):
        around = letters[place - FLANK : place + FLANK].copy()
        changed = around.copy()
        changed[FLANK] = rng.choice([base for base in b"ACGT" if base != around[FLANK]])
        for sign, text in ((1, changed), (-1, around)):
            ids = scripts.dna(text).astype(np.int64)
            middle = int(np.searchsorted(np.cumsum(scripts.words.lengths[ids]), FLANK, "right"))
            for w in WINDOWS:
                start = max(0, middle - w // 2)
                scores[w][number] += sign * bits_of(model, scripts, ids[None, start : start + w]).sum()
    return [
        figure(f"variants, windows of {a} and {b}", _pearson(scores[a], scores[b]), len(places))
        for a, b in ((64, 128), (64, 256), (128, 256))
    ]


def _pearson(a: Reals, b: Reals) -> Estimate:
    """Pearson correlation, its interval by resampling rows."""
    drawn = resample(len(a), generator(1, "rows")).astype(np.float64)
    sums = [drawn @ x.sum(1) for x in (a, b, a * a, b * b, a * b)]
    n = drawn.sum(1) * a.shape[1]
    (ma, mb), (va, vb, cov) = (s / n for s in sums[:2]), (s / n for s in sums[2:])
    values = (cov - ma * mb) / np.sqrt((va - ma**2) * (vb - mb**2))
    value = float(np.corrcoef(a.ravel(), b.ravel())[0, 1])
    low, high = expanded(values, len(a))
    return Estimate(value, min(float(low), value), max(float(high), value))
