"""Claims that a column answers: the strand of open chromatin, the length of regulatory intervals."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.claims.common import COMMAND, figure, written
from benchmarks.common.data import shared_data
from genomebook.stats import generator
from genomebook.tasks.audit import alone, lengths, strands
from genomebook.tasks.claims import ClaimFigure, MeasuredClaim
from genomebook.tasks.data import load
from genomebook.tasks.metrics import estimate
from genomebook.tasks.registry import task
from genomebook.tasks.task import DEV, TEST, TRAIN, Examples

OPEN, CLASS = "open-chromatin", "regulatory"

Metric = Literal["accuracy", "MCC", "F1"]
Parts = dict[str, Examples]
Features = dict[str, NDArray[np.float64]]


def parts_of(name: str) -> Parts:
    """The examples of a task by split, as the leak audit reads them."""
    examples = load(task(name), shared_data())
    return {split: examples.of(split) for split in (TRAIN, DEV, TEST)}


def _tree(
    what: str, metric: Metric, name: str, feature: str, parts: Parts, features: Features
) -> ClaimFigure:
    """A figure of the leak audit of a task, by another metric."""
    row = alone(replace(task(name), metric=metric), parts, feature, features)
    return figure(f"{what}, {metric}", row.test, len(parts[TEST]))


def _dealt_anew(features: Features) -> Features:
    return {split: generator(1, split).permutation(column) for split, column in features.items()}


def six_mers(train: Examples, test: list[str], cut: int | None) -> NDArray[np.int64]:
    """Labels of sequences by logistic regression on 6-mers, of their middle ``cut`` letters or of all."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import Normalizer

    model = make_pipeline(
        CountVectorizer(analyzer="char", ngram_range=(6, 6), lowercase=False),
        Normalizer(),
        LogisticRegression(C=30.0, max_iter=300),
    )
    model.fit([_middle(letters, cut) for letters in train.sequences], train.labels)
    said: NDArray[np.int64] = model.predict([_middle(letters, cut) for letters in test])
    return said


def _middle(letters: str, count: int | None) -> str:
    at = max(0, (len(letters) - count) // 2) if count else 0
    return letters[at : at + count] if count else letters


def _by_sequence(name: str, parts: Parts, cut: int | None, *metrics: Metric) -> list[ClaimFigure]:
    """6-mers of the sequence, or of ``cut`` letters from the middle of each."""
    what = f"6-mers of the middle {cut} letters" if cut else "6-mers of the sequence"
    test = parts[TEST]
    said = six_mers(parts[TRAIN], test.sequences, cut)
    labels = len(task(name).labels)
    return [
        figure(f"{what}, {m}", estimate(m, test.labels, said, labels, generator(3, what)), len(test))
        for m in metrics
    ]


def _data(dataset: str, parts: Parts) -> str:
    count = sum(map(len, parts.values()))
    return f"{dataset}, the {count:,} rows at hand and outside the hold-outs, their own split"


def strand() -> MeasuredClaim:
    """Open chromatin by the column of the strand."""
    parts = parts_of(OPEN)
    column, by_length = ({split: of(part) for split, part in parts.items()} for of in (strands, lengths))
    figures = [
        _tree("the strand column alone", "F1", OPEN, "strand", parts, column),
        _tree("the strand column dealt out anew", "F1", OPEN, "strand", parts, _dealt_anew(column)),
        _tree("the length alone", "F1", OPEN, "length", parts, by_length),
        *_by_sequence(OPEN, parts, None, "F1"),
    ]
    has_strand = np.concatenate([column[split][:, 0] != 0 for split in parts])
    is_open = np.concatenate([part.labels == 1 for part in parts.values()])
    return MeasuredClaim(
        name="open-chromatin",
        claim="A language model of DNA and English tells open chromatin from other sequence without an "
        "error.",
        source="GenomicLLM (2024), task open chromatin on human_ocr_ensembl of GenomicBenchmarks",
        published="F1 1.0000",
        control="The strand column alone: the code writes every column into the text that the model reads.",
        ours=written(figures),
        means=f"Of {is_open.sum():,} positive rows {(is_open & has_strand).sum()} have a strand; of "
        f"{(~is_open).sum():,} negative rows {(~is_open & ~has_strand).sum()} lack one. The column is the "
        "answer, so the published figure says nothing about DNA.",
        command=COMMAND,
        data=_data("human_ocr_ensembl", parts),
        figures=figures,
    )


def length() -> MeasuredClaim:
    """Regulatory class by the length of the interval."""
    parts = parts_of(CLASS)
    column = {split: lengths(part) for split, part in parts.items()}
    cut = int(np.percentile(np.concatenate([*column.values()]), 10))
    metrics: tuple[Metric, ...] = ("accuracy", "MCC")
    figures = [
        *(_tree("the length alone", m, CLASS, "length", parts, column) for m in metrics),
        *(_tree("lengths dealt out anew", m, CLASS, "length", parts, _dealt_anew(column)) for m in metrics),
        *_by_sequence(CLASS, parts, cut, *metrics),
    ]
    return MeasuredClaim(
        name="regulatory-class",
        claim="A model reads from the sequence whether an interval is an enhancer, a promoter or open "
        "chromatin.",
        source="GenomicLLM (2024), task regulatory class on human_ensembl_regulatory of GenomicBenchmarks",
        published="0.897",
        control="The length of the interval, which every model sees.",
        ours=written(figures),
        means="The length alone gives the published figure; what a model adds to it cannot be told from "
        "that figure.",
        command=COMMAND,
        data=_data("human_ensembl_regulatory", parts),
        figures=figures,
    )
