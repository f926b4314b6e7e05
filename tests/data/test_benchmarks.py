"""Benchmarks on real data."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.models import heldout

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.data
def test_titles_are_counted_beside_their_shuffles(shared: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "titles", "--quick", "--results", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "titles.json").read_text())["rows"]
    assert [row["level"] for row in rows] == ["sections", "paragraphs"]
    for row in rows:
        assert 0 < row["n"] <= 3
        assert row["low"] <= row["same"] <= row["high"]
        assert 1 <= row["distinct"] <= row["n"]


@pytest.mark.data
def test_what_the_reader_knows_is_less_on_the_shuffle(shared: Path) -> None:
    result = heldout.measure(shared / "data", 300_000)
    bits = {(row["model"], row["sequence"]): row["bits_per_letter"] for row in result["rows"]}
    for name in ("words-600", "words-4096"):
        model = f"{name}, n-gram reader"
        assert bits[model, "real"] < bits[model, "shuffled"]
    assert bits["letters, order 1", "real"] == pytest.approx(bits["letters, order 1", "shuffled"])
