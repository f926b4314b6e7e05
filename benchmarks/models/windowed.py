"""The published way to place boundaries (arXiv 2501.16982) over any scores: each window has its quota.

Text is cut into windows of `WINDOW` words, `OVERLAP` of them shared with the window before. Inside a window
a gap between words is a paragraph end when its probability is above the mean of the window's own 5 largest,
a sentence end when it is above the mean of the 15 largest. Windows are joined as they are, so that what they
share is printed twice.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WINDOW = 256
OVERLAP = 64
TOP = {"sentence": 15, "paragraph": 5}
"""Probabilities whose mean is the threshold of a window."""


class Printed(NamedTuple):
    """What the published way makes of a text.

    Attributes
    ----------
    per_window : int64[w]
        Ends in each window.
    marked : int64[k]
        Words after which any window has an end, 0-based, ascending: the overlap resolved to the union.
    twice : int
        Words that are printed twice.
    disputed : int
        Words of two windows, of which one has an end there and the other has none.
    """

    per_window: NDArray[np.int64]
    marked: NDArray[np.int64]
    twice: int
    disputed: int


def starts(n: int, first: int = 0) -> NDArray[np.int64]:
    """First words of the windows of a text of ``n`` words from word ``first`` on; the last one ends it."""
    step = WINDOW - OVERLAP
    return np.arange(first, max(first + 1, n - OVERLAP), step, dtype=np.int64)


def divide(odds: NDArray[np.float64], level: str, first: int = 0) -> Printed:
    """Place the ends of one level.

    Parameters
    ----------
    odds : float64[n]
        Log-odds of an end after each word, natural logarithm.
    level : str
        ``sentence`` or ``paragraph``.
    first : int
        Word at which the text, and the first window, begins.

    Returns
    -------
    Printed
        Words are numbered as in ``odds``, whatever ``first`` is.
    """
    n = len(odds)
    begins = starts(n, first)
    words = begins[:, None] + np.arange(WINDOW)
    there = words < n
    p = np.where(there, 1 / (1 + np.exp(-odds[np.minimum(words, n - 1)])), 0.0)
    best = -np.sort(-p, axis=1)[:, : TOP[level]]
    number = np.minimum(TOP[level], there.sum(axis=1))
    ends = (p > (best.sum(axis=1) / number)[:, None]) & there
    votes = np.bincount(words[ends], minlength=n)
    windows = np.bincount(words[there], minlength=n)
    return Printed(
        ends.sum(axis=1),
        np.flatnonzero(votes),
        int((windows > 1).sum()),
        int(((windows > 1) & (votes == 1)).sum()),
    )


def moved(one: NDArray[np.int64], other: NDArray[np.int64], after: int) -> float:
    """Share of the ends of two divisions, after a place, that only one of them has."""
    one, other = one[one > after], other[other > after]
    either = len(np.union1d(one, other))
    return len(np.setxor1d(one, other)) / either if either else 0.0
