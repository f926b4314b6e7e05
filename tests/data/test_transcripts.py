"""Transcripts of real files: spliced letters and proteins of chromosome 21, files of GENCODE and UCSC."""

from __future__ import annotations

import gzip
import warnings
from pathlib import Path

import pytest
from Bio.Seq import Seq

from genomebook.annotation.coding import mrna, protein, residues
from genomebook.annotation.transcript_files import read_transcripts
from genomebook.book.transcript import Transcript
from genomebook.errors import GenomebookWarning
from genomebook.genome.assemblies import known_length
from genomebook.genome.regions import Contig


def letters_of(path: Path, start: str = "") -> bytes:
    """Letters of the first record whose name begins so."""
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    records = (record.partition(b"\n") for record in content.split(b">"))
    return next(
        rest.replace(b"\n", b"") for head, _, rest in records if rest and head.startswith(start.encode())
    )


@pytest.fixture(scope="module")
def chr21(shared: Path) -> tuple[bytes, list[Transcript]]:
    """Letters of the slice of chromosome 21, and its transcripts."""
    contig = Contig("chr21:24985581-26000306", 1_014_726, "chr21", 24_985_580)
    letters = letters_of(shared / "data" / "genome" / "GRCh38_regions.fa.gz", contig.name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GenomebookWarning)
        path = shared / "data" / "annotation" / "chr21_GRCh38_ensembl.gff3.gz"
        return letters, read_transcripts(path, [contig], "GRCh38")


def test_every_whole_transcript_of_the_slice_has_the_letters_of_ensembl(
    shared: Path, chr21: tuple[bytes, list[Transcript]]
) -> None:
    letters, rows = chr21
    known: dict[str, str] = {}
    with gzip.open(shared / "data" / "sequences" / "chr21_ensembl_transcripts.fa.gz", "rt") as file:
        for record in file.read().split(">")[1:]:
            head, _, rest = record.partition("\n")
            known[head.split()[0]] = rest.replace("\n", "").upper()
    whole = [row for row in rows if not row.clipped and row.transcript_id.partition(".")[0] in known]
    for row in whole:
        spliced = mrna(row, lambda start, end: letters[start:end]).decode().upper()
        assert spliced == known[row.transcript_id.partition(".")[0]], row.transcript_id
    assert len(whole) == 51


def test_every_complete_protein_of_the_slice_is_that_of_biopython(
    chr21: tuple[bytes, list[Transcript]],
) -> None:
    letters, rows = chr21
    complete = 0
    for row in (row for row in rows if row.coding):
        spliced = Seq(b"".join(letters[start:end] for start, end in row.coding).upper())
        spliced = spliced.reverse_complement() if row.is_minus else spliced
        whole = spliced[row.phase :][: (len(spliced) - row.phase) // 3 * 3]
        ours = protein(row, lambda start, end: letters[start:end], stop=True)
        assert ours == str(whole.translate()), row.transcript_id
        each = residues(row, lambda start, end: letters[start:end], row.start, row.end)
        assert "".join(residue.amino for residue in each) == ours
        first = row.first_residue
        assert [residue.number for residue in each] == list(range(first, first + len(ours)))
        complete += not row.clipped and len(spliced) % 3 == 0 and ours[0] == "M" and ours[-1] == "*"
    assert complete == 14


def whole(name: str) -> Contig:
    return Contig(name, known_length(name, "GRCh38") or 0, name, 0)


def test_selenocysteine_and_stop_codons_of_gencode(shared: Path) -> None:
    path = shared / "data" / "interop" / "gencode.v24.annotation_chr19.gtf.gz"
    rows = read_transcripts(path, [whole("chr19")], "GRCh38")
    assert len(rows) == 12_747
    recoded = [row for row in rows if row.exceptions]
    assert {amino for row in recoded for _, _, amino in row.exceptions} == {"U"}
    assert {row.gene for row in recoded} >= {"GPX4", "SELV"}
    (gpx4,) = (row for row in recoded if row.transcript_id == "ENST00000354171.12")
    assert gpx4.coding_length % 3 == 0  # with the stop codon, whose rows are apart in GTF
    assert gpx4.exceptions == ((1_105_402, 1_105_405, "U"),)


def test_a_gene_table_of_ucsc(shared: Path) -> None:
    path = shared / "data" / "annotation" / "chr22_GRCh38_gencode_v38_basic.genePred.gz"
    rows = read_transcripts(path, [whole("chr22")], "GRCh38")
    coding = [row for row in rows if row.coding]
    assert (len(rows), len(coding)) == (2428, 1354)
    complete = [row for row in coding if not {"cds_start_NF", "cds_end_NF"} & {*row.tags}]
    assert all(row.phase == 0 for row in complete)
    assert sum(row.coding_length % 3 == 0 for row in complete) / len(complete) > 0.99
