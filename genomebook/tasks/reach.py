"""Whether a sequence is like those that a rule was trained on: length, GC, and the words it is made of.

A rule that only knows real sequences is as sure of a shuffled one. So a second regression tells the training
sequences from their dinucleotide shuffles by their k-mers. The probability that a sequence is real multiplies
the log-odds of every answer: an answer about what looks like a shuffle is a modest one. And what looks less
real than nearly all training sequences is called out of range.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from genomebook.tasks.rules.base import gc_shares, joined_sequences
from genomebook.tasks.rules.kmers import WordCounter, WordShape

WORDS = WordShape(tuple("1" * k for k in range(1, 7)))
"""Words by which real sequences are told from shuffles."""

ODDS = 4.0
"""How much likelier a sequence is taken to be real than shuffled, before it is read.

Of 1, 2, 4, 9 and no modesty at all, this gave the smallest mean calibration error on the dev splits of tf-0
to tf-4 (0.035); with 1 fewer shuffles got a confident answer, but the error was 0.039.
"""

GC_TAIL, WORDS_TAIL = 0.005, 0.05
"""Share of the training sequences beyond each limit of GC content; beyond the limit of words."""


class RangeLimits(msgspec.Struct, frozen=True):
    """Limits of what is like the training set, at its own quantiles.

    Attributes
    ----------
    length : (int, int)
        Letters, from shortest to longest.
    gc : (float, float)
        Share of G and C among the bases.
    log_odds : float
        Lowest log-odds of being real rather than shuffled.
    odds : float
        As `ODDS`.
    """

    length: tuple[int, int]
    gc: tuple[float, float]
    log_odds: float
    odds: float = 1.0


class InRange:
    """Says how much a sequence is like the training set, and why it is not.

    Parameters
    ----------
    limits : RangeLimits
        Of length, GC and words.
    tensors : mapping
        ``table`` float[words, 1] and ``bias`` float[1]: the regression on k-mers.
    """

    def __init__(self, limits: RangeLimits, tensors: Mapping[str, NDArray[Any]]) -> None:
        self.limits = limits
        self._table = np.ascontiguousarray(tensors["table"], np.float32)
        self._bias = np.asarray(tensors["bias"], np.float32)
        self._counter = WordCounter(WORDS)
        if self._table.shape != (self._counter.features, 1):
            raise ValueError("a weight is needed for each word")

    @property
    def tensors(self) -> dict[str, NDArray[Any]]:
        """Arrays to store."""
        return {"table": self._table.astype(np.float16), "bias": self._bias}

    def log_odds(self, sequences: Sequence[str]) -> NDArray[np.float32]:
        """Log-odds of each sequence of being real rather than a dinucleotide shuffle: float32[n]."""
        return self._counter.scores(joined_sequences(sequences), self._table, self._bias)[:, 0]

    def modesty(self, log_odds: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the log-odds of an answer are multiplied by, between 0 and 1: float32[n, 1].

        Parameters
        ----------
        log_odds : float32[n]
            Of being real.
        """
        return np.asarray(expit(log_odds + np.log(self.limits.odds)), np.float32)[:, None]

    def check(self, sequence: str) -> str | None:
        """Say why a sequence is out of range, or None where it is not."""
        shortest, longest = self.limits.length
        if not shortest <= len(sequence) <= longest:
            ours = f"{shortest:,}" if shortest == longest else f"{shortest:,} to {longest:,}"
            return f"It has {len(sequence):,} letters; the rule was trained on sequences of {ours}."
        gc, (low, high) = float(gc_shares([sequence])[0]), self.limits.gc
        if not low <= gc <= high:
            return f"Its GC content is {gc:.0%}; 99 % of the training sequences have {low:.0%} to {high:.0%}."
        if float(self.log_odds([sequence])[0]) < self.limits.log_odds:
            return (
                "Its k-mers look more like those of shuffled DNA than the k-mers of "
                f"{1 - WORDS_TAIL:.0%} of the training sequences do."
            )
        return None
