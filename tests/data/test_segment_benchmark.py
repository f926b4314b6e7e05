"""Segment benchmark on real data."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.common.report import DOCS, markdown
from benchmarks.segmentation.segment import CHOSEN_ON

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.data
def test_quick(shared: Path, tmp_path: Path) -> None:
    docs = DOCS.read_bytes()
    command = [sys.executable, "-m", "benchmarks", "segment", "--quick", "--results", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "segment.json").read_text())
    assert markdown("segment", tmp_path) in done.stdout
    assert DOCS.read_bytes() == docs
    for row in result["peer"]:
        assert (row["twice"] > 0.3) == (row["way"] == "windows")
    ours = next(r for r in result["peer"] if (r["signal"], r["way"]) == ("switch", "genomebook"))
    assert ours["moved_read_anew"] == [0, 0, 0]
    assert result["bar"]["chosen_on"] == CHOSEN_ON
    assert {row["kind"] for row in result["tried"]} == {"training", "signal", "prior", "bar"}
