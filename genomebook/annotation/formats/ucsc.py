"""Tables of the UCSC Genome Browser, with a header or without: rmsk, cpgIslandExt, cytoBand, gene tables."""

from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd

from genomebook.annotation.columns import layout as known_layout
from genomebook.annotation.columns import titled_columns
from genomebook.annotation.formats.bed import bed_layout, island_note
from genomebook.annotation.formats.columns import ColumnLayout

_RMSK_COLUMNS = 17
_GENES = re.compile(r"refgene|knowngene|refflat|ncbirefseq|ensgene|gencode|genepred", re.I)


def ucsc_layout(titles: list[str], rows: pd.DataFrame, name: str) -> ColumnLayout:
    """ColumnLayout of a UCSC table: by its columns, told apart with or without the leading ``bin``."""
    has_header = list(rows.iloc[0]) == titles and {"start", "end"} <= titled_columns(titles).keys()
    data = rows.iloc[1:] if has_header and len(rows) > 1 else rows
    first = data.iloc[0].tolist()
    shift = int(len(first) > 3 and first[0].isdecimal() and not first[1].isdecimal() and first[2].isdecimal())
    if len(first) == _RMSK_COLUMNS and first[9] in ("+", "-"):
        return _rmsk(has_header)
    if known_layout(first).get("name", 0) > 4 or _GENES.search(name):
        return _genes(first, has_header)
    if len(first) == 10 + shift and "CpG" in first[3 + shift]:
        return _islands(shift, has_header)
    if len(first) == 5 + shift and re.fullmatch(r"g(?:neg|pos[0-9]*|var)|acen|stalk", first[4 + shift]):
        at = {"contig": shift, "start": 1 + shift, "end": 2 + shift, "name": 3 + shift, "group": 4 + shift}
        return ColumnLayout(at, header=has_header, kind="cytoband")
    if shift:
        plain = bed_layout([], data.drop(columns=0).set_axis(range(len(first) - 1), axis=1), name)
        moved = {key: column + 1 for key, column in plain.columns.items()}
        return ColumnLayout(moved, _moved(plain.note), _moved(plain.group), has_header, 0, plain.kind)
    return bed_layout(titles, rows, name)


def is_gene_table(name: str) -> bool:
    """Whether the name of a UCSC table is that of a table of genes."""
    return bool(_GENES.search(name))


def _rmsk(header: bool) -> ColumnLayout:
    def group(rows: pd.DataFrame) -> pd.Series[str]:
        return rows[11].where(rows[11] == rows[12], rows[11] + "/" + rows[12])

    def note(rows: pd.DataFrame) -> pd.Series[str]:
        left = rows[15].where(rows[9] == "-", rows[13])
        return _divergence(rows[2]) + ", letters " + left + " to " + rows[14] + " of the consensus"

    at = {"contig": 5, "start": 6, "end": 7, "strand": 9, "name": 10, "score": 1}
    return ColumnLayout(at, note, group, header, 0, "repeat")


def _divergence(milli: pd.Series[str]) -> pd.Series[str]:
    """``104`` (bases in a thousand that differ from the consensus) as 10.4 %."""
    share = pd.to_numeric(milli, errors="coerce") / 10
    return share.map("{:.1f} % different from the consensus".format)


def _genes(first: list[str], header: bool) -> ColumnLayout:
    at = known_layout(first)
    columns = {key: at[key] for key in ("contig", "start", "end", "strand", "name")}
    return ColumnLayout(columns, header=header, kind="gene")


def _islands(shift: int, header: bool) -> ColumnLayout:
    at = {"contig": shift, "start": 1 + shift, "end": 2 + shift, "name": 3 + shift}

    def note(rows: pd.DataFrame) -> pd.Series[str]:
        return island_note(rows[5 + shift], rows[8 + shift], rows[9 + shift])

    return ColumnLayout(at, note, header=header, kind="cpg")


def _moved(
    function: Callable[[pd.DataFrame], pd.Series[str]] | None,
) -> Callable[[pd.DataFrame], pd.Series[str]] | None:
    """The same for rows that have a column more at their left."""
    if function is None:
        return None
    return lambda rows: function(rows.drop(columns=0).set_axis(range(rows.shape[1] - 1), axis=1))
