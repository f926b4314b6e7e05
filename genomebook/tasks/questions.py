"""Which task a question in English asks for, by the tasks' own question forms; or none.

A question is a vector of its words, pairs of words and pieces of words, weighted by how few tasks have
them. Its score for a task is a mean of its cosine to the nearest form of that task and of a ridge regression
that was fitted to all forms. Words that no form has count with the highest weight, so a question about
something else, or in another language, is near to nothing. Below a threshold, or where another task or a
question that no task answers is nearly as near, nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from genomebook.errors import QuestionError
from genomebook.genome.regions import plain_line
from genomebook.tasks.not_asked import OTHER_QUESTIONS
from genomebook.tasks.options import APART, NUMBERED, AskOptions, read_options
from genomebook.tasks.registry import tasks

MAX_QUESTION = 300
"""Most characters of a question; what follows is not read."""

THRESHOLD = 0.45
"""Lowest score that is understood."""

OTHER = ""
"""Instead of a task: none."""

MARGIN = 0.05
"""How far the score of the task must be above that of the next."""

_RIDGE, _SHARE = 0.1, 0.3
"""Penalty of the regression, and its share of the score."""

_SAME = 1e-4
"""Cosines that differ by less are those of one form, which several tasks have."""

_WORD = re.compile(r"[^\W_]+")
_DNA = re.compile(r"\b[ACGTUN]{8,}\b", re.I)
_NUMBER = re.compile(r"[\d+-]+")
_MEANING = re.compile(r"\s*what(?:\s+is|\s+are|'s)\s+an?\s", re.I)  # asks for the meaning of a word
_PIECE = 4
_NEAREST = 3
_FAR, _TYPICAL = 0.2, ("gc-content", "protein", "gene-description")  # below that score no task is near
_STOP_WORDS = frozenset(
    (
        "a", "an", "the", "this", "that", "these", "those", "it", "its", "of", "in", "is", "are", "was",
        "be", "to", "for", "me", "my", "i", "you", "we", "can", "could", "would", "will", "should",
        "please", "give", "tell", "show", "what", "which", "here", "do", "does", "did", "sequence", "dna",
        "there", "have", "has", "with", "and", "or", "on", "at", "by", "from", "how", "many", "much",
        "any", "some", "about", "if", "so", "am", "look", "looking", "like", "likely", "likelihood", "let",
        "one", "whats", "s",
    )
)  # fmt: skip
_LIGHT, _PAIR, _PART = 0.15, 0.5, 0.35
"""Weights of a stop word, a pair of words and a piece of a word, beside 1 for a word."""


@dataclass(frozen=True)
class Intent:
    """What a question asks for.

    Attributes
    ----------
    tasks : tuple of str
        The task; several where they have the question form that is nearest, in the order of the registry.
    options : AskOptions
        Options that the question names.
    score : float
        Of the task, about 1 for its own question forms.
    """

    tasks: tuple[str, ...]
    options: AskOptions
    score: float


class QuestionForms:
    """The question forms of tasks as vectors.

    Parameters
    ----------
    forms : iterable of (str, str)
        Name of a task, and a way to ask it.
    """

    def __init__(self, forms: Iterable[tuple[str, str]]) -> None:
        pairs = list(forms)
        self.tasks = list(dict.fromkeys(task for task, _ in pairs))
        counted = [_features(text) for _, text in pairs]
        holders: dict[str, set[str]] = {}
        for (task, _), features in zip(pairs, counted, strict=True):
            for feature in features:
                holders.setdefault(feature, set()).add(task)
        self._columns = {feature: column for column, feature in enumerate(holders)}
        self._rarest = float(np.log1p(len(self.tasks)))
        self._weights = np.log1p([len(self.tasks) / len(holder) for holder in holders.values()])
        self._rows = np.array([self.tasks.index(task) for task, _ in pairs])
        self._matrix = np.stack([self._vector(features) for features in counted])
        alike = self._matrix @ self._matrix.T
        is_of = np.zeros((len(pairs), len(self.tasks)))
        for row, same in enumerate(alike > 1 - _SAME):
            is_of[row, self._rows[same]] = 1
        fitted = np.linalg.solve(alike + _RIDGE * np.eye(len(pairs)), is_of)
        self._regression = (self._matrix.T @ fitted).astype(np.float32)

    def _vector(self, features: Mapping[str, float]) -> NDArray[np.float32]:
        """Unit vector of a question, shortened by what is not in any form."""
        vector = np.zeros(len(self._columns), np.float32)
        unknown = 0.0
        for feature, weight in features.items():
            column = self._columns.get(feature)
            if column is None:
                unknown += (weight * self._rarest) ** 2
            else:
                vector[column] = weight * self._weights[column]
        norm = float(np.sqrt(vector @ vector + unknown))
        return vector / np.float32(norm) if norm else vector

    def scores(self, question: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Score of each task, and cosine of the question to its nearest form: float32[tasks] each."""
        vector = self._vector(_features(question))
        nearest = np.zeros(len(self.tasks), np.float32)
        np.maximum.at(nearest, self._rows, self._matrix @ vector)
        return (1 - _SHARE) * nearest + _SHARE * (vector @ self._regression), nearest


def plain_question(question: str) -> str:
    """The question as it is read: one line, no control characters, at most `MAX_QUESTION` of them."""
    return plain_line(question[: 4 * MAX_QUESTION])[:MAX_QUESTION]


@cache
def question_forms() -> QuestionForms:
    """The question forms of all tasks, a task's title and name among them, and those of no task (`OTHER`)."""
    return QuestionForms(
        [
            *(
                (name, text)
                for name, task in tasks().items()
                for text in (*task.questions, task.title, name.replace("-", " "))
            ),
            *((OTHER, text) for text in OTHER_QUESTIONS),
        ]
    )


def intent(question: str, threshold: float = THRESHOLD, margin: float = MARGIN) -> Intent:
    """Say which task a question asks for, and with which options.

    Parameters
    ----------
    question : str
        In English, of any length; its first `MAX_QUESTION` characters are read.
    threshold : float
        Lowest score that is understood.
    margin : float
        How far the score must be above that of the next task.

    Raises
    ------
    QuestionError
        It is not understood; the message lists what can be asked, the nearest first.
    OptionError
        It names a frame or a genetic code that there is not.
    """
    line = plain_question(question)
    if not line:
        raise QuestionError(f"no question is asked; ask for example: {_examples(_TYPICAL)}")
    forms = question_forms()
    scores, nearest = forms.scores(line)
    order = [row for row in np.argsort(-scores, kind="stable").tolist() if forms.tasks[row] != OTHER]
    best = order[0]
    tied = [row for row in order if nearest[row] > nearest[best] - _SAME]
    others = np.delete(scores, tied)
    sure = scores[best] >= threshold and scores[best] - others.max() >= margin
    if not sure or _MEANING.match(line):
        near = [forms.tasks[row] for row in order[:_NEAREST]] if scores[best] >= _FAR else _TYPICAL
        shown = _examples(near)
        raise QuestionError(f"the question {line[:60]!r} is not understood; you can ask: {shown}")
    as_near = tuple(forms.tasks[row] for row in sorted(tied))
    return Intent(as_near, read_options(line), float(scores[best]))


def _examples(names: Iterable[str]) -> str:
    """A question form of each of the first tasks, for people."""
    forms = [tasks()[name].questions[0] for name in names]
    return " ".join(form if form.endswith("?") else f"{form}." for form in forms[:_NEAREST])


def _features(text: str) -> dict[str, float]:
    """Features of a text with their weights: words, pairs of words, pieces of words."""
    for pattern in APART:
        text = pattern.sub(" ", text)
    for pattern in NUMBERED:
        text = pattern.sub(lambda match: _NUMBER.sub(" ", match[0]), text)
    words = [_stem(word) for word in _WORD.findall(_DNA.sub(" ", text).lower())]
    features: dict[str, float] = {}
    for word in words:
        weight = _LIGHT if word in _STOP_WORDS else 1.0
        features[word] = weight
        if word not in _STOP_WORDS:
            for piece in _pieces(word):
                features[piece] = _PART
    for left, right in pairwise(word for word in words if word not in _STOP_WORDS):
        features[f"{left} {right}"] = _PAIR
    return features


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _pieces(word: str) -> Iterator[str]:
    """Pieces of a word, its ends shown."""
    shown = f"^{word}$"
    for start in range(len(shown) - _PIECE + 1):
        yield "#" + shown[start : start + _PIECE]
