"""Length priors learnt from English: how long sentences and paragraphs are.

Measured by ``precompute/english_lengths.py`` on 165 public-domain books and OpenStax Biology: 420,351
sentences of 20.5 words on average, and 79,053 paragraphs of two sentences or more, 4.7 on average. A
further 46,535 paragraphs of one sentence, mostly dialogue and headings, are left out. Both lengths are fitted
by log-normal distributions. A DNA word counts as one English word.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genomebook.book.schema import STRENGTH_UNIT

UNITS_PER_NAT = round(1 / STRENGTH_UNIT)
"""Priors and boundary strengths are integers in 1/16 nat."""


@dataclass(frozen=True)
class LengthPrior:
    """A log-normal distribution of lengths, cut at the longest allowed.

    Attributes
    ----------
    mu, sigma : float
        Mean and standard deviation of the logarithm of the length.
    longest : int
        Lengths above this have no probability.
    """

    mu: float
    sigma: float
    longest: int

    def units(self) -> NDArray[np.int32]:
        """int32[longest + 1]: log probability of each length in 1/16 nat; index 0 is unused."""
        length = np.arange(1, self.longest + 1, dtype=np.float64)
        log_p = -np.log(length) - (np.log(length) - self.mu) ** 2 / (2 * self.sigma**2)
        log_p -= np.log(np.exp(log_p).sum())
        return np.concatenate([[0], np.round(log_p * UNITS_PER_NAT)]).astype(np.int32)

    def mean(self) -> float:
        """Mean length."""
        p = np.exp(self.units()[1:] / UNITS_PER_NAT)
        return float((p * np.arange(1, self.longest + 1)).sum() / p.sum())


SENTENCE = LengthPrior(2.671, 0.936, 80)
"""Words in an English sentence."""

PARAGRAPH = LengthPrior(1.358, 0.594, 32)
"""Sentences in an English paragraph of two or more."""
