"""Rows of some chromosomes of a genome-wide text file, so that no step reads the others."""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Iterable
from pathlib import Path

from genomebook.files.atomic import aside
from genomebook.files.progress import Advance, no_progress
from genomebook.genome.packed import Unpacked

_TEXT = re.compile(r"\.(gff3?|gtf|bed|txt|tsv|out)(\.gz|\.bgz|\.bz2)?\Z")
_FIELDS = 7
"""Fields at the start of a row among which its sequence is named, in every one of these formats."""

_HEADER = 3
"""First rows, kept as they are: the heading of a RepeatMasker file."""


def can_be_cut(path: Path) -> bool:
    """Whether a file is of a text format with a sequence name in each row."""
    return bool(_TEXT.search(path.name.lower()))


def cut(source: Path, target: Path, names: Iterable[str], advance: Advance = no_progress) -> Path:
    """Copy the rows of some sequences, and comments, of a text file to a gzip file.

    Parameters
    ----------
    source : Path
        GFF3, GTF, BED, UCSC table or RepeatMasker file, plain or packed.
    target : Path
        File to write; the same bytes every time.
    names : iterable of str
        Names of the sequences in any form.
    advance : callable
        Told the packed bytes read.

    Returns
    -------
    Path
        The target.

    Raises
    ------
    PackedError
        When the file is damaged.
    """
    wanted = {name.encode() for name in names}
    target.parent.mkdir(parents=True, exist_ok=True)
    with aside(target) as temporary, source.open("rb") as raw, temporary.open("wb") as bare:
        unpacked, seen = Unpacked(raw, str(source)), 0
        with gzip.GzipFile("", "wb", 1, bare, mtime=0) as out:
            for number, line in enumerate(io.BufferedReader(unpacked, 1 << 20)):
                if (
                    number < _HEADER
                    or line.startswith(b"#")
                    or not wanted.isdisjoint(line.split(None, _FIELDS))
                ):
                    out.write(line)
                if unpacked.consumed != seen:
                    advance(unpacked.consumed - seen)
                    seen = unpacked.consumed
    return target
