"""Genes on real data."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from genomebook.annotation import lines
from genomebook.annotation.genes import Genes, read_genes
from genomebook.book.genes import GeneNames
from genomebook.genome.names import LENGTHS
from genomebook.genome.near import near_names
from genomebook.genome.regions import Contig, Region

SHIPPED = Path(lines.__file__).parents[1] / "data" / "NC_012920.1.genes.tsv"
CHRM = Contig("chrM", 16569, "chrM", 0)
SLICE = Contig("chr21:24985581-26000306", 1014726, "chr21", 24985580)
WHOLE = [Contig(name, length, name, 0) for name, length in LENGTHS.items()]


@pytest.mark.data
def test_ensembl_chr21_on_a_slice(shared: Path) -> None:
    frame = read_genes(shared / "data/annotation/chr21_GRCh38_ensembl.gff3.gz", [SLICE])
    genes = GeneNames(frame)
    assert len(frame) == 23
    assert set(frame.loc[frame["clipped"], "name"]) == {"AP000235.2", "AP000146.2", "APP"}
    app = frame[frame["name"] == "APP"].iloc[0]  # 25,880,550-26,171,128, beyond the end of the slice
    assert (app["start"], app["end"], app["strand"]) == (25880549 - 24985580, 1014726, "-")
    assert app["description"] == "amyloid beta precursor protein"
    assert genes.find("ENSG00000154727") == genes.find("gabpa")
    whole = read_genes(shared / "data/annotation/chr21_GRCh38_ensembl.gff3.gz", WHOLE)
    assert whole["biotype"].isin(["lincRNA", "miRNA", "protein_coding"]).sum() > 400
    assert not whole["clipped"].any()
    assert whole["gene_id"].is_unique


@pytest.mark.data
def test_gene_bounds_of_the_whole_genome(shared: Path) -> None:
    frame = read_genes(shared / "data/annotation/hg38_gene_bounds_ABC.bed.gz", WHOLE)
    assert len(frame) == 20666
    assert frame["gene_id"].str.fullmatch(r"ENSG[0-9]{11}").all()
    assert (frame["biotype"] != "").all()
    genes = Genes(frame)
    names = GeneNames(frame)
    assert names.find("brca2") == Region("chr13", 32315479, 32399672)
    assert "APP" in genes.overlapping("chr21", 25900000, 25900001)["name"].tolist()
    assert "BRCA2" in near_names("BRAC2", names.names())


@pytest.mark.data
def test_bed_and_tsv_of_the_mitochondrion_agree(shared: Path) -> None:
    bed = read_genes(shared / "data/annotation/chrM_GRCh38_genes.bed.gz", [CHRM])
    bed = bed[bed["name"].str.startswith("MT-")].reset_index(drop=True)
    place = ["volume", "start", "end", "strand", "name"]
    pd.testing.assert_frame_equal(bed[place], read_genes(SHIPPED, [CHRM])[place])
