"""Published track files, read for the sequences that they are about."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from genomebook.annotation.track_reading import TrackReading, letters_of
from genomebook.book import Book
from genomebook.errors import AnnotationError
from genomebook.genome.names import LENGTHS
from genomebook.genome.regions import Contig
from genomebook.pipeline.annotate import TrackInput, annotate
from tests.support import books

CONTIGS = [Contig(name, length, name, 0) for name, length in LENGTHS.items()]
SLICE = "chr21:24985581-26000306"


def lines(path: Path) -> int:
    with gzip.open(path, "rb") as file:
        return sum(1 for line in file if line.strip() and not line.startswith(b"#"))


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "kind", "elsewhere"),
    [
        ("annotation/hg38_cpgIslands.bed.gz", "cpg", 3195),
        ("annotation/hg38_cytoBandIdeo.txt.gz", "cytoband", 0),
        ("annotation/hg38_RAMPAGE_rPeaks.bed.gz", "regulatory", 0),
        ("annotation/hg38_cCRE_PLS_K562.bed.gz", "regulatory", 0),
        ("annotation/chr22_GRCh38_K562_DNase_macs2.narrowPeak.gz", "peak", 0),
        ("annotation/chr22_GRCh38_gencode_v38_basic.genePred.gz", "gene", 0),
        ("annotation/GRCh38_lifted_segments_repeats_ensembl.bed.gz", "repeat", 0),
        ("interop/GRCh38_new_segments_repeats_ensembl.bed.gz", "repeat", 0),
    ],
)
def test_no_row_of_a_file_of_this_assembly_is_lost(
    shared: Path, name: str, kind: str, elsewhere: int
) -> None:
    path = shared / "data" / name
    reading = TrackReading(path, CONTIGS, "GRCh38", lambda volume, start, end: b"")
    rows = sum(map(len, reading.chunks()))
    assert (reading.file.kind, reading.counted.number.get("elsewhere", 0)) == (kind, elsewhere)
    assert rows == lines(path) - elsewhere


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("annotation/GRCh37_regions_repeats_ensembl.bed.gz", "is for GRCh37, the book is GRCh38"),
        ("interop/bbi-js_chr22.bb", r"chr22 has 51,304,566 letters, chr22 50,818,468"),
        ("interop/1000G_phase1_chr20_1Mb_vg_z.vcf.gz", r"1 has 249,250,621 letters, chr1 248,956,422"),
    ],
)
def test_files_of_other_assemblies_are_refused(shared: Path, name: str, why: str) -> None:
    reading = TrackReading(shared / "data" / name, CONTIGS, "GRCh38", lambda volume, start, end: b"")
    with pytest.raises(AnnotationError, match=why):
        list(reading.chunks())


@pytest.mark.data
def test_a_book_with_real_tracks(shared: Path, tmp_path: Path) -> None:
    with gzip.open(shared / "data" / "genome" / "GRCh38_regions.fa.gz", "rb") as file:
        record = next(part for part in file.read().split(b">") if part.startswith(SLICE.encode()))
    fasta = tmp_path / "a.fa"
    fasta.write_bytes(b">" + record)
    path = tmp_path / "a.book"
    books.make(fasta, path, assembly="GRCh38")
    folder = shared / "data"
    genes, vcf = (
        folder / "annotation" / "chr21_GRCh38_ensembl.gff3.gz",
        folder / "interop" / "PlatinumGenomes_NA12878_chr21_GRCh38.vcf.gz",
    )
    islands = folder / "annotation" / "hg38_cpgIslands.bed.gz"
    done = annotate(path, [TrackInput(genes), TrackInput(vcf, "NA12878"), TrackInput(islands)])
    assert [(track.kind, track.count) for track in done.added] == [
        ("gene", 23), ("variant", 1610), ("cpg", 5),
    ]  # fmt: skip
    book = Book.open(path)
    (volume,) = book
    letters = letters_of(book)
    for feature in book.features.overlapping(volume.name, 0, volume.length, ["NA12878"]):
        ref = feature.note.partition(">")[0].encode()
        if feature.group == "SNV":
            assert letters(volume.name, feature.start, feature.end).upper() == ref
    app = book.transcripts.of_gene("APP")
    assert app
    assert done.transcripts == len(book.transcripts)
    assert book.features.named("app")[0][1].name == "APP"
