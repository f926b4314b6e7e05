"""Enrichment on real data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from genomebook.annotation.enrichment import enrichment
from genomebook.annotation.tracks import edges, read_tracks
from genomebook.genome.regions import Contig


@pytest.mark.data
def test_random_boundaries_beside_the_repeats_of_chromosome_2(shared: Path) -> None:
    chr2 = Contig("chr2:1-2333275", 2333275, "chr2", 0)
    folder = shared / "data" / "annotation"
    (repeats,) = read_tracks(folder / "chr2_GRCh38_0-2333275_ucsc_softmask.bed.gz", [chr2])
    gaps, at = np.array([[0, 10_000]]), edges(repeats, chr2)
    marks = np.sort(np.random.default_rng(1).choice(np.arange(10_001, chr2.length), 6000, replace=False))
    found = enrichment(marks, at, chr2.length, gaps, name=chr2.name)
    assert found.low < 1 < found.high
    assert found.high - found.low < 0.25
    assert found.control_low < 1 < found.control_high
    at_edges = np.concatenate([marks[::2], np.random.default_rng(2).choice(at, 1000)])
    assert enrichment(at_edges, at, chr2.length, gaps, name=chr2.name).low > 3
