"""Vectors of the sentences, or paragraphs, of a book: a store, and which unit each of its rows is."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from genomebook.search.schema import VectorsMeta, index_files
from genomebook.search.stores.base import Neighbours, VectorStore
from genomebook.search.stores.registry import open_store


def rows_file(name: str) -> str:
    """File that says which unit each row of a store is: ``sentences.rows.u32``."""
    return f"{name}.rows.u32"


class UnitVectors:
    """Vectors of some units of a book.

    Attributes
    ----------
    store : VectorStore
        The vectors.
    numbers : uint32[rows]
        Number in the book of each row's sentence or paragraph, as `genomebook.search.text.PackedText` counts
        them; ascending.
    """

    def __init__(self, store: VectorStore, numbers: NDArray[np.uint32]) -> None:
        self.store, self.numbers = store, numbers

    @classmethod
    def open(cls, folder: Path, name: str, about: VectorsMeta) -> Self | None:
        """Open the vectors of ``sentences`` or ``paragraphs``.

        Parameters
        ----------
        folder : Path
            Of the index.
        name : str
            Of the units.
        about : VectorsMeta
            What ``index.json`` says under ``vectors``.

        Returns
        -------
        UnitVectors or None
            None when the book has no unit that is long enough.

        Raises
        ------
        DamagedBookError
            When a file is missing, cut, or not what ``about`` says.
        """
        store = about.of(name)
        if store is None:
            return None
        numbers = index_files(folder).flat(rows_file(name), "<u4", store.rows).all
        return cls(open_store(about.store, folder, name, store), numbers)

    def search(self, vectors: NDArray[np.float32], k: int) -> Neighbours:
        """Find the nearest units: their numbers in the book, int64[q, k], and cosines; -1 where fewer."""
        rows, cosines = self.store.search(vectors, k)
        return np.where(rows < 0, -1, self.numbers[rows].astype(np.int64)), cosines
