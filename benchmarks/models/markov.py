"""The trivial bar: boundaries at the largest change of mean surprisal under a Markov model of letters.

The probability of a letter is that of the context of `ORDER` letters, mixed with those of all shorter ones,
in one of two ways: with a weight that counts as so many occurrences of the context, so that frequent contexts
are trusted more, or with the same share for every context.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.compiled import kernel
from genomebook.genome.stretches import prefix_sums
from genomebook.language.alphabet import CODE, NOT_BASE
from genomebook.models.letters import count_kmers

ORDER = 12
REACH = 200
"""Letters on each side whose mean surprisal is compared."""


class Mixing(NamedTuple):
    """How an order falls back on the one below: ``weight`` occurrences, or a share of it if ``constant``."""

    weight: float
    constant: bool = False

    def __str__(self) -> str:
        return f"{self.weight:g} of every context" if self.constant else f"{self.weight:g} occurrences"


@kernel(nogil=True)
def _surprisal(codes, cost, size, out):  # type: ignore[no-untyped-def]
    mask = (1 << (2 * size)) - 1
    forward = held = 0
    for i in range(codes.shape[0]):
        if codes[i] >= NOT_BASE:
            held = 0
            continue
        forward = ((forward << 2) | codes[i]) & mask
        held += 1
        if held >= size:
            out[i] = cost[forward]


@kernel(nogil=True)
def _spaced(order, size, space, number):  # type: ignore[no-untyped-def]
    """Take places in the given order, none nearer than ``space`` to one that was taken."""
    barred = np.zeros(size, np.bool_)
    found = np.empty(number, np.int64)
    n = 0
    for place in order:
        if n == number:
            break
        if not barred[place]:
            found[n] = place
            n += 1
            barred[max(0, place - space + 1) : place + space] = True
    return found[:n]


def count(sequences: Iterable[NDArray[np.uint8]], size: int = ORDER + 1) -> NDArray[np.int32]:
    """Count the k-mers of sequences (ASCII letters), both strands: int32[4**size]."""
    counts = np.zeros(4**size, np.int32)
    for letters in sequences:
        count_kmers(CODE[letters], size, counts)
    return counts


def costs(counts: NDArray[np.int32], mixing: Mixing) -> NDArray[np.float32]:
    """Bits of the last letter of each k-mer after those before it: float32[4**k] from int32[4**k]."""
    levels = [counts.reshape(-1, 4)]
    while len(levels[-1]) > 1:
        levels.append(levels[-1].reshape(4, -1, 4).sum(axis=0, dtype=np.int32))
    p = np.full((1, 4), 0.25, np.float32)
    for level in reversed(levels):
        below = np.tile(p, (len(level) // len(p), 1))
        seen, weight = level.astype(np.float32), np.float32(mixing.weight)
        total = seen.sum(axis=1, keepdims=True)
        if mixing.constant:
            below *= np.where(total > 0, weight, np.float32(1))
            seen *= (1 - weight) / np.maximum(total, 1)
            p = seen + below
        else:
            p = (seen + weight * below) / (total + weight)
    bits: NDArray[np.float32] = -np.log2(p).ravel()
    return bits


def surprisal(letters: NDArray[np.uint8], cost: NDArray[np.float32]) -> NDArray[np.float64]:
    """Bits of each letter, read from the left: float64[n]; NaN where its context is not all bases."""
    out = np.full(len(letters), np.nan)
    _surprisal(CODE[letters], cost, (len(cost).bit_length() - 1) // 2, out)
    return out


def change(bits: NDArray[np.float64], reach: int = REACH) -> NDArray[np.float64]:
    """How much the mean surprisal of ``reach`` letters on both sides differs.

    Returns
    -------
    float64[n + 1]
        In bits, for the place before each letter and the one after the last; 0 where less than half of the
        letters of a side are known.
    """
    known = prefix_sums(np.isfinite(bits))
    total = prefix_sums(np.nan_to_num(bits), np.float64)
    at = np.arange(len(bits) + 1)
    low, high = np.maximum(at - reach, 0), np.minimum(at + reach, len(bits))
    before, after = known[at] - known[low], known[high] - known[at]
    left = (total[at] - total[low]) / np.maximum(before, 1)
    right = (total[high] - total[at]) / np.maximum(after, 1)
    differs: NDArray[np.float64] = np.abs(right - left)
    differs[np.minimum(before, after) < reach / 2] = 0
    return differs


def one_per(differs: NDArray[np.float64], size: int) -> NDArray[np.int64]:
    """Place of the largest change in each stretch of ``size`` letters; none in one without any."""
    m = len(differs) // size
    stretches = differs[: m * size].reshape(m, size)
    places = np.arange(m) * size + stretches.argmax(axis=1)
    found: NDArray[np.int64] = places[stretches.max(axis=1) > 0].astype(np.int64)
    return found


def largest(differs: NDArray[np.float64], number: int, space: int = REACH) -> NDArray[np.int64]:
    """Places of the largest changes anywhere, ``space`` letters apart at least, ascending: the harder bar."""
    order = np.argsort(-differs, kind="stable")
    found: NDArray[np.int64] = np.sort(_spaced(order, len(differs), space, number))
    return found
