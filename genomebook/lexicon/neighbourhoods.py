"""Names of neighbourhoods of a map: classes of its points that stand together more often than by chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage, stats

LEVELS = (3, 4, 5)
"""A level divides the square of a map into 2^level by 2^level cells; a nearer view shows a finer one."""

MIN_POINTS, MIN_SHARE, MIN_TIMES = 8, 0.25, 2.0
"""Smallest number of points of a cell, share of a class among them, and ratio to its share on the map."""

LEVEL_OF_SIGNIFICANCE = 0.01
"""Family-wise over the cells and classes of a level (Bonferroni)."""


class Neighbourhood(NamedTuple):
    """A part of a map where a class is frequent.

    Attributes
    ----------
    x, y : float
        Mean place of the points of the class there.
    level : int
        Of `LEVELS`.
    name : str
        The class.
    points, of : int
        Points of the class, and all points, in the cells of the neighbourhood.
    """

    x: float
    y: float
    level: int
    name: str
    points: int
    of: int


def neighbourhoods(
    x: NDArray[np.floating], y: NDArray[np.floating], classes: pd.Series, ignored: Sequence[str] = ()
) -> list[Neighbourhood]:
    """Find the neighbourhoods of a map.

    Parameters
    ----------
    x, y : float[n]
        Places, from -1 to 1.
    classes : Series of str
        Class of each point.
    ignored : sequence of str
        Classes that name nothing.

    Returns
    -------
    list of Neighbourhood
        By level, the largest first. A cell is of the class with the smallest p (binomial, one-sided, against
        the share of the class on the whole map) among those that pass; touching cells of one class are one
        neighbourhood. The order of classes on the map does not matter; without a class that clusters, such as
        on a map of noise, the list is empty.
    """
    codes, names = pd.factorize(classes, sort=True)
    named = [code for code, name in enumerate(names) if name not in ignored]
    if not named or not len(codes):
        return []
    found: list[Neighbourhood] = []
    for level in LEVELS:
        size = 2**level
        column = np.clip(((np.asarray(x, float) + 1) / 2 * size).astype(int), 0, size - 1)
        row = np.clip(((np.asarray(y, float) + 1) / 2 * size).astype(int), 0, size - 1)
        counts = np.zeros((len(names) + 1, size, size), np.int64)
        np.add.at(counts, (codes, row, column), 1)  # a missing class is the last
        of_cell = _classes_of_cells(counts, named)
        here: list[Neighbourhood] = []
        for code in np.unique(of_cell[of_cell >= 0]).tolist():
            parts, number = ndimage.label(of_cell == code, np.ones((3, 3)))
            for part in range(1, number + 1):
                inside = (parts == part)[row, column]
                own = inside & (codes == code)
                here.append(
                    Neighbourhood(
                        float(np.mean(x[own])), float(np.mean(y[own])), level, str(names[code]),
                        int(own.sum()), int(inside.sum()),
                    )
                )  # fmt: skip
        found += sorted(here, key=lambda each: (-each.points, each.name, each.x))
    return found


def _classes_of_cells(counts: NDArray[np.int64], named: Sequence[int]) -> NDArray[np.int64]:
    """Class of each cell, int64[size, size]; -1 for none."""
    totals = counts.sum(0)
    chance = counts.sum((1, 2)) / max(1, totals.sum())
    tests = max(1, int((totals >= MIN_POINTS).sum()) * len(named))
    best = np.full(totals.shape, LEVEL_OF_SIGNIFICANCE / tests)
    of_cell = np.full(totals.shape, -1, np.int64)
    for code in named:
        share = counts[code] / np.maximum(totals, 1)
        passes = (totals >= MIN_POINTS) & (share >= MIN_SHARE) & (share >= MIN_TIMES * chance[code])
        p = stats.binom.sf(counts[code] - 1, totals, chance[code])
        better = passes & (p < best)
        best[better], of_cell[better] = p[better], code
    return of_cell
