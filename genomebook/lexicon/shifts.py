"""How often words lie in classes of annotation, beside circular shifts of the annotation.

A word is in a class when its middle letter is. Each circular shift moves the classes of a volume by one
distance against its words, over the letters that are in no gap, so that the words, their order, and the
lengths of what is annotated stay and only the one's places in the other go.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genomebook import stats
from genomebook.compiled import kernel
from genomebook.files.progress import Advance, no_progress
from genomebook.lexicon.layers import Piece, Stack, fold

MIN_SHIFTS = 200
"""Shifts of the largest book; the variance of counts under shifts is then known to a tenth."""

WORK = 400_000_000_000
"""Words times shifts; a larger book has fewer shifts."""

SHIFTS_PER_TASK = 25
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
    """Number of circular shifts for a book of this many words."""
    return max(MIN_SHIFTS, min(stats.SHIFTS, WORK // max(words, 1)))


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
        Circular shifts of each volume, by `stats.MIN_SHIFT` letters or more; see `shifts_for`.
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
    The mean over all circular shifts needs no drawing: each word visits each place once. p is that of
    `genomebook.stats.two_sided_p`. The interval is that of a delete-one-block jackknife of the log ratio over
    `Stack.blocks`, since a bootstrap of every word in every class is not affordable; half a count is added,
    and a count of none has the bound 3 / expected.
    """
    count, expected, known = _observed(stack, heard)
    by = [
        stats.shift_distances(layer.size, shifts, stats.generator(seed, layer.name, layer.start, layer.end))
        for layer in stack.layers
    ]
    sums = np.zeros((2, *expected.shape))
    reached = np.zeros((2, *expected.shape), np.int64)

    def share(numbers: range) -> tuple[Reals, Counts]:
        more, hits = np.zeros_like(sums), np.zeros_like(reached)
        counts = stack.empty()
        for number in numbers:
            counts[:] = 0
            for layer in range(len(stack.layers)):
                stack.count(layer, int(by[layer][number]), counts)
            _add(fold(counts, stack.members), count, expected, more, hits)
        return more, hits

    with ThreadPoolExecutor(threads) as pool:
        for first in range(0, shifts, SHIFTS_PER_TASK * threads):
            last = min(first + SHIFTS_PER_TASK * threads, shifts)
            group = [range(at, min(at + SHIFTS_PER_TASK, last)) for at in range(first, last, SHIFTS_PER_TASK)]
            for numbers, (more, hits) in zip(group, pool.map(share, group), strict=True):
                sums += more
                reached += hits
                advance(len(numbers))
    p = stats.two_sided_p(count, expected, sums / shifts, reached, shifts)
    low, high = _jackknife(stack, count, expected)
    return Measured(count, known, expected, low, high, p, shifts)


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
    for label in range(shifted.shape[0]):
        for word in range(shifted.shape[1]):
            off = shifted[label, word] - expected[label, word]
            sums[0, label, word] += off * off
            sums[1, label, word] += off * off * off
            reached[0, label, word] += shifted[label, word] >= count[label, word]
            reached[1, label, word] += shifted[label, word] <= count[label, word]


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
    reach = np.exp(stats.jackknife_margin(first, second, blocks))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = count / expected
        return ratio / reach, np.where(count > 0, ratio * reach, 3 / expected)


def _left_out(stack: Stack, borders: Counts) -> Iterator[tuple[Counts, Reals]]:
    """For each block: its count, and the decrease of the expected count without it."""
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
