"""Tracks in memory, for one session: the same rows as in a book, never on disk."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from genomebook.book.feature_files import TrackRows, file_types
from genomebook.book.feature_schema import TrackEntry
from genomebook.book.feature_writer import GatheredRows, sorted_columns


class HeldItems:
    """Items of a column in memory (`genomebook.book.feature_files.Items`)."""

    def __init__(self, items: NDArray[Any]) -> None:
        self._items = items

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, where: slice) -> NDArray[Any]:
        part: NDArray[Any] = self._items[where]
        return part

    def take(self, items: NDArray[np.integer[Any]]) -> NDArray[Any]:
        """Copy items by number."""
        taken: NDArray[Any] = self._items[items]
        return taken


def held_rows(rows: GatheredRows, entry: TrackEntry, letters: int) -> TrackRows:
    """Sort the rows of a track, in memory.

    Parameters
    ----------
    rows : GatheredRows
        Of the track.
    entry : TrackEntry
        Without the numbers of rows, texts and bytes.
    letters : int
        Of all volumes.
    """
    entry, columns = sorted_columns(rows, entry, letters)
    known = {name: np.asarray(column, file_types()[name]).ravel() for name, column in columns}
    empty = {name: np.empty(0, dtype) for name, dtype in file_types().items()}
    return TrackRows(entry, letters, {name: HeldItems(items) for name, items in (empty | known).items()})
