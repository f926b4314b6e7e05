"""Shared by all vector stores: the protocol, exact re-ranking, blocks of rows, errors."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from genomebook.errors import DamagedBookError
from genomebook.files.progress import Advance, no_progress
from genomebook.search.schema import REMEDY, StoreMeta

MIN_IVF_ROWS = 100_000
"""Rows from which an inverted-file index (IVF) replaces the comparison with every row."""

ROWS_PER_BLOCK = 65_536
"""Rows read at a time."""

Vectors = NDArray[np.float32] | NDArray[np.float16]
Neighbours = tuple[NDArray[np.int64], NDArray[np.float32]]


class VectorStore(ABC):
    """Vectors of unit length, by row.

    Attributes
    ----------
    rows, width : int
        Number of vectors, and of their dimensions.
    about : StoreMeta
        Record of the store in ``index.json``.
    """

    rows: int
    width: int
    about: StoreMeta

    @classmethod
    @abstractmethod
    def build(
        cls, folder: Path, name: str, vectors: Vectors, threads: int = 1, advance: Advance = no_progress
    ) -> StoreMeta:
        """Write a store.

        Parameters
        ----------
        folder : Path
            For its files; exists.
        name : str
            Stem of the file names: ``sentences`` or ``paragraphs``.
        vectors : float32 or float16[n, d]
            Vectors of unit length, n > 0; may be memory-mapped: it is read a block at a time.
        threads : int
            Does not change a byte of a FAISS store.
        advance : callable
            Takes the number of rows added since the last call.

        Returns
        -------
        StoreMeta
            For ``index.json``: see `genomebook.search.stores.recall.store_record`.
        """

    @classmethod
    @abstractmethod
    def open(cls, folder: Path, name: str, about: StoreMeta) -> Self:
        """Open a store; KeyError when ``about`` does not have its files."""

    @abstractmethod
    def _nearest(self, vector: NDArray[np.float32], count: int) -> Neighbours:
        """At most ``count`` rows near one vector (-1: none) and their cosines, in any order."""

    def _check(self, rows: NDArray[np.int64]) -> None:
        """Refuse rows that an index gives but does not have."""
        if ((rows < -1) | (rows >= self.rows)).any():
            raise DamagedBookError(f"the index of vectors names rows that it does not have; {REMEDY}")

    def search(self, vectors: NDArray[np.float32], k: int) -> Neighbours:
        """Find the nearest rows of each vector; may be called by many threads at once.

        Each vector is looked up alone, so that no answer depends on the others.

        Parameters
        ----------
        vectors : float32[q, width]
            Vectors of unit length.
        k : int
            Rows wanted.

        Returns
        -------
        rows : int64[q, k]
            Best first; among at most `candidate_count` equal ones, the lower row first; -1 where fewer.
        cosines : float32[q, k]
            With the vectors as they are kept (16 bits a number from `MIN_IVF_ROWS` rows); -1 for no row.
        """
        vectors = np.ascontiguousarray(vectors, np.float32)
        count = min(candidate_count(k), self.rows)
        rows = np.full((len(vectors), count), -1, np.int64)
        cosines = np.full((len(vectors), count), -1, np.float32)
        for number, vector in enumerate(vectors):
            near, values = self._nearest(vector, count)
            rows[number, : len(near)], cosines[number, : len(near)] = near, values
        return _ranked(rows, cosines, k)


def damaged(path: Path, why: str) -> DamagedBookError:
    """Error about a file of an index."""
    return DamagedBookError(f"{path}: {why}; {REMEDY}")


def check_size(path: Path, size: int, expected: int) -> None:
    """Refuse a store that is cut short or too long, in bytes."""
    if size != expected:
        raise damaged(path, f"{size} bytes, {expected} expected")


def list_count(rows: int) -> int:
    """Number of lists of an IVF index: 4 sqrt(rows), rounded to a power of two; 0 for a flat index."""
    return 1 << round(math.log2(4 * math.sqrt(rows))) if rows >= MIN_IVF_ROWS else 0


def candidate_count(k: int) -> int:
    """Rows taken from an index to find the best k exactly, and the first ones of equals."""
    return 4 * k + 64


def blocks(vectors: Vectors) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Vectors in 32 bits, `ROWS_PER_BLOCK` at a time, each block with the number of its first row."""
    for first in range(0, len(vectors), ROWS_PER_BLOCK):
        yield first, np.ascontiguousarray(vectors[first : first + ROWS_PER_BLOCK], np.float32)


def exact_cosines(vector: NDArray[np.float32], near: Vectors) -> NDArray[np.float32]:
    """Cosines of a vector with others, [m, d]; the same bits in any batch."""
    cosines: NDArray[np.float32] = (np.asarray(near, np.float32) * vector).sum(axis=1)
    return cosines


def _ranked(rows: NDArray[np.int64], cosines: NDArray[np.float32], k: int) -> Neighbours:
    """Sort each line of rows (-1: none) best first, ties by row; k of each."""
    cosines = np.where(rows < 0, np.float32(-np.inf), cosines)
    order = np.lexsort((rows, -cosines), axis=1)[:, :k]
    rows, cosines = np.take_along_axis(rows, order, 1), np.take_along_axis(cosines, order, 1)
    missing = ((0, 0), (0, max(0, k - rows.shape[1])))
    rows = np.pad(rows, missing, constant_values=-1)
    cosines = np.pad(cosines, missing, constant_values=-1)
    return rows, np.where(rows < 0, np.float32(-1), np.clip(cosines, -1, 1))
