"""Nearest words between two languages, corrected for hubs: CSLS (Conneau et al. 2018).

In many dimensions a few words, the hubs, are near to everything. Cross-domain similarity local scaling takes
from a cosine how near each of the two words is to the other language altogether:
``2 cos(x, y) - r_S(x) - r_T(y)``, where r is the mean cosine to the k nearest words of the other language.
Nothing here holds more than a block of the table of all pairs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genomebook.compiled import kernel

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]

NEAREST = 10
"""The k of the published r."""
ROWS_PER_BLOCK = 1024
"""Rows of the score table held in memory at once."""


def unit(vectors: NDArray[np.floating[Any]], centre: bool = True) -> Floats:
    """Centre the vectors of a script and scale each to unit length.

    Parameters
    ----------
    vectors : float[n, d]
        A row a word.
    centre : bool
        Whether to take the mean away.

    Returns
    -------
    float32[n, d]
        A row of zeros stays one.
    """
    rows = np.asarray(vectors, np.float64)
    rows = rows - rows.mean(axis=0) if centre else rows
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.where(norms > 0, norms, 1)).astype(np.float32)


def top(values: Floats, most: int) -> NDArray[np.intp]:
    """Columns of the highest values of each row, best first; of equal values the first column.

    Parameters
    ----------
    values : float32[n, m]
        Scores.
    most : int
        How many; all m when there are fewer.

    Returns
    -------
    intp[n, min(most, m)]
        Columns.
    """
    columns: NDArray[np.intp] = _top(values, min(most, values.shape[1]))
    return columns


@kernel(nogil=True)
def _top(values: Floats, most: int) -> NDArray[np.intp]:
    found = np.empty((len(values), most), np.intp)
    best = np.empty(most, np.float32)
    for row in range(len(values)):
        count = 0
        for column in range(values.shape[1]):
            value = values[row, column]
            if count == most and value <= best[most - 1]:
                continue
            count = min(count + 1, most)
            at = count - 1
            while at > 0 and best[at - 1] < value:
                best[at], found[row, at] = best[at - 1], found[row, at - 1]
                at -= 1
            best[at], found[row, at] = value, column
    return found


def _blocks(n: int, size: int) -> Iterator[slice]:
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def _mean_nearest(rows: Floats, others: Floats, k: int, block: int) -> Floats:
    """Mean cosine of each row to its k nearest others: float32[n]."""
    k = min(k, len(others))
    found = np.empty(len(rows), np.float32)
    for at in _blocks(len(rows), block):
        near = rows[at] @ others.T
        found[at] = np.take_along_axis(near, top(near, k), axis=1).mean(axis=1)
    return found


@dataclass(frozen=True)
class ScoreTable:
    """Scores between the words of two languages, computed block by block.

    Attributes
    ----------
    left, right : float32[n, d], float32[m, d]
        Words as rows of length 1.
    left_near, right_near : float32[n], float32[m]
        Hub correction of each word; 0 for plain cosines.
    block : int
        Rows held at once.
    """

    left: Floats
    right: Floats
    left_near: Floats
    right_near: Floats
    block: int = ROWS_PER_BLOCK

    @property
    def turned(self) -> ScoreTable:
        """The transposed table."""
        return ScoreTable(self.right, self.left, self.right_near, self.left_near, self.block)

    def scores(self, at: slice | Ids) -> Floats:
        """Scores of some left words with all right words: float32[len(at), m]."""
        found: Floats = self.left[at] @ self.right.T
        found *= 2
        found -= self.left_near[at, None]
        found -= self.right_near[None, :]
        return found

    def of(self, left: Ids, right: Ids) -> Floats:
        """Scores of pairs, word left[i] with word right[i]: float32[n]."""
        cosines = np.einsum("ij,ij->i", self.left[left], self.right[right])
        return np.asarray(2 * cosines - self.left_near[left] - self.right_near[right], np.float32)

    def blocks(self) -> Iterator[tuple[Ids, Floats]]:
        """Iterate over the table by blocks of left words: row numbers, float32[*, m]."""
        for at in _blocks(len(self.left), self.block):
            yield np.arange(at.start, at.stop), self.scores(at)

    def nearest(self, most: int) -> tuple[Ids, Floats]:
        """Best right words of every left one, best first: int64[n, most], and their scores."""
        ids, values = [], []
        for _, found in self.blocks():
            best = top(found, most)
            ids.append(best.astype(np.int64))
            values.append(np.take_along_axis(found, best, axis=1))
        return np.concatenate(ids), np.concatenate(values)

    def share_below(self, right: Ids) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Rank of a right word among all right words of each left word.

        Parameters
        ----------
        right : int64[n]
            A right word for each left one.

        Returns
        -------
        float64[n], float64[n]
            Share of the other right words that score lower with left word i than ``right[i]`` does; the mean
            of the same over all of ``right``, each put in the place of ``right[i]``.
        """
        own, all_of_them = [], []
        for at, found in self.blocks():
            places = np.empty(found.shape, np.int32)
            order = np.argsort(found, axis=1, kind="stable")
            np.put_along_axis(places, order, np.arange(found.shape[1], dtype=np.int32)[None], axis=1)
            own.append(places[np.arange(len(at)), right[at]])
            all_of_them.append(places[:, right].mean(axis=1))
        most = max(1, len(self.right) - 1)
        return np.concatenate(own) / most, np.concatenate(all_of_them) / most


def csls(left: Floats, right: Floats, k: int = NEAREST, block: int = ROWS_PER_BLOCK) -> ScoreTable:
    """Correct the cosines of two languages for hubs.

    Parameters
    ----------
    left, right : float32[n, d], float32[m, d]
        Rows of length 1 (`unit`).
    k : int
        Neighbours that r is the mean over.
    block : int
        Rows held at once: the memory is about ``5 * block * max(n, m)`` bytes twice.

    Returns
    -------
    ScoreTable
        Scores by block.

    References
    ----------
    Conneau et al. (2018), Word translation without parallel data, section 2.3.
    """
    return ScoreTable(
        left, right, _mean_nearest(left, right, k, block), _mean_nearest(right, left, k, block), block
    )


def cosines(left: Floats, right: Floats, block: int = ROWS_PER_BLOCK) -> ScoreTable:
    """Twice the plain cosines of two languages, uncorrected."""
    zeros = np.zeros
    return ScoreTable(left, right, zeros(len(left), np.float32), zeros(len(right), np.float32), block)


def occurrences(pair: ScoreTable, k: int = NEAREST) -> Ids:
    """Number of left words with each right word among their k nearest (N_k): int64[m]."""
    return np.bincount(pair.nearest(k)[0].ravel(), minlength=len(pair.right)).astype(np.int64)


def hubness(counts: Ids) -> float:
    """Skewness of N_k (`occurrences`): 0 without hubs, the higher the more (Radovanovic et al. 2010)."""
    away = counts - counts.mean()
    spread = float(np.sqrt((away**2).mean()))
    return float((away**3).mean() / spread**3) if spread else 0.0
