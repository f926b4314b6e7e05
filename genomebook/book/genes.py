"""Genes by name: what makes a gene an address of the book."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genomebook.genome.names import rank
from genomebook.genome.regions import Region


class _Key(NamedTuple):
    """Rows by one of their names: names in upper case, ascending, and the number of the row of each."""

    names: NDArray[Any]
    rows: NDArray[np.int64]


class GeneNames:
    """Finds genes by name or id.

    Parameters
    ----------
    table : DataFrame
        Columns name, gene_id, volume (str), start, end (int64, local, 0-based half-open), in book order.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        self._table = table

    @cached_property
    def _keys(self) -> list[_Key]:
        """Names, gene ids, gene ids without their version; of namesakes, the better one first."""
        table = self._table
        ranks = {volume: rank(str(volume)) for volume in table["volume"].unique()}
        start, end = (table[column].to_numpy("int64") for column in ("start", "end"))
        order = np.lexsort((start - end, table["volume"].map(ranks).to_numpy("int64")))
        ids = table["gene_id"]
        keys = []
        for key in (table["name"], ids, ids.str.replace(r"\.[0-9]+$", "", regex=True)):
            names = key.str.upper().to_numpy(object)[order]
            by_name = np.argsort(names, kind="stable")
            keys.append(_Key(names[by_name], order[by_name]))
        return keys

    def find(self, name: str) -> Region | None:
        """Place of the gene of this name or gene id, in any case; or None.

        Of namesakes that on a primary sequence, before those on alternate loci, patches and scaffolds; then
        the longest. One spelled just so goes before all that differ in case.
        """
        wanted = name.strip()
        for column, key in zip(("name", "gene_id", "gene_id"), self._keys if wanted else (), strict=False):
            first, last = (
                int(np.searchsorted(key.names, wanted.upper(), side)) for side in ("left", "right")
            )
            if first < last:
                rows = self._table.iloc[key.rows[first:last]]
                row = rows.iloc[int((rows[column] == wanted).to_numpy().argmax())]
                return Region(str(row["volume"]), int(row["start"]), int(row["end"]))
        return None

    def names(self) -> list[str]:
        """All gene names, each once, in the order of the book."""
        names = self._table["name"]
        return [str(name) for name in names[names != ""].unique()]
