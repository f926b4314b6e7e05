"""Grounded titles on real data."""

from __future__ import annotations

from pathlib import Path

import bioframe
import numpy as np
import pandas as pd
import pytest

from genomebook.annotation.genes import Genes, read_genes
from genomebook.annotation.grounded_titles import (
    RICH,
    RICH_SHARE,
    GroundedTitles,
)
from genomebook.genome.regions import Contig
from tests.support.gene_tables import table


@pytest.mark.data
def test_a_slice_of_chromosome_21(shared: Path) -> None:
    origin, end = 24_985_580, 26_000_306
    contig = Contig("chr21:24985581-26000306", end - origin, "chr21", origin)
    genes = Genes(read_genes(shared / "data" / "annotation" / "chr21_GRCh38_ensembl.gff3.gz", [contig]))
    made = GroundedTitles(genes, contig.name, contig.length)
    wanted = {
        (25_960_000, 25_980_000): "Inside APP, minus strand",
        (25_940_000, 25_950_000): "Inside APP, minus strand, with RNU6-123P",
        (25_780_000, 25_870_000): "Between GABPA and APP",
        (25_870_000, 26_000_306): "End of APP, minus strand, with RNU6-123P",  # APP goes on beyond the slice
        (25_735_000, 25_780_000): "End of GABPA, plus strand, with antisense LLPHP2",
        (25_700_000, 25_780_000): "JAM2 to GABPA, both strands, with LLPHP2",
        (25_580_000, 26_000_306): "MRPL39 to APP, 5 protein-coding genes, with 5 others",
    }
    spans = np.array(list(wanted)) - origin
    assert made.titles(spans) == list(wanted.values())


@pytest.mark.data
def test_cpg_islands_of_chromosome_2(shared: Path) -> None:
    """Richness of real units is what bioframe counts."""
    length = 2_333_275
    path = shared / "data" / "annotation" / "hg38_cpgIslands.bed.gz"
    islands = pd.read_csv(path, sep="\t", header=None, usecols=[0, 1, 2], names=["chrom", "start", "end"])
    here = islands[(islands["chrom"] == "chr2") & (islands["end"] <= length)]
    tracks = here.rename(columns={"chrom": "volume"}).assign(kind="CpG island")
    edges = np.append(np.arange(0, length, 5000), length)
    spans = np.stack([edges[:-1], edges[1:]], axis=1)
    found = GroundedTitles(table(volume="chr2"), "chr2", length, tracks).titles(spans)
    units = pd.DataFrame({"chrom": "chr2", "start": spans[:, 0], "end": spans[:, 1]})
    share = bioframe.coverage(units, here, return_input=False)["coverage"].to_numpy(float) / np.diff(edges)
    mean = (here["end"] - here["start"]).sum() / length
    rich = (share >= RICH_SHARE) & (share >= RICH * mean)
    assert 10 < rich.sum() < len(spans) / 2
    assert [text.startswith("CpG island-rich, ") for text in found] == rich.tolist()
