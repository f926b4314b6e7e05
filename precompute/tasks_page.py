"""The page of the docs that says how far to trust the answers of Ask, from the figures that ship.

python precompute/tasks_page.py genomebook/data/tasks -o docs/ask-rules.md
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from genomebook.tasks.registry import tasks
from genomebook.tasks.shipped import results
from genomebook.training.tasks.page import rules_page


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="that train-tasks wrote")
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args(arguments)
    options.output.write_text(rules_page(results(options.folder), tasks()), encoding="utf-8")


if __name__ == "__main__":
    main()
