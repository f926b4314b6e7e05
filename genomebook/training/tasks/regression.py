"""Logistic regression as every linear rule is fitted."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

ITERATIONS = 200
"""Of L-BFGS, at most."""


def regression(
    matrix: Any, labels: NDArray[Any], penalty: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Fit weights by L-BFGS, which gives the same in each run.

    Parameters
    ----------
    matrix : array or sparse matrix, [n, features]
        Features, each of about the same scale.
    labels : int[n]
        Two or more kinds.
    penalty : float
        C of scikit-learn: the inverse strength of the penalty on squared weights.

    Returns
    -------
    float32[features, columns], float32[columns]
        Weights and bias: one column for two labels, else one a label. The weights have half precision, in
        which they are stored.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # what is left to gain is below the noise
        model = LogisticRegression(C=penalty, max_iter=ITERATIONS).fit(matrix, labels)
    weights = np.clip(model.coef_.T, -60_000, 60_000).astype(np.float16)
    return weights.astype(np.float32), np.asarray(model.intercept_, np.float32)


def scaled_regression(
    features: NDArray[np.float32], labels: NDArray[Any], penalty: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Fit weights of features that are brought to one scale for the penalty; see `regression`.

    Parameters
    ----------
    features : float32[n, features]
        On any scale.
    labels, penalty
        As for `regression`.

    Returns
    -------
    float32[features, columns], float32[columns]
        Weights and bias for the features as they are.
    """
    mean, scale = features.mean(0), np.maximum(features.std(0), 1e-3)
    table, bias = regression((features - mean) / scale, labels, penalty)
    table = (table / scale[:, None]).astype(np.float32)
    return table, (bias - mean @ table).astype(np.float32)
