"""Genes by name: what makes a gene an address of the book."""

from __future__ import annotations

from functools import cached_property

import pandas as pd

from genomebook.genome.regions import Region


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
    def _keys(self) -> list[pd.Series]:
        """Names, gene ids, and gene ids without their version, in upper case."""
        ids = self._table["gene_id"]
        keys = (self._table["name"], ids, ids.str.replace(r"\.[0-9]+$", "", regex=True))
        return [key.str.upper() for key in keys]

    def find(self, name: str) -> Region | None:
        """Place of the gene of this name or gene id, in any case; of namesakes the longest; or None."""
        wanted = name.strip().upper()
        for key in self._keys if wanted else ():
            rows = self._table[key == wanted]
            if len(rows):
                row = rows.iloc[int((rows["end"] - rows["start"]).to_numpy().argmax())]
                return Region(str(row["volume"]), int(row["start"]), int(row["end"]))
        return None

    def names(self) -> list[str]:
        """All gene names, each once, in the order of the book."""
        names = self._table["name"]
        return [str(name) for name in names[names != ""].unique()]
