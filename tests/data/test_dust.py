"""Dust on real data."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.support.masks import digest


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("GRCh38_regions.fa.gz", "d72df8b005b1add8"),
        ("other/GRCh38_chrUn_8_contigs.fa.gz", "5fdb2aef18c89b9c"),
        ("other/human_rDNA_unit_KY962518_ribotin.fa.gz", "7fce5ddeaf3a1afa"),
    ],
)
def test_so_has_sequence_of_the_shared_data(name: str, expected: str, shared: Path) -> None:
    assert digest(gzip.decompress((shared / "data" / "genome" / name).read_bytes())) == expected
