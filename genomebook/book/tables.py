"""Parquet tables by volume and position, in row groups of fixed size, read a few groups at a time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from functools import cached_property
from itertools import chain
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from genomebook.book.schema import ROWS, SCHEMAS, Level
from genomebook.files.checks import CheckedFile
from genomebook.genome.stretches import overlapping

KEPT, KEPT_GROUPS = 8, 4
"""Cached reads per open table, and the maximum number of row groups of each."""

_FOOTER = 8
"""Trailing bytes of a Parquet file: footer length (uint32) and PAR1."""


class TableWriter:
    """Writes a table incrementally; the bytes do not depend on how rows are batched.

    Parameters
    ----------
    path : Path
        The file; the caller renames it when complete.
    level : str
        Key of `genomebook.book.schema.SCHEMAS`.
    """

    def __init__(self, path: Path, level: Level) -> None:
        self._schema = SCHEMAS[level]
        numbers = [field.name for field in self._schema if pa.types.is_integer(field.type)]
        self._file = path.open("wb")  # a file, as Arrow takes no path that is not UTF-8
        self._writer = pq.ParquetWriter(
            self._file,
            self._schema,
            compression="zstd",
            use_dictionary=False,
            write_statistics=["start"],
            write_page_checksum=True,
            column_encoding=dict.fromkeys(numbers, "DELTA_BINARY_PACKED"),
        )
        self._waiting: list[Mapping[str, Any]] = []
        self._tables: list[pa.Table] = []
        self._count = 0

    def write(self, columns: Mapping[str, Any]) -> None:
        """Append rows, as columns of equal length."""
        self._waiting.append(columns)
        self._count += len(columns[self._schema.names[0]])
        if self._count >= ROWS:
            self._flush()

    def append(self, table: pa.Table) -> None:
        """Append the rows of a table of the same schema."""
        self._gather()
        self._tables.append(table)
        self._count += table.num_rows
        if self._count >= ROWS:
            self._flush()

    def _gather(self) -> None:
        """Convert the pending columns to one table."""
        if self._waiting:
            arrays = []
            for field in self._schema:
                parts = [columns[field.name] for columns in self._waiting]
                joined = [*chain(*parts)] if pa.types.is_string(field.type) else np.concatenate(parts)
                arrays.append(pa.array(joined, field.type))
            self._tables.append(pa.table(arrays, schema=self._schema))
            self._waiting = []

    def _flush(self) -> None:
        """Write whole row groups."""
        self._gather()
        table = pa.concat_tables(self._tables)
        whole = table.num_rows // ROWS * ROWS
        self._writer.write_table(table.slice(0, whole).combine_chunks(), row_group_size=ROWS)
        self._tables = [table.slice(whole)]
        self._count -= whole

    def close(self) -> None:
        """Write the remaining rows and close the file."""
        with self._file:
            if self._count:
                self._gather()
                rest = pa.concat_tables(self._tables).combine_chunks()
                self._writer.write_table(rest, row_group_size=ROWS)
            self._writer.close()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close, also after an error; the caller removes an unfinished file."""
        self.close()


class TableFile:
    """A table of all volumes; row groups are read on demand and checked on first read.

    Parameters
    ----------
    file : CheckedFile
        A file written by `TableWriter`.
    level : str
        Key of `genomebook.book.schema.SCHEMAS`.
    count : int
        Expected number of rows.
    """

    def __init__(self, file: CheckedFile, level: Level, count: int) -> None:
        self._checked, self._level, self._count = file, level, count
        self._kept: OrderedDict[tuple[int, int], pd.DataFrame] = OrderedDict()
        self._lock = Lock()  # threads share the file, but its reader is not thread-safe
        self.damaged = file.damaged

    @cached_property
    def _file(self) -> pq.ParquetFile:
        raw = self._checked.raw
        self._checked.check(max(0, len(raw) - _FOOTER), len(raw))
        footer = int.from_bytes(raw[-_FOOTER:][:4].tobytes(), "little") + _FOOTER
        self._checked.check(max(0, len(raw) - footer), len(raw))
        try:
            file = pq.ParquetFile(pa.BufferReader(pa.py_buffer(raw)), page_checksum_verification=True)
            schema = file.schema_arrow
        except (OSError, pa.ArrowException, ValueError) as error:
            raise self.damaged(f"not a readable table ({error})") from None
        if not schema.equals(SCHEMAS[self._level]):
            raise self.damaged("not a readable table (other columns than expected)")
        if file.metadata.num_rows != self._count:
            raise self.damaged(f"{file.metadata.num_rows} rows, {self._count} expected")
        return file

    def starts(self, first: int, last: int) -> NDArray[np.int64]:
        """Smallest start in each of some row groups: int64[last - first]."""
        meta = self._file.metadata
        known = [meta.row_group(group).column(0).statistics for group in range(first, last)]
        if any(statistics is None or not statistics.has_min_max for statistics in known):
            raise self.damaged("a row group does not say where it starts")
        return np.array([statistics.min for statistics in known], np.int64)

    def groups(self, first: int, last: int) -> pd.DataFrame:
        """Rows of groups first to last (exclusive), cached."""
        with self._lock:
            if (first, last) in self._kept:
                self._kept.move_to_end((first, last))
                return self._kept[first, last]
            frame = self._read(first, last)
            if last - first <= KEPT_GROUPS:
                self._kept[first, last] = frame
                if len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return frame

    def column(self, name: str) -> NDArray[np.int64]:
        """Values of an integer column: int64[rows]."""
        count = self._file.num_row_groups
        parts = [self._read(group, group + 1, [name])[name].to_numpy() for group in range(count)]
        return np.concatenate([np.empty(0, np.int64), *parts])

    def _read(self, first: int, last: int, columns: list[str] | None = None) -> pd.DataFrame:
        meta = self._file.metadata
        try:
            if first < last:
                begin, end = meta.row_group(first), meta.row_group(last - 1)
                tail = end.column(end.num_columns - 1)
                low = begin.column(0).data_page_offset
                self._checked.check(low, tail.data_page_offset + tail.total_compressed_size)
            table = self._file.read_row_groups(list(range(first, last)), columns, use_threads=False)
        except (OSError, pa.ArrowException, ValueError) as error:
            raise self.damaged(f"not a readable table ({error})") from None
        if table.num_rows != min(last * ROWS, self._count) - min(first * ROWS, self._count):
            raise self.damaged("a row group of another size than expected")
        frame: pd.DataFrame = table.to_pandas(use_threads=False)
        return frame


class SortedTable:
    """Rows of one volume in a table, by position or number (from 0 in the volume).

    Parameters
    ----------
    file : TableFile
        Table of all volumes.
    first, count : int
        The volume's rows.
    """

    def __init__(self, file: TableFile, first: int, count: int) -> None:
        self._file, self._begin, self._count = file, first, count

    def __len__(self) -> int:
        """Count rows."""
        return self._count

    @cached_property
    def _starts(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Lower and upper bound of the start of each row group with rows of the volume.

        They differ for a last group shared with the next volume, whose statistics do not help.
        """
        begin, end = self._begin, self._begin + self._count
        low = self._file.starts(begin // ROWS, -(-end // ROWS))
        low[0] = 0  # may begin with rows of another volume
        high = low.copy()
        if end % ROWS and len(low) > 1:
            low[-1], high[-1] = low[-2], np.iinfo(np.int64).max
        return low, high

    def _rows(self, first: int, end: int) -> pd.DataFrame:
        """Rows first to end (exclusive), numbered and indexed within the volume."""
        low, high = self._begin + first, self._begin + end
        group = low // ROWS
        frame = self._file.groups(group, max(group, -(-high // ROWS)))
        rows = frame.iloc[low - group * ROWS : high - group * ROWS].copy(deep=False)
        rows.index = pd.RangeIndex(first, first + len(rows))
        return rows

    def _near(self, start: int, end: int) -> tuple[int, int]:
        """Rows of the row groups that may overlap [start, end): first, end (exclusive)."""
        base = self._begin // ROWS
        low, high = self._starts
        first = max(int(np.searchsorted(high, start, "right")) - 1, 0)
        last = max(int(np.searchsorted(low, end, "left")), first)
        return (
            max((base + first) * ROWS - self._begin, 0),
            max(min((base + last) * ROWS - self._begin, self._count), 0),
        )

    def overlapping(self, start: int, end: int) -> pd.DataFrame:
        """Rows that overlap [start, end), indexed by number in the volume."""
        if not self._count:
            return self._rows(0, 0)
        frame = self._rows(*self._near(start, end))
        return frame.iloc[overlapping(frame["start"].to_numpy(), frame["end"].to_numpy(), start, end)]

    def spans(self, start: int, end: int) -> list[tuple[int, int, int]]:
        """Start, end and number of the rows that overlap [start, end); faster than `overlapping`."""
        if not self._count:
            return []
        first, last = self._near(start, end)
        group = (self._begin + first) // ROWS
        frame = self._file.groups(group, max(group, -(-(self._begin + last) // ROWS)))
        rows = slice(self._begin + first - group * ROWS, self._begin + last - group * ROWS)
        starts, ends = (frame[side].to_numpy()[rows] for side in ("start", "end"))
        here = overlapping(starts, ends, start, end)
        numbers = range(first + here.start, first + here.stop)
        return list(zip(starts[here].tolist(), ends[here].tolist(), numbers, strict=True))

    def rows(self, first: int, end: int) -> pd.DataFrame:
        """Rows by number in the volume, first to end (exclusive)."""
        first, end = max(first, 0), min(end, self._count)
        return self._rows(first, end) if first < end else self._rows(0, 0)
