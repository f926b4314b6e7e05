"""Transcripts of files: the same gene in every format, what is wrong with files, and real proteins."""

from __future__ import annotations

from pathlib import Path

import pytest
from Bio.Seq import Seq

from genomebook.annotation.coding import coding_sequence, protein, residues
from genomebook.annotation.transcript_files import read_transcripts
from genomebook.annotation.transcript_gff import exceptions_of
from genomebook.book.transcript import Transcript
from genomebook.errors import AnnotationError, GenomebookWarning
from genomebook.genome.regions import Contig

CHR1 = Contig("chr1", 8000, "chr1", 0)
CIRCLE = Contig("chrM", 16569, "chrM", 0)

EXONS, CODING = ((100, 200), (300, 420)), ((150, 200), (300, 340))

ENSEMBL = """1\te\tgene\t101\t420\t.\t-\t.\tID=gene:ENSG1;Name=ALPHA;biotype=protein_coding;description=first %3Cb%3E [Source:HGNC Symbol%3BAcc:HGNC:620];gene_id=ENSG1;version=3
1\te\tCDS\t301\t340\t.\t-\t0\tID=CDS:ENSP1;Parent=transcript:ENST1;protein_id=ENSP1
1\te\tCDS\t151\t200\t.\t-\t2\tID=CDS:ENSP1;Parent=transcript:ENST1;protein_id=ENSP1
1\te\texon\t101\t200\t.\t-\t.\tParent=transcript:ENST1;Name=E2
1\te\texon\t301\t420\t.\t-\t.\tParent=transcript:ENST1;Name=E1
1\te\tmRNA\t101\t420\t.\t-\t.\tID=transcript:ENST1;Parent=gene:ENSG1;Name=ALPHA-201;biotype=protein_coding;tag=basic,Ensembl_canonical;transcript_id=ENST1;version=7
"""  # noqa: E501
GENCODE = """chr1\tH\tgene\t101\t420\t.\t-\t.\tID=ENSG1;gene_id=ENSG1;gene_type=protein_coding;gene_name=ALPHA
chr1\tH\ttranscript\t101\t420\t.\t-\t.\tID=ENST1.7;Parent=ENSG1;gene_id=ENSG1;transcript_id=ENST1.7;gene_type=protein_coding;gene_name=ALPHA;transcript_type=protein_coding;transcript_name=ALPHA-201;tag=basic,Ensembl_canonical;protein_id=ENSP1
chr1\tH\texon\t301\t420\t.\t-\t.\tID=exon:ENST1.7:1;Parent=ENST1.7;gene_id=ENSG1
chr1\tH\tCDS\t301\t340\t.\t-\t0\tID=CDS:ENST1.7;Parent=ENST1.7;gene_id=ENSG1;protein_id=ENSP1
chr1\tH\tstop_codon\t151\t153\t.\t-\t0\tID=stop_codon:ENST1.7;Parent=ENST1.7
chr1\tH\texon\t101\t200\t.\t-\t.\tID=exon:ENST1.7:2;Parent=ENST1.7;gene_id=ENSG1
chr1\tH\tCDS\t151\t200\t.\t-\t2\tID=CDS:ENST1.7;Parent=ENST1.7;gene_id=ENSG1;protein_id=ENSP1
"""
NCBI = """NC_000001.11\tRefSeq\tgene\t101\t420\t.\t-\t.\tID=gene-ALPHA;Dbxref=GeneID:7,HGNC:HGNC:620;Name=ALPHA;description=first <b>;gene=ALPHA;gene_biotype=protein_coding
NC_000001.11\tRefSeq\tmRNA\t101\t420\t.\t-\t.\tID=rna-NM_1.7;Parent=gene-ALPHA;Name=NM_1.7;gene=ALPHA;product=first%2C transcript variant 1;tag=MANE Select;transcript_id=NM_1.7
NC_000001.11\tRefSeq\texon\t301\t420\t.\t-\t.\tID=exon-NM_1.7-1;Parent=rna-NM_1.7;gene=ALPHA
NC_000001.11\tRefSeq\texon\t101\t200\t.\t-\t.\tID=exon-NM_1.7-2;Parent=rna-NM_1.7;gene=ALPHA
NC_000001.11\tRefSeq\tCDS\t301\t340\t.\t-\t0\tID=cds-NP_1.2;Parent=rna-NM_1.7;Name=NP_1.2;protein_id=NP_1.2
NC_000001.11\tRefSeq\tCDS\t151\t200\t.\t-\t2\tID=cds-NP_1.2;Parent=rna-NM_1.7;Name=NP_1.2;protein_id=NP_1.2
"""  # noqa: E501
_GTF = 'gene_id "ENSG1"; transcript_id "ENST1.7"; gene_name "ALPHA"; transcript_name "ALPHA-201"; '
_GTF += 'gene_type "protein_coding"; tag "basic"; tag "Ensembl_canonical"; '
GTF = f"""chr1\tH\texon\t301\t420\t.\t-\t.\t{_GTF}
chr1\tH\tCDS\t301\t340\t.\t-\t0\t{_GTF}protein_id "ENSP1";
chr1\tH\texon\t101\t200\t.\t-\t.\t{_GTF}
chr1\tH\tCDS\t154\t200\t.\t-\t2\t{_GTF}protein_id "ENSP1";
chr1\tH\tstop_codon\t151\t153\t.\t-\t0\t{_GTF}
"""
REF_GENE = "585\tNM_1.7\tchr1\t-\t100\t420\t150\t340\t2\t100,300,\t200,420,\t0\tALPHA\tcmpl\tcmpl\t1,0,\n"
GENE_PRED = "NM_1.7\tchr1\t-\t100\t420\t150\t340\t2\t100,300,\t200,420,\n"
BED = "chr1\t100\t420\tNM_1.7\t0\t-\t150\t340\t0\t2\t100,120,\t0,200,\n"
BIG = BED.strip() + "\tALPHA\tcmpl\tcmpl\t1,0,\tnone\tALPHA\tENSG1\tprotein_coding\n"

FILES = {
    "ensembl.gff3": ENSEMBL, "gencode.gff3": GENCODE, "ncbi.gff3": NCBI, "a.gtf": GTF,
    "refGene.txt": REF_GENE, "a.genePred": GENE_PRED, "a.bed": BED, "big.bed": BIG,
}  # fmt: skip

TAGS = {
    "ensembl.gff3": ("basic", "Ensembl_canonical", "HGNC:620"),
    "gencode.gff3": ("basic", "Ensembl_canonical"),
    "a.gtf": ("basic", "Ensembl_canonical"),
    "ncbi.gff3": ("MANE_Select", "HGNC:620"),
}


def read(folder: Path, name: str, text: str, *contigs: Contig) -> list[Transcript]:
    path = folder / name
    path.write_text(text)
    return read_transcripts(path, contigs or (CHR1,), "GRCh38" if CIRCLE in contigs else "")


def gff(*rows: str, contig: str = "chr1") -> str:
    """Lines of GFF3: type, start, end, strand, phase and attributes, split at white space."""
    return "".join(
        f"{contig}\t.\t{k}\t{s}\t{e}\t.\t{d}\t{p}\t{a}\n" for k, s, e, d, p, a in map(str.split, rows)
    )


@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_the_same_transcript(tmp_path: Path, name: str) -> None:
    contig = Contig("NC_000001.11", 8000, "NC_000001.11", 0) if name == "ncbi.gff3" else CHR1
    contig = Contig("1", 8000, "1", 0) if name == "ensembl.gff3" else contig
    (read_one,) = read(tmp_path, name, FILES[name], contig)
    assert (read_one.exons, read_one.coding, read_one.strand) == (EXONS, CODING, "-")
    assert (read_one.phase, read_one.table, read_one.clipped) == (0, 1, False)
    assert read_one.transcript_id in ("ENST1.7", "NM_1.7")
    assert read_one.tags == TAGS.get(name, ())
    if name in TAGS and name != "ncbi.gff3":
        assert (read_one.gene_id, read_one.protein_id, read_one.name) == ("ENSG1", "ENSP1", "ALPHA-201")
    if name in ("ensembl.gff3", "ncbi.gff3"):
        assert read_one.description == "first <b>"
    if name == "ncbi.gff3":
        assert read_one.protein_id == "NP_1.2"
    if name not in ("a.genePred", "a.bed"):
        assert read_one.gene == "ALPHA"


def test_a_slice_cuts_a_transcript_and_keeps_its_frame(tmp_path: Path) -> None:
    ends = Contig("chr1:1-320", 320, "chr1", 0)
    (cut,) = read(tmp_path, "a.gtf", GTF, ends)
    assert cut.clipped
    assert cut.coding == ((150, 200), (300, 320))
    assert (cut.phase, cut.first_residue) == (
        1,
        8,
    )  # 20 bases are lost: 6 codons and two bases of the seventh
    starts = Contig("chr1:181-8000", 7820, "chr1", 180)
    (rest,) = read(tmp_path, "a.gtf", GTF, starts)
    assert (rest.coding, rest.phase, rest.first_residue) == (((0, 20), (120, 160)), 0, 1)
    assert read(tmp_path, "a.gtf", GTF, Contig("chr1:210-290", 81, "chr1", 209)) == []


WRONG = {
    "have no phase": (
        gff("exon 101 200 + . Parent=t1", "CDS 101 200 + . Parent=t1"), ((100, 200),), 0,
    ),
    "a phase contradicts the first, which is kept": (
        gff("CDS 101 200 + 1 Parent=t1", "CDS 301 400 + 2 Parent=t1"), ((100, 200), (300, 400)), 1,
    ),
    "exons that overlap were joined": (
        gff("exon 101 200 + . Parent=t1", "exon 150 300 + . Parent=t1", "CDS 101 190 + 0 Parent=t1"),
        ((100, 190),), 0,
    ),
    "coding rows that overlap were joined": (
        gff("CDS 101 200 - 0 Parent=t1", "CDS 150 300 - 2 Parent=t1"), ((100, 300),), 2,
    ),
    "beyond the exons": (
        gff("exon 101 200 + . Parent=t1", "CDS 101 220 + 0 Parent=t1"), ((100, 220),), 0,
    ),
    "genetic code 99": (
        gff("CDS 101 199 + 0 Parent=t1;transl_table=99"), ((100, 199),), 0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_counted_and_the_first_named(tmp_path: Path, what: str) -> None:
    text, coding, phase = WRONG[what]
    with pytest.warns(GenomebookWarning, match=rf"in 1 transcript .*{what}.* first t1"):
        (kept,) = read(tmp_path, "a.gff3", text)
    assert (kept.coding, kept.phase, kept.table) == (coding, phase, 1)
    told: list[str] = []  # without a warning, which belongs to the process and to all who read in it
    assert read_transcripts(tmp_path / "a.gff3", (CHR1,), tell=told.append) == [kept]
    assert [what in line for line in told] == [True]


def test_trans_spliced_transcripts_are_left_out(tmp_path: Path) -> None:
    text = gff("exon 1 9 + . Parent=t1", "exon 21 30 - . Parent=t1", "exon 41 60 + . Parent=t2")
    text += gff("CDS 101 199 + 0 Parent=t3;exception=trans-splicing")
    with pytest.warns(GenomebookWarning, match=r"in 2 transcripts exons lie on both strands.* first t1"):
        (kept,) = read(tmp_path, "a.gff3", text)
    assert kept.transcript_id == "t2"


def test_a_ribosome_that_slips_reads_a_base_twice(tmp_path: Path) -> None:
    text = gff(
        "CDS 1 7 + 0 Parent=t1;exception=ribosomal%20slippage",
        "CDS 7 14 + 0 Parent=t1;exception=ribosomal%20slippage",
    )
    (kept,) = read(tmp_path, "a.gff3", text)
    letters = b"ATGAAACCGATTAAGG"
    assert kept.coding == ((0, 7), (6, 14))
    assert protein(kept, lambda start, end: letters[start:end], stop=True) == "MKPD*"


def test_genes_across_the_origin_of_a_circle(tmp_path: Path) -> None:
    text = gff(
        "region 1 16569 + . ID=r;Is_circular=true", "gene 16024 17145 - . ID=g;Name=DL",
        "exon 16024 17145 - . Parent=g", "CDS 16560 16599 + 0 Parent=m", contig="NC_012920.1",
    )  # fmt: skip
    loop, rest, before, after = sorted(
        read(tmp_path, "a.gff3", text, CIRCLE), key=lambda t: (t.gene != "DL", -t.start)
    )
    assert (loop.exons, rest.exons) == (((16023, 16569),), ((0, 576),))
    assert (before.exons, after.exons) == (((16559, 16569),), ((0, 30),))
    assert loop.clipped and after.clipped  # noqa: PT018
    assert (before.phase, before.first_residue, before.table) == (0, 1, 2)
    assert (after.phase, after.first_residue) == (2, 5)


def test_another_assembly_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        AnnotationError, match=r"1 of 2 transcripts have impossible places.*t2 at chr1:8000-8001"
    ):
        read(tmp_path, "a.gff3", gff("exon 1 9 + . Parent=t1", "exon 8000 8001 + . Parent=t2"))
    with pytest.raises(AnnotationError, match="none of its transcripts is in this book"):
        read(tmp_path, "a.gff3", gff("exon 1 9 + . Parent=t1", contig="chr7"))
    with pytest.raises(AnnotationError, match="line 1 has exons or blocks"):
        read(tmp_path, "a.bed", BED.replace("\t2\t100", "\t3\t100"))


def test_tables_without_exons_have_no_transcripts(tmp_path: Path) -> None:
    assert read(tmp_path, "a.bed", "chr1\t1\t90\tA\t0\t+\t1\t90\t0\t1\t89,\t0,\n") == []
    assert read(tmp_path, "a.tsv", "chrom\tname\tstart\tend\tbiotype\nchr1\tA\t1\t9\tprotein_coding\n") == []
    assert read(tmp_path, "a.gff3", gff("gene 1 9 + . ID=g1")) == []


def test_exceptions_in_the_words_of_insdc() -> None:
    words = ["(pos:complement(4261..4262),aa:TERM)", "(pos:7..9,aa:Sec),(pos:join(12,20..21), aa:OTHER)"]
    assert list(exceptions_of(words)) == [(4260, 4262, "*"), (6, 9, "U"), (11, 21, "X")]


def test_markup_in_attributes_stays_text_of_bounded_length(tmp_path: Path) -> None:
    evil = "<script>" + "x" * 5000
    (kept,) = read(tmp_path, "a.gff3", gff(f"gene 1 9 + . ID=g;Name={evil}", "exon 1 9 + . Parent=g"))
    assert kept.gene.startswith("<script>xxx")  # escaped where it is shown
    assert len(kept.gene) == 200


def test_the_mitochondrial_proteins_are_those_of_table_2(chrm_fasta: Path) -> None:
    letters = b"".join(chrm_fasta.read_bytes().split(b"\n")[1:])
    rows = read_transcripts(chrm_fasta.with_name("NC_012920.1.genes.tsv"), [CIRCLE])
    coding = [row for row in rows if row.coding]
    assert (len(rows), len(coding)) == (37, 13)
    starts = set()
    for row in coding:
        spliced = Seq(coding_sequence(row, lambda start, end: letters[start:end]))
        starts.add(str(spliced[:3]))
        whole = spliced + "A" * (-len(spliced) % 3)
        assert protein(row, lambda start, end: letters[start:end]) == str(whole.translate(table=2, cds=True))
        each = residues(row, lambda start, end: letters[start:end], row.start, row.end)
        assert each[0].is_start
        assert each[-1].is_stop
        assert sum(end - start for residue in each for start, end in residue.spans) == len(spliced)
        for residue in each[:: len(each) // 5]:  # what stands under one letter is what stands under all
            (start, _), *_ = residue.spans
            assert residues(row, lambda start, end: letters[start:end], start, start + 1) == [residue]
    assert starts == {"ATG", "ATA", "ATT"}
