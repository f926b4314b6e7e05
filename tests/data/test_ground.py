"""Ground on real data."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.data
def test_the_benchmark_works(shared: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "grounding", "--quick", "--results", str(tmp_path)]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    row = json.loads((tmp_path / "grounding.json").read_text())["rows"][0]
    assert row["enriched"] > row["controls"]["shuffled"]["enriched"]
    assert row["pairs"] > row["controls"]["locally"]["of_pairs_enriched"]
