"""Tracks on real data."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from genomebook.annotation.tracks import (
    edges,
    mask_track,
    read_tracks,
)
from genomebook.errors import AnnotationError
from genomebook.genome.regions import Contig

CHR21 = Contig("chr21:24985581-26000306", 1014726, "chr21", 24985580)
CHR2 = Contig("chr2:1-2333275", 2333275, "chr2", 0)


@pytest.mark.data
def test_real_tracks(shared: Path) -> None:
    folder = shared / "data" / "annotation"
    book = [CHR21, CHR2]
    found = {
        one.name: one for one in read_tracks(folder / "chr21_GRCh38_ensembl.gff3.gz", book, (), "GRCh38")
    }
    assert {name: len(one.intervals) for name, one in found.items()} == {"gene": 23, "exon": 142, "CDS": 54}
    (islands,) = read_tracks(folder / "hg38_cpgIslands.bed.gz", book, assembly="GRCh38")
    assert len(edges(islands, CHR2)) == 94
    (regions,) = read_tracks(folder / "chr21_GRCh38_ensembl.gff3.gz", book, ["biological_region"])
    assert len(regions.intervals) > 10
    for name, why in [
        ("GRCh37_regions_repeats_ensembl.bed.gz", "is for GRCh37, the book is GRCh38"),
        ("GRCh38_lifted_segments_repeats_ensembl.bed.gz", "has no overlap with this book"),
        ("chr22_GRCh38_K562_DNase_macs2.narrowPeak.gz", "it has chr22, the book has chr21:24985581-26000306"),
    ]:
        with pytest.raises(AnnotationError, match=why):
            read_tracks(folder / name, book, assembly="GRCh38")
    with pytest.raises(AnnotationError, match=r"chr21 .*another assembly"):
        read_tracks(folder / "hg38_cpgIslands.bed.gz", [Contig("chr21", 40_000_000, "chr21", 0)])


@pytest.mark.data
def test_the_mask_is_the_one_that_was_published(shared: Path) -> None:
    with gzip.open(shared / "data" / "genome" / "GRCh38_regions.fa.gz", "rb") as file:
        record = next(part for part in file.read().split(b">") if part.startswith(b"chr2:1-2333275"))
    letters = np.frombuffer(record.split(b"\n", 1)[1].replace(b"\n", b""), np.uint8)
    path = shared / "data" / "annotation" / "chr2_GRCh38_0-2333275_ucsc_softmask.bed.gz"
    (published,) = read_tracks(path, [CHR2])

    class Volume(Contig):
        def sequence(self) -> bytes:
            return letters.tobytes()

    found = edges(mask_track(Volume(*vars(CHR2).values())), CHR2)
    assert len(found) == 4470
    assert np.array_equal(found, edges(published, CHR2))
