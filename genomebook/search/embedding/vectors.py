"""Vectors of the sentences or paragraphs of a book: a vector store and the unit of each row."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from genomebook.search.schema import VectorsMeta, index_files
from genomebook.search.stores.base import Neighbours, VectorStore
from genomebook.search.stores.registry import open_store


def rows_file(name: str) -> str:
    """Name of the file that maps rows to units, such as ``sentences.rows.u32``."""
    return f"{name}.rows.u32"


class UnitVectors:
    """Vectors of the sentences or paragraphs of a book.

    Attributes
    ----------
    store : VectorStore
        The vectors.
    numbers : uint32[rows]
        Number in the book of each row's unit, as in `genomebook.search.text.PackedText`; ascending.
    """

    def __init__(self, store: VectorStore, numbers: NDArray[np.uint32]) -> None:
        self.store, self.numbers = store, numbers

    @classmethod
    def open(cls, folder: Path, name: str, about: VectorsMeta) -> Self | None:
        """Open the vectors of ``sentences`` or ``paragraphs``.

        Parameters
        ----------
        folder : Path
            Folder of the index.
        name : str
            Name of the units.
        about : VectorsMeta
            What ``index.json`` says under ``vectors``.

        Returns
        -------
        UnitVectors or None
            None if the book has no long enough unit.

        Raises
        ------
        DamagedBookError
            If a file is missing, truncated or does not match ``about``.
        """
        store = about.of(name)
        if store is None:
            return None
        numbers = index_files(folder).kept(rows_file(name), "<u4", store.rows)
        return cls(open_store(about.store, folder, name, store), numbers)

    def search(self, vectors: NDArray[np.float32], k: int) -> Neighbours:
        """Nearest units: numbers int64[q, k], padded with -1, and cosine similarities."""
        rows, cosines = self.store.search(vectors, k)
        return np.where(rows < 0, -1, self.numbers[rows].astype(np.int64)), cosines
