"""One-to-one assignment of the words of two languages with the highest sum of scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from genomebook.errors import GenomebookError
from genomebook.lexicon.csls import Floats, Ids, ScoreTable


@dataclass(frozen=True)
class Assignment:
    """Partners of the left words.

    Attributes
    ----------
    partner : int64[n]
        Right word of each left word; no two alike.
    score : float32[n]
        Score of each such pair.
    """

    partner: Ids
    score: Floats


def assign(pair: ScoreTable) -> Assignment:
    """Assign each left word a right word, one to one, with the highest sum of scores.

    Parameters
    ----------
    pair : ScoreTable
        Scores; n left words are no more than the m right ones. The table of all pairs is held, 8 n m bytes.

    Returns
    -------
    Assignment
        Exact, and the same for the same scores.

    Raises
    ------
    GenomebookError
        When there are more left words than right ones.

    References
    ----------
    Crouse (2016), On implementing 2D rectangular assignment algorithms, as in SciPy.
    """
    n, m = len(pair.left), len(pair.right)
    if n > m:
        raise GenomebookError(f"{n} words for {m} partners: not one to one; give more English")
    table = np.empty((n, m))
    for rows, scores in pair.blocks():
        table[rows] = scores
    left, right = linear_sum_assignment(table, maximize=True)
    return Assignment(right.astype(np.int64), pair.of(left, right))
