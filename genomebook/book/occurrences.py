"""Counting ids block by block: the index of occurrences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from genomebook.book.schema import OCCURRENCE_BLOCK


def count_blocks(
    chunks: Iterable[NDArray[np.uint16]], n_ids: int, columns: int
) -> Iterator[NDArray[np.uint16]]:
    """Count ids in blocks of `OCCURRENCE_BLOCK` words.

    Parameters
    ----------
    chunks : iterable of uint16[m]
        Ids of all words of a book, volume after volume, in chunks of any size.
    n_ids : int
        All are below this.
    columns : int
        Blocks to give at once.

    Yields
    ------
    uint16[n_ids, k]
        Counts in the following k blocks; k is ``columns`` but for the last time.
    """
    found = np.zeros((columns, n_ids), np.uint16)
    column = filled = 0
    for chunk in chunks:
        at = 0
        while at < len(chunk):
            part = chunk[at : at + OCCURRENCE_BLOCK - filled]
            found[column] += np.bincount(part, minlength=n_ids).astype(np.uint16)
            at += len(part)
            filled += len(part)
            if filled == OCCURRENCE_BLOCK:
                column, filled = column + 1, 0
            if column == columns:
                yield found.T
                found, column = np.zeros_like(found), 0
    if column or filled:
        yield found[: column + bool(filled)].T
