"""Whether a sequence is like those that a rule was trained on: length, GC, and the words it is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from genomebook.tasks.rules.base import gc_shares, joined_sequences
from genomebook.tasks.rules.kmers import WordCounter, WordShape

WORDS = WordShape(("1111",), both_strands=True, bins=1, weighting="count")
"""Words whose frequencies in the training set are kept."""

TAIL = 0.005
"""Share of the training set that lies beyond each limit."""


class RangeLimits(msgspec.Struct, frozen=True):
    """Limits of what is like the training set, at its own quantiles.

    Attributes
    ----------
    length : (int, int)
        Letters, from shortest to longest.
    gc : (float, float)
        Share of G and C among the bases.
    surprise : float
        Largest mean surprise of a word in bits, under the word frequencies of the training set.
    """

    length: tuple[int, int]
    gc: tuple[float, float]
    surprise: float


class InRange:
    """Says why a sequence is unlike the training set.

    Parameters
    ----------
    limits : RangeLimits
        Of length, GC and words.
    tensors : mapping
        ``bits`` float[words]: surprise of each word in bits.
    """

    kind = "range"

    def __init__(self, limits: RangeLimits, tensors: Mapping[str, NDArray[Any]]) -> None:
        self.limits, self._bits = limits, np.asarray(tensors["bits"], np.float32).reshape(-1, 1)
        self._counter = WordCounter(WORDS)

    @classmethod
    def of(cls, sequences: Sequence[str]) -> InRange:
        """Learn the limits from the sequences of a training set."""
        counter = WordCounter(WORDS)
        values, columns, _ = counter.rows(sequences)
        counts = np.bincount(columns, values, counter.features) + 1.0
        tensors = {"bits": -np.log2(counts / counts.sum()).astype(np.float16)}
        draft = cls(RangeLimits((0, 0), (0.0, 1.0), 0.0), tensors)
        lengths = [len(sequence) for sequence in sequences]
        gc = np.quantile(gc_shares(sequences), [TAIL, 1 - TAIL])
        surprise = float(np.quantile(draft.surprise(sequences), 1 - TAIL))
        length = (min(lengths), max(lengths))
        limits = RangeLimits(length, (round(float(gc[0]), 4), round(float(gc[1]), 4)), round(surprise, 4))
        return cls(limits, tensors)

    @property
    def tensors(self) -> dict[str, NDArray[Any]]:
        """Arrays to store."""
        return {"bits": self._bits[:, 0].astype(np.float16)}

    def surprise(self, sequences: Sequence[str]) -> NDArray[np.float32]:
        """Mean surprise of the words of each sequence in bits, float32[n]; 0 for a sequence without words."""
        letters = joined_sequences(sequences)
        zero = np.zeros(1, np.float32)
        words = self._counter.scores(letters, np.ones_like(self._bits), zero)
        sums = self._counter.scores(letters, self._bits, zero)
        return np.asarray(sums / np.maximum(words, 1), np.float32)[:, 0]

    def check(self, sequence: str) -> str | None:
        """Say why a sequence is out of range, or None where it is not."""
        shortest, longest = self.limits.length
        if not shortest <= len(sequence) <= longest:
            ours = f"{shortest:,}" if shortest == longest else f"{shortest:,} to {longest:,}"
            return f"It has {len(sequence):,} letters; the rule was trained on sequences of {ours}."
        gc, (low, high) = float(gc_shares([sequence])[0]), self.limits.gc
        if not low <= gc <= high:
            return f"Its GC content is {gc:.0%}; 99 % of the training sequences have {low:.0%} to {high:.0%}."
        if float(self.surprise([sequence])[0]) > self.limits.surprise:
            return "Its words of four letters are rarer than those of 99.5 % of the training sequences."
        return None
