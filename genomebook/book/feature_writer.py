"""Write the annex ``tracks``: rows are gathered aside, sorted, and put behind those of the other tracks."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genomebook.book.feature_files import TrackRows, block_index, file_types
from genomebook.book.feature_schema import (
    BLOCK_TYPE,
    BLOCKS,
    KEY_TYPE,
    KEYS,
    LABELS,
    LOOKED_UP,
    NAMED,
    NAMED_TYPE,
    OFFSET_TYPE,
    OFFSETS,
    PLACES,
    SCORE_TYPE,
    SCORES,
    SUM_TYPE,
    SUMS,
    TEXTS,
    TrackEntry,
    name_key,
)
from genomebook.book.zoom import disjoint, zoom_sums

CHUNK = 1 << 20
"""Items copied together."""

KNOWN_TEXTS = 1 << 17
"""Texts of which a second is not written: the first so many, so that memory is bounded."""

_TEXTS = {"names.u32": "name", "groups.u32": "group", "notes.u32": "note"}
_SIGNS = {"+": 1, "-": -1}


class TextTable:
    """Texts, numbered from 0, written to a file of bytes; 0 is ``""``."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._numbers = {"": 0}
        self._ends = [np.zeros(2, np.int64)]
        self._keys = [np.zeros(1, np.uint64)]
        self.count, self.size = 1, 0

    def numbers(self, texts: pd.Series[str]) -> NDArray[np.uint32]:
        """Write the texts that are new; the number of each: uint32[n]."""
        codes, values = pd.factorize(texts)
        ends, numbers, keys = [], [], []
        for value in values:
            number = self._numbers.get(value)
            if number is None:
                number = self.count
                self.size += self._file.write(value.encode("utf-8", "replace"))
                ends.append(self.size)
                keys.append(name_key(value))
                self.count += 1
                if len(self._numbers) < KNOWN_TEXTS:
                    self._numbers[value] = number
            numbers.append(number)
        self._ends.append(np.array(ends, np.int64))
        self._keys.append(np.array(keys, np.uint64))
        return np.array(numbers, np.uint32)[codes]

    def keys(self) -> NDArray[np.uint64]:
        """Key of each text in the lookup by name: uint64[count]."""
        return np.concatenate(self._keys)

    def offsets(self) -> NDArray[np.int64]:
        """Where each text begins, and the end: int64[count + 1]."""
        return np.concatenate(self._ends)


class GatheredRows:
    """Rows of a track in the making, as flat columns in the order of the input.

    Parameters
    ----------
    is_signal : bool
        Only places and scores are kept.
    folder : Path, optional
        For their files, which the caller removes; in memory by default.
    """

    def __init__(self, is_signal: bool, folder: Path | None = None) -> None:
        self.is_signal = is_signal
        self.types = {**PLACES, SCORES: SCORE_TYPE, **({} if is_signal else {**LABELS, TEXTS: "u1"})}
        self._files: dict[str, IO[bytes]] = {
            name: (folder / name).open("w+b") if folder else io.BytesIO() for name in self.types
        }
        self.texts = None if is_signal else TextTable(self._files[TEXTS])
        self.rows = 0

    def add(self, rows: pd.DataFrame) -> None:
        """Append rows.

        Parameters
        ----------
        rows : DataFrame
            ``start``, ``end`` (int64, on the line of all volumes), ``score`` (float) and, but for a signal,
            ``strand``, ``name``, ``group`` and ``note`` (str).
        """
        columns: dict[str, Any] = {
            "starts.i64": rows["start"],
            "ends.i64": rows["end"],
            SCORES: rows["score"],
        }
        if self.texts is not None:
            columns["strands.i8"] = rows["strand"].map(_SIGNS).fillna(0)
            columns |= {name: self.texts.numbers(rows[column]) for name, column in _TEXTS.items()}
        for name, column in columns.items():
            self._files[name].write(np.asarray(column, self.types[name]).tobytes())
        self.rows += len(rows)

    def order(self) -> NDArray[np.int64] | slice:
        """Order of the rows by start, then end; rows of equal place stay in the order of the input."""
        starts, ends = (self.column(name) for name in PLACES)
        steps = np.diff(starts)
        if not ((steps < 0) | ((steps == 0) & (np.diff(ends) < 0))).any():
            return slice(None)
        return np.lexsort((ends, starts))

    def column(self, name: str) -> NDArray[Any]:
        """A column in the order of the input."""
        file = self._files[name]
        file.seek(0)
        column = np.frombuffer(file.read(), self.types[name])
        file.seek(0, io.SEEK_END)
        return column

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()


def sorted_columns(
    rows: GatheredRows, entry: TrackEntry, letters: int
) -> tuple[TrackEntry, Iterator[tuple[str, NDArray[Any]]]]:
    """Sort the rows of a track.

    Parameters
    ----------
    rows : GatheredRows
        Of the track.
    entry : TrackEntry
        Without the numbers of rows, texts and bytes.
    letters : int
        Of all volumes.

    Returns
    -------
    TrackEntry
        With them; what a signal says twice of a letter is left out (``overlapping``).
    iterator of (str, array)
        Every file of the annex, and what goes into it: one at a time, to keep memory small.
    """
    order = rows.order()
    starts, ends = (rows.column(name)[order] for name in PLACES)
    left_out = dict(entry.left_out)
    kept: NDArray[np.bool_] | slice = slice(None)
    if rows.is_signal:
        cut, end = disjoint(starts, ends)
        kept = cut < end
        left_out["overlapping"] = int(np.count_nonzero(~kept | (cut > starts)))
        starts, ends = cut[kept], end[kept]
    texts = rows.texts
    is_named = texts is not None and entry.kind in LOOKED_UP
    entry = msgspec.structs.replace(
        entry,
        rows=len(starts),
        texts=texts.count if texts else 0,
        bytes=texts.size if texts else 0,
        named=int(np.count_nonzero(rows.column("names.u32"))) if is_named else 0,
        left_out={why: count for why, count in left_out.items() if count},
    )

    def columns() -> Iterator[tuple[str, NDArray[Any]]]:
        yield from zip(PLACES, (starts, ends), strict=True)
        yield BLOCKS, block_index(starts, ends).astype(BLOCK_TYPE)
        scores = rows.column(SCORES)[order][kept]
        yield SCORES, scores
        weights = scores if rows.is_signal else None
        yield SUMS, zoom_sums(starts, ends, weights, entry.zooms(letters)).astype(SUM_TYPE)
        if texts is not None:
            yield from ((name, rows.column(name)[order]) for name in LABELS)
            yield OFFSETS, texts.offsets().astype(OFFSET_TYPE)
            yield TEXTS, rows.column(TEXTS)
        if texts is not None and is_named:
            yield from zip((KEYS, NAMED), _lookup(rows.column("names.u32")[order], texts.keys()), strict=True)

    return entry, columns()


def _lookup(
    names: NDArray[np.uint32], keys: NDArray[np.uint64]
) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
    """Keys of the rows with a name, ascending, and these rows: of equal keys in their order."""
    named = np.flatnonzero(names)
    own = keys[names[named]]
    order = np.argsort(own, kind="stable")
    return own[order].astype(KEY_TYPE), named[order].astype(NAMED_TYPE)


class FeatureWriter:
    """Writes the files of the annex, track after track.

    Parameters
    ----------
    folder : Path
        Of the annex, empty.
    letters : int
        Of all volumes of the book.
    """

    def __init__(self, folder: Path, letters: int) -> None:
        self._letters = letters
        self._stack = ExitStack()
        self._files = {name: self._stack.enter_context((folder / name).open("wb")) for name in file_types()}

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the files."""
        self._stack.close()

    def copy(self, rows: TrackRows) -> TrackEntry:
        """Copy a track of the annex that is replaced, checking it."""
        for name, flat in rows.columns.items():
            for first in range(0, len(flat), CHUNK):
                self._files[name].write(flat[first : first + CHUNK].tobytes())
        return rows.entry

    def add(self, rows: GatheredRows, entry: TrackEntry) -> TrackEntry:
        """Sort the rows of a track and write them (see `sorted_columns`)."""
        entry, columns = sorted_columns(rows, entry, self._letters)
        for name, column in columns:
            self._files[name].write(column.data)
        return entry


def tracks_about(entries: Sequence[TrackEntry]) -> dict[str, Any]:
    """Metadata of the annex."""
    return {"tracks": msgspec.to_builtins(list(entries))}
