"""Boundary scores on real data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from genomebook.genome.fasta import Genome, unpack
from genomebook.segmentation import scorer as module
from tests.support.moved_starts import moved, shifted, starts
from tests.support.sources import plain


@pytest.mark.data
def test_boundaries_of_real_sequence_stay_where_they_are(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the first words go, and when blocks are small."""
    unpack(shared / "data" / "genome" / "GRCh38_regions.fa.gz", tmp_path)
    with Genome(tmp_path) as genome:
        letters = np.array(genome.letters("chr21:24985581-26000306")[:300_000])
    whole = plain().divide(letters)
    for at in starts(letters, [1, 50, 1000]):
        for name, found in plain().divide(letters[at:]).items():
            assert len(found.sentences) > 1000
            for different, of in shifted(whole[name], found, at, 5000):
                assert different < 0.01 * of, name
    monkeypatch.setattr(module, "WORDS_PER_BLOCK", 4096)
    for name, found in plain().divide(letters).items():
        assert moved(whole[name].sentences, found.sentences) <= 0.001, name
        assert moved(whole[name].paragraphs, found.paragraphs) <= 0.001, name
