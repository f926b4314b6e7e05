"""Give every word of one language a word of its own in another, so that the sum of scores is the highest.

First only pairs are looked at in which one word is among the best of the other. The solution comes with a
price of every word; by the duality of linear programmes the prices say which other pairs could gain, and how
much at most. Those are added until none is left: the best over all pairs, without ever holding all of them.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from genomebook.compiled import kernel
from genomebook.errors import GenomebookError
from genomebook.lexicon.csls import Floats, Ids, Pair, candidates, top

CANDIDATES = 16
"""Best words of each word, in both directions, that are looked at first."""
ADDED = 16
"""Pairs that a word may gain in one round."""
ROUNDS = 50
"""Rounds at most."""
BIDS = 50
"""Bids for each word, in the mean, before paths are searched for those that still have none."""
TOLERANCE = 1e-6
"""A gain below this a word is none: scores are of single precision."""


@dataclass(frozen=True)
class Assignment:
    """Who belongs to whom.

    Attributes
    ----------
    partner : int64[n]
        Right word of each left word; no two alike.
    score : float32[n]
        Score of each such pair.
    pairs : int
        Pairs that were looked at in the end.
    rounds : int
        Times that it was solved.
    bound : float
        The sum of scores over all pairs is higher by this at most.
    """

    partner: Ids
    score: Floats
    pairs: int
    rounds: int
    bound: float


def assign(pair: Pair, most: int = CANDIDATES) -> Assignment:
    """Assign each left word a right word, one to one, with the highest sum of scores.

    Parameters
    ----------
    pair : Pair
        Scores; n left words are no more than the m right ones.
    most : int
        Candidates of each word to begin with.

    Returns
    -------
    Assignment
        The same for the same scores; of ways that are equally near, that over the lowest number is taken.

    Raises
    ------
    GenomebookError
        When there are more left words than right ones.
    """
    n, m = len(pair.left), len(pair.right)
    if n > m:
        raise GenomebookError(f"{n} words for {m} partners: not one to one; give more English")
    left, right, score = candidates(pair, most)
    left, right, score = _joined(pair, (left, right, score), *_spare(left, right, n, m))
    for rounds in range(1, ROUNDS + 1):
        partner, price, profit = solve(n, m, left, right, score)
        more_left, more_right, bound = _gains(pair, price, profit)
        if not len(more_left) or bound <= n * TOLERANCE or rounds == ROUNDS:
            break
        left, right, score = _joined(pair, (left, right, score), more_left, more_right)
    return Assignment(partner, pair.of(np.arange(n), partner), len(left), rounds, bound)


def _spare(left: Ids, right: Ids, n: int, m: int) -> tuple[Ids, Ids]:
    """Pairs that make the assignment complete: words left over by the largest matching, in order."""
    table = csr_array((np.ones(len(left), np.int8), (left, right)), shape=(n, m))
    matched = np.asarray(maximum_bipartite_matching(table, perm_type="column"), np.int64)
    alone = np.flatnonzero(matched < 0)
    free = np.setdiff1d(np.arange(m), matched[matched >= 0])
    return alone, free[: len(alone)]


def _joined(pair: Pair, known: tuple[Ids, Ids, Floats], left: Ids, right: Ids) -> tuple[Ids, Ids, Floats]:
    """Known and further pairs in order, each once."""
    m = len(pair.right)
    keys = np.concatenate([known[0] * m + known[1], left * m + right])
    kept, at = np.unique(keys, return_index=True)
    return kept // m, kept % m, np.concatenate([known[2], pair.of(left, right)])[at]


def _gains(pair: Pair, price: NDArray[np.float64], profit: NDArray[np.float64]) -> tuple[Ids, Ids, float]:
    """Pairs worth more than their prices say, the best `ADDED` of each left word, and the sum of the best."""
    lefts, rights, bound = [], [], 0.0
    for at, found in pair.blocks():
        found -= price.astype(np.float32)
        found -= profit[at].astype(np.float32)[:, None]
        rows = np.flatnonzero(found.max(axis=1) > TOLERANCE)
        best = top(found[rows], ADDED)
        gain = np.take_along_axis(found[rows], best, axis=1)
        bound += float(np.maximum(found.max(axis=1), 0).sum())
        lefts.append(np.repeat(at[rows], best.shape[1])[gain.ravel() > TOLERANCE])
        rights.append(best.ravel()[gain.ravel() > TOLERANCE].astype(np.int64))
    return np.concatenate(lefts), np.concatenate(rights), bound


def solve(
    n: int, m: int, left: Ids, right: Ids, score: Floats
) -> tuple[Ids, NDArray[np.float64], NDArray[np.float64]]:
    """Solve the assignment over given pairs exactly.

    Parameters
    ----------
    n, m : int
        Left and right words.
    left, right : int64[p]
        Pairs, in order of left words.
    score : float32[p]
        Their scores.

    Returns
    -------
    partner : int64[n]
        Right word of each left word.
    price, profit : float64[m], float64[n]
        Of right words (0 or more; 0 for those that are free) and left words: ``price + profit`` is the score
        of a chosen pair and not below that of any given one.

    Raises
    ------
    GenomebookError
        When the pairs allow no complete assignment.
    """
    edges = np.searchsorted(left, np.arange(n + 1)).astype(np.int64)
    partner, price, profit = _solve(edges, right.astype(np.int64), score.astype(np.float64), m)
    if len(lost := np.flatnonzero(partner < 0)):
        raise GenomebookError(
            f"word {lost[0]}: its candidates are all needed by others; give more candidates"
        )
    return partner, price, profit


@kernel(nogil=True)
def _bid(
    edges: Ids, right: Ids, score: NDArray[np.float64], price: NDArray[np.float64], partner: Ids, owner: Ids
) -> None:
    """Let words bid for their best partner what it is worth more than their second best (Bertsekas 1979).

    A word that is outbid bids again, `BIDS` times n in all; prices stay such that no word would change. What
    is left without a partner, a word that has no second choice or is torn between two, is for `_solve`.
    """
    n = len(edges) - 1
    waiting = np.arange(n)
    first, count = 0, n
    for _ in range(BIDS * n):
        if not count:
            break
        row = waiting[first]
        first, count = (first + 1) % n, count - 1
        best, second, at = -np.inf, -np.inf, -1
        for e in range(edges[row], edges[row + 1]):
            value = score[e] - price[right[e]]
            if value > best:
                best, second, at = value, best, right[e]
            elif value > second:
                second = value
        if second == -np.inf or (best == second and owner[at] >= 0):
            continue
        price[at] += best - second
        if owner[at] >= 0:
            partner[owner[at]] = -1
            waiting[(first + count) % n] = owner[at]
            count += 1
        partner[row], owner[at] = at, row


@kernel(nogil=True)
def _solve(
    edges: Ids, right: Ids, score: NDArray[np.float64], m: int
) -> tuple[Ids, NDArray[np.float64], NDArray[np.float64]]:
    """Shortest augmenting paths (Jonker and Volgenant 1987) with a heap; -1 where a word gets none."""
    n = len(edges) - 1
    price, profit = np.zeros(m), np.zeros(n)
    partner, owner = np.full(n, -1, np.int64), np.full(m, -1, np.int64)
    _bid(edges, right, score, price, partner, owner)
    for row in range(n):
        for e in range(edges[row], edges[row + 1]):
            if e == edges[row] or score[e] - price[right[e]] > profit[row]:
                profit[row] = score[e] - price[right[e]]
    far, back, done = np.full(m, np.inf), np.zeros(m, np.int64), np.zeros(m, np.bool_)
    for row in range(n):
        if partner[row] >= 0:
            continue
        heap = [(0.0, 0) for _ in range(0)]
        touched = [0 for _ in range(0)]
        i, walked, sink = row, 0.0, -1
        while sink < 0:
            for e in range(edges[i], edges[i + 1]):
                j = right[e]
                way = walked + profit[i] - (score[e] - price[j])
                if not done[j] and way < far[j]:
                    if far[j] == np.inf:
                        touched.append(j)
                    far[j], back[j] = way, i
                    heapq.heappush(heap, (way, j))
            while heap and done[heap[0][1]]:
                heapq.heappop(heap)
            if not heap:
                break
            walked, j = heapq.heappop(heap)
            done[j] = True
            if owner[j] < 0:
                sink = j
            i = owner[j]
        if sink >= 0:
            profit[row] -= walked
            for j in touched:
                if done[j] and j != sink:
                    price[j] += walked - far[j]
                    profit[owner[j]] -= walked - far[j]
            j, i = sink, -1
            while i != row:
                i = back[j]
                owner[j] = i
                partner[i], j = j, partner[i]
        for j in touched:
            far[j], done[j] = np.inf, False
    return partner, price, profit
