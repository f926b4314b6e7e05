"""Classes of annotation from all kinds of files: their names, what genes imply, files that do not fit."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from genomebook.annotation.class_names import class_of_biotype, class_of_file, is_broad
from genomebook.annotation.classes import MAX_CLASSES, UPSTREAM, read_classes
from genomebook.annotation.genes import read_genes
from genomebook.annotation.tracks import track_digest
from genomebook.errors import AnnotationError
from genomebook.genome.regions import Contig
from tests.support.spans import spans

BOOK = [Contig("chr2", 9000, "chr2", 0), Contig("chrX:1001-3000", 2000, "chrX", 1000)]
GFF3 = """##gff-version 3
2\t.\tgene\t2001\t4000\t.\t+\t.\tID=gene:G1;biotype=protein_coding
2\t.\texon\t2001\t2200\t.\t+\t.\tParent=t1
2\t.\tfive_prime_UTR\t2001\t2050\t.\t+\t.\tParent=t1
2\t.\tCDS\t2051\t2200\t.\t+\t0\tParent=t1
2\t.\texon\t3801\t4000\t.\t+\t.\tParent=t1
2\t.\tlincRNA_gene\t6001\t6500\t.\t-\t.\tID=gene:G2
X\t.\tgene\t501\t1500\t.\t+\t.\tID=gene:G3;biotype=protein_coding
X\t.\tgene\t2501\t2600\t.\t-\t.\tID=gene:G4;biotype=Mt_tRNA
"""
ENSEMBL = """chr2\t10\t40\tdust\t0\t-\tdust\tDust
chr2\t100\t400\tAluSx\t9\t+\tSINE/Alu\tType I Transposons/SINE
chr2\t400\t500\tAluY\t9\t+\tSINE/Alu\tType I Transposons/SINE
chr2\t450\t700\tL1PA2\t9\t-\tLINE/L1\tType I Transposons/LINE
chr2\t800\t850\tMLT1F\t9\t-\tLTR/MaLR\tLTRs
chr2\t900\t950\tnew\t9\t-\tUnknown\tOther
"""
RMSK = (
    "585\t463\t13\t6\t17\tchr2\t100\t400\t-9\t+\tAluY\tSINE\tAlu\t1\t2\t3\t1\n"
    "585\t463\t13\t6\t17\tchr2\t450\t700\t-9\t-\tTigger1\tDNA\tTcMar-Tigger\t1\t2\t3\t1\n"
    "585\t463\t13\t6\t17\tchr2\t800\t820\t-9\t+\t(CA)n\tSimple_repeat\tSimple_repeat\t1\t2\t3\t1\n"
    "585\t463\t13\t6\t17\tchr2\t900\t930\t-9\t+\tERVL-int\tLTR\tERVL?\t1\t2\t3\t1\n"
)
RMSK_HEAD = (
    "#bin\tswScore\tmilliDiv\tmilliDel\tmilliIns\tgenoName\tgenoStart\tgenoEnd\tgenoLeft\tstrand\trepName"
    "\trepClass\trepFamily\trepStart\trepEnd\trepLeft\tid\n"
)


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    data = text.encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("hg38_cpgIslands", "CpG island"),
        ("cpgIslandExt", "CpG island"),
        ("hg38_cCRE_PLS_K562", "promoter"),
        ("my.promoters", "promoter"),
        ("hg38_RAMPAGE_rPeaks", "TSS peak"),
        ("chr22_GRCh38_K562_DNase_macs2", "open chromatin"),
        ("hg38_refseq_curated_exons", "exon"),
        ("chr2_GRCh38_0-2333275_ucsc_softmask", "soft-masked repeat"),
        ("hg38_blacklist", "blacklist"),
        ("pulse", "pulse"),
        ("odd\u202e\tname", "odd name"),
        ("x" * 50, "x" * 29 + "…"),
    ],
)
def test_files_are_called_what_they_are(name: str, said: str) -> None:
    assert class_of_file(name) == said


def test_biotypes() -> None:
    assert class_of_biotype("protein_coding") == "protein-coding gene"
    assert class_of_biotype("processed_pseudogene") == "processed pseudogene"
    assert is_broad(class_of_biotype("lincRNA"))
    assert is_broad("intergenic")
    assert not is_broad("Alu")


def test_genes_of_a_gff(tmp_path: Path) -> None:
    path = put(tmp_path, "genes.gff3.gz", GFF3)
    found = read_classes([path], BOOK)
    assert spans(found, "exon") == [[2000, 2200], [3800, 4000]]
    assert spans(found, "5' UTR") == [[2000, 2050]]
    assert spans(found, "CDS") == [[2050, 2200]]
    assert spans(found, "intron") == [[2200, 3800], [6000, 6500]]
    assert spans(found, "gene, + strand") == [[2000, 4000]]
    assert spans(found, "gene, − strand") == [[6000, 6500]]
    assert spans(found, "intergenic") == [[0, 2000], [4000, 6000], [6500, 9000]]
    assert spans(found, "lincRNA gene") == [[6000, 6500]]
    assert spans(found, "promoter") == [[2000 - UPSTREAM, 2000], [6500, 6500 + UPSTREAM]]
    # chrX:1001-3000: a gene whose start is cut off has no promoter; another's ends with the slice.
    assert spans(found, "protein-coding gene", "chrX:1001-3000") == [[0, 500]]
    assert spans(found, "promoter", "chrX:1001-3000") == [[1600, 2000]]
    assert "Mt tRNA gene" in found.names
    assert found.sources[0].digest == track_digest(path)
    assert found.heard.all()


def test_genes_of_the_book_are_used_unless_a_track_has_some(tmp_path: Path) -> None:
    path = put(tmp_path, "genes.gff3", GFF3)
    genes = read_genes(path, BOOK)
    own = read_classes([], BOOK, genes=genes)
    assert spans(own, "gene, + strand") == [[2000, 4000]]
    assert "exon" not in own.names
    assert "intron" not in own.names
    other = put(tmp_path, "other_genes.bed", "chr2\t10\t20\tA\t0\t+\n")
    replaced = read_classes([other], BOOK, genes=genes)
    assert spans(replaced, "gene, + strand") == [[10, 20]]
    assert replaced.heard[replaced.names.index("intergenic")].tolist() == [True, False]
    exons = put(tmp_path, "exons.bed", "chr2\t2000\t2100\n")
    both = read_classes([exons], BOOK, genes=genes)
    assert spans(both, "intron")[0] == [2100, 4000]


def test_promoters_of_a_track_are_kept(tmp_path: Path) -> None:
    track = put(tmp_path, "PLS.bed", "chr2\t10\t20\nchr2\t15\t30\nchr2\t30\t31\n")
    found = read_classes([track, put(tmp_path, "g.gff3", GFF3)], BOOK)
    assert spans(found, "promoter") == [[10, 31]]


@pytest.mark.parametrize("name", ["rep.bed", "rep.bed.gz"])
def test_repeats_of_ensembl(tmp_path: Path, name: str) -> None:
    found = read_classes([put(tmp_path, name, ENSEMBL)], BOOK)
    assert set(found.names) == {"low complexity", "Alu", "L1", "ERVL-MaLR", "repeat"}
    assert spans(found, "Alu") == [[100, 500]]
    assert spans(found, "repeat") == [[10, 40], [100, 700], [800, 850], [900, 950]]
    assert found.heard.tolist() == [[True, False]] * 5


@pytest.mark.parametrize("text", [RMSK, RMSK_HEAD + RMSK], ids=["bare", "with its head"])
def test_repeats_of_ucsc(tmp_path: Path, text: str) -> None:
    found = read_classes([put(tmp_path, "rmsk.txt.gz", text)], BOOK)
    assert set(found.names) == {"Alu", "DNA transposon", "simple repeat", "ERVL", "repeat"}
    assert spans(found, "ERVL") == [[900, 930]]


def test_genes_with_kinds_of_rna_are_no_repeats(tmp_path: Path) -> None:
    text = "chr2\t5\t9\tA\t0\t+\ttRNA\nchr2\t10\t19\tB\t0\t+\trRNA\n"
    assert "gene, + strand" in read_classes([put(tmp_path, "my_genes.bed", text)], BOOK).names


def test_other_features_are_classes(tmp_path: Path) -> None:
    text = "2\t.\topen_chromatin_region\t1\t50\t.\t.\t.\tID=a\n2\t.\tenhancer\t101\t150\t.\t.\t.\tID=b\n"
    found = read_classes([put(tmp_path, "reg.gff3", text)], BOOK)
    assert found.names == ("open chromatin region", "enhancer")


def test_the_soft_mask_is_for_books_without_repeats(tmp_path: Path) -> None:
    mask = {"chr2": np.array([[3, 9], [20, 30]])}
    island = put(tmp_path, "cpgIslands.bed", "chr2\t1\t5\n")
    found = read_classes([island], BOOK, soft_mask=lambda: mask)
    assert found.names == ("CpG island", "soft-masked repeat")
    assert spans(found, "soft-masked repeat") == [[3, 9], [20, 30]]
    assert found.heard.tolist() == [[True, False], [True, False]]
    repeats = put(tmp_path, "r.bed", ENSEMBL)
    assert "soft-masked repeat" not in read_classes([repeats], BOOK, soft_mask=lambda: mask).names


def test_nothing_to_ground_on_and_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        AnnotationError, match=r"no annotation: .* give one with --track, such as a GFF3"
    ) as no:
        read_classes([], BOOK, genes=pd.DataFrame())
    assert "\n" not in str(no.value)
    many = [put(tmp_path, f"track{n}.bed", "chr2\t1\t5\n") for n in range(4)]
    assert MAX_CLASSES == 64
    monkeypatch.setattr("genomebook.annotation.classes.MAX_CLASSES", 3)
    with pytest.raises(AnnotationError, match="4 classes of annotation, 3 at most; give fewer tracks"):
        read_classes(many, BOOK)
    assert len(read_classes(many[1:], BOOK).names) == 3


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("a.bed", "chr9\t1\t5\n", "is for other contigs than this book"),
        ("a.bed", "chrX\t5000\t5005\n", "has no overlap with this book"),
        ("a.hg19.bed", "chr2\t1\t5\n", "is for GRCh37, the book is GRCh38"),
        ("a.bed", "chr2\t1\t99999\n", "lie beyond the end"),
        ("a.bed", "chr2\t1\n", "has fewer than 3 columns"),
        ("a.bam", "BAM", "not a known format"),
        ("a.bed", "", "holds no lines"),
    ],
)
def test_files_that_do_not_fit_are_refused(tmp_path: Path, name: str, text: str, why: str) -> None:
    path = put(tmp_path, name, text)
    with pytest.raises(AnnotationError, match=why) as error:
        read_classes([path], BOOK, assembly="GRCh38")
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)
