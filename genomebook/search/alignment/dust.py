"""Low complexity by symmetric DUST (Morgulis, Gertz, Schaffer and Agarwala, J. Comput. Biol. 2006).

A stretch of l overlapping triplets scores ``sum over triplets of c (c - 1) / 2 / (l - 1)``, c the times that
a triplet occurs in it. A stretch of at most 64 letters is masked if it scores above 2 and none inside it
scores more. What is masked is the same on both strands.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genomebook.compiled import kernel

WINDOW = 64
"""Most letters of a stretch."""

THRESHOLD = 20
"""Least score times 10, not reached by what stays unmasked."""

_MOST = WINDOW - 2  # triplets of a stretch
_OFTEN = 2 * THRESHOLD // 10  # no stretch without a triplet that occurs more often scores above the threshold


@kernel(nogil=True)
def _mask(codes, mask):  # type: ignore[no-untyped-def]
    """Set ``mask`` for the stretches that score above the threshold and hold none that scores more.

    For each last triplet j the first one, i, goes back from j. ``inside[i]`` is the best score above the
    threshold of all stretches from i on that end before j, 0 if none. The longest stretch up to j in which no
    triplet is frequent need not be looked at; its counts are kept.
    """
    limit = THRESHOLD / 10
    triplets = np.zeros(WINDOW, np.uint8)  # the last ones, circular like ``inside``
    inside = np.zeros(WINDOW, np.float64)
    kept, counts = np.zeros(64, np.int32), np.zeros(64, np.int32)
    pairs = begin = first = length = 0  # pairs of equal triplets in begin..j; first of this run of bases
    triplet = 0
    for end in range(len(codes)):
        if codes[end] > 3:
            length = 0
            continue
        triplet = (triplet << 2 | codes[end]) & 63
        length += 1
        if length < 3:
            continue
        j = end - 2
        if length == 3:
            first = begin = j
            kept[:] = 0
            pairs = 0
        floor = max(first, j - _MOST + 1)
        triplets[j % WINDOW] = triplet
        inside[j % WINDOW] = 0
        pairs += kept[triplet]
        kept[triplet] += 1
        while begin < floor or kept[triplet] > _OFTEN:
            gone = triplets[begin % WINDOW]
            kept[gone] -= 1
            pairs -= kept[gone]
            begin += 1
        if begin == floor:
            continue
        counts[:] = kept
        total, most, longest = pairs, 0.0, -1
        for i in range(begin - 1, floor - 1, -1):
            at = i % WINDOW
            total += counts[triplets[at]]
            counts[triplets[at]] += 1
            most = max(most, inside[at])
            score = total / (j - i)
            if score > limit and score >= most:
                most = score
                longest = i
            inside[at] = most
        if longest >= 0:
            mask[longest : end + 1] = True


def low_complexity(codes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Find the letters of low complexity: poly-A, (CA)n and the like.

    Parameters
    ----------
    codes : uint8[n]
        A, C, G, T as 0 to 3; anything else ends a stretch.

    Returns
    -------
    bool[n]
        Whether a letter is masked.
    """
    mask = np.zeros(len(codes), np.bool_)
    _mask(np.ascontiguousarray(codes, np.uint8), mask)
    return mask
