"""How often words lie in classes of annotation, beside the same when the annotation is shifted round.

A word is in a class when its middle letter is. Each circular shift moves the classes of a volume by one
distance against its words, over the letters that are in no gap, so that the words, their order, and the
lengths of what is annotated stay and only the one's places in the other go.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc, ndtr, stdtrit

from genomebook.annotation.enrichment import LEAST_SHIFT
from genomebook.compiled import kernel
from genomebook.files.progress import Advance, no_progress
from genomebook.lexicon.layers import Layer, Piece, Stack, fold

SHIFTS = 1_000
"""Circular shifts of a book of at most `WORK` / `SHIFTS` words."""

FEWEST = 200
"""Shifts of the largest book; the variance of counts under shifts is then known to a tenth."""

WORK = 400_000_000_000
"""Words times shifts; a larger book has fewer shifts."""

SMALLEST = 1e-300
"""Smallest p that is said: a fitted tail so far out is no probability to be taken at its word."""

SHARE = 25
"""Shifts counted by one thread at a time; sums are made in this order for any number of threads."""

Counts = NDArray[np.int64]
Reals = NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """What was counted, each array [classes, n_ids].

    Attributes
    ----------
    count : int64
        Occurrences in the class.
    known : int64
        Occurrences in volumes of which a source of the class says something.
    expected : float64
        Mean count over all circular shifts, exactly.
    low, high : float64
        95 % interval of count / expected.
    p : float64
        Two-sided, by circular shifts.
    shifts : int
        How many.
    """

    count: Counts
    known: Counts
    expected: Reals
    low: Reals
    high: Reals
    p: Reals
    shifts: int


def shifts_for(words: int) -> int:
    """Circular shifts that a book of so many words is given."""
    return max(FEWEST, min(SHIFTS, WORK // max(words, 1)))


def measure(
    stack: Stack,
    heard: NDArray[np.bool_],
    shifts: int,
    seed: int = 1,
    threads: int = 1,
    advance: Advance = no_progress,
) -> Measured:
    """Count every word in every class, and in every class shifted.

    Parameters
    ----------
    stack : Stack
        Words and classes.
    heard : bool[classes, layers]
        Where each class is known at all.
    shifts : int
        Circular shifts of each volume, by `LEAST_SHIFT` letters at least; see `shifts_for`.
    seed : int
        With contig, start and end it makes the random state of a volume.
    threads : int
        Do not change the result.
    advance : callable
        Told the shifts done.

    Returns
    -------
    Measured

    Notes
    -----
    The mean over all circular shifts needs no drawing: each word visits each place once. A count that some
    drawn shifts reach has the exact p of a permutation test, (1 + shifts that reach it) / (1 + shifts). One
    that none reaches has the tail of a Pearson type III distribution with the exact mean and the variance and
    skewness of the drawn counts (Winkler et al. 2016, Faster permutation inference in brain imaging,
    NeuroImage 141: 502-516, after Mielke and Berry), but at most 1 / (1 + shifts); half a count is taken off
    for continuity, and a skewness away from the tail counts as none, which makes p larger. p is twice the
    smaller side. The interval is that of a delete-one-block jackknife of the log ratio over `Stack.blocks`,
    with Student's t; half a count is added, and a count of none has the bound 3 / expected.
    """
    count, expected, known = _observed(stack, heard)
    by = [_distances(layer, shifts, seed) for layer in stack.layers]
    sums = np.zeros((2, *expected.shape))
    reached = np.zeros((2, *expected.shape), np.int64)

    def share(numbers: range) -> tuple[Reals, Counts]:
        more, hits = np.zeros_like(sums), np.zeros_like(reached)
        found = stack.empty()
        for number in numbers:
            found[:] = 0
            for layer in range(len(stack.layers)):
                stack.count(layer, int(by[layer][number]), found)
            _add(fold(found, stack.members), count, expected, more, hits)
        return more, hits

    with ThreadPoolExecutor(threads) as pool:
        for first in range(0, shifts, SHARE * threads):
            last = min(first + SHARE * threads, shifts)
            group = [range(at, min(at + SHARE, last)) for at in range(first, last, SHARE)]
            for numbers, (more, hits) in zip(group, pool.map(share, group), strict=True):
                sums += more
                reached += hits
                advance(len(numbers))
    p = two_sided(count, expected, sums / shifts, reached, shifts)
    low, high = _jackknife(stack, count, expected)
    return Measured(count, known, expected, low, high, p, shifts)


def _distances(layer: Layer, shifts: int, seed: int) -> Counts:
    least = min(LEAST_SHIFT, layer.size // 4)
    rng = np.random.default_rng([seed, zlib.crc32(layer.name.encode()), layer.start, layer.end])
    return rng.integers(least, layer.size - least + 1, shifts)


def _whole(stack: Stack) -> Iterator[tuple[int, Piece]]:
    for layer in range(len(stack.layers)):
        yield layer, next(stack.pieces(layer, [stack.layers[layer].size]))


def _observed(stack: Stack, heard: NDArray[np.bool_]) -> tuple[Counts, Reals, Counts]:
    shape = (stack.n_classes, len(stack.lengths))
    count, known, expected = np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape)
    for layer, piece in _whole(stack):
        count[:, piece.ids] += piece.hits
        known[np.ix_(heard[:, layer], piece.ids)] += piece.words
        expected[:, piece.ids] += np.outer(piece.letters / piece.size, piece.words)
    return count, expected, known


@kernel(nogil=True)
def _add(shifted, count, expected, sums, reached):  # type: ignore[no-untyped-def]
    """Add one shift: second and third moments about the mean; whether it reaches the count from each side."""
    for one in range(shifted.shape[0]):
        for word in range(shifted.shape[1]):
            off = shifted[one, word] - expected[one, word]
            sums[0, one, word] += off * off
            sums[1, one, word] += off * off * off
            reached[0, one, word] += shifted[one, word] >= count[one, word]
            reached[1, one, word] += shifted[one, word] <= count[one, word]


def two_sided(count: Counts, expected: Reals, moments: Reals, reached: Counts, shifts: int) -> Reals:
    """P of counts under shifts; see `measure`.

    Parameters
    ----------
    count, expected : [...]
        As observed, and the mean over all shifts.
    moments : float64[2, ...]
        Second and third moments about that mean.
    reached : int64[2, ...]
        Shifts with a count as large at least; as small at least.
    shifts : int
        How many.
    """
    spread = np.sqrt(moments[0])
    scale = np.where(spread > 0, spread, 1)
    skew = moments[1] / scale**3
    sides = []
    for side, number in zip((1, -1), reached, strict=True):
        tail = pearson_tail((side * (count - expected) - 0.5) / scale, np.maximum(side * skew, 0))
        exact = (1 + number) / (1 + shifts)
        sides.append(np.where((number == 0) & (spread > 0), np.minimum(tail, exact), exact))
    return np.asarray(np.clip(2 * np.minimum(*sides), SMALLEST, 1), np.float64)


def pearson_tail(z: Reals, skew: Reals) -> Reals:
    """Upper tail at ``z`` of the standardised Pearson type III distribution of skewness 0 or more."""
    skewed = skew > 1e-3
    shape = 4 / np.where(skewed, skew, 1) ** 2
    gamma = gammaincc(shape, np.maximum(shape + z * np.sqrt(shape), 0))
    return np.asarray(np.where(skewed, gamma, ndtr(-z)), np.float64)


def _jackknife(stack: Stack, count: Counts, expected: Reals) -> tuple[Reals, Reals]:
    """Interval of count / expected, each block left out once, of the words and of the annotation."""
    borders = stack.blocks()
    first, second = np.zeros_like(expected), np.zeros_like(expected)
    level = np.log(count + 0.5)
    for fewer, less in _left_out(stack, borders):
        rest = np.maximum(1 - less / np.where(expected > 0, expected, 1), 1e-9)
        off = np.log(count - fewer + 0.5) - level - np.log(rest)
        first += off
        second += off * off
    blocks = len(borders) - 1
    error = np.sqrt((blocks - 1) / blocks * np.maximum(second - first**2 / blocks, 0))
    reach = np.exp(float(stdtrit(blocks - 1, 0.975)) * np.minimum(error, 50))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = count / expected
        return ratio / reach, np.where(count > 0, ratio * reach, 3 / expected)


def _left_out(stack: Stack, borders: Counts) -> Iterator[tuple[Counts, Reals]]:
    """For each block: the count that it holds, and by how much less is expected without it."""
    shape = (stack.n_classes, len(stack.lengths))
    fewer, less, block, offset = np.zeros(shape, np.int64), np.zeros(shape), 0, 0
    for layer, whole in _whole(stack):
        inside = borders[(borders > offset) & (borders < offset + whole.size)] - offset
        ends = [*inside.tolist(), whole.size]
        for end, piece in zip(ends, stack.pieces(layer, ends), strict=True):
            fewer[:, piece.ids] += piece.hits
            less[:, piece.ids] += np.outer(whole.letters / whole.size, whole.words)
            if piece.size < whole.size:
                rest = (whole.letters - piece.letters) / (whole.size - piece.size)
                less[:, piece.ids] -= np.outer(rest, whole.words - piece.words)
            if offset + end >= borders[block + 1]:
                yield fewer, less
                fewer, less, block = np.zeros_like(fewer), np.zeros_like(less), block + 1
        offset += whole.size
