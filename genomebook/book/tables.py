"""Parquet tables sorted by position: written in row groups of one size, read a few groups at a time."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from genomebook.book.schema import ROWS, SCHEMAS
from genomebook.errors import DamagedBookError


class TableWriter:
    """Writes rows of one table as they come; the bytes do not depend on how they were divided.

    Parameters
    ----------
    path : Path
        The file; the caller renames it when it is whole.
    level : str
        Key of `genomebook.book.schema.SCHEMAS`.
    """

    def __init__(self, path: Path, level: str) -> None:
        self._schema = SCHEMAS[level]
        numbers = [field.name for field in self._schema if pa.types.is_integer(field.type)]
        self._writer = pq.ParquetWriter(
            path,
            self._schema,
            compression="zstd",
            use_dictionary=False,
            write_statistics=["start"],
            write_page_checksum=True,
            column_encoding=dict.fromkeys(numbers, "DELTA_BINARY_PACKED"),
        )
        self._waiting: list[pa.Table] = []
        self._count = 0

    def write(self, columns: Mapping[str, Any]) -> None:
        """Append rows; each column is an array or list, all of one length."""
        table = pa.table([pa.array(columns[f.name], f.type) for f in self._schema], schema=self._schema)
        self._waiting.append(table)
        self._count += table.num_rows
        if self._count >= ROWS:
            table = pa.concat_tables(self._waiting)
            whole = table.num_rows // ROWS * ROWS
            self._writer.write_table(table.slice(0, whole).combine_chunks(), row_group_size=ROWS)
            self._waiting = [table.slice(whole)]
            self._count -= whole

    def close(self) -> None:
        """Write what is left and end the file."""
        if self._count:
            self._writer.write_table(pa.concat_tables(self._waiting).combine_chunks(), row_group_size=ROWS)
        self._writer.close()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close, also after an error: the unfinished file is the caller's to remove."""
        self.close()


class SortedTable:
    """Rows of a table by position or number; only the row groups asked for are read.

    Parameters
    ----------
    path : Path
        A file written by `TableWriter`; its name says which level.
    count : int, optional
        How many rows it is known to have.
    """

    def __init__(self, path: Path, count: int | None = None) -> None:
        self.path = path
        self._count = count
        self._kept: tuple[int, int, pd.DataFrame] | None = None
        self._lock = Lock()  # the app's threads share the file; its reader does not promise to be shared

    def _damaged(self, why: object) -> DamagedBookError:
        reason = " ".join(str(why).split())
        return DamagedBookError(
            f"{self.path}: not a readable table ({reason}); restore the file or rebuild the book"
        )

    @cached_property
    def _file(self) -> pq.ParquetFile:
        try:
            file = pq.ParquetFile(self.path, memory_map=True, page_checksum_verification=True)
            schema = file.schema_arrow
        except (OSError, pa.ArrowException, ValueError) as error:
            raise self._damaged(error) from None
        if not schema.equals(SCHEMAS[self.path.stem]):
            raise self._damaged("other columns than expected")
        if self._count not in (None, file.metadata.num_rows):
            raise self._damaged(f"{file.metadata.num_rows} rows, {self._count} expected")
        return file

    def __len__(self) -> int:
        """Count rows."""
        return int(self._file.metadata.num_rows)

    @cached_property
    def _first(self) -> NDArray[np.int64]:
        """Smallest start of each row group."""
        meta = self._file.metadata
        known = [meta.row_group(i).column(0).statistics for i in range(meta.num_row_groups)]
        if any(found is None or not found.has_min_max for found in known):
            raise self._damaged("a row group does not say where it starts")
        return np.array([found.min for found in known], np.int64)

    def _groups(self, first: int, last: int) -> pd.DataFrame:
        """Rows of groups first to last (exclusive), indexed by row number; the last answer is kept."""
        if self._kept is not None and self._kept[:2] == (first, last):
            return self._kept[2]
        try:
            with self._lock:
                table = self._file.read_row_groups(list(range(first, last)), use_threads=False)
        except (OSError, pa.ArrowException, ValueError) as error:
            raise self._damaged(error) from None
        if table.num_rows != min(last * ROWS, len(self)) - first * ROWS:
            raise self._damaged("a row group of another size than expected")
        frame: pd.DataFrame = table.to_pandas(use_threads=False)
        frame.index = pd.RangeIndex(first * ROWS, first * ROWS + len(frame))
        self._kept = (first, last, frame)
        return frame

    def overlapping(self, start: int, end: int) -> pd.DataFrame:
        """Rows that overlap [start, end), 0-based half-open; the index is the row's number in the table."""
        groups = self._first
        first = max(int(np.searchsorted(groups, start, "right")) - 1, 0)
        last = max(int(np.searchsorted(groups, end, "left")), first)
        frame = self._groups(first, last)
        rows = slice(
            int(np.searchsorted(frame["end"].to_numpy(), start, "right")),
            int(np.searchsorted(frame["start"].to_numpy(), end, "left")),
        )
        return frame.iloc[rows]

    def rows(self, first: int, end: int) -> pd.DataFrame:
        """Rows by number, first to end (exclusive)."""
        first, end = max(first, 0), min(end, len(self))
        if first >= end:
            return self._groups(0, 0)
        frame = self._groups(first // ROWS, -(-end // ROWS))
        return frame.loc[first : end - 1]
