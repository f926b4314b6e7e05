"""Fitting logistic regression on words with gaps, beside those without."""

from __future__ import annotations

from itertools import combinations

from genomebook.tasks.rules.kmers import KmerRule, WordShape
from genomebook.training.tasks.data import FittingData
from genomebook.training.tasks.kmers import CUMULATIVE, choose_rule

SPANS = (8, 10)
"""Letters from the first to the last of the six that count."""


def gapped_masks(span: int) -> tuple[str, ...]:
    """Masks of six letters that count, of an even span, that are the same from both ends."""
    half = span // 2
    middles = combinations(range(1, half), 2)
    halves = ("".join("1" if at in (0, *middle) else "0" for at in range(half)) for middle in middles)
    return tuple(part + part[::-1] for part in halves)


def fit(data: FittingData) -> KmerRule:
    """Fit a rule; spans and penalty are chosen on the dev split."""
    short = gapped_masks(SPANS[0])
    masks = (CUMULATIVE + short, CUMULATIVE + short + gapped_masks(SPANS[1]))
    return choose_rule(data, [WordShape(each) for each in masks], (0.3, 1.0, 3.0))
