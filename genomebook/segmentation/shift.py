"""Where the manner of writing changes: the shift of mean surprisal across a boundary.

A paragraph ends where what follows is spelled in another manner than what came before. The measure is the
difference between the mean surprisal of the words on both sides.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genomebook.segmentation.priors import UNITS_PER_NAT

REACH = 32
"""Words looked at on each side of a boundary, fewer beside a gap."""

MEAN, SPREAD = 5.6, 4.8
"""Mean and standard deviation of the shift at sentence ends of the training sequence, in 1/8 bit."""


def shift(
    surprisal: NDArray[np.uint8], is_gap: NDArray[np.bool_], at: NDArray[np.int64]
) -> NDArray[np.int32]:
    """Measure the shift of surprisal at boundaries.

    Parameters
    ----------
    surprisal : uint8[m]
        Of consecutive words, in 1/8 bit.
    is_gap : bool[m]
        True for gaps; no window reaches over one.
    at : int64[k]
        Boundaries, as numbers of words before them, 0 to m.

    Returns
    -------
    int32[k]
        Standardised difference of means in 1/16 (so that it adds to priors in 1/16 nat); 0 beside a gap.
    """
    total = np.concatenate([[0], np.cumsum(surprisal, dtype=np.int64)])
    gaps = np.flatnonzero(is_gap)
    nearest = np.searchsorted(gaps, at)
    wall_before = np.concatenate([[0], gaps + 1])[nearest]
    wall_after = np.concatenate([gaps, [len(surprisal)]])[nearest]
    first = np.maximum(at - REACH, wall_before)
    last = np.minimum(at + REACH, wall_after)
    n_before, n_after = at - first, last - at
    both = (n_before > 0) & (n_after > 0)
    mean_before = (total[at] - total[first]) / np.maximum(n_before, 1)
    mean_after = (total[last] - total[at]) / np.maximum(n_after, 1)
    z = (np.abs(mean_after - mean_before) - MEAN) / SPREAD
    return np.where(both, np.clip(np.round(UNITS_PER_NAT * z), -127, 127), 0).astype(np.int32)
