"""The ``.out`` files of RepeatMasker: three lines of header, then columns between spaces, 1-based."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pandas as pd

from genomebook.annotation.formats.source import Declared, Source, completed, numbered, text_lines
from genomebook.errors import AnnotationError

_HEADER = re.compile(rb"^\s*(?:SW|score|There were no repetitive)\b")
_COLUMNS = ("score", "divergence", 2, 3, "contig", "start", "end", 7, "strand", "name", "group", 11, 12, 13)


def read_repeatmasker(source: Source, declared: Declared) -> Iterator[pd.DataFrame]:
    """Yield the repeats of a RepeatMasker file.

    Yields
    ------
    DataFrame
        See `genomebook.annotation.formats.source.completed`: group is ``SINE/Alu``, score that of
        Smith and Waterman.

    Raises
    ------
    AnnotationError
        A line has fewer than 11 columns, or no numbers as its place.
    """
    with text_lines(source, "RepeatMasker", declared) as lines:
        for number, piece in lines:
            yield _rows(source, number, piece)


def _rows(source: Source, number: int, piece: bytes) -> pd.DataFrame:
    split = [
        (at, line.decode("utf-8").split())
        for at, line in enumerate(io.BytesIO(piece), number)
        if line.strip() and not _HEADER.match(line)
    ]
    short = next((at for at, columns in split if len(columns) < 11), None)
    if short is not None:
        raise AnnotationError(
            f"{source}: line {short} has fewer than 11 columns, so this is not a RepeatMasker .out; "
            "correct the line or name the file by its format"
        )
    rows = pd.DataFrame(
        [columns[:11] for _, columns in split], [at for at, _ in split], _COLUMNS[:11], dtype="str"
    )
    rows["note"] = rows["divergence"] + " % different from the consensus"
    rows["strand"] = rows["strand"].replace("C", "-")
    kept = ["contig", "start", "end", "strand", "name", "group", "score", "note"]
    return completed(numbered(rows[kept], source, "a RepeatMasker .out", first_base=1))
