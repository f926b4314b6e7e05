"""Where a track is read from, a file or an upload, and what its rows look like."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import IO, BinaryIO, Literal, TypeVar

import pandas as pd

from genomebook.annotation.lines import AnnotationLines
from genomebook.annotation.text_files import opened
from genomebook.errors import AnnotationError

TEXTS = ("contig", "strand", "name", "group", "note")
"""Text columns of the rows of a track."""


@dataclass(frozen=True)
class Upload:
    """Bytes that a person gave, under the name of the file that they came from."""

    name: str
    content: bytes

    def open(self, mode: Literal["rb"]) -> io.BytesIO:
        """Open for reading."""
        return io.BytesIO(self.content)

    @property
    def suffixes(self) -> list[str]:
        """Endings of the name."""
        return PurePath(self.name).suffixes

    def __str__(self) -> str:
        return self.name


Source = Path | Upload

MAX_UNPACKED = 300_000_000
"""Bytes that an upload may unpack to."""


class BoundedFile:
    """A file that refuses to give more than some bytes: a small upload may unpack to very many."""

    def __init__(self, file: IO[bytes], name: str, most: int) -> None:
        self._file, self._name, self._left = file, name, most

    def read(self, size: int) -> bytes:
        """Read at most ``size`` bytes.

        Raises
        ------
        AnnotationError
            The file has given more than it may.
        """
        content = self._file.read(size)
        self._left -= len(content)
        if self._left < 0:
            raise AnnotationError(f"{self._name}: unpacks to too much; give the part that you want to see")
        return content


@contextmanager
def binary_file(source: Source) -> Iterator[BinaryIO]:
    """An open file of the system, for readers that need one; that of an upload has no name.

    Raises
    ------
    AnnotationError
        There is no such file, or it may not be read.
    """
    if isinstance(source, Path):
        try:
            if not source.is_file():
                raise AnnotationError(f"{source}: no such file; check the path")
            with source.open("rb") as binary:
                yield binary
        except PermissionError:
            raise AnnotationError(f"{source}: may not be read; change its permissions") from None
        return
    with tempfile.TemporaryFile() as binary:
        binary.write(source.content)
        binary.flush()
        binary.seek(0, os.SEEK_SET)
        yield binary


Record = TypeVar("Record")


def bounded(records: Iterable[Record], source: Source, size: Callable[[Record], int]) -> Iterator[Record]:
    """Pass on the records of an upload while they have not become too large; those of a file, all.

    Raises
    ------
    AnnotationError
        The upload unpacks to more than `MAX_UNPACKED`.
    """
    if isinstance(source, Path):
        yield from records
        return
    left = MAX_UNPACKED
    for record in records:
        left -= size(record)
        if left < 0:
            raise AnnotationError(f"{source}: unpacks to too much; give the part that you want to see")
        yield record


@dataclass
class Declared:
    """What a file says of itself above its rows; filled by its reader.

    Attributes
    ----------
    lengths : dict of str to int
        Length of each sequence.
    exact : bool
        These are the lengths of whole sequences; of a part that begins at 1 otherwise.
    comments : list of str
        Lines above the data.
    circular : dict of str to int
        Lengths of the circular sequences.
    """

    lengths: dict[str, int] = field(default_factory=dict)
    exact: bool = True
    comments: list[str] = field(default_factory=list)
    circular: dict[str, int] = field(default_factory=dict)


@contextmanager
def text_lines(source: Source, kind: str, declared: Declared) -> Iterator[AnnotationLines]:
    """Open a text file of annotation; its comments go to ``declared``.

    Raises
    ------
    AnnotationError
        The file cannot be read, or has no data.
    """
    with opened(source, kind) as unbounded:
        file = unbounded if isinstance(source, Path) else BoundedFile(unbounded, source.name, MAX_UNPACKED)
        lines = AnnotationLines(file, str(source), kind)
        declared.comments += [line.strip() for line in lines.comments]
        if not lines.first:
            raise AnnotationError(f"{source}: holds no lines of {kind}; give a file with intervals")
        yield lines


def numbered(rows: pd.DataFrame, source: Source, kind: str, first_base: int = 0) -> pd.DataFrame:
    """Make start and end int64, 0-based half-open.

    Parameters
    ----------
    rows : DataFrame
        ``start`` and ``end`` as text; the index is the line number.
    source, kind
        Named in messages.
    first_base : int
        0 or 1: the number that the file gives to the first base.

    Raises
    ------
    AnnotationError
        A line has no number there.
    """
    for column in ("start", "end"):
        bad = rows.index[~rows[column].str.fullmatch(r"-?[0-9]{1,15}")]
        if len(bad):
            raise AnnotationError(
                f"{source}: line {bad[0]} has no number as its {column}, so this is not {kind} as the name "
                "says; correct the line or name the file by its format"
            )
    return rows.assign(start=rows["start"].astype("int64") - first_base, end=rows["end"].astype("int64"))


def completed(rows: pd.DataFrame) -> pd.DataFrame:
    """Columns of a track: contig, start, end, strand, name, group, score, note; what is missing is empty."""
    missing = {name: "" for name in TEXTS if name not in rows}
    score = pd.to_numeric(rows["score"], errors="coerce") if "score" in rows else float("nan")
    rows = rows.assign(**missing, score=score)
    strand = rows["strand"].where(rows["strand"].isin(["+", "-"]), ".")
    return rows.assign(strand=strand, name=rows["name"].replace(".", ""))
