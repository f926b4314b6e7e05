"""Chance: how sure a figure is, and what it would be if boundaries stood where they do by accident.

Intervals are block bootstraps: neighbours in a genome are alike, so blocks of `BLOCK` letters are drawn
with replacement, not single boundaries (for genomes: Bickel et al. 2010), and the 2.5th and 97.5th
percentiles of the figure are given; where all or none of n places hit, the bound is 3 / n off (the rule of
three). A circular shift moves all boundaries by one random distance round the bases of the volume: their
lengths stay, what they have to do with the place goes. Gaps are stepped over.
"""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from genomebook.annotation.evidence import Figure
from genomebook.genome.stretches import Stretches, true_runs
from genomebook.language.alphabet import CODE, NOT_BASE

BLOCK = 50_000
"""Letters of a block; a volume of fewer than `BLOCKS` such blocks is cut into `BLOCKS`."""

BLOCKS = 20
LEAST = 10
"""Boundaries that a share needs."""

DRAWS = 1000
SHIFTS = 100

Places = NDArray[np.int64]


class Bases(Stretches):
    """The stretches between the gaps of a volume, laid end to end; places are local, 0-based."""

    @classmethod
    def of_letters(cls, letters: NDArray[np.uint8]) -> Self:
        """Find them; letters uint8[n], either case."""
        return cls.of(true_runs(CODE[letters] != NOT_BASE))

    def shifted(self, places: Places, rng: np.random.Generator, count: int = SHIFTS) -> list[Places]:
        """Circular shifts by random distances of at least a twentieth of the bases; each is sorted."""
        if not len(places) or self.size < 2:
            return []
        packed, least = self.pack(places), max(1, self.size // 20)
        distances = rng.integers(least, max(least + 1, self.size - least), count)
        return [np.sort(self.unpack((packed + distance) % self.size)) for distance in distances]

    def block_sizes(self) -> NDArray[np.float64]:
        """Letters of each block, gaps left out; the last block is the longest."""
        length = min(BLOCK, max(1, self.size // BLOCKS))
        sizes = np.full(max(1, self.size // length), float(length))
        sizes[-1] += self.size - sizes.sum()
        return sizes

    def per_block(self, places: Places, weights: NDArray[Any] | None = None) -> NDArray[np.float64]:
        """Count places (or sum their weights) in each block: float64[blocks]."""
        sizes = self.block_sizes()
        block = np.minimum(self.pack(places) // max(1, int(sizes[0])), len(sizes) - 1)
        return np.bincount(block, weights, len(sizes)).astype(np.float64)


def ratio(top: NDArray[np.float64], bottom: NDArray[np.float64], rng: np.random.Generator) -> Figure | None:
    """Sum of ``top`` over sum of ``bottom``, both by block, with its bootstrap interval; None for nothing.

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
    drawn = rng.multinomial(len(top), np.full(len(top), 1 / len(top)), DRAWS)
    over = drawn @ bottom
    low, high = np.percentile((drawn @ top)[over > 0] / over[over > 0], [2.5, 97.5])
    return Figure(value, min(float(low), value), max(float(high), value))


def share(hits: NDArray[np.bool_], places: Places, bases: Bases, rng: np.random.Generator) -> Figure | None:
    """Share of the places that hit, with its interval; None for fewer than `LEAST`, or without a base."""
    if len(places) < LEAST or not bases.size:
        return None
    found = ratio(bases.per_block(places, hits), bases.per_block(places), rng)
    if found is None or hits.any() != hits.all():
        return found
    bound = min(1.0, 3 / len(places))
    return found._replace(low=1 - bound) if hits.all() else found._replace(high=bound)


def too_few(count: int) -> str:
    """Why there is no share of so few boundaries."""
    return f"{count} boundaries are too few: {LEAST} at least" if count else "no boundary was found"


def spread(values: list[float]) -> Figure | None:
    """Mean of a figure over random controls, and their middle 95 %; None for none."""
    if not values:
        return None
    low, high = np.percentile(values, [2.5, 97.5])
    return Figure(float(np.mean(values)), float(low), float(high))


def wilson(share: float, n: int, z: float = 1.959964) -> tuple[float, float]:
    """95 % interval of a share of n that do not depend on each other (Wilson 1927)."""
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return min(low, share), max(high, share)  # rounding puts neither on the wrong side of the share
