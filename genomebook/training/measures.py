"""Figures of classifiers and retrieval, and how they are written: JSON and a Markdown table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genomebook.genome.stretches import equal_runs
from genomebook.options import check_parent
from genomebook.training.output import write_json, write_text

Scores = NDArray[np.floating[Any]]
Labels = NDArray[np.integer[Any]]

NEIGHBOURS = 10
"""Nearest rows among which `recall` looks."""

_QUERIES_AT_ONCE = 256


def auc(scores: Scores, labels: Labels) -> float:
    """Area under the ROC curve by ranks, ties counted half; NaN when one class is missing."""
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]
    positives, total = int(labels.sum()), len(labels)
    if positives in (0, total):
        return float("nan")
    above = float(rank[labels == 1].sum()) - positives * (positives + 1) / 2
    return above / (positives * (total - positives))


def average_precision(scores: Scores, labels: Labels) -> float:
    """Mean precision at each positive, best score first; ties share a threshold. NaN without positives."""
    _, hits, taken = _curve(scores, labels)
    if not len(hits) or hits[-1] == 0:
        return float("nan")
    return float((np.diff(hits, prepend=0) * hits / taken).sum() / hits[-1])


def best_threshold(scores: Scores, labels: Labels) -> float:
    """Lowest score to call positive for the highest F1; infinity without positives."""
    values, hits, taken = _curve(scores, labels)
    if not len(hits) or hits[-1] == 0:
        return float("inf")
    return float(values[int((2 * hits / (taken + hits[-1])).argmax())])


def _curve(scores: Scores, labels: Labels) -> tuple[Scores, NDArray[np.int64], NDArray[np.int64]]:
    """Falling thresholds, with the positives and all that score at least as much."""
    order = np.argsort(-scores, kind="stable")
    values = scores[order]
    ends = equal_runs(values)[:, 1]
    hits = np.cumsum(labels[order].astype(np.int64))
    return values[ends - 1], hits[ends - 1], ends


def best_accuracy(scores: Scores, labels: Labels) -> float:
    """Lowest score to call positive for the highest accuracy."""
    values, hits, taken = _curve(scores, labels)
    right = hits + (len(labels) - int(labels.sum())) - (taken - hits)
    return float(values[int(right.argmax())])


def classified(scores: Scores, labels: Labels, threshold: float) -> dict[str, float]:
    """Accuracy, balanced accuracy (mean recall of the two classes) and AUC."""
    called = scores >= threshold
    truth = labels == 1
    recalls = [
        float((called == truth)[truth == side].mean()) for side in (True, False) if (truth == side).any()
    ]
    return {
        "accuracy": float((called == truth).mean()),
        "balanced": float(np.mean(recalls)),
        "auc": auc(scores, labels),
    }


def precision_recall(called: NDArray[np.bool_], labels: Labels) -> dict[str, float]:
    """Precision, recall and F1 of calls; 0 where nothing was called."""
    hits = int((called & (labels == 1)).sum())
    precision, recall = hits / max(1, int(called.sum())), hits / max(1, int(labels.sum()))
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / max(precision + recall, 1e-12),
    }


def recall(
    rows: NDArray[np.float32], queries: NDArray[np.float32], truth: NDArray[np.int64]
) -> tuple[float, float]:
    """Share of queries whose own row is the nearest, and among the ten nearest, by exact cosine.

    Parameters
    ----------
    rows, queries : float32[n, width], float32[q, width]
        Unit vectors.
    truth : int64[q]
        Row of each query. A row as near as the true one counts as nearer.
    """
    ranks = []
    for first in range(0, len(queries), _QUERIES_AT_ONCE):
        some = slice(first, first + _QUERIES_AT_ONCE)
        cosines = queries[some] @ rows.T
        own = cosines[np.arange(len(cosines)), truth[some]]
        ranks.append((cosines >= own[:, None]).sum(1) - 1)
    rank = np.concatenate([*ranks, np.empty(0, np.int64)])
    return float((rank < 1).mean()), float((rank < NEIGHBOURS).mean())


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Mean, standard deviation between seeds (0 for one) and the values."""
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return {"mean": float(np.mean(values)), "sd": deviation, "each": [float(v) for v in values]}


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown table: the first column aligned left, the others right."""
    lines = [head, [":--", *["--:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)


def write_result(output: Path, body: dict[str, Any], markdown: str) -> None:
    """Write ``output`` (JSON) and the table beside it (``.md``); raise OptionError without their folder."""
    check_parent(output, "results")
    write_json(output, body)
    write_text(output.with_suffix(".md"), markdown)
