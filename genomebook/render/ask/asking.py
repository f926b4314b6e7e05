"""What can be asked, as a list under headings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from markupsafe import Markup

from genomebook.render.templating import render
from genomebook.tasks.learnt_answers import is_answered
from genomebook.tasks.scan import SCAN_TASKS
from genomebook.tasks.task import Task


class OfferedQuestion(NamedTuple):
    """A task: title, a way to ask it, other ways, the address that asks it; empty where no weights ship."""

    title: str
    question: str
    others: str
    address: str


def questions_html(tasks: Mapping[str, Task], kept: Mapping[str, str]) -> Markup:
    """List what can be asked by group; each question is a link that asks it.

    Parameters
    ----------
    tasks : mapping of str to Task
        By name.
    kept : mapping of str to str
        Parameters of the address that the links keep: the sequence.
    """
    groups: dict[str, list[OfferedQuestion]] = {}
    for name, task in sorted(tasks.items(), key=lambda item: not is_offered(item[1])):
        question = task.questions[0]
        asking = {"view": "scan"} if name == SCAN_TASKS[0] else {"q": question, "task": name}
        address = f"ask?{urlencode({**kept, **asking})}" if is_offered(task) else ""
        others = "; ".join(task.questions[1:3])
        groups.setdefault(task.group, []).append(OfferedQuestion(task.title, question, others, address))
    return render("ask_questions.j2", groups=groups)


def is_offered(task: Task) -> bool:
    """Whether the page answers a task, or scans for it."""
    return is_answered(task) or task.name == SCAN_TASKS[0]
