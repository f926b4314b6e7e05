"""Variants in the script of Read, by Node."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="node is not installed: it runs the tests of the scripts")
def test_pure_functions_of_variants() -> None:
    path = Path(__file__).resolve().parents[1] / "js" / "variants.test.mjs"
    done = subprocess.run(
        [str(NODE), "--test", "--test-reporter=tap", str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert re.search(r"^# pass 3$", done.stdout, re.M), done.stdout
