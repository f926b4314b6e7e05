"""Posterior odds of a change of source between words, from a hidden Markov model.

The states are the sources of `genomebook.models.letters` (new, known and copied DNA). The likelihood of a
word is raised to the power `TEMPER`, as neighbouring bases and the two directions are not independent.
The log-odds of a change come from the forward-backward algorithm (Rabiner 1989).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genomebook.compiled import kernel

TEMPER = 0.4
CHANGE = 5e-4
"""Probability of a change to each other state between two words."""

FLOOR = 1e-9

PEAK = 4
"""Words on each side within which a change counts once."""

BESIDE = 3.0
"""Nats subtracted from log-odds that are not a local peak."""


@kernel(nogil=True)
def change_odds(cost, is_gap, unit):  # type: ignore[no-untyped-def]
    """Log-odds that the state changes after each word.

    Parameters
    ----------
    cost : int32[n, s]
        -log likelihood of each word in each state, in ``unit`` nats.
    is_gap : bool[n]
        Gaps; the states on either side are independent.
    unit : float
        Nats per unit of the cost.

    Returns
    -------
    float64[n]
        Natural logarithm; 0 beside gaps and after the last word.
    """
    n, s = cost.shape
    stay = 1 - CHANGE * (s - 1)
    likelihood = np.empty((n, s))
    forward = np.empty((n, s))
    before = np.full(s, 1.0 / s)
    for i in range(n):
        best = cost[i, 0]
        for k in range(1, s):
            best = min(best, cost[i, k])
        total = 0.0
        for k in range(s):
            likelihood[i, k] = np.exp(-TEMPER * unit * (cost[i, k] - best)) + FLOOR
        for k in range(s):
            arrived = CHANGE + (stay - CHANGE) * before[k]
            forward[i, k] = (1.0 / s if is_gap[i] else arrived) * likelihood[i, k]
            total += forward[i, k]
        for k in range(s):
            forward[i, k] /= total
            before[k] = forward[i, k]
    odds = np.zeros(n)
    behind = np.ones(s)
    for i in range(n - 1, 0, -1):
        if is_gap[i] or is_gap[i - 1]:
            behind[:] = 1.0
            if is_gap[i]:
                continue
        weight = likelihood[i] * behind
        total = 0.0
        for k in range(s):
            total += weight[k]
        if not is_gap[i - 1]:
            same = 0.0
            changed = 0.0
            for k in range(s):
                same += forward[i - 1, k] * weight[k] * stay
                changed += forward[i - 1, k] * (total - weight[k]) * CHANGE
            odds[i - 1] = np.log(changed + 1e-300) - np.log(same + 1e-300)
        for k in range(s):
            behind[k] = (stay - CHANGE) * weight[k] / total + CHANGE
    return odds


@kernel(nogil=True)
def at_peaks(odds, is_gap):  # type: ignore[no-untyped-def]
    """Sum the odds of a change at their local peak, so that one change makes one boundary.

    Parameters
    ----------
    odds : float64[n]
        Log-odds after each word.
    is_gap : bool[n]
        Sums stop at gaps.

    Returns
    -------
    float64[n]
        At a peak the logarithm of the sum of the odds within `PEAK` words, elsewhere reduced by `BESIDE`; 0
        beside gaps and after the last word, where odds are undefined and not summed.
    """
    n = odds.shape[0]
    out = np.zeros(n)
    for i in range(n - 1):
        if is_gap[i] or is_gap[i + 1]:
            continue
        peak = True
        first, last = i, i
        for step in (-1, 1):
            for reach in range(1, PEAK + 1):
                j = i + step * reach
                if j < 0 or j >= n - 1 or is_gap[j] or is_gap[j + 1]:
                    break
                if odds[j] > odds[i] or (odds[j] == odds[i] and step < 0):
                    peak = False
                first, last = min(first, j), max(last, j)
        out[i] = odds[i] - BESIDE
        if peak:
            total = 0.0
            for j in range(first, last + 1):
                total += np.exp(odds[j] - odds[i])
            out[i] = odds[i] + np.log(total)
    return out


def switch(cost: NDArray[np.int32], is_gap: NDArray[np.bool_], unit: float) -> NDArray[np.float64]:
    """Log-odds of a change of source after each word: `change_odds` summed by `at_peaks`."""
    odds: NDArray[np.float64] = at_peaks(change_odds(cost, is_gap, unit), is_gap)
    return odds
