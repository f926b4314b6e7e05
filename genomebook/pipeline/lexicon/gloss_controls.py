"""Evaluation of glosses: agreement between training seeds, and controls.

Three controls destroy what could tie a DNA word to an English one, and go the same way as the real words:
*shuffled* exchanges the numbers of each column among the DNA words; *turned* turns the DNA words as a whole,
so that their own distances stay and only the common axes are lost; *random weights* asks an untrained reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genomebook.lexicon.assignment import Assignment, assign
from genomebook.lexicon.csls import Floats, Ids, ScoreTable, cosines, csls, hubness, occurrences, unit

Shares = NDArray[np.float64]


@dataclass(frozen=True)
class Glossed:
    """One-to-one glosses of DNA words.

    Attributes
    ----------
    pair : ScoreTable
        All scores.
    assigned : Assignment
        The pairs.
    """

    pair: ScoreTable
    assigned: Assignment

    @property
    def partner(self) -> Ids:
        """English word of each DNA word: int64[n]."""
        return self.assigned.partner

    @property
    def score(self) -> Floats:
        """Its score: float32[n]."""
        return self.assigned.score

    def margin(self) -> Floats:
        """Score less that of the best other English word, which may belong to another: float32[n]."""
        near, values = self.pair.nearest(2)
        other = np.where(near[:, 0] == self.partner, values[:, -1], values[:, 0])
        return np.asarray(self.score - other, np.float32)


def gloss(dna: Floats, english: Floats) -> Glossed:
    """Centre both scripts, correct for hubs, assign one to one."""
    pair = csls(unit(dna), unit(english))
    return Glossed(pair, assign(pair))


def shuffled(vectors: Floats, seed: int) -> Floats:
    """Exchange the numbers of each column among the rows."""
    return np.random.default_rng(seed).permuted(vectors, axis=0)


def turned(vectors: Floats, seed: int) -> Floats:
    """Turn the rows about their mean by a random orthogonal matrix, evenly distributed (Stewart 1980)."""
    d = vectors.shape[1]
    q, r = np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))
    return np.asarray((vectors - vectors.mean(axis=0)) @ (q * np.sign(np.diag(r))), np.float32)


def agreement(glossed: Glossed, other: Glossed) -> tuple[Shares, Shares]:
    """How well another reader of the same words agrees with the glosses of one.

    Parameters
    ----------
    glossed, other : Glossed
        By two readers, over the same words.

    Returns
    -------
    float64[n], float64[n]
        Share of the English words that the other reader scores lower with the word than its gloss; the same
        for the glosses of all words, on average: what is owed to some words being near to everything.
    """
    return other.pair.share_below(glossed.partner)


def without(vectors: Floats, properties: Sequence[Shares]) -> Floats:
    """Regress known properties out of embeddings: least squares on their first three powers.

    Parameters
    ----------
    vectors : float32[n, d]
        Embeddings.
    properties : sequence of float64[n]
        Frequency and the like.

    Returns
    -------
    float32[n, d]
        What is left, with mean 0.
    """
    scaled = [(values - values.mean()) / (values.std() or 1) for values in properties]
    columns = np.stack(
        [np.ones(len(vectors)), *(values**power for values in scaled for power in (1, 2, 3))], axis=1
    )
    fitted = columns @ np.linalg.lstsq(columns, vectors.astype(np.float64), rcond=None)[0]
    return np.asarray(vectors - fitted, np.float32)


def mean(values: NDArray[np.floating[Any]]) -> dict[str, float]:
    """Mean with a 95 % interval over words (normal approximation)."""
    value = float(np.mean(values))
    half = 1.96 * float(np.std(values, ddof=1)) / len(values) ** 0.5
    return {"value": value, "low": value - half, "high": value + half}


def above(real: Floats, control: Floats) -> dict[str, Any]:
    """Real scores beside those of a control: mean, difference, how often the real one is higher."""
    half = 1.96 * float(np.sqrt(real.var(ddof=1) / len(real) + control.var(ddof=1) / len(control)))
    away = float(real.mean() - control.mean())
    ordered = np.sort(control)
    below = np.searchsorted(ordered, real) + np.searchsorted(ordered, real, side="right")
    return {
        "mean": float(control.mean()),
        "difference": {"value": away, "low": away - half, "high": away + half},
        "real_higher": float(below.mean() / 2 / len(control)),
    }


def ranks(real: Floats, controls: Sequence[Floats]) -> Shares:
    """Share of control scores below each real one, each control counting alike: float64[n]."""
    shares: Shares = np.mean(
        [np.searchsorted(np.sort(control), real) / len(control) for control in controls], axis=0
    )
    return shares


def hubs(dna: Floats, english: Floats, pair: ScoreTable) -> dict[str, Any]:
    """Hubness of English words among DNA words: plain, after centring, after CSLS.

    Each is the skewness of N_10, the most DNA words that share a neighbour, and how many English words are
    the nearest of any.
    """
    kinds = {
        "cosine": cosines(unit(dna, centre=False), unit(english, centre=False)),
        "centred": cosines(unit(dna), unit(english)),
        "csls": pair,
    }
    measured = {}
    for name, pair in kinds.items():
        counts = occurrences(pair)
        first = len(np.unique(pair.nearest(1)[0]))
        measured[name] = {
            "skewness": hubness(counts),
            "largest": int(counts.max()),
            "distinct_nearest": first,
        }
    return measured


def structure(properties: dict[str, tuple[Shares, Shares]], partner: Ids) -> dict[str, float]:
    """Spearman correlation of a property of the DNA words with one of their glosses, by name."""
    from scipy.stats import spearmanr

    return {
        name: float(spearmanr(dna, english[partner]).statistic) for name, (dna, english) in properties.items()
    }
