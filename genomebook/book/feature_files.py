"""Rows of a track on disk: sorted flat columns with an index of blocks, read where they are asked for."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from genomebook.book.feature_schema import (
    BLOCK_TYPE,
    BLOCKS,
    KEY_TYPE,
    KEYS,
    LABELS,
    NAMED,
    NAMED_TYPE,
    OFFSET_TYPE,
    OFFSETS,
    PLACES,
    ROWS_PER_BLOCK,
    SCORE_TYPE,
    SCORES,
    SUM_TYPE,
    SUMS,
    TEXTS,
    TrackEntry,
    name_key,
)
from genomebook.files.checks import CheckedFolder
from genomebook.genome.stretches import prefix_sums, true_runs

CHUNK = 1 << 20
"""Rows checked together."""

_NUMBERS = ("names.u32", "groups.u32", "notes.u32")


class Items(Protocol):
    """Items of a column: those of a file (`genomebook.files.checks.Flat`), or in memory."""

    def __len__(self) -> int: ...
    def __getitem__(self, where: slice) -> NDArray[Any]: ...
    def take(self, items: NDArray[np.integer[Any]]) -> NDArray[Any]: ...  # noqa: D102


class TrackRows:
    """Rows of one track; positions are those of a line on which the volumes stand end to end.

    Use `TrackRows.of`.

    Attributes
    ----------
    entry : TrackEntry
        Of the manifest.
    letters : int
        Of all volumes.
    columns : dict of str to Items
        What each file has of the track, by file name; arrays for a track in memory.
    """

    def __init__(self, entry: TrackEntry, letters: int, columns: Mapping[str, Items]) -> None:
        self.entry, self.letters, self.columns = entry, letters, columns

    @classmethod
    def of(cls, folder: CheckedFolder, entries: Sequence[TrackEntry], letters: int) -> list[TrackRows]:
        """Open the rows of all tracks of a folder.

        Raises
        ------
        DamagedBookError
            A file is missing or of another size than the manifest says.
        """
        sizes = [track_items(entry, letters) for entry in entries]
        files = {}
        for name, dtype in file_types().items():
            files[name] = folder.flat(name, dtype, sum(size[name] for size in sizes))
        tracks = []
        before = dict.fromkeys(files, 0)
        for entry, size in zip(entries, sizes, strict=True):
            tracks.append(cls(entry, letters, {n: f.part(before[n], size[n]) for n, f in files.items()}))
            before = {name: before[name] + size[name] for name in files}
        return tracks

    @cached_property
    def _index(self) -> NDArray[np.int64]:
        """First start and largest end of each block: int64[2, blocks]."""
        return np.ascontiguousarray(self.columns[BLOCKS][:].reshape(-1, 2).T)

    def where(self, low: int, high: int) -> Iterator[NDArray[np.int64]]:
        """Row numbers that share a letter with [low, high), ascending, some blocks at a time.

        A block is read only if an interval in it ends after ``low`` and one begins before ``high``, so a long
        interval costs its own block and not those after it. An interval of no letters counts where it stands.
        """
        firsts, reach = self._index
        last = int(np.searchsorted(firsts, np.int64(high), "left"))
        for begin, end in true_runs(reach[:last] >= low).tolist():
            for first in range(begin * ROWS_PER_BLOCK, min(end * ROWS_PER_BLOCK, self.entry.rows), CHUNK):
                stop = min(first + CHUNK, end * ROWS_PER_BLOCK, self.entry.rows)
                starts, ends = (self.columns[name][first:stop] for name in PLACES)
                inside = (starts < high) & ((ends > low) | ((starts == ends) & (starts >= low)))
                yield first + np.flatnonzero(inside)

    def overlapping(self, low: int, high: int, limit: int) -> list[tuple[Any, ...]]:
        """Rows that share a letter with [low, high): start, end, strand, score, name, group, note."""
        if not self.entry.rows or low >= high:
            return []
        parts: list[NDArray[np.int64]] = []
        count = 0
        for part in self.where(low, high):
            parts.append(part[: limit - count])
            count += len(parts[-1])
            if count >= limit:
                break
        if not count:
            return []
        return self._read(np.concatenate(parts))

    def row(self, row: int) -> tuple[Any, ...]:
        """One row, as in `overlapping`."""
        return self._read(np.array([row], np.int64))[0]

    def after(self, position: int) -> int | None:
        """First row that begins after a position."""
        row = self._begun(position + 1)
        return row if row < self.entry.rows else None

    def before(self, position: int) -> int | None:
        """Last row that begins before a position."""
        row = self._begun(position)
        return row - 1 if row else None

    def _begun(self, position: int) -> int:
        """Rows that begin before a position."""
        block = max(int(np.searchsorted(self._index[0], np.int64(position), "left")) - 1, 0)
        first = block * ROWS_PER_BLOCK
        starts = self.columns["starts.i64"][first : min(first + ROWS_PER_BLOCK, self.entry.rows)]
        return first + int(np.searchsorted(starts, np.int64(position), "left"))

    def _read(self, rows: NDArray[np.int64]) -> list[tuple[Any, ...]]:
        plain = (*PLACES, "strands.i8", SCORES)
        texts = [self.texts(self.columns[name].take(rows)) for name in _NUMBERS]
        return list(zip(*(self.columns[name].take(rows).tolist() for name in plain), *texts, strict=True))

    def named(self, name: str, limit: int) -> list[tuple[Any, ...]]:
        """Rows of a name, whatever its case, as in `overlapping`: the first ``limit`` by position."""
        keys, key = self.columns[KEYS], name_key(name)

        def key_of(number: int) -> int:
            return int(keys[number : number + 1][0])

        first = bisect_left(range(len(keys)), key, key=key_of)
        last = bisect_right(range(len(keys)), key, lo=first, key=key_of)
        rows = self.columns[NAMED][first : min(last, first + limit)].astype(np.int64)
        return [row for row in self._read(rows) if row[4].casefold() == name.casefold()] if len(rows) else []

    def texts(self, numbers: NDArray[np.uint32]) -> list[str]:
        """Texts by number: list of n."""
        chosen, back = np.unique(numbers, return_inverse=True)
        offsets = self.columns[OFFSETS]
        firsts, ends = offsets.take(chosen).tolist(), offsets.take(chosen.astype(np.int64) + 1).tolist()
        held = self.columns[TEXTS]
        known = [
            held[first:end].tobytes().decode("utf-8", "replace")
            for first, end in zip(firsts, ends, strict=True)
        ]
        return [known[number] for number in back.tolist()]

    def problems(self, name: str) -> Iterator[str]:
        """Yield a line for each thing that is not as docs/book-format.md says."""
        index = self._index
        before = -1
        for first in range(0, self.entry.rows, CHUNK):
            starts, ends = (self.columns[column][first : first + CHUNK] for column in PLACES)
            ordered = bool((np.diff(starts, prepend=before) >= 0).all())
            inside = bool((starts >= 0).all() and (starts <= ends).all() and (ends <= self.letters).all())
            blocks = slice(first // ROWS_PER_BLOCK, -(-(first + len(starts)) // ROWS_PER_BLOCK))
            here = block_index(starts, ends)
            if not ordered or not inside or not np.array_equal(here, index[:, blocks].T):
                yield f"rows of {name} are not in order or not in the book"
                return
            before = int(starts[-1])
        offsets = self.columns[OFFSETS][:]
        if len(offsets) and (offsets[0] or offsets[-1] != self.entry.bytes or (np.diff(offsets) < 0).any()):
            yield f"texts of {name} are not in order"
        keys, named = self.columns[KEYS][:], self.columns[NAMED][:]
        if (keys[1:] < keys[:-1]).any() or (named >= self.entry.rows).any():
            yield f"the lookup of names of {name} is not in order"
        for column in _NUMBERS:
            if (self.columns[column][:] >= self.entry.texts).any():
                yield f"a text of {name} is missing"


def file_types() -> dict[str, str]:
    """Every file of the annex and the type of its items."""
    return {
        **PLACES,
        BLOCKS: BLOCK_TYPE,
        SCORES: SCORE_TYPE,
        **LABELS,
        OFFSETS: OFFSET_TYPE,
        TEXTS: "u1",
        KEYS: KEY_TYPE,
        NAMED: NAMED_TYPE,
        SUMS: SUM_TYPE,
    }


def track_items(entry: TrackEntry, letters: int) -> dict[str, int]:
    """Items of a track in each file."""
    return {
        **dict.fromkeys(PLACES, entry.rows),
        BLOCKS: 2 * entry.blocks,
        SCORES: entry.rows,
        **dict.fromkeys(LABELS, entry.labelled),
        OFFSETS: entry.texts + 1 if entry.texts else 0,
        TEXTS: entry.bytes,
        KEYS: entry.named,
        NAMED: entry.named,
        SUMS: entry.sums(letters),
    }


def block_index(starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """First start and largest end of each `ROWS_PER_BLOCK` rows: int64[blocks, 2]."""
    at = np.arange(0, len(starts), ROWS_PER_BLOCK)
    if not len(at):
        return np.empty((0, 2), np.int64)
    return np.stack([starts[at], np.maximum.reduceat(ends, at)], axis=1)


def level_places(entry: TrackEntry, letters: int) -> dict[int, tuple[int, int]]:
    """First item and edges of each zoom level in the track's part of ``sums.f64``, by letters of a bin."""
    zooms = entry.zooms(letters)
    firsts = prefix_sums(list(zooms.values())).tolist()
    return {size: (firsts[number], count) for number, (size, count) in enumerate(zooms.items())}
