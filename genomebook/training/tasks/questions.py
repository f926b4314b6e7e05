"""Learning which task a question asks for, from questions by task and questions that no task answers."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from scipy.sparse import csr_matrix

from genomebook.files.atomic import aside
from genomebook.files.digests import canonical
from genomebook.tasks.question_words import features_of, words_of
from genomebook.tasks.questions import (
    NONE,
    QuestionClassifier,
    QuestionVectors,
    QuestionWeights,
    SharedForms,
    decided,
)
from genomebook.training.tasks.regression import regression

PENALTY = 100.0
"""C of scikit-learn, for questions of unit length."""

FOLDS, TOGETHER = 5, 10
"""Parts of the questions that are held out in turn; neighbours in the table that are in one part.

Neighbours were written one after another and are often alike: apart, each would be known by the other.
"""

ACCEPTED = 0.02
"""Share of the held-out questions of no task that is accepted, at most."""

RARE = 3
"""Questions that a pair or piece of words is in, at least; words are all kept, to know unknown ones."""


class KnownQuestion(NamedTuple):
    """A question and the tasks that it may ask for; (`NONE`,) where no task answers it."""

    text: str
    tasks: tuple[str, ...]


def read_known(path: Path, splits: Iterable[str]) -> list[KnownQuestion]:
    """Questions of some splits from a table with the columns split, tasks (with ``|``) and question."""
    kept = set(splits)
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [
            KnownQuestion(row["question"], tuple(row["tasks"].split("|")))
            for row in rows
            if row["split"] in kept
        ]


def with_forms(questions: Iterable[KnownQuestion], forms: Mapping[str, Sequence[str]]) -> list[KnownQuestion]:
    """Questions and the forms of tasks, each once with all its tasks."""
    asked: dict[str, dict[str, None]] = {}
    for name, texts in forms.items():
        for text in texts:
            asked.setdefault(text.lower(), {})[name] = None
    for question in questions:
        asked.setdefault(question.text.lower(), {}).update(dict.fromkeys(question.tasks))
    return [KnownQuestion(text, tuple(names)) for text, names in asked.items()]


def fit_questions(
    questions: Sequence[KnownQuestion], labels: Sequence[str], threshold: float = 0.0
) -> QuestionWeights:
    """Fit the regression; a question of several tasks counts for each of them.

    Parameters
    ----------
    questions : sequence of KnownQuestion
        Of all labels.
    labels : sequence of str
        Names of tasks, and `NONE`.
    threshold : float
        Lowest probability that is understood.
    """
    words = [words_of(question.text) for question in questions]
    counts = Counter(feature for each in words for feature in features_of(each))
    kept = sorted(name for name, count in counts.items() if count >= RARE or name.isalnum())
    seen = np.array([counts[name] for name in kept], np.int32)
    vectors = QuestionVectors(kept, seen, len(questions))
    rows = [vectors.vector(each) for each in words]
    pairs = [(row, labels.index(name)) for row, each in enumerate(questions) for name in each.tasks]
    matrix = _matrix([rows[row] for row, _ in pairs], len(kept))
    table, bias = regression(matrix, np.array([label for _, label in pairs]), PENALTY)
    return QuestionWeights(tuple(labels), tuple(kept), seen, len(questions), table, bias, threshold)


def _matrix(rows: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]]], columns: int) -> csr_matrix:
    first = np.cumsum([0, *(len(values) for _, values in rows)])
    values = np.concatenate([values for _, values in rows])
    return csr_matrix((values, np.concatenate([at for at, _ in rows]), first), (len(rows), columns))


def held_out(
    questions: Sequence[KnownQuestion], labels: Sequence[str]
) -> Iterator[tuple[KnownQuestion, dict[str, float]]]:
    """Each question with the probabilities that were fitted without its part of the questions."""
    parts = np.arange(len(questions)) // TOGETHER % FOLDS
    for part in range(FOLDS):
        others = [questions[row] for row in np.flatnonzero(parts != part).tolist()]
        fitted = QuestionClassifier(fit_questions(others, labels), {})
        for row in np.flatnonzero(parts == part).tolist():
            yield questions[row], fitted.probabilities(questions[row].text)


class ThresholdRow(NamedTuple):
    """Shares of the questions of tasks that are right or wrong at a threshold, and of others accepted."""

    threshold: float
    right: float
    wrong: float
    accepted: float


def threshold_table(
    given: Iterable[tuple[KnownQuestion, dict[str, float]]], shared: SharedForms
) -> Iterator[ThresholdRow]:
    """What thresholds from 0.2 to 0.95 make of questions and their probabilities, decided as Ask does."""
    outcomes = [_outcome(question.tasks, probabilities, shared) for question, probabilities in given]
    score, right, asked = (np.array(values) for values in zip(*outcomes, strict=True))
    for threshold in (np.arange(20, 96) / 100).tolist():
        taken = score >= threshold
        yield ThresholdRow(
            threshold,
            float((taken & right)[asked].mean()),
            float((taken & ~right)[asked].mean()),
            float(taken[~asked].mean()),
        )


def lowest_threshold(rows: Iterable[ThresholdRow]) -> ThresholdRow:
    """The first row at which at most `ACCEPTED` of the questions of no task are accepted, or the last."""
    row = ThresholdRow(1, 0, 0, 0)
    for row in rows:
        if row.accepted <= ACCEPTED:
            return row
    return row


def _outcome(
    names: Sequence[str], given: Mapping[str, float], shared: SharedForms
) -> tuple[float, bool, bool]:
    """Score of what is decided, whether it is right, and whether a task answers the question at all."""
    taken = decided(given, shared)
    return taken.score, not set(taken.tasks).isdisjoint(names), NONE not in names


def write_weights(weights: QuestionWeights, path: Path) -> None:
    """Write what was learnt, the table in half precision."""
    names = {
        "labels": weights.labels,
        "features": weights.features,
        "questions": weights.questions,
        "threshold": weights.threshold,
    }
    arrays: dict[str, NDArray[Any]] = {
        "table": np.asarray(weights.table, np.float16),
        "bias": np.asarray(weights.bias, np.float32),
        "seen": np.asarray(weights.seen, np.uint16),
    }
    with aside(path) as temporary:
        save_file(arrays, temporary, {"names": canonical(names).decode()})
