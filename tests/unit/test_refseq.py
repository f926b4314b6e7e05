"""GFF3 as NCBI writes it for RefSeq: chains of Parent, pseudogenes, exceptions, parts, alignments."""

# ruff: noqa: E501

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from genomebook.annotation.coding import protein, residues
from genomebook.annotation.genes import read_genes
from genomebook.annotation.transcript_files import read_transcripts
from genomebook.book.transcript import Transcript
from genomebook.errors import GenomebookWarning
from genomebook.genome.regions import Contig
from tests.support.track_files import written

ACCESSION = "NC_000001.11"
CONTIG = Contig("1", 248_956_422, "1", 0)
HEAD = (
    "##gff-version 3\n#!gff-spec-version 1.21\n#!processor NCBI annotwriter\n"
    "#!genome-build GRCh38.p14\n#!genome-build-accession NCBI_Assembly:GCF_000001405.40\n"
    "#!annotation-source NCBI RefSeq GCF_000001405.40-RS_2023_10\n"
    f"##sequence-region {ACCESSION} 1 248956422\n"
    "##species https://www.ncbi.nlm.nih.gov/Taxonomy/Browser/wwwtax.cgi?id=9606\n"
    f"{ACCESSION}\tRefSeq\tregion\t1\t248956422\t.\t+\t.\tID={ACCESSION}:1..248956422;Dbxref=taxon:9606;Name=1;"
    "chromosome=1;gbkey=Src;genome=chromosome;mol_type=genomic DNA\n"
)


def row(source: str, kind: str, start: int, end: int, strand: str, phase: str, *attributes: str) -> str:
    return (
        "\t".join((ACCESSION, source, kind, str(start), str(end), ".", strand, phase, ";".join(attributes)))
        + "\n"
    )


def refseq(kind: str, start: int, end: int, strand: str, phase: str, *attributes: str) -> str:
    return row("BestRefSeq", kind, start, end, strand, phase, *attributes)


GENE = refseq(
    "gene", 101, 420, "-", ".", "ID=gene-ALPHA", "Dbxref=GeneID:7,HGNC:HGNC:620,MIM:104760", "Name=ALPHA",
    "description=alpha%2C beta and gamma", "gbkey=Gene", "gene=ALPHA", "gene_biotype=protein_coding",
    "gene_synonym=AAA,ABETA",
)  # fmt: skip


def transcript_rows(name: str, product: str, *tags: str) -> str:
    more = ("Dbxref=GeneID:7,GenBank:" + name, "gbkey=mRNA", "gene=ALPHA")
    rows = refseq(
        "mRNA", 101, 420, "-", ".", f"ID=rna-{name}", "Parent=gene-ALPHA", f"Name={name}", *more,
        f"product=alpha%2C transcript variant {product}", *tags, f"transcript_id={name}",
    )  # fmt: skip
    for number, (start, end) in enumerate(((301, 420), (101, 200)), 1):
        rows += refseq(
            "exon", start, end, "-", ".", f"ID=exon-{name}-{number}", f"Parent=rna-{name}", *more,
            f"transcript_id={name}",
        )  # fmt: skip
    return rows


def coding_rows(name: str, protein_id: str, *more: str, parts: bool = False) -> str:
    rows = ""
    for number, (start, end, phase) in enumerate(((301, 340, "0"), (151, 200, "2")), 1):
        rows += refseq(
            "CDS", start, end, "-", phase, f"ID=cds-{protein_id}", f"Parent=rna-{name}",
            f"Dbxref=CCDS:CCDS1.1,GeneID:7,GenBank:{protein_id}", f"Name={protein_id}", "gbkey=CDS",
            *more, *((f"part={number}",) if parts else ()), f"protein_id={protein_id}",
        )  # fmt: skip
    return rows


def read(folder: Path, rows: str) -> list[Transcript]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", GenomebookWarning)
        return read_transcripts(
            written(folder, "GCF_000001405.40_GRCh38.p14_genomic.gff", HEAD + rows), [CONTIG]
        )


def test_two_transcripts_with_a_protein_each(tmp_path: Path) -> None:
    rows = GENE + transcript_rows("NM_1.7", "1", "tag=MANE Select") + coding_rows("NM_1.7", "NP_1.2")
    rows += transcript_rows("NM_2.1", "2") + coding_rows("NM_2.1", "NP_2.1")
    first, second = read(tmp_path, rows)
    assert (first.transcript_id, first.protein_id, first.gene, first.gene_id) == (
        "NM_1.7", "NP_1.2", "ALPHA", "ALPHA",
    )  # fmt: skip
    assert (second.transcript_id, second.protein_id) == ("NM_2.1", "NP_2.1")
    assert first.tags == ("MANE_Select", "HGNC:620")
    assert first.exons == ((100, 200), (300, 420))
    assert first.coding == ((150, 200), (300, 340))
    assert (first.strand, first.phase, first.biotype) == ("-", 0, "protein_coding")
    assert first.description == "alpha, beta and gamma"
    assert second.coding == first.coding


def test_a_protein_without_a_transcript_row_hangs_on_the_gene(tmp_path: Path) -> None:
    """As NCBI writes mitochondria and immunoglobulins: the CDS has the gene as its Parent."""
    rows = GENE.replace("\t101\t420\t-", "\t101\t160\t+")
    rows += refseq(
        "CDS", 101, 160, "+", "0", "ID=cds-NP_9.1", "Parent=gene-ALPHA", "Dbxref=GeneID:7", "Name=NP_9.1",
        "Note=TAA stop codon is completed by the addition of 3' A residues", "gbkey=CDS", "gene=ALPHA",
        "protein_id=NP_9.1", "transl_except=(pos:158..160%2Caa:TERM)", "transl_table=2",
    )  # fmt: skip
    (only,) = read(tmp_path, rows)
    assert (only.gene, only.protein_id, only.table) == ("ALPHA", "NP_9.1", 2)
    assert only.exons == only.coding == ((100, 160),)
    assert only.exceptions == ((157, 160, "*"),)


def test_a_pseudogene_has_exons_and_one_without_has_none(tmp_path: Path) -> None:
    pseudo = ("gbkey=Gene", "gene_biotype=pseudogene", "pseudo=true")
    rows = row("Curated Genomic", "pseudogene", 1001, 1300, "+", ".", "ID=gene-PSI", "Name=PSI", *pseudo)
    rows += row(
        "Curated Genomic", "exon", 1001, 1100, "+", ".", "ID=id-PSI", "Parent=gene-PSI", "pseudo=true"
    )
    rows += row(
        "Curated Genomic", "exon", 1201, 1300, "+", ".", "ID=id-PSI-2", "Parent=gene-PSI", "pseudo=true"
    )
    rows += row("Curated Genomic", "pseudogene", 2001, 2300, "-", ".", "ID=gene-MUTE", "Name=MUTE", *pseudo)
    (only,) = read(tmp_path, rows)
    assert (only.gene, only.exons, only.coding, only.biotype) == (
        "PSI", ((1000, 1100), (1200, 1300)), (), "pseudogene",
    )  # fmt: skip
    path = written(tmp_path, "genes.gff", HEAD + rows)
    genes = read_genes(path, [CONTIG])
    assert genes["name"].tolist() == ["PSI", "MUTE"]
    assert genes["biotype"].tolist() == ["pseudogene", "pseudogene"]


def test_micro_rnas_lie_below_their_transcript(tmp_path: Path) -> None:
    rows = refseq("gene", 3001, 3080, "+", ".", "ID=gene-MIR1", "Name=MIR1", "gene_biotype=miRNA")
    rows += refseq(
        "primary_transcript",
        3001,
        3080,
        "+",
        ".",
        "ID=rna-NR_1.1",
        "Parent=gene-MIR1",
        "transcript_id=NR_1.1",
    )
    rows += refseq("exon", 3001, 3080, "+", ".", "ID=exon-NR_1.1-1", "Parent=rna-NR_1.1")
    rows += refseq("miRNA", 3010, 3031, "+", ".", "ID=rna-MIR1", "Parent=rna-NR_1.1", "product=hsa-miR-1-5p")
    rows += refseq("exon", 3010, 3031, "+", ".", "ID=exon-MIR1-1", "Parent=rna-MIR1")
    known = {each.exons: each for each in read(tmp_path, rows)}
    assert set(known) == {((3000, 3080),), ((3009, 3031),)}
    assert {each.gene for each in known.values()} == {"MIR1"}


def test_a_selenocysteine_is_read_as_one(tmp_path: Path) -> None:
    letters = bytearray(b"C" * 8_000)
    letters[150:200], letters[300:340] = b"C" * 50, b"C" * 40
    letters[337:340] = b"CAT"  # ATG on the minus strand
    letters[331:334] = b"TCA"  # TGA
    letters[150:153] = b"TTA"  # TAA
    rows = GENE + transcript_rows("NM_1.7", "1")
    rows += coding_rows("NM_1.7", "NP_1.2", "transl_except=(pos:complement(332..334)%2Caa:Sec)")
    (only,) = read(tmp_path, rows)
    assert only.exceptions == ((331, 334, "U"),)

    def letters_of(start: int, end: int) -> bytes:
        return bytes(letters[start:end])

    assert protein(only, letters_of) == "MGU" + "G" * 26
    assert [each.amino for each in residues(only, letters_of, 331, 334)] == ["U"]


@pytest.mark.parametrize("notes", [("exception=trans-splicing",), ("exception=trans-splicing", "part=1/2")])
def test_trans_spliced_genes_are_counted_and_left_out(tmp_path: Path, notes: tuple[str, ...]) -> None:
    rows = GENE + transcript_rows("NM_1.7", "1") + coding_rows("NM_1.7", "NP_1.2", *notes)
    path = written(tmp_path, "a.gff", HEAD + rows)
    with pytest.warns(GenomebookWarning, match=r"in 1 transcript .*trans-spliced: left out, first NM_1\.7"):
        assert read_transcripts(path, [CONTIG]) == []


def test_a_gene_in_parts_of_both_strands_is_counted_and_left_out(tmp_path: Path) -> None:
    rows = refseq(
        "gene", 101, 200, "+", ".", "ID=gene-RPS12", "Name=RPS12", "exception=trans-splicing", "part=1"
    )
    rows += refseq(
        "gene", 901, 990, "-", ".", "ID=gene-RPS12", "Name=RPS12", "exception=trans-splicing", "part=2"
    )
    cds = ("ID=cds-RPS12", "Parent=gene-RPS12", "exception=trans-splicing", "gbkey=CDS")
    rows += refseq("CDS", 101, 200, "+", "0", *cds, "part=1") + refseq(
        "CDS", 901, 990, "-", "2", *cds, "part=2"
    )
    path = written(tmp_path, "a.gff", HEAD + rows)
    with pytest.warns(GenomebookWarning, match="on both strands, or the file says trans-spliced"):
        assert read_transcripts(path, [CONTIG]) == []


def test_parts_of_a_protein_and_alignments_do_not_matter(tmp_path: Path) -> None:
    plain = GENE + transcript_rows("NM_1.7", "1") + coding_rows("NM_1.7", "NP_1.2")
    more = GENE + transcript_rows("NM_1.7", "1") + coding_rows("NM_1.7", "NP_1.2", parts=True)
    more += row(
        "RefSeq", "cDNA_match", 101, 200, "-", ".", "ID=a1b2", "Target=NM_1.7 121 220 +", "assembly_bases_aln=100",
        "for_remapping=2", "gap_count=1", "num_ident=219", "pct_identity_gap=99.5",
    )  # fmt: skip
    more += row("RefSeq", "match", 301, 420, "-", ".", "ID=c3d4", "Target=NM_1.7 1 120 +")
    more += row(
        "RefSeqFE",
        "biological_region",
        501,
        600,
        "+",
        ".",
        "ID=id-GeneID:99",
        "Dbxref=GeneID:99",
        "gbkey=Region",
    )
    more += row("RefSeqFE", "enhancer", 501, 600, "+", ".", "ID=id-GeneID:99-2", "regulatory_class=enhancer")
    assert read(tmp_path, more) == read(tmp_path, plain)


def test_a_ribosome_that_slips(tmp_path: Path) -> None:
    rows = GENE.replace("\t-\t", "\t+\t") + transcript_rows("NM_1.7", "1").replace("\t-\t", "\t+\t")
    slip = ("exception=ribosomal slippage", "ID=cds-NP_1.2", "Parent=rna-NM_1.7", "protein_id=NP_1.2")
    rows += refseq("CDS", 111, 140, "+", "0", *slip) + refseq("CDS", 140, 169, "+", "0", *slip)
    (only,) = read(tmp_path, rows)
    assert only.coding == ((110, 140), (139, 169))
