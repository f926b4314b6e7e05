"""Low complexity by symmetric DUST (Morgulis, Gertz, Schaffer and Agarwala, J. Comput. Biol. 2006).

A stretch of l overlapping triplets scores ``sum over triplets of c (c - 1) / 2 / (l - 1)``, c the times that
a triplet occurs in it. A stretch of at most 64 letters is masked if it scores above 2 and none inside it
scores more. What is masked is the same on both strands.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydustmasker import DustMasker

WINDOW = 64
"""Letters of the longest stretch that is scored."""

THRESHOLD = 20
"""Ten times the score above which a stretch is masked."""

_MIN_LETTERS = 4  # of the masker; no stretch of fewer than seven letters scores above the threshold


def low_complexity(letters: bytes) -> NDArray[np.bool_]:
    """Find the letters of low complexity: poly-A, (CA)n and the like.

    Parameters
    ----------
    letters : bytes
        ASCII; anything but A, C, G and T, of either case, ends a stretch.

    Returns
    -------
    bool[n]
        Whether a letter is masked.
    """
    mask = np.zeros(len(letters), np.bool_)
    if len(letters) >= _MIN_LETTERS:
        for start, end in DustMasker(letters.decode("ascii"), WINDOW, THRESHOLD).intervals:
            mask[start:end] = True
    return mask
