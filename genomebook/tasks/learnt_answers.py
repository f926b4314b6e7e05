"""Learnt answers: the best rule of a task on its dev split, with calibrated probabilities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from genomebook.errors import TaskError
from genomebook.tasks.answer import TaskAnswer
from genomebook.tasks.inputs import AskedSequence
from genomebook.tasks.task import Task


def learnt_answers(task: Task, question: str, sequences: Sequence[AskedSequence]) -> Iterator[TaskAnswer]:
    """Answer a task that was learnt from examples.

    Raises
    ------
    TaskError
        No weights are shipped for it; the message says how to make them.
    """
    raise TaskError(
        f"{task.title}: no weights are shipped for this question; with its data at hand, train them with "
        f"genomebook train-tasks {task.name}"
    )
    yield
