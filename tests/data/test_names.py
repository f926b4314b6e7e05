"""Names on real data."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from genomebook.genome.names import (
    LENGTHS,
    karyotype_key,
)


@pytest.mark.data
def test_lengths_are_those_of_the_cytoband_table(shared: Path) -> None:
    ends: dict[str, int] = {}
    with gzip.open(shared / "data/annotation/hg38_cytoBandIdeo.txt.gz", "rt") as lines:
        for line in lines:
            chrom, _, end, *_ = line.split("\t")
            ends[chrom] = max(int(end), ends.get(chrom, 0))
    assert {name: ends.get(name, LENGTHS["chrM"]) for name in LENGTHS} == LENGTHS
    assert list(LENGTHS) == sorted(LENGTHS, key=karyotype_key)
    assert len(LENGTHS) == 25
