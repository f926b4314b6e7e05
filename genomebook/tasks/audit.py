"""Leak audit: what is reached on the test split of a task without reading its DNA, and by copies of train."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genomebook.errors import TaskError
from genomebook.stats import Estimate, generator
from genomebook.tasks.catalogue.genes import GENES, gene_spans
from genomebook.tasks.data import check_files, data_folder, is_there
from genomebook.tasks.duplicates import Nearest, nearest
from genomebook.tasks.metrics import estimate, measure
from genomebook.tasks.rules.base import gc_shares
from genomebook.tasks.shipped import results
from genomebook.tasks.task import DEV, TEST, TRAIN, Examples, Task
from genomebook.tasks.tree import answers, grow

DEPTHS = (1, 2, 3, 4, 6, 8)
"""Depths of the tree of which the best on dev is taken."""

COPY_DEPTH = 3
"""Depth of the tree that reads the nearest copy."""

SAMPLE = 20_000
"""Most sequences of train that are searched for copies of test."""

COLUMNS = (
    *("task", "metric", "feature", "test", "low", "high", "how", "train_rows", "dev_rows", "test_rows"),
    *("left_out", "turned", "near", "compared", "note"),
)
"""Columns of the table of `table_lines`."""

_SEED = 1
_CHROM = ("chrom", "chrom_hg19")

Features = NDArray[np.float64]


@dataclass(frozen=True)
class AuditRow:
    """What a feature alone reaches.

    Parameters
    ----------
    feature : str
        "length", "GC", "strand", "columns", "place", "nearest copy" or "most frequent label".
    test : Estimate
        The metric of the task on test, with its 95 % interval.
    how : str
        What was fitted, as "tree of depth 3".
    """

    feature: str
    test: Estimate
    how: str


@dataclass(frozen=True)
class Audit:
    """The leak audit of a task.

    Parameters
    ----------
    task, metric : str
        Its name and metric.
    counts : dict of str to int
        Examples by split.
    dropped : mapping of str to int
        Rows that were left out before, by the reason.
    rows : list of AuditRow
        What each feature reaches.
    turned, near : int
        Test sequences whose reverse complement is in train, and near duplicates of a sequence of train.
    compared : int
        Sequences of train that were searched.
    note : str
        What differs from the data sheet.
    floor : Estimate or None
        What logistic regression on k-mers reaches on test, where it was measured: it reads the DNA.
    """

    task: str
    metric: str
    counts: dict[str, int]
    dropped: Mapping[str, int]
    rows: list[AuditRow]
    turned: int
    near: int
    compared: int
    note: str
    floor: Estimate | None


def audit(task: Task, folder: Path | None = None) -> Audit:
    """Measure what length, GC, strand, filled columns, place and copies of train alone reach on test.

    Each is given to a decision tree that is fitted on train; its depth is chosen on dev. The nearest copy is
    the sequence of train that shares most seeds, on either strand: a tree that is fitted on dev reads its
    label and the number of shared seeds.

    Parameters
    ----------
    task : Task
        One with examples.
    folder : Path, optional
        The data folder.

    Raises
    ------
    TaskError
        The task has no examples, a file is missing or altered, or a split is empty.
    """
    if task.load is None:
        raise TaskError(f"{task.name}: answered exactly or from the annotation; it has no examples to audit")
    place = data_folder(folder)
    check_files(task, place)
    examples = task.load(place)
    parts = {split: examples.of(split) for split in (TRAIN, DEV, TEST)}
    for split, part in parts.items():
        if not len(part):
            raise TaskError(
                f"{task.name}: no examples in {split}; the audit needs some in train, dev and test"
            )
    rows = [alone(task, parts, name, by_split) for name, by_split in _features(parts, place)]
    chosen = _sample(parts[TRAIN])
    copies = nearest(parts[TEST].sequences, chosen.sequences)
    rows.append(_by_copies(task, parts, chosen, copies))
    majority = int(np.bincount(parts[TRAIN].labels, minlength=len(task.labels)).argmax())
    constant = np.full(len(parts[TEST]), majority)
    rows.append(_measured(task, parts[TEST], "most frequent label", constant, "the same answer always"))
    counts = {split: len(part) for split, part in parts.items()}
    near = int(copies.near.sum())
    measured = results().get(task.name)
    floor = measured.floor if measured else None
    return Audit(
        task.name,
        task.metric,
        counts,
        examples.dropped,
        rows,
        copies.turned,
        near,
        len(chosen),
        examples.note,
        floor.test if floor else None,
    )


def _sample(train: Examples) -> Examples:
    if len(train) <= SAMPLE:
        return train
    drawn = generator(_SEED, "audit", len(train)).choice(len(train), SAMPLE, replace=False)
    return train.take(np.sort(drawn))


def alone(task: Task, parts: dict[str, Examples], name: str, features: dict[str, Features]) -> AuditRow:
    """Measure what a decision tree reaches that is given some features of the examples and nothing else.

    Parameters
    ----------
    task : Task
        Its metric is measured.
    parts : dict of str to Examples
        By split: the tree is fitted to train, its depth chosen on dev.
    name : str
        What the features are called.
    features : dict of str to float[n, features]
        Of the examples of each split.
    """
    train, classes = parts[TRAIN], len(task.labels)
    trees = [grow(features[TRAIN], train.labels, depth, classes) for depth in DEPTHS]
    on_dev = [
        measure(task.metric, parts[DEV].labels, answers(tree, features[DEV]), classes) for tree in trees
    ]
    best = int(np.argmax(on_dev))
    return _measured(
        task, parts[TEST], name, answers(trees[best], features[TEST]), f"tree of depth {DEPTHS[best]}"
    )


def _by_copies(task: Task, parts: dict[str, Examples], train: Examples, copies: Nearest) -> AuditRow:
    """A tree on the label of the nearest copy in train and the seeds it shares, fitted on dev."""
    dev = parts[DEV]

    def features(here: Nearest) -> Features:
        label = np.where(here.row >= 0, train.labels[here.row], -1)
        return np.stack([label, here.shared], axis=1).astype(np.float64)

    on_dev = features(nearest(dev.sequences, train.sequences))
    tree = grow(on_dev, dev.labels, COPY_DEPTH, len(task.labels))
    said = answers(tree, features(copies))
    return _measured(task, parts[TEST], "nearest copy", said, f"tree of depth {COPY_DEPTH}, fitted on dev")


def _measured(task: Task, test: Examples, name: str, said: NDArray[np.int64], how: str) -> AuditRow:
    rng = generator(_SEED, f"{task.name}:{name}")
    return AuditRow(name, estimate(task.metric, test.labels, said, len(task.labels), rng), how)


def _features(parts: dict[str, Examples], folder: Path) -> Iterator[tuple[str, dict[str, Features]]]:
    """Each feature that the examples have, as numbers by split."""
    columns = list(parts[TEST].columns)
    yield "length", {split: lengths(part) for split, part in parts.items()}
    yield "GC", {split: _gc(part) for split, part in parts.items()}
    if "strand" in columns:
        yield "strand", {split: strands(part) for split, part in parts.items()}
    if columns:
        yield "columns", {split: _filled(part) for split, part in parts.items()}
    chrom = next((name for name in _CHROM if name in columns), None)
    if chrom is not None:
        genes = {}
        if chrom == "chrom" and all(is_there(file, folder) for file in GENES):
            genes = gene_spans(folder)
        yield "place", {split: _places(part, chrom, genes) for split, part in parts.items()}


def _column(values: list[float]) -> Features:
    return np.array(values, np.float64)[:, None]


def lengths(part: Examples) -> Features:
    """Letters of each sequence: float[n, 1]."""
    return _column([len(letters) for letters in part.sequences])


def _gc(part: Examples) -> Features:
    return gc_shares(part.sequences)[:, None]


def strands(part: Examples) -> Features:
    """Strand that the files give: 1 for +, -1 for -, else 0; float[n, 1]."""
    return _column([{"+": 1.0, "-": -1.0}.get(strand, 0.0) for strand in part.columns["strand"]])


def _filled(part: Examples) -> Features:
    return np.array([[value != "" for value in values] for values in part.columns.values()], np.float64).T


def _places(part: Examples, chrom: str, genes: dict[str, list[tuple[int, int]]]) -> Features:
    """Number of the chromosome, middle, and distance to the nearest gene (0 inside one; -1 where unknown)."""
    rows = []
    for name, start, end in zip(
        part.columns[chrom], part.columns["start0"], part.columns["end"], strict=True
    ):
        suffix = name.removeprefix("chr")
        number = float(suffix) if suffix.isdecimal() else float(sum(map(ord, suffix)) + 100)
        middle = (int(start) + int(end)) // 2 if start and end else -1
        rows.append((number, float(middle), _distance(genes.get(name, []), middle)))
    return np.array(rows, np.float64)


def _distance(spans: list[tuple[int, int]], middle: int) -> float:
    """Letters from a position to the nearest of merged intervals."""
    if not spans or middle < 0:
        return -1.0
    at = bisect_right(spans, (middle, np.iinfo(np.int64).max)) - 1
    around = [max(low - middle, middle - high + 1, 0) for low, high in spans[max(0, at) : at + 2]]
    return float(min(around))


def table_lines(audits: list[Audit]) -> Iterator[str]:
    """Lines of a tab-separated table: a feature of a task a line."""
    yield "\t".join(COLUMNS)
    for report in audits:
        left_out = "; ".join(f"{count} {reason}" for reason, count in report.dropped.items())
        counts = "\t".join(str(report.counts[split]) for split in (TRAIN, DEV, TEST))
        figures = [(row.feature, row.test, row.how) for row in report.rows]
        if report.floor is not None:
            figures.append(("k-mers", report.floor, "logistic regression; it reads the DNA"))
        for feature, test, how in figures:
            shown = "\t".join(f"{value:.4f}" for value in test)
            yield (
                f"{report.task}\t{report.metric}\t{feature}\t{shown}\t{how}\t{counts}\t{left_out}\t"
                f"{report.turned}\t{report.near}\t{report.compared}\t{report.note}"
            )
