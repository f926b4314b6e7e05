"""Occurrence index: counts of word ids per block."""

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
        Ids of all words in book order, in chunks of any size.
    n_ids : int
        Number of ids.
    columns : int
        Blocks per array.

    Yields
    ------
    uint16[n_ids, k]
        Counts in the next k blocks; k is ``columns`` except for the last array.
    """
    counts = np.zeros((columns, n_ids), np.uint16)
    column = filled = 0
    for chunk in chunks:
        at = 0
        while at < len(chunk):
            part = chunk[at : at + OCCURRENCE_BLOCK - filled]
            counts[column] += np.bincount(part, minlength=n_ids).astype(np.uint16)
            at += len(part)
            filled += len(part)
            if filled == OCCURRENCE_BLOCK:
                column, filled = column + 1, 0
            if column == columns:
                yield counts.T
                counts, column = np.zeros_like(counts), 0
    if column or filled:
        yield counts[: column + bool(filled)].T
