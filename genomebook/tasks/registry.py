"""The tasks by name: every module of the catalogue that has ``TASKS``."""

from __future__ import annotations

import difflib
import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module

from genomebook.errors import TaskError
from genomebook.tasks import catalogue
from genomebook.tasks.task import Task

_SHOWN = 40


@cache
def tasks() -> dict[str, Task]:
    """All tasks by name, by module of the catalogue and in the order of its ``TASKS``.

    Raises
    ------
    TaskError
        Two tasks have the same name.
    """
    return tasks_of(catalogue.__path__, catalogue.__name__)


def tasks_of(folders: Iterable[str], package: str) -> dict[str, Task]:
    """The tasks of a package.

    Parameters
    ----------
    folders : iterable of str
        Folders of the package.
    package : str
        Its dotted name.

    Raises
    ------
    TaskError
        Two tasks have the same name.
    """
    by_name: dict[str, Task] = {}
    for module, task in _all(folders, package):
        if task.name in by_name:
            raise TaskError(
                f"{module}: a task named {task.name!r} exists already; give this one another name"
            )
        by_name[task.name] = task
    return by_name


def _all(folders: Iterable[str], package: str) -> Iterator[tuple[str, Task]]:
    for info in sorted(pkgutil.iter_modules(list(folders)), key=lambda info: info.name):
        for task in getattr(import_module(f"{package}.{info.name}"), "TASKS", ()):
            yield info.name, task


def task(name: str) -> Task:
    """The task of this name.

    Raises
    ------
    TaskError
        There is none; the message names those with similar names.
    """
    known = tasks()
    if name in known:
        return known[name]
    said = name[:_SHOWN].lower()
    near = (
        difflib.get_close_matches(said, known, n=3, cutoff=0.5) or [one for one in known if said in one][:3]
    )
    hint = f"did you mean {', '.join(near)}?" if near else f"choose one of {', '.join(known)}"
    raise TaskError(f"{name[:_SHOWN]!r}: no task of this name; {hint}")
