"""Transcripts of tables: BED12, bigGenePred, the gene tables of UCSC, and gene lists of a mitochondrion."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from genomebook.annotation.attributes import for_people
from genomebook.annotation.formats.source import Source
from genomebook.annotation.tables import FileContigs, RowFilter, read_rows
from genomebook.annotation.transcript_records import CodingSpan, TranscriptRecord, code_of_contig
from genomebook.book.transcript import INCOMPLETE_END, INCOMPLETE_START
from genomebook.errors import AnnotationError
from genomebook.language.genetic_codes import STANDARD

ROWS = RowFilter(what="transcripts", rest=True)
_NUMBERS = re.compile(r"[0-9]+(?:,[0-9]+)*,?")
_BED_BLOCKS, _BIG_GENE_PRED = 9, 17
"""Cells after the third column of BED12 and of bigGenePred."""


def read_table(
    path: Source, target: Callable[[str], str | None], seen: FileContigs
) -> list[TranscriptRecord]:
    """Read the transcripts of a table that lie on contigs of a book.

    Parameters
    ----------
    path : Source
        BED with 12 columns (with blocks in at least one row) or as bigGenePred; genePred, refGene, refFlat,
        knownGene; or a TSV of genes, of which only those on a mitochondrion are taken: they have one exon.
    target : callable
        See `genomebook.annotation.places.resolver`.
    seen : FileContigs
        Filled with the contigs of the file.

    Returns
    -------
    list of TranscriptRecord
        Empty if the table does not say where exons are.

    Raises
    ------
    AnnotationError
        A row names blocks or exons that cannot be read.
    """
    records = []
    has_blocks = False
    for rows in read_rows(path, lambda contig: target(contig) is not None, seen, ROWS):
        columns = ("contig", "start", "end", "strand", "name", "gene_id", "biotype", "description", "rest")
        for line, *row in zip(rows.index, *(rows[name] for name in columns), strict=True):
            cells = row.pop().split("\t")
            kind = _kind(cells)
            try:
                record = kind(row, cells) if kind else _whole_gene(row, target)
            except (ValueError, IndexError):
                raise AnnotationError(
                    f"{path}: line {line} has exons or blocks that are not numbers, as many as it says; "
                    "correct the line"
                ) from None
            if record is not None:
                has_blocks |= kind is not _of_blocks or len(record.exons) > 1
                records.append(record)
    return records if has_blocks else []


Row = list[Any]
"""Contig, start, end, strand, name, gene id, biotype and description of a row."""


def _kind(cells: list[str]) -> Callable[[Row, list[str]], TranscriptRecord] | None:
    """What reads a row with these cells after the third column."""
    if len(cells) >= _BED_BLOCKS and cells[2] in ("+", "-", ".") and _is_list(cells[7:9]):
        return _of_blocks
    return _of_gene_table if _is_list(_from_start(cells)[5:7]) else None


def _from_start(cells: list[str]) -> list[str]:
    """Cells from the column txStart of a gene table on; before it stands the strand if the table has bins."""
    return cells[0 if cells[0].isdecimal() else 1 :]


def _is_list(cells: list[str]) -> bool:
    return len(cells) == 2 and all(_NUMBERS.fullmatch(cell) for cell in cells)


def _numbers(text: str, count: str) -> list[int]:
    """Numbers of a list with commas, as many as the row says."""
    values = [int(value) for value in text.rstrip(",").split(",")]
    if len(values) != int(count):
        raise ValueError(text)
    return values


def _of_blocks(row: Row, cells: list[str]) -> TranscriptRecord:
    """Record of a line of BED12 or bigGenePred."""
    contig, start, _, strand, name, *_ = row
    sizes, offsets = _numbers(cells[7], cells[6]), _numbers(cells[8], cells[6])
    exons = [(start + at, start + at + size) for at, size in zip(offsets, sizes, strict=True)]
    more = cells[_BED_BLOCKS:] if len(cells) >= _BIG_GENE_PRED and "," in cells[12] else []
    record = TranscriptRecord(contig, strand, exons=exons, strands={strand})
    frames = [int(frame) for frame in more[3].rstrip(",").split(",")] if more else []
    _set_coding(record, int(cells[3]), int(cells[4]), frames)
    symbol = (more[5] or more[0]) if len(more) > 5 else name
    record.texts = {
        "gene": symbol, "gene_id": more[6] if len(more) > 6 else "", "transcript_id": name, "name": name,
        "biotype": more[7] if len(more) > 7 else "",
    }  # fmt: skip
    if more:
        _set_ends(record, more[1], more[2])
    return record


def _of_gene_table(row: Row, cells: list[str]) -> TranscriptRecord:
    """Record of a line of genePred, refGene, refFlat or knownGene."""
    contig, _, _, strand, name, own, *_ = row
    cells = _from_start(cells)
    starts, ends = _numbers(cells[5], cells[4]), _numbers(cells[6], cells[4])
    record = TranscriptRecord(contig, strand, exons=list(zip(starts, ends, strict=True)), strands={strand})
    frames = [int(frame) for frame in cells[11].rstrip(",").split(",")] if len(cells) > 11 else []
    _set_coding(record, int(cells[2]), int(cells[3]), frames)
    transcript_id = own or name
    record.texts = {"gene": name, "gene_id": name, "transcript_id": transcript_id, "name": transcript_id}
    if len(cells) > 11:
        _set_ends(record, cells[9], cells[10])
    elif len(cells) > 7 and record.coding:
        record.texts["protein_id"] = cells[7]
    return record


def _set_coding(record: TranscriptRecord, start: int, end: int, frames: list[int]) -> None:
    """Coding rows between two positions.

    A frame is the number of bases of the first codon of an exon that lie in the exon before, -1 if it is not
    coding. Without frames the coding sequence begins with a whole codon.
    """
    known: list[int | None] = [-frame % 3 if frame >= 0 else None for frame in frames]
    phases = known if frames else [None] * len(record.exons)
    for (first, last), phase in zip(record.exons, phases, strict=True):
        low, high = max(first, start), min(last, end)
        if low < high:
            record.coding.append(CodingSpan(low, high, phase))
    if record.coding and not frames:
        edge = -1 if record.strand == "-" else 0
        record.coding[edge] = record.coding[edge]._replace(phase=0)


def _set_ends(record: TranscriptRecord, start: str, end: str) -> None:
    """Tags of a coding sequence whose ends UCSC calls incomplete; start and end are those of the strand +."""
    tags = [INCOMPLETE_START, INCOMPLETE_END]
    for state, tag in zip((start, end), tags[::-1] if record.strand == "-" else tags, strict=True):
        if record.coding and state.startswith("incmpl"):
            record.tags.append(tag)


def _whole_gene(row: Row, target: Callable[[str], str | None]) -> TranscriptRecord | None:
    """Record of a row without exons: genes of a mitochondrion have one; None elsewhere."""
    contig, start, end, strand, name, gene_id, biotype, description = row
    if code_of_contig(target(contig) or "") == STANDARD or not biotype:
        return None
    record = TranscriptRecord(contig, strand, exons=[(start, end)], strands={strand})
    if biotype == "protein_coding":
        record.coding = [CodingSpan(start, end, 0)]
    record.texts = {
        "gene": name, "gene_id": gene_id or name, "transcript_id": name, "name": name, "biotype": biotype,
        "description": for_people(description),
    }  # fmt: skip
    return record
