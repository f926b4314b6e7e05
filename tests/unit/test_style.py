"""The style check says the same of a checkout whatever lies in it, such as the books of the demo."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def unsorted(checkout: Path) -> str:
    """What ruff says of the order of imports in all tests; empty when all is well."""
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--quiet", "--select", "I", "tests"]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False).stdout


@pytest.mark.skipif(find_spec("ruff") is None, reason="ruff is not installed")
def test_folders_in_a_checkout_do_not_change_the_order_of_imports(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "tests").mkdir()
    for path in (ROOT / "tests").glob("*.py"):
        shutil.copy(path, tmp_path / "tests")
    assert unsorted(tmp_path) == ""
    for name in ("books", "dna", "numpy", "pytest"):  # what `make demo` leaves, and what a person may have
        (tmp_path / name).mkdir()
    assert unsorted(tmp_path) == ""
