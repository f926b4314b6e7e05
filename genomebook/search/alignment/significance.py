"""Karlin-Altschul statistics of local alignments (PNAS 1990; NAR 1997).

The number of local alignments with a score of at least S between two random sequences of m and n bases is
approximately Poisson with mean ``E = K m n exp(-lambda S)``. As an edge correction, m and n are each reduced
by the mean length ``l(S) = lambda S / H + beta`` of such an alignment (Park, Sheetlin, Ma, Madden and Spouge
2012, without the variance term). Ungapped parameters follow from the base frequencies; the effect of gaps is
measured by simulation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, gcd, log

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from genomebook.search.alignment.align import MATCH, MISMATCH

_TERMS = 1000
_SMALL = 1e-13


@dataclass(frozen=True)
class Statistics:
    """Karlin-Altschul parameters of a scoring system at given base frequencies.

    Attributes
    ----------
    lam : float
        Lambda, nats per score unit.
    k : float
        K, dimensionless.
    h : float
        H, nats per aligned base.
    beta : float
        Mean alignment length in excess of ``lambda S / H``.
    """

    lam: float
    k: float
    h: float
    beta: float = 0.0


PUBLISHED = Statistics(0.625, 0.41, 0.78)
"""NCBI's parameters for BLASTN 2/-3, gaps 5 + 2k, equal base frequencies (blast_stat.c), for comparison."""

GC = 0.41
"""GC content of the human genome."""

_LAMBDA, _K, _H, _BETA = 0.983, 0.92, 0.71, -5.2
"""Effect of gaps: factors of lambda, K and H, and beta, at any GC content.

Measured by ``benchmarks/search/karlin.py``.
"""


def composition(gc: float) -> NDArray[np.float64]:
    """Frequencies of A, C, G and T at a GC content."""
    return np.array([(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2])


def ungapped(frequencies: Sequence[float] | NDArray[np.float64], match: int, mismatch: int) -> Statistics:
    """Ungapped parameters for two sequences with the same base frequencies.

    Lambda is the positive root of ``sum p exp(lambda s) = 1``; H is ``lambda * sum s p exp(lambda s)``; K is
    ``d lambda exp(-2 sigma) / (H (1 - exp(-lambda d)))`` with d the greatest common divisor of the scores and
    ``sigma = sum over k of (P(S_k >= 0) + E(exp(lambda S_k); S_k < 0)) / k``, S_k the sum of k pairs' scores
    (Karlin and Altschul 1990, equations 4 and 5).

    Parameters
    ----------
    frequencies : float[4]
        Base frequencies; sum to 1.
    match, mismatch : int
        Positive and negative score; the mean must be negative.

    Returns
    -------
    Statistics

    Raises
    ------
    ValueError
        If the mean score is not negative.
    """
    return _solved(float(np.square(np.asarray(frequencies, np.float64)).sum()), match, mismatch)


def _solved(same: float, match: int, mismatch: int) -> Statistics:
    """Ungapped parameters for the probability that two random bases match."""
    if same * match + (1 - same) * mismatch >= 0:
        raise ValueError("the mean score of two random bases must be negative")

    def excess(lam: float) -> float:
        return same * exp(lam * match) + (1 - same) * exp(lam * mismatch) - 1

    lam = float(brentq(excess, _SMALL**0.5, -log(same) / match + 1, xtol=_SMALL))
    drift = same * match * exp(lam * match) + (1 - same) * mismatch * exp(lam * mismatch)
    step = np.zeros(match - mismatch + 1)
    step[0], step[-1] = 1 - same, same
    sums, sigma = np.ones(1), 0.0
    for k in range(1, _TERMS):
        sums = np.convolve(sums, step)
        reached = np.arange(len(sums)) + k * mismatch
        term = float((sums * np.exp(np.minimum(0.0, lam * reached))).sum()) / k
        sigma += term
        if term < _SMALL:
            break
    unit = gcd(match, mismatch)
    return Statistics(lam, unit * exp(-2 * sigma) / (drift * (1 - exp(-lam * unit))), lam * drift)


@lru_cache(maxsize=1024)
def gapped(query_gc: float = GC, text_gc: float = GC) -> Statistics:
    """Gapped parameters: the ungapped ones at these GC contents, scaled by the effect of gaps.

    Only the match probability matters. At a score of 35, E is half as large for a query of 50 % GC as for one
    of the genome's GC content, and twice as large for one of 30 %.

    Parameters
    ----------
    query_gc, text_gc : float
        GC content, clipped to 0.2 to 0.8 (round to hundredths for the cache).

    Returns
    -------
    Statistics
    """
    query, text = (min(0.8, max(0.2, gc)) for gc in (query_gc, text_gc))
    solved = _solved((query * text + (1 - query) * (1 - text)) / 2, MATCH, MISMATCH)
    return Statistics(_LAMBDA * solved.lam, _K * solved.k, _H * solved.h, _BETA)


GAPPED = gapped()
"""At the GC content of the human genome: lambda 0.604, K 0.365, H 0.617."""


def bits(score: float, stats: Statistics = GAPPED) -> float:
    """Bit score ``(lambda S - ln K) / ln 2``, independent of the scoring system."""
    return (stats.lam * score - log(stats.k)) / log(2)


def evalue(score: float, query_length: int, text_letters: int, stats: Statistics = GAPPED) -> float:
    """E-value: expected number of chance alignments with at least this score.

    Parameters
    ----------
    score : float
        Alignment score.
    query_length, text_letters : int
        Length of the query and of one strand of the text; both strands count as searched.
    stats : Statistics
        Parameters.

    Returns
    -------
    float
        ``2 K m' n' exp(-lambda S)``. The effective lengths m' and n' are at least 1/K, which keeps E positive
        for short queries. On random pairs, hits with E < 1 are within 10 % of the expected number for queries
        of 50 to 1,000 bases, and 30 % more at 20 bases.
    """
    taken = max(0.0, stats.lam * score / stats.h + stats.beta)
    m, n = (max(letters - taken, 1 / stats.k) for letters in (query_length, text_letters))
    return 2 * stats.k * m * n * exp(-stats.lam * score)
