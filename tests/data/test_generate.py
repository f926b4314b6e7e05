"""Generated titles of real sequence."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from benchmarks.segmentation.title_control import control_titles
from genomebook.models.generate import load_titler


@pytest.mark.data
def test_titles_of_chromosome_21_are_no_nearer_to_their_own_shuffle_than_to_another(
    shared: Path,
) -> None:
    """What is written in the module about the shipped reader, on stretches of the same chromosome."""
    with gzip.open(shared / "data" / "genome" / "GRCh38_regions.fa.gz", "rt") as file:
        records = file.read().split(">")
    record = next(text for text in records if text.startswith("chr21:24985581"))
    letters = "".join(record.splitlines()[1:]).encode()
    starts = random.Random(1).sample(range(0, len(letters) - 2000, 2000), 40)
    found = control_titles(load_titler(), [letters[i : i + 2000] for i in starts])
    assert found.low <= found.chance + 0.05
    assert found.same < 0.25
    assert 10 < found.distinct < 40
