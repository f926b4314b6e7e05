"""Fitting logistic regression on words: shape and strength of the penalty chosen on the dev split."""

from __future__ import annotations

from functools import partial

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from genomebook.tasks.rules.kmers import KmerRule, WordCounter, WordShape
from genomebook.training.tasks.data import FittingData

PLAIN = tuple(("1" * k,) for k in range(1, 7))
"""Masks of k-mers, k = 1 to 6."""

CUMULATIVE = (tuple("1" * k for k in range(1, 7)),)
"""Masks of all k-mers up to 6 at once."""

PENALTIES = (0.3, 1.0, 3.0, 10.0)
"""C of scikit-learn, for features of unit length a sequence."""


def fit(data: FittingData) -> KmerRule:
    """Fit a rule: masks first, then strands, bins, weighting, and the penalty, each by the dev split."""
    best = WordShape(("111111",))
    choose = partial(_choose, data)
    best = choose([msgspec.structs.replace(best, masks=masks) for masks in (*PLAIN, *CUMULATIVE)])
    strands = msgspec.structs.replace(best, both_strands=False)
    bins = [msgspec.structs.replace(shape, bins=n) for shape in (best, strands) for n in (1, 3, 5)]
    best = choose(bins)
    best = choose([msgspec.structs.replace(best, weighting=how) for how in ("log", "binary", "tf-idf")])
    rules = [_fitted(data, best, penalty) for penalty in PENALTIES]
    return max(rules, key=data.on_dev)


def _choose(data: FittingData, shapes: list[WordShape]) -> WordShape:
    """The shape whose rule is the best on the dev split; the first of equals."""
    return max(shapes, key=lambda shape: data.on_dev(_fitted(data, shape, 3.0)))


def _fitted(data: FittingData, shape: WordShape, penalty: float) -> KmerRule:
    """Fit the weights of a shape; they are rounded to half precision, as they are stored."""
    scale = _inverse_frequencies(shape, data.train.sequences) if shape.weighting == "tf-idf" else None
    counter = WordCounter(shape, scale)
    values, columns, first = counter.rows(data.train.sequences)
    matrix = csr_matrix((values, columns, first), (len(first) - 1, counter.features))
    model = _regression(penalty).fit(matrix, data.train.labels)
    table = np.asarray(model.coef_.T, np.float16)
    return KmerRule(shape, table, np.asarray(model.intercept_, np.float32), scale)


def _regression(penalty: float) -> LogisticRegression:
    """Logistic regression that gives the same weights in each run."""
    return LogisticRegression(C=penalty, solver="lbfgs", max_iter=200)


def _inverse_frequencies(shape: WordShape, sequences: list[str]) -> NDArray[np.float16]:
    """Inverse document frequency of each feature, smoothed as if one sequence more had all words."""
    counter = WordCounter(msgspec.structs.replace(shape, weighting="count"))
    _, columns, _ = counter.rows(sequences)
    frequencies = np.bincount(columns, minlength=counter.features)
    return np.asarray(np.log((1 + len(sequences)) / (1 + frequencies)) + 1, np.float16)
