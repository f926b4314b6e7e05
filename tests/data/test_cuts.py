"""Cuts on real data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from genomebook.genome.fasta import Genome, unpack
from genomebook.language.alphabet import CODE
from tests.support.cut_places import cuts


@pytest.mark.data
def test_longest_stretch_without_a_cut_in_real_sequence(
    shared: Path, tmp_path: Path, record_property: pytest.RecordProperty
) -> None:
    """Measured: the longest stretch of bases without a content cut in 4.5 Mb of GRCh38."""
    unpack(shared / "data" / "genome" / "GRCh38_regions.fa.gz", tmp_path)
    longest, where, letters, n_cuts = 0, "", 0, 0
    with Genome(tmp_path) as genome:
        for record in genome.records:
            text = genome.letters(record.name)
            is_base = CODE[text] < 4
            edges = np.flatnonzero(np.diff(is_base, prepend=False, append=False))
            bounds = np.union1d(edges, cuts(text.tobytes()))
            gaps = np.where(is_base[bounds[:-1]], np.diff(bounds), 0)
            n_cuts += len(bounds) - len(edges)
            letters += int(is_base.sum())
            if gaps.max() > longest:
                longest, where = int(gaps.max()), f"{record.name} + {bounds[gaps.argmax()]}"
    print(f"longest stretch without a content cut: {longest} letters, {where}; {letters / n_cuts:.1f} a cut")
    record_property("longest_stretch_without_cut", longest)
    assert longest == 2468  # chr2:1,106,723-1,109,190
