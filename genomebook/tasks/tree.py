"""A small decision tree: what a few numbers alone tell about a label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MIN_LEAF = 5
"""Fewest examples of a leaf."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class TreeNode:
    """A question (is this feature at most the threshold?) or, without children, an answer."""

    label: int
    feature: int = -1
    threshold: float = 0.0
    yes: TreeNode | None = None
    no: TreeNode | None = None


def grow(features: Numbers, labels: NDArray[np.integer[Any]], depth: int, classes: int) -> TreeNode:
    """Fit a classification tree by the Gini impurity (Breiman et al. 1984, CART).

    Parameters
    ----------
    features : float64[n, f]
        Numbers of each example.
    labels : int[n]
        Below `classes`.
    depth : int
        Most questions in a row.
    classes : int
        Number of labels.

    Returns
    -------
    TreeNode
        The root.
    """
    counts = np.bincount(labels, minlength=classes)
    label = int(counts.argmax())
    if depth == 0 or counts.max() == len(labels) or len(labels) < 2 * MIN_LEAF:
        return TreeNode(label)
    best, feature, threshold = float((counts.astype(float) ** 2).sum() / len(labels)), -1, 0.0
    for number in range(features.shape[1]):
        purity, value = _split(features[:, number], labels, classes)
        if purity > best + 1e-9:
            best, feature, threshold = purity, number, value
    if feature < 0:
        return TreeNode(label)
    low = features[:, feature] <= threshold
    yes = grow(features[low], labels[low], depth - 1, classes)
    no = grow(features[~low], labels[~low], depth - 1, classes)
    return TreeNode(label, feature, threshold, yes, no)


def _split(values: Numbers, labels: NDArray[np.integer[Any]], classes: int) -> tuple[float, float]:
    """Best threshold of a feature and the purity it gives: sums of squared counts over sizes."""
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    left = np.cumsum(np.eye(classes)[labels[order]], axis=0)
    ends = np.flatnonzero(ranked[:-1] < ranked[1:])
    ends = ends[(ends + 1 >= MIN_LEAF) & (len(values) - ends - 1 >= MIN_LEAF)]
    if not len(ends):
        return -1.0, 0.0
    below, size = left[ends], (ends + 1).astype(float)
    above = left[-1] - below
    purity = (below**2).sum(1) / size + (above**2).sum(1) / (len(values) - size)
    at = int(purity.argmax())
    return float(purity[at]), float((ranked[ends[at]] + ranked[ends[at] + 1]) / 2)


def answers(root: TreeNode, features: Numbers) -> NDArray[np.int64]:
    """Labels that a tree gives to examples (float64[n, f]): int64[n]."""
    said = np.full(len(features), root.label, np.int64)
    if root.yes is not None and root.no is not None:
        low = features[:, root.feature] <= root.threshold
        said[low] = answers(root.yes, features[low])
        said[~low] = answers(root.no, features[~low])
    return said
