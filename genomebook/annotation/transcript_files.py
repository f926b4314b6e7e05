"""The transcripts of a file that lie in a book: GFF3, GTF, genePred and its relatives, BED12."""

from __future__ import annotations

from collections.abc import Sequence

from genomebook.annotation.formats.source import Source
from genomebook.annotation.genes import elsewhere
from genomebook.annotation.places import check_assembly, note_left_out, resolver, volume_places
from genomebook.annotation.tables import FileContigs, file_format
from genomebook.annotation.transcript_gff import read_gff
from genomebook.annotation.transcript_records import (
    Faults,
    TranscriptRecord,
    check_places,
    in_order,
    on_windows,
    windows_of,
)
from genomebook.annotation.transcript_tables import read_table
from genomebook.book.transcript import Transcript
from genomebook.errors import AnnotationError
from genomebook.files.progress import Message, warn
from genomebook.genome.regions import Contig

_WHAT = "rows of transcripts"


def read_transcripts(
    path: Source, contigs: Sequence[Contig], assembly: str = "", tell: Message = warn
) -> list[Transcript]:
    """Read the transcripts of a file that lie in a book.

    Parameters
    ----------
    path : Source
        GFF3 or GTF with exons or coding sequence, BED12, bigGenePred, genePred, refGene, refFlat or
        knownGene, or a TSV of the genes of a mitochondrion; plain, gzip, bgzip or bzip2. Its name gives the
        format.
    contigs : sequence of Contig
        The volumes in book order. Names in the file are resolved through aliases.
    assembly : str
        Of the book, if known.
    tell : callable
        Gets one line for each kind of fault: some rows are on contigs that the book does not have;
        transcripts have exons or coding rows that overlap, contradicting phases or none, or are
        trans-spliced: how many of each, and the first. Without it these are warnings.

    Returns
    -------
    list of Transcript
        Cut to the slices that the book has, and at the origin of a circular contig; empty if the file does
        not say where exons are.

    Raises
    ------
    AnnotationError
        The file cannot be read, is for another assembly, has no transcripts in the book, or has impossible
        places.
    """
    check_assembly(path, assembly, "transcripts")
    target = resolver(path, contigs, assembly)
    seen = FileContigs()
    read = read_gff if file_format(path, "transcripts") in ("GFF3", "GTF") else read_table
    records = read(path, target, seen)
    if not records:
        if seen.rows and not any(target(contig) for contig in seen.rows):
            raise AnnotationError(elsewhere(path, list(seen.rows), contigs, "transcripts"))
        return []
    note_left_out(path, seen.rows, target, _WHAT, tell)
    circular = {name: length for contig, length in seen.circular.items() if (name := target(contig))}
    windows = windows_of(volume_places(contigs, assembly), circular)
    placed: list[tuple[TranscriptRecord, int]] = []
    for record in records:
        record.contig = target(record.contig) or ""
        placed.append((record, windows[record.contig][1]))
    check_places(path, placed)
    faults = Faults()
    transcripts: list[Transcript] = []
    for record, _ in placed:
        ordered = in_order(record, faults)
        if ordered is not None:
            transcripts += on_windows(record, ordered, windows[record.contig][0], faults)
    faults.tell(path, tell)
    return transcripts
