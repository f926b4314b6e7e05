"""Gene tables made of few words."""

from __future__ import annotations

import pandas as pd

from genomebook.annotation.genes import COLUMNS, Genes

Row = tuple[int, int, str, str, str]


def table(*rows: Row, volume: str = "chr1", clipped: bool = False) -> Genes:
    """Genes of (start, end, strand, name, biotype)."""
    frame = pd.DataFrame(
        [(volume, a, b, strand, name, "", biotype, "", clipped) for a, b, strand, name, biotype in rows],
        columns=COLUMNS,
    )
    frame["volume"] = pd.Categorical(frame["volume"], [volume], ordered=True)
    return Genes(frame.sort_values(["start", "end"], ignore_index=True))
