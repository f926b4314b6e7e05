"""Learnt answers: the best rule of a task on its dev split, with calibrated probabilities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from genomebook.errors import TaskError
from genomebook.tasks.answer import TaskAnswer
from genomebook.tasks.inputs import AskedSequence
from genomebook.tasks.shipped import CONFIDENT, CalibratedRule, TaskResults, opened, results
from genomebook.tasks.task import Task

_FOR_PEOPLE = {"combined": "several models together", "network": "a small neural network"}
"""Rules by name whose name alone says little."""

_CONTROLS = {
    "composition": "A rule that knows only the length and the GC content of a sequence",
    "random-encoder": "A model with random weights",
    "random-network": "A network with random weights",
}
"""Controls for people, by kind of rule."""


def learnt_answers(
    task: Task, question: str, sequences: Sequence[AskedSequence], weights: Path | None = None
) -> Iterator[TaskAnswer]:
    """Answer a task that was learnt from examples, for several sequences at once, in order.

    Parameters
    ----------
    task : Task
        With labels.
    question : str
        As read.
    sequences : sequence of AskedSequence
        Of one longer than the task was made for, the middle is scored.
    weights : Path, optional
        Folder made by ``train-tasks``, instead of the shipped one.

    Raises
    ------
    TaskError
        There are no weights for it; the message says how to make them.
    WeightsError
        A file is missing or damaged.
    """
    figures, kind = _answering(task, weights)
    if figures is None or kind is None:
        raise TaskError(_no_weights(task))
    rule = opened(task.name, kind, weights)
    trust = _trust(figures, rule)
    scored = [scored_letters(task, asked.letters) for asked in sequences]
    for asked, letters, probabilities in zip(sequences, scored, rule.probabilities(scored), strict=True):
        best = int(np.argmax(probabilities))
        label, probability = rule.labels[best], float(probabilities[best])
        cut = ""
        if len(letters) < len(asked.letters):
            cut = f"Only the middle {len(letters):,} of its {len(asked.letters):,} letters were scored."
        strange = rule.in_range.check(letters)
        yield TaskAnswer(
            question, task.name, task.title,
            _sentence(label, probability, strange, len(rule.labels)), label, probability,
            _FOR_PEOPLE.get(rule.name, rule.name), trust, False,
            " ".join(filter(None, (strange, cut))) or None,
            details={
                name: f"{value:.3f}" for name, value in zip(rule.labels, probabilities, strict=True)
            },
            name=asked.name, notes=asked.notes,
        )  # fmt: skip


def is_answered(task: Task, weights: Path | None = None) -> bool:
    """Whether a task is answered: with labels where there are weights, others exactly or from the book."""
    return not task.labels or _answering(task, weights)[1] is not None


def _answering(task: Task, weights: Path | None) -> tuple[TaskResults | None, str | None]:
    """Figures of a task, and the kind of the rule that answers it."""
    figures = results(weights).get(task.name)
    return figures, figures.answering(own=weights is not None) if figures else None


def _no_weights(task: Task) -> str:
    """One line: why nothing ships, and how to get weights."""
    if task.load is None or not task.labels:
        return f"{task.title}: this question has no learnt answer; ask another"
    why = "" if task.sheet.ships else f" (licence of its data: {task.sheet.licence})"
    own = "" if task.sheet.ships else " --own-use"
    return (
        f"{task.title}: no weights ship for it{why}; with its data at hand, train them with "
        f"genomebook train-tasks --task {task.name}{own} -o FOLDER and ask with --weights FOLDER"
    )


def scored_letters(task: Task, letters: str) -> str:
    """The letters of a sequence that are scored: all, or the middle of one that is too long for the task."""
    longest = task.lengths[1]
    if len(letters) <= longest:
        return letters
    width = task.window or longest
    start = (len(letters) - width) // 2
    return letters[start : start + width]


def _sentence(label: str, probability: float, strange: str | None, labels: int) -> str:
    if strange:
        return f"No sure answer: it is unlike the sequences the rule was trained on. Its best guess: {label}."
    value = "above 0.99" if probability > 0.99 else f"{probability:.2f}"
    shown = f"{label} (probability {value})"
    if probability > CONFIDENT:
        return f"{shown[0].upper()}{shown[1:]}."
    if probability >= 0.7:
        return f"Probably {shown}."
    return f"Not sure. {'The better' if labels == 2 else 'Best'} guess: {shown}."


def _trust(figures: TaskResults, rule: CalibratedRule) -> str:
    """The test figure beside that of the simple rule to beat, and a warning where a control does better."""
    test, floor = rule.result.test, figures.floor
    parts = [f"On {figures.examples.get('test', 0):,} test sequences it reaches {figures.metric} {test}"]
    if figures.metric == "MCC":
        parts.append(", where 1 is always right and 0 is guessing")
    if floor is not None and floor is not rule.result:
        parts.append(f"; {floor.rule}, the rule to beat, {floor.test.value:.3f}")
    elif floor is not None:
        parts.append("; this is the simple rule to beat")
    parts.append(f". Its probabilities are off by {rule.result.ece:.3f} on average.")
    better = figures.better_control
    if better is not None:
        reached = figures.rules[better].test.value
        parts.append(f" {_CONTROLS[better]} does better ({reached:.3f}), so this answer is worth little.")
    return "".join(parts)
