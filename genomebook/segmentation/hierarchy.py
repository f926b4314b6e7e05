"""Sections, chapters and parts: contiguous clusters of paragraphs with similar words.

Paragraphs are represented by a fixed random projection of word counts and clustered by Ward's method (1963),
joining only neighbours (Grimm 1987). Parts of about 10 Mb end at the strongest paragraph boundary near an
even division; sections and chapters are formed within a part, so memory does not grow with the volume.
"""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

from genomebook.compiled import kernel

LETTERS_PER_PART = 10_000_000
"""Approximate bases in a part."""

PARAGRAPHS_PER_SECTION = 30
SECTIONS_PER_CHAPTER = 13
"""As in the published first 10 Mb: 15,238 paragraphs, 503 sections, 38 chapters."""

DIMENSIONS = 32


def projection(n_ids: int) -> NDArray[np.int8]:
    """Give every word a fixed direction.

    Parameters
    ----------
    n_ids : int
        Size of the vocabulary.

    Returns
    -------
    int8[n_ids, DIMENSIONS]
        Entries -1 and 1 that depend only on the id; 0 for ids under 16, which are not words.
    """
    signs = (
        np.random.Generator(np.random.PCG64(20250116)).integers(0, 2, (n_ids, DIMENSIONS), np.int8) * 2 - 1
    )
    signs[:16] = 0
    return signs.astype(np.int8)


@kernel(nogil=True)
def _cost(a, b, mean, size):  # type: ignore[no-untyped-def]
    distance = 0.0
    for d in range(mean.shape[1]):
        distance += (mean[a, d] - mean[b, d]) ** 2
    return distance * size[a] * size[b] / (size[a] + size[b])


@kernel(nogil=True)
def join_neighbours(profile, weight, wanted, largest):  # type: ignore[no-untyped-def]
    """Join neighbours of a chain until the wanted number of clusters is left.

    Parameters
    ----------
    profile : float64[n, d]
        One row per item, in order.
    weight : float64[n]
        Words of each item, so that short ones do not stay alone.
    wanted : int
        Number of clusters to stop at; more remain if all joins would exceed ``largest``.
    largest : int
        Most items in a cluster.

    Returns
    -------
    int64[k]
        End (exclusive) of each cluster, ascending.
    """
    n = profile.shape[0]
    mean = profile.copy()
    size = weight.copy()
    items = np.ones(n, np.int64)
    follower = np.arange(1, n + 1)
    leader = np.arange(-1, n - 1)
    version = np.zeros(n, np.int64)
    heap = [(0.0, 0, 0, 0, 0) for _ in range(0)]
    for a in range(n - 1):
        heapq.heappush(heap, (_cost(a, a + 1, mean, size), a, a + 1, 0, 0))
    left = n
    while left > wanted and len(heap) > 0:
        _, a, b, version_a, version_b = heapq.heappop(heap)
        if version[a] != version_a or version[b] != version_b or items[a] + items[b] > largest:
            continue
        for d in range(mean.shape[1]):
            mean[a, d] = (mean[a, d] * size[a] + mean[b, d] * size[b]) / (size[a] + size[b])
        size[a] += size[b]
        items[a] += items[b]
        version[a] += 1
        version[b] = -1
        follower[a] = follower[b]
        if follower[a] < n:
            leader[follower[a]] = a
            heapq.heappush(
                heap, (_cost(a, follower[a], mean, size), a, follower[a], version[a], version[follower[a]])
            )
        if leader[a] >= 0:
            heapq.heappush(
                heap, (_cost(leader[a], a, mean, size), leader[a], a, version[leader[a]], version[a])
            )
        left -= 1
    ends = np.empty(left, np.int64)
    a = 0
    for cluster in range(left):
        a = follower[a]
        ends[cluster] = a
    return ends


def clusters(profile: NDArray[np.float64], weight: NDArray[np.int64], per_cluster: int) -> NDArray[np.int64]:
    """Divide a chain into clusters of a mean size, smaller in short chains to give small books chapters.

    Parameters
    ----------
    profile : float64[n, d]
        One row per item.
    weight : int64[n]
        Words of each item.
    per_cluster : int
        Mean number of items, or the square root of n if that is less; the maximum is four times as many.

    Returns
    -------
    int64[k]
        End of each cluster.
    """
    n = len(profile)
    if n == 0:
        return np.empty(0, np.int64)
    wanted = max(round(n / per_cluster), int(np.sqrt(n)), 1)
    weights = np.maximum(weight, 1).astype(np.float64)
    ends: NDArray[np.int64] = join_neighbours(np.ascontiguousarray(profile), weights, wanted, 4 * per_cluster)
    return ends


def part_ends(
    length: int, starts: NDArray[np.int64], strength: NDArray[np.float32], size: int = LETTERS_PER_PART
) -> NDArray[np.int64]:
    """Find the ends of parts: the strongest paragraph boundary within 5 % of a part of an even division.

    If that range lies in a gap, the part ends with the gap.

    Parameters
    ----------
    length : int
        Bases of the volume.
    starts : int64[n]
        Start of each paragraph, ascending.
    strength : float32[n]
        Strength of the boundary that closes each paragraph, infinite before a gap.

    Returns
    -------
    int64[k]
        Number of paragraphs before the end of each part; the last is n. Empty parts are left out.
    """
    n_parts = max(1, round(length / size))
    ends = []
    for part in range(1, n_parts):
        middle = length * part / n_parts
        first, last = np.searchsorted(starts, [middle - size / 20, middle + size / 20])
        if last > first >= 1:
            ends.append(int(first + np.argmax(strength[first - 1 : last - 1])))
        elif 1 <= first < len(starts):  # in a large gap
            ends.append(int(first))
    return np.unique(np.array([*ends, len(starts)], np.int64))
