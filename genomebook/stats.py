"""Statistics: intervals by block bootstrap, circular shifts, permutation p-values.

One regime holds for every figure about sequence:

- **Blocks.** Neighbours in a genome are alike, so blocks of `BASES_PER_BLOCK` bases are resampled, not single
  boundaries (Bickel et al. 2010, Subsampling methods for genomic inference, Ann. Appl. Stat. 4: 1660-1697).
- **Expanded percentiles.** With 20 blocks plain percentiles are too narrow: they have the tails of a normal
  distribution and divide by n. The percentiles are moved out to those of Student's t and n - 1 (Hesterberg
  2015, What teachers should know about the bootstrap, Am. Stat. 69: 371-386). `RESAMPLES` samples, since the
  percentiles then lie further out than 2.5 %.
- **Shifts of 1 kb or more.** A shift has to separate boundaries from what they stood at, which reaches over
  hundreds of bases (an Alu has 300). A minimum that grows with the volume, such as a twentieth of it, leaves
  out a tenth of all arrangements, and the mean over shifts is then not the exact one.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc, ndtr, stdtrit
from scipy.stats import false_discovery_control

BASES_PER_BLOCK = 50_000
"""Bases of a block; fewer in a sequence too short for `MIN_BLOCKS` of them."""

MIN_BLOCKS = 20

RESAMPLES = 2_000
"""Bootstrap samples."""

SHIFTS = 1_000
"""Circular shifts."""

MIN_SHIFT = 1_000
"""Positions of the shortest shift; a quarter of a sequence shorter than four of these."""

MIN_P = 1e-300
"""Smallest p-value: a fitted tail is not reliable further out."""

Integers = NDArray[np.int64]
Reals = NDArray[np.float64]


class Estimate(NamedTuple):
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """As people read it: ``0.712 (0.690 to 0.733)``."""
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def generator(seed: int, name: str, *words: int) -> np.random.Generator:
    """Random generator that depends only on a seed, a name and further numbers, such as start and length."""
    return np.random.default_rng([seed, zlib.crc32(name.encode()), *words])


def block_borders(size: int, max_blocks: int | None = None) -> Integers:
    """Borders of the blocks of ``size`` positions: int64[blocks + 1], from 0 to ``size``."""
    number = max(MIN_BLOCKS, size // BASES_PER_BLOCK)
    return np.linspace(0, size, min(number, max_blocks or number) + 1).astype(np.int64)


def resample(blocks: int, rng: np.random.Generator) -> Integers:
    """How often each block is in each bootstrap sample: int64[RESAMPLES, blocks]."""
    return rng.multinomial(blocks, np.full(blocks, 1 / blocks), RESAMPLES)


def percentiles(values: NDArray[Any], tail: float = 2.5) -> tuple[Any, Any]:
    """Percentiles ``tail`` and 100 - ``tail`` along the first axis; by default the middle 95 %."""
    low, high = np.percentile(values, [tail, 100 - tail], axis=0)
    return low, high


def expanded(values: NDArray[Any], units: int) -> tuple[Any, Any]:
    """95 % interval from bootstrap samples (first axis) of ``units`` units, by expanded percentiles."""
    z, free = NormalDist().inv_cdf(0.975), max(units - 1, 1)
    student = z + (z**3 + z) / (4 * free) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * free**2)
    return percentiles(values, 100 * NormalDist().cdf(-student * math.sqrt(units / free)))


def ratio(top: Reals, bottom: Reals, rng: np.random.Generator) -> Estimate | None:
    """Sum of ``top`` over sum of ``bottom`` with its bootstrap interval; None where ``bottom`` sums to 0.

    Parameters
    ----------
    top, bottom : float64[blocks]
        Such as boundaries near an edge, and boundaries.
    rng : numpy.random.Generator
        Draws the blocks.
    """
    if bottom.sum() <= 0:
        return None
    value = float(top.sum() / bottom.sum())
    low, high = ratio_interval(top, bottom, resample(len(top), rng))
    return Estimate(value, min(low, value), max(high, value))


def ratio_interval(top: Reals, bottom: Reals, drawn: Integers) -> tuple[float, float]:
    """Interval of a ratio of sums over the blocks that `resample` drew; empty samples are left out."""
    return quotient_interval(drawn @ top, drawn @ bottom, len(top))


def quotient_interval(top: Reals, bottom: Reals, units: int) -> tuple[float, float]:
    """Interval of quotients, one a bootstrap sample; samples with a denominator of 0 are left out."""
    low, high = expanded(top[bottom > 0] / bottom[bottom > 0], units)
    return float(low), float(high)


def spread(values: Sequence[float] | Reals) -> Estimate:
    """Mean of a figure over random controls, and their middle 95 %."""
    low, high = percentiles(np.asarray(values, np.float64))
    return Estimate(float(np.mean(values)), float(low), float(high))


def wilson(share: float, n: int, z: float = 1.959964) -> tuple[float, float]:
    """95 % interval of a share of n independent trials (Wilson 1927)."""
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return min(low, share), max(high, share)  # rounding puts neither on the wrong side of the share


def shift_distances(size: int, count: int, rng: np.random.Generator) -> Integers:
    """Distances of circular shifts over ``size`` positions, `MIN_SHIFT` or more either way round."""
    least = min(MIN_SHIFT, size // 4)
    return rng.integers(least, size - least + 1, count)


def permutation_p(reached: Any, permutations: int) -> Any:
    """One-sided p-value: (1 + permutations that reach the figure) / (1 + permutations)."""
    return (1 + reached) / (1 + permutations)


def two_sided_p(
    observed: Integers, expected: Reals, moments: Reals, reached: Integers, permutations: int
) -> Reals:
    """Two-sided p-values of counts under permutation.

    A count that some permutation reaches has the exact p-value, `permutation_p`. One that none reaches has
    the tail of a Pearson type III distribution with the exact mean and the permutations' variance and
    skewness (Winkler et al. 2016, Faster permutation inference in brain imaging, NeuroImage 141: 502-516,
    after Mielke and Berry), at most 1 / (1 + permutations). Half a count is taken off for continuity. A
    skewness away from the tail counts as none, which makes p larger. p is twice the smaller side.

    Parameters
    ----------
    observed, expected : [...]
        Counts, and their mean over all permutations.
    moments : float64[2, ...]
        Second and third moments of the permuted counts about that mean.
    reached : int64[2, ...]
        Permutations with a count as large or larger; as small or smaller.
    permutations : int
        How many.
    """
    deviation = np.sqrt(moments[0])
    scale = np.where(deviation > 0, deviation, 1)
    skew = moments[1] / scale**3
    sides = []
    for side, number in zip((1, -1), reached, strict=True):
        tail = pearson_tail((side * (observed - expected) - 0.5) / scale, np.maximum(side * skew, 0))
        exact = permutation_p(number, permutations)
        sides.append(np.where((number == 0) & (deviation > 0), np.minimum(tail, exact), exact))
    return np.asarray(np.clip(2 * np.minimum(*sides), MIN_P, 1), np.float64)


def pearson_tail(z: Reals, skew: Reals) -> Reals:
    """Upper tail at ``z`` of the standardised Pearson type III distribution of skewness 0 or more."""
    skewed = skew > 1e-3
    shape = 4 / np.where(skewed, skew, 1) ** 2
    gamma = gammaincc(shape, np.maximum(shape + z * np.sqrt(shape), 0))
    return np.asarray(np.where(skewed, gamma, ndtr(-z)), np.float64)


def jackknife_margin(total: Reals, squares: Reals, blocks: int) -> Reals:
    """Half width of the 95 % interval of a delete-one-block jackknife, with Student's t.

    Parameters
    ----------
    total, squares : float64[...]
        Sum, and sum of squares, over the blocks of the figure without the block less the figure.
    blocks : int
        How many.
    """
    error = np.sqrt((blocks - 1) / blocks * np.maximum(squares - total**2 / blocks, 0))
    return np.asarray(float(stdtrit(blocks - 1, 0.975)) * np.minimum(error, 50), np.float64)


def benjamini_hochberg(p: NDArray[Any]) -> Reals:
    """False discovery rate of each p-value (Benjamini and Hochberg 1995)."""
    return np.asarray(false_discovery_control(p), np.float64) if len(p) else np.empty(0)
