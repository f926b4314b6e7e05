"""Boundaries of the same sequence from another start."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genomebook.language.encode import Encoder
from genomebook.segmentation.boundaries import Boundaries, word_ends
from tests.support.sources import plain


def moved(there: NDArray[np.int64], here: NDArray[np.int64]) -> float:
    """Share of boundaries of either that the other does not have."""
    return len(np.setxor1d(there, here)) / max(1, len(there) + len(here))


def shifted(whole: Boundaries, cut: Boundaries, at: int, margin: int) -> list[tuple[int, int]]:
    """How many boundaries of each level move when the text begins at a letter, and of how many."""
    pairs = [(a[a > at + margin], b[b > margin] + at) for a, b in zip(whole, cut, strict=True)]
    return [(len(np.setxor1d(a, b)), len(a) + len(b)) for a, b in pairs]


def starts(letters: NDArray[np.uint8], counts: list[int]) -> list[int]:
    scorer = plain()
    ids = Encoder(scorer.vocabulary).encode(letters)
    return [int(word_ends(ids, letters, scorer.vocabulary)[count - 1]) for count in counts]
