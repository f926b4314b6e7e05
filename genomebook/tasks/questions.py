"""Which task a question in English asks for; or none.

A question is a vector of its words, pairs of words and pieces of words, weighted by how few of the questions
that were learnt have them. Multinomial logistic regression gives it to one of the tasks or to none of them.
Words that were never seen make the vector shorter, and a short vector is nearest to none. Below a threshold
nothing is guessed. A question that a task of the catalogue has word for word is that task's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from scipy.special import softmax

from genomebook.errors import QuestionError
from genomebook.genome.regions import plain_line
from genomebook.tasks.options import AskOptions, read_options
from genomebook.tasks.question_words import Spelling, features_of, is_foreign, words_of
from genomebook.tasks.registry import tasks

MAX_QUESTION = 300
"""Most characters of a question; what follows is not read."""

NONE = "none"
"""Instead of a task: no task answers the question."""

_MEANING = re.compile(
    r"\s*(?:what(?:\s+is|\s+are|'s)\s+an?\s|(?:define|explain|why|who|when)\b|meaning\s+of\b|"
    r"(?:what(?:'s|\s+is)\s+)?(?:the\s+)?difference\s+between\b|what\s+do(?:es)?\s.*\smean\b|"
    r"how\s+do(?:es)?\s.*\swork\b)",
    re.I,
)
"""Questions about the meaning of words, and others that no sequence answers."""

_NEAREST = 3
_FAR, _TYPICAL = 0.02, ("gc-content", "protein", "gene-description")  # below it no task is near
_TIED = 0.1
"""Tasks that share a question form are asked together, if one is this much as probable as the other."""


@dataclass(frozen=True)
class Intent:
    """What a question asks for.

    Attributes
    ----------
    tasks : tuple of str
        The task; several where they have a question form in common, in the order of the registry.
    options : AskOptions
        Options that the question names.
    score : float
        Probability of the tasks together.
    """

    tasks: tuple[str, ...]
    options: AskOptions
    score: float


class QuestionWeights(NamedTuple):
    """What was learnt from questions.

    Attributes
    ----------
    labels : tuple of str
        Names of tasks, and `NONE`.
    features : tuple of str
        As `question_words.features_of` names them.
    seen : int[features]
        In how many questions.
    questions : int
        That were learnt.
    table, bias : float[features, labels], float[labels]
        Of the regression.
    threshold : float
        Lowest probability that is understood.
    """

    labels: tuple[str, ...]
    features: tuple[str, ...]
    seen: NDArray[Any]
    questions: int
    table: NDArray[Any]
    bias: NDArray[Any]
    threshold: float


class QuestionVectors:
    """Questions as vectors.

    Parameters
    ----------
    features : sequence of str
        Known ones.
    seen : int[features]
        In how many of the learnt questions.
    questions : int
        That were learnt.
    """

    def __init__(self, features: Sequence[str], seen: NDArray[Any], questions: int) -> None:
        self.columns = {feature: column for column, feature in enumerate(features)}
        self._weights = np.log1p(questions / np.maximum(seen, 1))
        self._rarest = float(np.log1p(questions))
        counts = zip(features, seen.tolist(), strict=True)
        self._spelling = Spelling({name: count for name, count in counts if name.isalnum()})

    def vector(self, words: Iterable[str]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Columns and values of a question; its length is below 1 by what is not known of it."""
        features = features_of([self._spelling.corrected(word) for word in words])
        known = [name for name in features if name in self.columns]
        columns = np.array([self.columns[name] for name in known], np.int64)
        values = np.array([features[name] for name in known]) * self._weights[columns]
        strange = sum(weight**2 for name, weight in features.items() if name not in self.columns)
        norm = float(np.sqrt(values @ values + strange * self._rarest**2))
        return columns, values / norm if norm else values


class SharedForms:
    """Question forms, and which tasks have one in common.

    Parameters
    ----------
    forms : mapping of str to sequence of str
        By name of the task.
    """

    def __init__(self, forms: Mapping[str, Sequence[str]]) -> None:
        self._tasks: dict[tuple[str, ...], set[str]] = {}
        for name, texts in forms.items():
            for text in texts:
                self._tasks.setdefault(tuple(words_of(text)), set()).add(name)

    def tasks_of(self, words: Sequence[str]) -> set[str]:
        """Tasks that have a question word for word."""
        return self._tasks.get(tuple(words), set())

    def together(self, name: str) -> set[str]:
        """Tasks that have a question form in common with a task, and itself."""
        return {name}.union(*(names for names in self._tasks.values() if name in names))


class Decision(NamedTuple):
    """The likeliest task, with those that are asked together with it; their probability together."""

    tasks: tuple[str, ...]
    score: float


def decided(given: Mapping[str, float], shared: SharedForms) -> Decision:
    """Take the likeliest task, and those of the same question forms that are nearly as likely.

    Parameters
    ----------
    given : mapping of str to float
        Probability of each task and of `NONE`, in the order in which equal ones are taken.
    shared : SharedForms
        Question forms of the tasks.
    """
    known = [name for name in given if name != NONE]
    best = max(known, key=lambda name: given[name])
    together = shared.together(best)
    tied = tuple(name for name in known if name in together and given[name] >= _TIED * given[best])
    return Decision(tied, sum(given[name] for name in tied))


class QuestionClassifier:
    """Gives a question to a task or to none.

    Parameters
    ----------
    weights : QuestionWeights
        As fitted by `genomebook.training.tasks.questions`.
    forms : mapping of str to sequence of str
        Question forms of all tasks by name; those of a task that was not learnt are compared with a question.
    """

    ALIKE = 0.7
    """Cosine from which a question asks for a task that was not learnt."""

    def __init__(self, weights: QuestionWeights, forms: Mapping[str, Sequence[str]]) -> None:
        self.weights, self.labels = weights, weights.labels
        self._table = np.asarray(weights.table, np.float32)
        self._bias = np.asarray(weights.bias, np.float32)
        self._vectors = QuestionVectors(weights.features, weights.seen, weights.questions)
        self._shared = SharedForms(forms)
        new = [(name, text) for name, texts in forms.items() if name not in self.labels for text in texts]
        self._new = [(name, features_of(words_of(text))) for name, text in new]

    def probabilities(self, question: str) -> dict[str, float]:
        """Probability of each task and of `NONE`."""
        words = words_of(question)
        if same := self._shared.tasks_of(words):
            return dict.fromkeys(self.labels, 0.0) | dict.fromkeys(sorted(same), 1 / len(same))
        columns, values = self._vectors.vector(words)
        logits = values.astype(np.float32) @ self._table[columns] + self._bias
        given = dict(zip(self.labels, softmax(logits).tolist(), strict=True))
        features = features_of(words)
        alike = {name: _cosine(features, form) for name, form in self._new}
        name = max(alike, key=lambda each: alike[each], default=NONE)
        if name != NONE and alike[name] >= self.ALIKE:
            return dict.fromkeys(given, 0.0) | {name: alike[name], NONE: 1 - alike[name]}
        if not words or is_foreign(words) or _MEANING.match(question):
            return dict.fromkeys(given, 0.0) | {NONE: 1.0}
        return given

    def decided(self, given: Mapping[str, float]) -> Decision:
        """The task that a question asks for by its `probabilities`, understood or not."""
        return decided(given, self._shared)


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    product = sum(weight * other.get(name, 0.0) for name, weight in one.items())
    squares = sum(weight**2 for weight in one.values()) * sum(weight**2 for weight in other.values())
    return product / squares**0.5 if squares else 0.0


def plain_question(question: str) -> str:
    """The question as it is read: one line, no control characters, at most `MAX_QUESTION` of them."""
    return plain_line(question[: 4 * MAX_QUESTION])[:MAX_QUESTION]


def question_forms() -> dict[str, list[str]]:
    """The question forms of each task, its title and name among them."""
    return {name: [*task.questions, task.title, name.replace("-", " ")] for name, task in tasks().items()}


def read_weights(path: Path) -> QuestionWeights:
    """Read what was learnt from questions."""
    with safe_open(path, "numpy") as file:
        names = json.loads(file.metadata()["names"])
        arrays = {key: file.get_tensor(key) for key in ("seen", "table", "bias")}
    return QuestionWeights(
        tuple(names["labels"]), tuple(names["features"]), arrays["seen"], int(names["questions"]),
        arrays["table"], arrays["bias"], float(names["threshold"]),
    )  # fmt: skip


@cache
def classifier() -> QuestionClassifier:
    """The shipped classifier, for the tasks of the catalogue."""
    path = Path(str(resources.files("genomebook") / "data" / "questions.safetensors"))
    return QuestionClassifier(read_weights(path), question_forms())


def intent(question: str) -> Intent:
    """Say which task a question asks for, and with which options.

    Parameters
    ----------
    question : str
        In English, of any length; its first `MAX_QUESTION` characters are read.

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
    given = classifier().probabilities(line)
    taken = classifier().decided(given)
    if taken.score < classifier().weights.threshold:
        order = sorted((name for name in given if name != NONE), key=lambda name: -given[name])
        near = order[:_NEAREST] if given[order[0]] >= _FAR else _TYPICAL
        raise QuestionError(f"the question {line[:60]!r} is not understood; you can ask: {_examples(near)}")
    return Intent(taken.tasks, read_options(line), taken.score)


def _examples(names: Iterable[str]) -> str:
    """A question form of each of the first tasks, for people."""
    forms = dict.fromkeys(tasks()[name].questions[0] for name in names)
    return " ".join(form if form.endswith("?") else f"{form}." for form in forms)
