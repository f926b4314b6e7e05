"""Look the seeds of a query up in the index.

The cost depends on the number of seed hits and not on the genome size. Hits are limited to a budget, rarest
seeds first, so a query from a high-copy repeat costs no more than any other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genomebook.compiled import kernel
from genomebook.search.alignment.order import ascending
from genomebook.search.alignment.seeds import WIDE, Seeds, item, seed_in
from genomebook.search.schema import SEEDS
from genomebook.search.text import damaged

BUDGET = {1: 30_000, 2: 250_000}
"""Maximum seed hits per strand for queries up to `SHORT` bases, by step; longer ones get proportionally more.

Where only some positions are listed, the few that tell are among more that are chance.
"""

SHORT = 400

_DIAGONAL_BITS = 11
QUERY_BITS = 14


@kernel(nogil=True)
def _seeds_of(codes, masked, span, tables):  # type: ignore[no-untyped-def]
    """Seeds of a query and their starts, without those that cover a masked position."""
    n = codes.shape[0]
    seeds = np.empty(max(n - span + 1, 0), np.int64)
    at = np.empty(max(n - span + 1, 0), np.int64)
    window = np.int64(0)
    clean = count = 0
    for i in range(n):
        window = (window >> 2) | (np.int64(codes[i] & 3) << (2 * (span - 1)))
        clean = 0 if masked[i] or codes[i] > 3 else clean + 1
        if clean >= span:
            seeds[count] = seed_in(window, tables)
            at[count] = i - span + 1
            count += 1
    return seeds[:count], at[:count]


@kernel(nogil=True)
def _chosen(seeds, offsets, most, budget):  # type: ignore[no-untyped-def]
    """Number of items to use of each seed, rarest first, within the budget.

    A single -1 if the offsets do not ascend or exceed the ``most`` items of the index.
    """
    counts = np.empty(seeds.shape[0], np.int64)
    for i in range(seeds.shape[0]):
        counts[i] = np.int64(offsets[seeds[i] + 1]) - np.int64(offsets[seeds[i]])
        if counts[i] < 0 or offsets[seeds[i] + 1] > most:
            return np.full(1, -1, np.int64)
    if counts.sum() <= budget:
        return counts
    left = budget
    for i in ascending(counts.reshape(-1, 1), np.int64(0), np.int64(1)):
        counts[i] = min(counts[i], left)
        left -= counts[i]
    return counts


@kernel(nogil=True)
def hits_of(seeds, at, counts, index, length, end):  # type: ignore[no-untyped-def]
    """Seed hits as int64 keys (diagonal << 14 | query position), sorted.

    A single -1 if a position is not below ``end``.
    """
    offsets, places, _, _, step = index
    keys = np.empty(counts.sum(), np.int64)
    n = np.int64(0)
    for i in range(seeds.shape[0]):
        j = 3 * np.int64(offsets[seeds[i]])
        last = j + 3 * counts[i]
        place = np.int64(0)
        while j < last:
            distance = item(places, j)
            j += 3
            if distance >= WIDE:
                if j == last:
                    break
                distance = ((distance - WIDE) << 24) | item(places, j)
                j += 3
            place += step * distance
            if place >= end:
                return np.full(1, -1, np.int64)
            keys[n] = ((place - at[i] + length) << QUERY_BITS) | at[i]
            n += 1
    keys = keys[:n]
    other = np.empty(n, np.int64)
    for digit in range(3):  # of the diagonal, 33 bits: a stable sort keeps the order of query positions
        shift = QUERY_BITS + digit * _DIAGONAL_BITS
        edges = np.zeros((1 << _DIAGONAL_BITS) + 1, np.int64)
        for key in keys:
            edges[((key >> shift) & ((1 << _DIAGONAL_BITS) - 1)) + 1] += 1
        for value in range(1 << _DIAGONAL_BITS):
            edges[value + 1] += edges[value]
        for key in keys:
            d = (key >> shift) & ((1 << _DIAGONAL_BITS) - 1)
            other[edges[d]] = key
            edges[d] += 1
        keys, other = other, keys
    return keys


@kernel(nogil=True)
def _looked_up(codes, masked, index, budget):  # type: ignore[no-untyped-def]
    """Seeds of a query, their starts, and the number of items to use of each."""
    offsets, places, tables, span, _ = index
    seeds, at = _seeds_of(codes, masked, span, tables)
    return seeds, at, _chosen(seeds, offsets, places.shape[0] // 3, budget)


def selected(
    codes: NDArray[np.uint8], masked: NDArray[np.bool_], seeds: Seeds
) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]], bool]:
    """Seeds of a query, their starts, the items to use of each, checked; and whether these are all."""
    budget = BUDGET[min(seeds.step, 2)] * max(1, len(codes) // SHORT)
    seed_ids, _, counts = chosen = _looked_up(codes, masked, seeds.compiled, budget)
    if len(counts) and counts[0] < 0:
        raise damaged(seeds.folder / SEEDS, "places that do not ascend")
    seeds.check(seed_ids, counts)
    return chosen, int(counts.sum()) < budget
