"""Fitting logistic regression on words: shape and strength of the penalty chosen on the dev split."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from genomebook.tasks.rules.kmers import KmerRule, WordCounter, WordShape
from genomebook.training.tasks.data import FittingData
from genomebook.training.tasks.regression import regression

PLAIN = tuple(("1" * k,) for k in range(1, 7))
"""Masks of k-mers, k = 1 to 6."""

CUMULATIVE = tuple("1" * k for k in range(1, 7))
"""Masks of all k-mers up to 6 at once."""

SHORT = CUMULATIVE[:4]
"""Those that are counted in narrow bins."""

PENALTIES = (0.3, 1.0, 3.0, 10.0)
"""C of scikit-learn, for features of unit length a sequence."""

CHOICE_LETTERS, LETTERS = 1_200_000, 3_500_000
"""Letters of the training split, at most, on which shapes are compared, and to which the rule is fitted."""

LETTERS_PER_BIN = 5
"""Of narrow bins, where all sequences have one length."""


def fit(data: FittingData) -> KmerRule:
    """Fit a rule: masks, then strands and bins, weighting, and the penalty, each by the dev split."""
    part = data.up_to(CHOICE_LETTERS)
    best = _best_shape(part, [WordShape(masks) for masks in (*PLAIN, CUMULATIVE)])
    shapes = [best]
    for bins in (1, 3, 5):
        for both in (True, False):
            shapes.append(msgspec.structs.replace(best, both_strands=both, bins=bins))
    lengths = {len(sequence) for sequence in data.train.sequences}
    if len(lengths) == 1:
        narrow = min(max(lengths) // LETTERS_PER_BIN, 100)
        shapes.append(WordShape(SHORT, both_strands=False, bins=max(narrow, 1)))
    best = _best_shape(part, list(dict.fromkeys(shapes)))
    weighted = [msgspec.structs.replace(best, weighting=how) for how in ("log", "binary", "tf-idf")]
    return choose_rule(data.up_to(LETTERS), _best_shape(part, weighted), PENALTIES)


def choose_rule(data: FittingData, shape: WordShape, penalties: Sequence[float]) -> KmerRule:
    """The best rule of some penalties on the dev split; the first of equals."""
    return max((_fitted(data, shape, penalty) for penalty in penalties), key=data.on_dev)


def _best_shape(data: FittingData, shapes: Sequence[WordShape]) -> WordShape:
    """The shape whose rule is the best on the dev split, under a middle penalty; the first of equals."""
    return max(shapes, key=lambda shape: data.on_dev(_fitted(data, shape, 3.0)))


def _fitted(data: FittingData, shape: WordShape, penalty: float) -> KmerRule:
    """Fit the weights of a shape."""
    scale = _inverse_frequencies(shape, data.train.sequences) if shape.weighting == "tf-idf" else None
    counter = WordCounter(shape, scale)
    values, columns, first = counter.rows(data.train.sequences)
    matrix = csr_matrix((values, columns, first), (len(first) - 1, counter.features))
    table, bias = regression(matrix, data.train.labels, penalty)
    return KmerRule(shape, table, bias, scale)


def _inverse_frequencies(shape: WordShape, sequences: list[str]) -> NDArray[np.float16]:
    """Inverse document frequency of each feature, smoothed as if one sequence more had all words."""
    counter = WordCounter(msgspec.structs.replace(shape, weighting="count"))
    _, columns, _ = counter.rows(sequences)
    frequencies = np.bincount(columns, minlength=counter.features)
    return np.asarray(np.log((1 + len(sequences)) / (1 + frequencies)) + 1, np.float16)
