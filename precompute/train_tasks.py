"""Fit and measure every rule of every task whose data are at hand, and write the page about them.

python precompute/train_tasks.py genomebook/data/tasks --data task-data --page docs/ask-rules.md

Run it again after an interruption: what was measured on the same examples is kept. On one core all tasks take
hours; ``--task`` and ``--rule`` choose some. Networks and the controls with random weights need torch.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from genomebook.tasks.data import data_folder
from genomebook.tasks.registry import tasks
from genomebook.tasks.shipped import results
from genomebook.training.tasks.fit import fit_tasks, fitted_tasks
from genomebook.training.tasks.page import rules_page


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, fit what is not there, write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("output", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--task", action="append", default=[], help="all by default")
    parser.add_argument("--rule", action="append", default=[], help="all by default")
    parser.add_argument("--page", type=Path, help="page of the docs to write")
    options = parser.parse_args(arguments)
    folder = data_folder(options.data)
    for step in fit_tasks(fitted_tasks(options.task, folder), folder, options.output, options.rule):
        print(f"{step.task}, {step.kind}: test {step.result.test.value:.3f}", flush=True)
    if options.page:
        options.page.write_text(rules_page(results(options.output), tasks()), encoding="utf-8")


if __name__ == "__main__":
    main()
