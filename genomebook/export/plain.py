"""FASTA, BED and lines of tables from letters and rows."""

from __future__ import annotations

import re
from collections.abc import Iterable

from genomebook.language import alphabet

_NOT_BED = re.compile("#|track|browser")

FORMULA = "=+-@"
"""First letters of what a spreadsheet reads as a formula."""


def fasta(name: str, letters: bytes, width: int = 60, reverse_complement: bool = False) -> str:
    """One FASTA record, case and IUPAC codes kept, lines of `width` letters.

    Parameters
    ----------
    name : str
        The record name, usually an address; white space in it becomes one space.
    letters : bytes
        ASCII nucleotide letters of the + strand.
    width : int
        Letters in a line, at least 1.
    reverse_complement : bool
        Write the - strand, 5' to 3'; the header then says ``strand=-``.
    """
    head = " ".join(name.split()) + (" strand=-" if reverse_complement else "")
    sequence = (alphabet.reverse_complement(letters) if reverse_complement else letters).decode("ascii")
    lines = (sequence[at : at + width] for at in range(0, len(sequence), width))
    return "\n".join([f">{head}", *lines]) + "\n"


def bed(contig: str, origin: int, rows: Iterable[tuple[int, int, str, str]]) -> str:
    """BED6 lines (chrom, start, end, name, score 0, strand), 0-based half-open on the contig; no header.

    Parameters
    ----------
    contig : str
        Name for the first column.
    origin : int
        0-based position on the contig of the volume's first base, added to every position.
    rows : iterable of (start, end, name, strand)
        0-based half-open in the volume. White space in a name becomes one space, an empty name ``.``.
    """
    return "".join(
        f"{contig}\t{origin + start}\t{origin + end}\t{' '.join(name.split()) or '.'}\t0\t{strand}\n"
        for start, end, name, strand in rows
    )


def tsv_line(values: Iterable[object]) -> str:
    """One line of a table, with tabs between the values; None is an empty cell."""
    return "\t".join("" if value is None else str(value) for value in values) + "\n"


def name_cell(name: str) -> str:
    """Quote a name with ' if a spreadsheet would read it as a formula."""
    return f"'{name}" if name.startswith(tuple(FORMULA)) else name


def fits_bed(contig: str) -> bool:
    """Whether BED can name a contig: programs skip lines that begin with #, track or browser."""
    return not _NOT_BED.match(contig)
