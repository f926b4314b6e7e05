"""How much of an embedding or a map is explained by frequency, composition and length.

R-squared of a linear regression with an intercept; of several columns together it is the share of their total
variance. Intervals are expanded percentiles of a bootstrap over points, moved by its bias: drawing points
twice makes every fit look better, by as much as the mean of the draws is above the figure.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from genomebook.stats import expanded

BOOTSTRAPS = 200


class _Products:
    """Cross-products of predictors and responses, each row weighted by how often it was drawn."""

    def __init__(
        self, x: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64] | None = None
    ) -> None:
        design = np.column_stack([np.ones(len(x)), x])
        weighted = design if weights is None else design * weights[:, None]
        self._gram = weighted.T @ design
        self._cross = weighted.T @ y
        squares = np.einsum("ij,ij->i", y, y)
        self._squares = float(squares.sum() if weights is None else squares @ weights)

    def explained(self, columns: list[int]) -> float:
        """R-squared of some predictors, counted from 0."""
        mean = float((self._cross[0] ** 2).sum() / self._gram[0, 0])
        total = self._squares - mean
        if total <= 0:
            return 0.0
        kept = [0, *(column + 1 for column in columns)]
        gram, cross = self._gram[np.ix_(kept, kept)], self._cross[kept]
        fitted = float((cross * (np.linalg.pinv(gram, hermitian=True) @ cross)).sum())
        return (fitted - mean) / total


def r_squared(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Share of the total variance of y [n, d] that a linear regression on x [n, p] explains."""
    x, y = _standard(x), y - y.mean(0)
    return _Products(x, y).explained(list(range(x.shape[1])))


def _standard(x: NDArray[np.float64]) -> NDArray[np.float64]:
    spread = x.std(0)
    scaled: NDArray[np.float64] = (x - x.mean(0)) / np.where(spread > 0, spread, 1)
    return scaled


def variance_explained(
    predictors: dict[str, NDArray[np.float64]],
    y: NDArray[np.floating],
    *,
    bootstraps: int = BOOTSTRAPS,
    seed: int = 0,
) -> dict[str, Any]:
    """Explain the rows of y by each predictor and by all.

    Parameters
    ----------
    predictors : dict of str to float64[n]
        By name.
    y : float[n, d]
        An embedding, or the two axes of a map.
    bootstraps, seed : int
        Draws of points for the intervals; what decides them.

    Returns
    -------
    dict
        ``together``, and by predictor ``alone`` and ``unique`` (what is lost when only it is left out), each
        as [R-squared, low, high] with a 95 % interval; ``points``, the number of rows.
    """
    names = list(predictors)
    x = _standard(np.column_stack([predictors[name] for name in names]))
    values = np.asarray(y, np.float64)
    values = values - values.mean(0)
    whole = _shares(_Products(x, values), len(names))
    random = np.random.Generator(np.random.PCG64(seed))
    drawn = np.array(
        [
            _shares(
                _Products(x, values, random.multinomial(len(x), [1 / len(x)] * len(x)).astype(float)),
                len(names),
            )
            for _ in range(bootstraps)
        ]
    )
    bias = drawn.mean(0) - whole
    low, high = (np.maximum(end - bias, 0) for end in expanded(drawn, len(x)))
    rows = [[round(float(v), 5) for v in row] for row in zip(whole, low, high, strict=True)]
    out: dict[str, Any] = {"points": len(x), "together": rows[0]}
    for number, name in enumerate(names):
        out[name] = {"alone": rows[1 + 2 * number], "unique": rows[2 + 2 * number]}
    return out


def _shares(products: _Products, count: int) -> list[float]:
    """All together, then each predictor alone and its unique share."""
    together = products.explained(list(range(count)))
    out = [together]
    for number in range(count):
        others = [other for other in range(count) if other != number]
        out += [products.explained([number]), together - products.explained(others)]
    return out
