"""Fasta on real data."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest

from genomebook.genome.fasta import Genome, unpack
from tests.support.simple_fasta import parse_simply


@pytest.mark.data
def test_the_shared_regions_are_slices_with_their_letters(tmp_path: Path, shared: Path) -> None:
    source = shared / "data/genome/GRCh38_regions.fa.gz"
    records = unpack(source, tmp_path)
    expected = parse_simply(gzip.decompress(source.read_bytes()))
    assert [r.name for r in records] == [name for name, _, _ in expected]
    with Genome(tmp_path) as genome:
        for record, (name, _, letters) in zip(records, expected, strict=True):
            assert genome.letters(name).tobytes() == letters
            assert record.md5 == hashlib.md5(letters.upper()).hexdigest()
            start, end = name.split(":")[1].split("-")
            assert record.name == f"{record.contig}:{start}-{end}"
            assert record.origin == int(start) - 1
