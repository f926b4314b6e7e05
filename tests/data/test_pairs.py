"""Pairs on real data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from genomebook.training.measures import auc
from genomebook.training.pairs.dna import homologue_pairs, repeat_pairs
from tests.support.kmers import shared_kmers


@pytest.mark.data
def test_real_homologues_and_repeats(shared: Path):
    folder = shared / "data" / "sequences"
    pairs = homologue_pairs(folder / "homologous_pairs.tsv.gz", 150)
    labels = np.array([pair.label for pair in pairs])
    assert len(pairs) > 1500
    assert labels.mean() == 0.5
    assert auc(np.array([shared_kmers(pair) for pair in pairs]), labels) > 0.99
    repeats = repeat_pairs(folder / "repeat_instances_GRCh37_ensembl_regions.tsv.gz", 100, 200, 0)
    assert len(repeats) == 200
    assert sum(pair.label for pair in repeats) == 100
