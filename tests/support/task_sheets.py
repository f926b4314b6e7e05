"""The page of data sheets: ``python tests/support/task_sheets.py > docs/task-sheets.md``."""

from __future__ import annotations

from genomebook.tasks.registry import tasks
from genomebook.tasks.sheets import docs_lines

HEAD = """# Data sheets of the tasks

Made from the registry by `python tests/support/task_sheets.py > docs/task-sheets.md`; `genomebook tasks TASK`
prints one in a terminal. What a task is, how data are split and what leaks: [Tasks](tasks.md).
"""


def page() -> str:
    """The whole page, in Markdown."""
    return "\n".join([HEAD, *docs_lines(tasks().values())]).rstrip() + "\n"


if __name__ == "__main__":
    print(page(), end="")
