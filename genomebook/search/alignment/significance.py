"""How often chance gives an alignment as good: the statistics of Karlin and Altschul (PNAS 1990; NAR 1997).

Between two random sequences of m and n letters the number of local alignments with a score of at least S is
about Poisson with mean ``E = K m n exp(-lambda S)``. An alignment takes room, so it cannot begin in the last
letters of either sequence: m and n are each less by ``l(S) = lambda S / H + beta``, the letters that an
alignment with that score takes on average (the form of Park, Sheetlin, Ma, Madden and Spouge 2012, without
its spread). Without gaps the parameters follow from the letters' frequencies; with gaps they are measured.
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
    """Parameters of a scoring system and of the letters' frequencies.

    Attributes
    ----------
    lam : float
        Lambda, nats for each point of score.
    k : float
        K, no unit.
    h : float
        H, nats for each letter of an alignment.
    beta : float
        Letters that an alignment takes beyond ``lambda S / H``.
    """

    lam: float
    k: float
    h: float
    beta: float = 0.0


PUBLISHED = Statistics(0.625, 0.41, 0.78)
"""NCBI's for BLASTN 2/-3, gaps 5 + 2k, letters equally frequent (blast_stat.c): to compare with."""

GC = 0.41
"""GC content of the human genome, a share."""

_LAMBDA, _K, _H, _BETA = 0.983, 0.92, 0.71, -5.2
"""Effect of gaps: factors of lambda, K and H, the same at every GC content.

Measured by ``benchmarks/search/karlin.py``.
"""


def composition(gc: float) -> NDArray[np.float64]:
    """Give the frequencies of A, C, G and T at a GC content, a share."""
    return np.array([(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2])


def ungapped(frequencies: Sequence[float] | NDArray[np.float64], match: int, mismatch: int) -> Statistics:
    """Solve the parameters for alignments without gaps of two sequences with the same letters' frequencies.

    Lambda is the positive root of ``sum p exp(lambda s) = 1``; H is ``lambda * sum s p exp(lambda s)``; K is
    ``d lambda exp(-2 sigma) / (H (1 - exp(-lambda d)))`` with d the greatest common divisor of the scores and
    ``sigma = sum over k of (P(S_k >= 0) + E(exp(lambda S_k); S_k < 0)) / k``, S_k the sum of k pairs' scores
    (Karlin and Altschul 1990, equations 4 and 5).

    Parameters
    ----------
    frequencies : float[4]
        Of the letters; add up to 1.
    match, mismatch : int
        Scores of a pair, above and below 0; the mean over pairs must be below 0.

    Returns
    -------
    Statistics

    Raises
    ------
    ValueError
        If the mean score is not below 0: alignments then have no limit.
    """
    return _solved(float(np.square(np.asarray(frequencies, np.float64)).sum()), match, mismatch)


def _solved(same: float, match: int, mismatch: int) -> Statistics:
    """Solve the parameters for letters that are the same in both sequences with this probability."""
    if same * match + (1 - same) * mismatch >= 0:
        raise ValueError("the mean score of a pair of random letters must be below 0")

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
    """Give the parameters with gaps: those without, at these GC contents, times what gaps change.

    Only the probability that two letters are the same matters. At a score of 35, E is half as large for a
    query with as much GC as AT as for one with the genome's share, and twice as large for one with 30 % GC.

    Parameters
    ----------
    query_gc, text_gc : float
        GC content, a share; taken to lie between 0.2 and 0.8 (whole hundredths make the cache useful).

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
    """Give a score in bits, ``(lambda S - ln K) / ln 2``: no longer tied to the scoring system."""
    return (stats.lam * score - log(stats.k)) / log(2)


def evalue(score: float, query_length: int, text_letters: int, stats: Statistics = GAPPED) -> float:
    """Give the number of alignments with at least this score that chance would give.

    Parameters
    ----------
    score : float
        Of the alignment.
    query_length, text_letters : int
        Letters of the query, and of the text, one strand; both strands are taken to be searched.
    stats : Statistics
        Of the scores.

    Returns
    -------
    float
        ``2 K m' n' exp(-lambda S)``. The letters that an alignment may begin at, m' and n', are no fewer
        than 1/K, so that short queries keep an E-value above 0. On random pairs the number with E below 1 is
        within 10 % of what E says for queries of 50 to 1,000 letters; at 20 letters it is 30 % larger.
    """
    taken = max(0.0, stats.lam * score / stats.h + stats.beta)
    m, n = (max(letters - taken, 1 / stats.k) for letters in (query_length, text_letters))
    return 2 * stats.k * m * n * exp(-stats.lam * score)
