"""Layout optimisation of UMAP (algorithm 5): edges attract, random points repel.

The curve of UMAP is 1 / (1 + a d^2b). With b = 7/8, less by 0.02 than UMAP's own fit to `maps.MIN_DIST` (no
value of the curve differs by more than 0.008), its powers are square roots; so all that is calculated is
rounded alike by every processor, in one order: the same map from the same start, bit for bit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genomebook.compiled import kernel
from genomebook.files.progress import Advance

A, B = 1.5808942, 7 / 8
"""The curve; a by least squares against exp(-(d - 0.1)) beyond 0.1, and 1 before, up to a distance of 3."""

PUSHES = 5
"""Negative samples per edge."""

_FARTHEST = 4.0


def settle(
    start: NDArray[np.float64],
    edges: NDArray[np.int64],
    weights: NDArray[np.float64],
    epochs: int,
    seed: int,
    advance: Advance,
) -> NDArray[np.float64]:
    """Optimise the layout of a map.

    Parameters
    ----------
    start : float64[n, 2]
        Where they begin.
    edges : int64[m, 2]
        Points that pull each other; each edge in both directions.
    weights : float64[m]
        Weights of the edges, above 0: how often each pulls, the heaviest in every epoch.
    epochs, seed : int
        Rounds; decides which points push.
    advance : callable
        Told the epochs done.

    Returns
    -------
    float64[n, 2]
        Where they end.
    """
    points, every = start.copy(), weights.max() / weights
    due, due_push = every.copy(), every / PUSHES
    state = np.array([seed], np.uint64)
    for epoch in range(epochs):
        _epoch(points, edges, every, due, due_push, epoch, 1 - epoch / epochs, state)
        advance(1)
    return points


@kernel(nogil=True)
def _epoch(points, edges, every, due, due_push, epoch, rate, state):  # type: ignore[no-untyped-def]
    """One round; ``due`` and ``due_push`` say when each edge is next to pull, and a point to push its end."""
    n = np.uint64(len(points))
    for i in range(len(edges)):
        if due[i] > epoch:
            continue
        due[i] += every[i]
        one, other = edges[i]
        x, y = points[one, 0] - points[other, 0], points[one, 1] - points[other, 1]
        square = x * x + y * y
        if square > 0:
            root = np.sqrt(np.sqrt(np.sqrt(square)))  # square^(1/8), so that square^B is square / root
            pull = -2 * A * B / (root * (1 + A * square / root))
            x, y = rate * _within(pull * x), rate * _within(pull * y)
            points[one, 0] += x
            points[one, 1] += y
            points[other, 0] -= x
            points[other, 1] -= y
        while due_push[i] <= epoch:
            due_push[i] += every[i] / PUSHES
            state[0] = state[0] * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
            other = np.int64((state[0] >> np.uint64(33)) % n)
            x, y = points[one, 0] - points[other, 0], points[one, 1] - points[other, 1]
            square = x * x + y * y
            if square > 0:
                root = np.sqrt(np.sqrt(np.sqrt(square)))
                push = 2 * B / ((0.001 + square) * (1 + A * square / root))
                points[one, 0] += rate * _within(push * x)
                points[one, 1] += rate * _within(push * y)


@kernel(nogil=True, inline="always")
def _within(step):  # type: ignore[no-untyped-def]
    return min(max(step, -_FARTHEST), _FARTHEST)
