"""BED with three columns or more, narrowPeak, broadPeak and bedGraph."""

from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd

from genomebook.annotation.class_names import REPEATS
from genomebook.annotation.columns import titled_columns
from genomebook.annotation.formats.columns import ColumnLayout
from genomebook.errors import AnnotationError

_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_FIELDS: tuple[str, ...] = ("contig", "start", "end", "strand", "name")
_COLOUR = re.compile(r"[0-9]{1,3},[0-9]{1,3},[0-9]{1,3}|0|\.")


_ENSEMBL = re.compile(
    r"(?:Type I Transposons/(?:SINE|LINE)|Type II Transposons|LTRs|Low complexity regions|"
    r"(?:Tandem|Simple|Satellite|RNA|Other) repeats)"
)


def bed_layout(titles: list[str], rows: pd.DataFrame, name: str) -> ColumnLayout:
    """ColumnLayout of a BED file: as its header says, else by what its columns hold.

    Strand is the first column of nothing but ``+``, ``-`` and ``.``; name the first of texts; score the fifth
    if it is a number, else the first number after the name. A column of repeat classes (``SINE/Alu``) or, in
    BED with a colour, what follows the colour is the group.
    """
    if rows.shape[1] < 3:
        raise AnnotationError(f"{name}: line {rows.index[0]} has fewer than 3 columns, so this is not BED")
    titled = titled_columns(titles)
    if {"contig", "start", "end"} <= titled.keys():
        header = list(rows.iloc[0]) == titles and not rows.iloc[0][titled["start"]].isdecimal()
        return _titled(titles, titled, header)
    at = {"contig": 0, "start": 1, "end": 2}
    rest = list(range(3, rows.shape[1]))
    strand = _first(rest, lambda column: bool(rows[column].isin(["+", "-", "."]).all()))
    if strand is not None:
        at["strand"] = strand
    texts = [column for column in rest if column != strand and not _numeric(rows[column])]
    if texts and (texts[0] == 3 or strand is None or texts[0] == strand + 1):
        at["name"] = texts[0]
    elif rest and strand != 3 and not _numeric(rows[3]):
        at["name"] = 3
    numbers = [n for n in rest if n > 3 and _numeric(rows[n]) and not rows[n].isin(["0", ".", ""]).all()]
    if numbers:
        at["score"] = numbers[0]
    repeat = _first(texts, lambda column: float(rows[column].map(_is_repeat).mean()) >= 0.5)
    if repeat is not None:
        return _repeats(at, texts, repeat, rows)
    after = 9 if rows.shape[1] > 9 and bool(rows[8].str.fullmatch(_COLOUR).all()) else 6
    if after in texts and not rows[after].str.contains(r"^[0-9,]+$").all():
        at["group"] = after
    if rows.shape[1] == 10 and rows[3].str.startswith("CpG:").all():
        return ColumnLayout({**at, "name": 3}, note=_islands(at_first=4), kind="cpg")
    return ColumnLayout(at, kind="gene" if _has_coding_blocks(rows) else "")


def _has_coding_blocks(rows: pd.DataFrame) -> bool:
    """Whether these are transcripts in BED12: some have blocks and a coding part."""
    if rows.shape[1] < 12 or not rows[11].str.fullmatch(r"(?:[0-9]+,)*[0-9]+,?").all():
        return False
    return bool((rows[6] != rows[7]).any()) and _numeric(rows[9])


def peak_layout(titles: list[str], rows: pd.DataFrame, name: str) -> ColumnLayout:
    """ColumnLayout of narrowPeak (BED6+4) and broadPeak (BED6+3): the score is the signal."""
    if rows.shape[1] < 9:
        raise AnnotationError(
            f"{name}: line {rows.index[0]} has {rows.shape[1]} columns, a narrowPeak has 10, a broadPeak 9; "
            "name it .bed if it is a plain BED"
        )
    at = {"contig": 0, "start": 1, "end": 2, "name": 3, "strand": 5, "score": 6}

    def note(rows: pd.DataFrame) -> pd.Series[str]:
        said = "signal " + rows[6] + ", −log10 q " + rows[8]
        said = said.where(~rows[8].str.startswith("-"), "signal " + rows[6])
        if 9 in rows:
            said += (", summit " + rows[9] + " letters in").where(~rows[9].str.startswith("-"), "")
        return said

    return ColumnLayout(at, note=note, kind="peak")


def graph_layout(titles: list[str], rows: pd.DataFrame, name: str) -> ColumnLayout:
    """ColumnLayout of bedGraph: contig, start, end, value."""
    if rows.shape[1] != 4 or not _numeric(rows[3]):
        raise AnnotationError(
            f"{name}: line {rows.index[0]} is not contig, start, end and a number, so this is not bedGraph; "
            "name it .bed if it is a BED"
        )
    return ColumnLayout({"contig": 0, "start": 1, "end": 2, "score": 3}, kind="signal")


def island_note(cpgs: pd.Series[str], gc: pd.Series[str], ratio: pd.Series[str]) -> pd.Series[str]:
    """Say of CpG islands how many CpG they have, their G and C, and observed to expected."""
    return cpgs + " CpG, " + gc + " % G and C, " + ratio + " of the CpG that chance gives"


def _islands(at_first: int) -> Callable[[pd.DataFrame], pd.Series[str]]:
    return lambda rows: island_note(rows[at_first + 1], rows[at_first + 4], rows[at_first + 5])


def _titled(titles: list[str], titled: dict[str, int], header: bool) -> ColumnLayout:
    lowered = [title.strip().lstrip("#").lower() for title in titles]
    at: dict[str, int] = {key: titled[key] for key in _FIELDS if key in titled}
    at.update({key: lowered.index(key) for key in ("score", "group") if key in lowered})
    if "biotype" in titled:
        at["group"] = titled["biotype"]
    zero = header is False or lowered[at["start"]] != "start" or titles[0].startswith("#")
    kind = "gene" if "biotype" in titled else ""
    return ColumnLayout(at, header=header, first_base=0 if zero else 1, kind=kind)


def _repeats(at: dict[str, int], texts: list[int], repeat: int, rows: pd.DataFrame) -> ColumnLayout:
    """ColumnLayout of repeats: class and family stand side by side, or joined by a slash."""
    named = [column for column in texts if column != repeat]
    family = repeat + 1 if repeat + 1 in texts and not rows[repeat].str.contains("/").any() else None
    if "name" not in at or at["name"] == repeat:
        at = {**at, "name": named[0] if named else repeat}

    def group(rows: pd.DataFrame) -> pd.Series[str]:
        kind = rows[repeat].str.removeprefix("Type I Transposons/")
        return kind if family is None else (kind + "/" + rows[family]).str.removesuffix("/")

    return ColumnLayout(at, group=group, kind="repeat")


def _first(columns: list[int], test: Callable[[int], bool]) -> int | None:
    return next((column for column in columns if test(column)), None)


def _numeric(texts: pd.Series[str]) -> bool:
    return bool(texts.isin(["", "."]).all() or texts[~texts.isin(["", "."])].str.fullmatch(_NUMBER).all())


def _is_repeat(text: str) -> bool:
    return bool(REPEATS.fullmatch(text) or _ENSEMBL.fullmatch(text))
