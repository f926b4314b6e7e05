"""Text files of annotation: opened whatever they are packed with, and split into text columns."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, BinaryIO, Literal, Protocol

import pandas as pd

from genomebook.annotation.lines import COMMENT, AnnotationLines
from genomebook.errors import AnnotationError
from genomebook.genome.packed import PackedError, Unpacked


class Openable(Protocol):
    """A path, or bytes under a name."""

    def open(self, mode: Literal["rb"]) -> BinaryIO: ...  # noqa: D102


@contextmanager
def opened(path: Openable, kind: str) -> Iterator[IO[bytes]]:
    """Open and decompress a file; turn errors while reading into one-line messages.

    Parameters
    ----------
    path : Path
        Plain, gzip, bgzip or bzip2, detected by content.
    kind : str
        Name of the format in messages.

    Raises
    ------
    AnnotationError
        The file is missing, truncated, not readable or not text.
    """
    try:
        with path.open("rb") as packed:
            yield io.BufferedReader(Unpacked(packed, str(path)), 1 << 16)
    except FileNotFoundError:
        raise AnnotationError(f"{path}: no such file; check the path") from None
    except PackedError as error:
        raise AnnotationError(f"{path}: {error}") from None
    except UnicodeDecodeError:
        raise AnnotationError(f"{path}: not a {kind} text file; give one in UTF-8") from None
    except OSError as error:
        raise AnnotationError(f"{path}: cannot be read ({error.strerror}); check the path") from None


def text_columns(
    path: object, kind: str, source: AnnotationLines, names: list[Any], columns: list[Any], sep: str = "\t"
) -> Iterator[pd.DataFrame]:
    """Yield the data lines of a file as text columns, some thousand lines at a time.

    Parameters
    ----------
    path, kind
        Named in messages.
    source : AnnotationLines
        Lines of the open file.
    names : list
        Names of all columns; a line may have fewer, not more.
    columns : list
        Those to keep.
    sep : str
        Between columns: a tab, or a pattern.

    Yields
    ------
    DataFrame
        Text, ``""`` where a line has no such column; the index is the line number. Comments and empty lines
        are left out.

    Raises
    ------
    AnnotationError
        A line has more columns.
    """
    whole = (sep if sep == "\t" else " ").join("x" * len(names)).encode() + b"\n"
    for number, piece in source:
        try:
            lines = pd.read_csv(
                io.BytesIO(whole + piece),  # a full line first: pandas would shift longer ones
                names=names,
                sep=sep,
                dtype=str,
                keep_default_na=False,
                quoting=csv.QUOTE_NONE,
                skip_blank_lines=False,
            )[columns].iloc[1:]
        except pd.errors.ParserError as error:
            match = re.search(r"line ([0-9]+), saw ([0-9]+)", str(error))
            place = f"line {number + int(match[1]) - 2}, saw {match[2]}" if match else error
            raise AnnotationError(
                f"{path}: a line has more columns than the lines above ({place}); "
                f"not {kind}, correct the line"
            ) from None
        lines.index += number - 1
        yield lines[~(lines.iloc[:, 0].str.match(COMMENT) | (lines == "").all(axis=1))]
