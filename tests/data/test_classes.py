"""Classes on real data."""

from __future__ import annotations

from pathlib import Path

import pytest

from genomebook.annotation.classes import read_classes
from genomebook.genome.regions import Contig
from tests.support.spans import spans


@pytest.mark.data
def test_real_files(shared: Path) -> None:
    folder = shared / "data" / "annotation"
    names = ["chr21_GRCh38_ensembl.gff3.gz", "hg38_cpgIslands.bed.gz", "hg38_RAMPAGE_rPeaks.bed.gz"]
    names += ["hg38_cCRE_PLS_K562.bed.gz", "hg38_cCRE_PLS_GM12878.bed.gz"]
    volume = Contig("chr21:24985581-26000306", 1014726, "chr21", 24985580)
    found = read_classes([folder / name for name in names], [volume], assembly="GRCh38")
    assert {"CDS", "CpG island", "TSS peak", "promoter", "lincRNA gene", "intron"} <= set(found.names)
    letters = {
        name: sum(b - a for a, b in spans(found, name, volume.name))
        for name in ("exon", "intron", "intergenic")
    }
    assert sum(letters.values()) >= volume.length
    assert spans(found, "CpG island", volume.name)[0][0] >= 0
    repeats = folder / "GRCh38_lifted_segments_repeats_ensembl.bed.gz"
    families = read_classes([repeats], [Contig("chr6:31266805-32084294", 817490, "chr6", 31266804)])
    assert {"Alu", "L1", "L2", "MIR", "ERV1", "ERVL", "simple repeat", "low complexity", "repeat"} <= set(
        families.names
    )
