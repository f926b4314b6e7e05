"""Fitting logistic regression on words with gaps, beside those without."""

from __future__ import annotations

from itertools import combinations

from genomebook.tasks.rules.kmers import KmerRule, WordShape
from genomebook.training.tasks.data import FittingData
from genomebook.training.tasks.kmers import CUMULATIVE, choose_rule

SPANS = (8, 10)
"""Letters from the first to the last of the six that count."""

LETTERS = 3_500_000
"""Letters of the training split that the rule is fitted to, at most."""


def gapped_masks(span: int) -> tuple[str, ...]:
    """Masks of six letters that count, of an even span, that are the same from both ends."""
    half = span // 2
    middles = combinations(range(1, half), 2)
    halves = ("".join("1" if at in (0, *middle) else "0" for at in range(half)) for middle in middles)
    return tuple(part + part[::-1] for part in halves)


def fit(data: FittingData) -> KmerRule:
    """Fit a rule; the penalty is chosen on the dev split."""
    shape = WordShape(CUMULATIVE + tuple(mask for span in SPANS for mask in gapped_masks(span)))
    return choose_rule(data.up_to(LETTERS), shape, (0.3, 1.0, 3.0))
