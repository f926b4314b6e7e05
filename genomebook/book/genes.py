"""Gene lookup by name or id."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genomebook.genome.names import rank
from genomebook.genome.regions import Region


class _Key(NamedTuple):
    """Sorted upper-case names, and the row of each."""

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
        """Names, gene ids, and gene ids without version; preferred genes first."""
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
        """Region of a gene by name or id, ignoring case; None if there is none.

        Among several, exact case comes first, then primary sequences, then the longest gene.
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
        """Unique gene names in book order."""
        names = self._table["name"]
        return [str(name) for name in names[names != ""].unique()]
