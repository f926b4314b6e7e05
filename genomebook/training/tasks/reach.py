"""Learning what is like the training set of a task."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from genomebook.language.shuffle import dinucleotide_shuffle
from genomebook.tasks.reach import GC_TAIL, ODDS, WORDS, WORDS_TAIL, InRange, RangeLimits
from genomebook.tasks.rules.base import gc_shares
from genomebook.tasks.rules.kmers import WordCounter
from genomebook.training.tasks.data import FittingData
from genomebook.training.tasks.regression import regression

LETTERS = 2_500_000
"""Letters of the training split that are looked at, at most."""

PENALTY = 1.0


def shuffles(sequences: list[str], name: str) -> list[str]:
    """Dinucleotide shuffles; the name, place and length of a sequence decide how."""
    return [
        dinucleotide_shuffle(sequence.encode(), 0, name, number).decode()
        for number, sequence in enumerate(sequences)
    ]


def fit_range(data: FittingData) -> InRange:
    """Fit the regression on every other training sequence; the others give its limit."""
    sequences = data.up_to(LETTERS).train.sequences
    real, others = sequences[::2], sequences[1::2]
    counter = WordCounter(WORDS)
    values, columns, first = counter.rows(real + shuffles(real, "train"))
    matrix = csr_matrix((values, columns, first), (len(first) - 1, counter.features))
    is_real = (np.arange(len(first) - 1) < len(real)).astype(np.int8)
    table, bias = regression(matrix, is_real, PENALTY)
    tensors = {"table": table, "bias": bias}
    draft = InRange(RangeLimits((0, 0), (0.0, 1.0), 0.0, ODDS), tensors)
    lengths = [len(sequence) for sequence in data.train.sequences]
    low, high = np.quantile(gc_shares(data.train.sequences), [GC_TAIL, 1 - GC_TAIL])
    limit = float(np.quantile(draft.log_odds(others), WORDS_TAIL))
    gc = round(float(low), 4), round(float(high), 4)
    return InRange(RangeLimits((min(lengths), max(lengths)), gc, round(limit, 4), ODDS), tensors)
