"""Variants on real genes: beside bcftools csq and Biopython, and known ones of APP."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from benchmarks.variants import csq, side_by_side
from genomebook.annotation.variants.alleles import Placement
from genomebook.annotation.variants.consequences import consequence
from genomebook.annotation.variants.spliced import SplicedTranscript
from genomebook.genome.names import LENGTHS


@pytest.mark.data
def test_consequences_are_those_of_csq_and_proteins_those_of_biopython(shared: Path, tmp_path: Path) -> None:
    if shutil.which("bcftools") is None:
        pytest.skip("bcftools is not installed")
    letters, transcripts = side_by_side.read_stretch(shared / "data", tmp_path)
    genes, whole, length = tmp_path / "genes.gff3", tmp_path / "whole.fa", LENGTHS["chr21"]
    csq.write_padded(whole, side_by_side.CONTIG, length, side_by_side.ORIGIN, letters)
    csq.write_genes(shared / "data" / side_by_side.GENES, genes)
    snvs = list(side_by_side.substitutions(letters, transcripts))[::11]
    indels = side_by_side.insertions_and_deletions(letters, transcripts, 150)
    for number, alleles in enumerate((snvs, indels)):
        vcf = tmp_path / f"{number}.vcf"
        csq.write_vcf(vcf, side_by_side.CONTIG, length, alleles)
        result = side_by_side.compared(letters, transcripts, alleles, csq.run(whole, genes, vcf)[0])
        assert result["pairs"] > 3 * len(alleles)
        assert result["confirmed"] == result["proteins"] > 300
        assert result["same_residues"] == result["residues"]
        assert result["same"] / result["pairs"] > 0.7
        others = result["classes"].get("other protein", {"number": 0, "checked": 0, "confirmed": 0})
        assert others["confirmed"] == others["checked"] == others["number"]
    assert result["residues"] == 0


APP = [
    # the best known variants of amyloid precursor protein, in GRCh38; TC is the reverse complement of GA, so
    # by the order of HGVS the last is an inversion, though it is often written as delinsTC
    (25_891_784, "C", "T", "c.2149G>A", "p.(Val717Ile)"),
    (25_891_856, "C", "G", "c.2077G>C", "p.(Glu693Gln)"),
    (25_897_620, "C", "T", "c.2017G>A", "p.(Ala673Thr)"),
    (25_897_626, "TC", "GA", "c.2010_2011inv", "p.(Lys670_Met671delinsAsnLeu)"),
]


@pytest.mark.data
@pytest.mark.parametrize(("position", "ref", "alt", "hgvs_c", "hgvs_p"), APP)
def test_known_variants_of_app(
    shared: Path, tmp_path: Path, position: int, ref: str, alt: str, hgvs_c: str, hgvs_p: str
) -> None:
    letters, transcripts = side_by_side.read_stretch(shared / "data", tmp_path)
    (of,) = (row for row in transcripts if row.transcript_id.startswith("ENST00000346798"))
    start = position - 1 - side_by_side.ORIGIN
    assert letters[start : start + len(ref)] == ref

    def sequence(low: int, high: int) -> bytes:
        return letters[max(low, 0) : high].encode()

    change = Placement(start, start + len(ref), alt)
    call = consequence(SplicedTranscript(of, sequence), change, sequence)
    assert (call.hgvs_c, call.hgvs_p) == (hgvs_c, hgvs_p)
