"""bigBed and bigWig, with pybigtools."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

import pandas as pd
import pybigtools  # type: ignore[import-untyped]

from genomebook.annotation.formats.bed import bed_layout
from genomebook.annotation.formats.source import Declared, Source, bounded, completed
from genomebook.errors import AnnotationError

ROWS = 200_000
"""Rows of a chunk."""

_DAMAGE = (ValueError, OSError, RuntimeError, KeyError, pybigtools.BBIReadError)
_FIELD = re.compile(r"^\s*[\w\[\]]+(?:\([^)]*\))?\s+(\w+)\s*;", re.M)
_TITLES = {
    "name": ("geneName", "geneName2", "name2"),
    "group": ("geneBiotype", "geneBioType", "repClass", "encodeLabel"),
}


def read_big(
    source: Source, declared: Declared, on_genes: Callable[[], None] = lambda: None
) -> Iterator[pd.DataFrame]:
    """Yield the rows of a bigBed, or the values of a bigWig.

    Parameters
    ----------
    source : Source
        A file or an upload.
    declared : Declared
        Gets the lengths of the sequences that the file was made with.
    on_genes : callable
        Called if the rows are transcripts.

    Yields
    ------
    DataFrame
        See `genomebook.annotation.formats.source.completed`. bigBed is read as BED; of one with a field
        geneName that is the name.

    Raises
    ------
    AnnotationError
        The file is no bigBed or bigWig, or damaged.
    """
    if isinstance(source, Path) and not source.is_file():
        raise AnnotationError(f"{source}: no such file; check the path")
    with _BigFile(source):
        file = pybigtools.open(str(source) if isinstance(source, Path) else source.open("rb"))
        declared.lengths.update({str(name): int(length) for name, length in file.chroms().items()})
        fields = _FIELD.findall(file.sql()) if file.is_bigbed else []
        if any(field in fields for field in _TITLES["name"]):
            on_genes()
        for contig in declared.lengths:
            records = bounded(file.records(contig), source, _size)
            while chunk := list(islice(records, ROWS)):
                yield _bed(contig, chunk, fields, str(source)) if file.is_bigbed else _values(contig, chunk)


def _size(record: tuple[Any, ...]) -> int:
    """About how many bytes a record takes."""
    return sum(len(cell) if isinstance(cell, str) else 8 for cell in record)


class _BigFile:
    """Turns what pybigtools says of a damaged file into one line, also a panic of its Rust code."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Raise AnnotationError for an error of the file."""
        if isinstance(error, _DAMAGE) or (kind is not None and kind.__name__ == "PanicException"):
            reason = " ".join(str(error).split())[:200]
            raise AnnotationError(
                f"{self._source}: cannot be read as bigBed or bigWig ({reason}); copy or make the file again"
            ) from None


def _bed(contig: str, records: list[tuple[Any, ...]], fields: list[str], name: str) -> pd.DataFrame:
    count = max(map(len, records))
    places = pd.DataFrame(
        {"contig": contig, "start": [r[0] for r in records], "end": [r[1] for r in records]}
    )
    rest = {n + 1: [str(r[n]) if n < len(r) else "" for r in records] for n in range(2, count)}
    texts = pd.DataFrame(
        {0: contig, 1: places["start"].astype("str"), 2: places["end"].astype("str"), **rest}
    )
    layout = bed_layout([], texts, name)
    at = {key: column for key, column in layout.columns.items() if column > 2}
    if fields:
        at = {key: fields.index(key) for key in ("name", "score", "strand") if key in fields}
        for key, titles in _TITLES.items():
            known = [title for title in titles if title in fields]
            if known:
                at[key] = fields.index(known[0])
    rows = places.assign(**{key: texts[column] for key, column in at.items() if column < texts.shape[1]})
    for key, function in (("group", layout.group), ("note", layout.note)):
        if function:
            rows[key] = function(texts)
    return completed(rows)


def _values(contig: str, records: list[tuple[int, int, float]]) -> pd.DataFrame:
    rows = pd.DataFrame(records, columns=["start", "end", "score"])
    return completed(rows.assign(contig=contig))
