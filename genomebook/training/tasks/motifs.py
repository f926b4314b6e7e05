"""Fitting the rule on motifs: those that tell the labels of a task apart, and the weight of each."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.errors import TaskError
from genomebook.tasks.data import place_of, unpacked
from genomebook.tasks.rules.motifs import MotifNames, MotifRule, motif_features
from genomebook.tasks.task import DataFile
from genomebook.training.measures import auc
from genomebook.training.tasks.data import FittingData
from genomebook.training.tasks.regression import scaled_regression

JASPAR = DataFile(
    "interop/JASPAR2022_vertebrates.pfm.gz",
    "",
    None,
    "fetch JASPAR2022_vertebrates.pfm of gimmemotifs (data/motif_databases) and put it there",
)
SOURCE, LICENCE = "JASPAR 2022 CORE vertebrates, non-redundant", "CC BY 4.0"

COUNTS = (1, 8, 32)
"""Motifs of the rules that are compared on the dev split."""

SCREENED = 100_000
"""Letters of the training split on which all motifs are compared."""

LETTERS = 2_000_000
"""Letters that the weights are fitted to, at most."""

PSEUDOCOUNT = 0.5
"""Added to each count of a matrix."""


class MotifCollection(NamedTuple):
    """Motifs of a file; arrays as in `motif_features`."""

    names: tuple[str, ...]
    matrices: NDArray[np.float32]
    widths: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64]) -> MotifCollection:
        """Some of the motifs."""
        return MotifCollection(tuple(self.names[row] for row in rows), self.matrices[rows], self.widths[rows])


def read_motifs(path: Path) -> MotifCollection:
    """Read matrices of counts: a line ``>name``, then four counts a line.

    Raises
    ------
    TaskError
        When the file is not of this form.
    """
    names: list[str] = []
    counts: list[list[list[float]]] = []
    with unpacked(path) as content:
        for number, raw in enumerate(content, 1):
            line = raw.decode("utf-8", "replace").strip()
            if line.startswith(">"):
                names.append(line[1:].split("_")[-1])
                counts.append([])
            elif line and not line.startswith("#"):
                try:
                    row = [float(field) for field in line.split()]
                    counts[-1].append(row)
                except (ValueError, IndexError):
                    row = []
                if len(row) != 4 or min(row) < 0:
                    raise TaskError(f"{path}: line {number}: not four counts of a motif; {JASPAR.fetch}")
    if not names or not all(counts):
        raise TaskError(f"{path}: no motifs in it, or one without counts; {JASPAR.fetch}")
    widths = np.array([len(rows) for rows in counts])
    matrices = np.zeros((len(names), int(widths.max()), 4), np.float32)
    for number, rows in enumerate(counts):
        weights = np.array(rows) + PSEUDOCOUNT
        matrices[number, : len(rows)] = np.log2(4 * weights / weights.sum(1, keepdims=True))
    return MotifCollection(tuple(names), matrices.astype(np.float16).astype(np.float32), widths)


def fit(data: FittingData) -> MotifRule:
    """Rank the motifs on a part of the training split; how many are used is chosen on the dev split."""
    motifs = read_motifs(place_of(JASPAR, data.folder))
    best = motifs.take(_ranked(data, motifs)[: max(COUNTS)])
    train = data.up_to(LETTERS).train
    features = motif_features(train.sequences, best.matrices, best.widths)
    rules = [_fitted(best, features, train.labels, count) for count in COUNTS]
    return max(rules, key=data.on_dev)


def _ranked(data: FittingData, motifs: MotifCollection) -> NDArray[np.int64]:
    """Motifs by how well the best score alone tells a label from the others, the best first."""
    train = data.up_to(SCREENED).train
    scores = motif_features(train.sequences, motifs.matrices, motifs.widths)[:, : len(motifs.widths)]
    labels = train.labels
    apart = [
        max(abs(auc(column, (labels == label).astype(np.int8)) - 0.5) for label in np.unique(labels))
        for column in scores.T
    ]
    return np.argsort(-np.array(apart), kind="stable")


def _fitted(
    motifs: MotifCollection, features: NDArray[np.float32], labels: NDArray[np.int8], count: int
) -> MotifRule:
    """Fit the weights of the first motifs; the features are brought to one scale for the penalty."""
    every = len(motifs.widths)
    columns = np.append(np.arange(count), np.arange(every, every + count))
    chosen = features[:, columns]
    table, bias = scaled_regression(chosen, labels, 1.0)
    first = motifs.take(np.arange(count))
    names = MotifNames(first.names, SOURCE, LICENCE)
    return MotifRule(names, first.matrices, first.widths, table, bias)
