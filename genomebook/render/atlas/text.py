"""The atlas in words and tables: what was selected, and how far a map can be trusted."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import quote

import pandas as pd
from markupsafe import Markup

from genomebook.annotation.evidence import EvidenceRow
from genomebook.book import Book
from genomebook.errors import DamagedBookError
from genomebook.genome.regions import Region
from genomebook.lexicon.atlas import CONTROL, Atlas, AtlasMatches, AtlasPoints, map_names, of_words
from genomebook.render.atlas.plot import places
from genomebook.render.numbers import plural
from genomebook.render.page import html
from genomebook.render.templating import render

MAX_LISTED = 200
"""Rows of the table on the page; the file to take away has all."""

NEAREST = 15
CONTROL_LABEL = "random weights"
MAP, WHOLE = "the two axes of the map", "the whole embedding"
TOGETHER = "all three together"

PRESERVATION = (
    "A map on paper has two directions and the reader has hundreds, so neighbours are torn apart on the way; "
    "what is counted is how many of the 15 nearest stay near. Random weights have neighbours too, and "
    "a map keeps some of them: a figure that is no better than theirs says nothing about the reader."
)
VARIANCE = (
    "How often a word occurs, how much G and C it has and how long it is can be counted without any reader; "
    "here a straight line through these three predicts where words lie, and the figure is the share of the "
    "spread that it gets right. What they explain the reader need not have understood, and what random "
    "weights show too it has not learnt."
)


def word_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Selected words as they are listed and saved, the most frequent first."""
    names = {
        "label": "word", "gloss": "English", "tag": "measured", "count": "count", "times": "times shuffle",
        "gc": "G+C %", "length": "letters", "preservation": "neighbours kept", "x": "x", "y": "y",
    }  # fmt: skip
    ordered = table.sort_values(["count", "label"], ascending=[False, True], kind="stable")
    return ordered[list(names)].rename(columns=names)


def passage_rows(book: Book, table: pd.DataFrame) -> pd.DataFrame:
    """Selected sentences or paragraphs as they are listed and saved, in the order of the book."""
    names = {
        "length": "letters", "gc": "G+C %", "surprisal": "bits a word", "group": "class",
        "preservation": "neighbours kept", "x": "x", "y": "y",
    }  # fmt: skip
    order = {name: place for place, name in enumerate(book.volumes)}
    ordered = table.assign(volume_=table["volume"].map(order)).sort_values(["volume_", "start"])
    found = ordered[list(names)].rename(columns=names)
    found.insert(0, "place", places(book, ordered))
    return found


def rows_of(book: Book, shown: AtlasPoints, chosen: pd.DataFrame) -> pd.DataFrame:
    """AtlasPoints as they are listed and saved; `chosen` are rows of the map's table."""
    return word_rows(chosen) if of_words(shown.name) else passage_rows(book, chosen)


def as_tsv(rows: pd.DataFrame) -> str:
    """All of `rows_of`, tab-separated, one header line; what is missing is empty."""
    text: str = rows.to_csv(sep="\t", index=False, float_format="%.6g", lineterminator="\n")
    return text


def listed(book: Book, shown: AtlasPoints, rows: pd.DataFrame, how: str) -> Markup:
    """List points of a map with links into the book.

    Parameters
    ----------
    book : Book
        The book.
    shown : AtlasPoints
        The map.
    rows : DataFrame
        From `rows_of`; its index are rows of the map's table.
    how : str
        selected or found.

    Returns
    -------
    Markup
        A table of the first `MAX_LISTED`.
    """
    first = rows.head(MAX_LISTED)
    columns = [name for name in first.columns if name not in ("neighbours kept", "x", "y")]
    columns = [name for name in columns if first[name].replace("", None).notna().any()]
    lines = [
        (str(row[columns[0]]), to, [_cell(name, row[name]) for name in columns[1:]])
        for to, row in zip(_links(book, shown, first), first.to_dict("records"), strict=True)
    ]
    some = f"; the first {len(first):,}, the file has all" if len(first) < len(rows) else ""
    what = shown.what.removesuffix("s") if len(rows) == 1 else shown.what
    return render("figures.j2", caption=f"{len(rows):,} {what} {how}{some}", columns=columns, rows=lines)


def _links(book: Book, shown: AtlasPoints, rows: pd.DataFrame) -> list[str]:
    """Addresses of the pages of words, or of passages."""
    if of_words(shown.name):
        return [f"lexicon?word={quote(str(word), safe='')}" for word in rows["word"]]
    spans = shown.table.loc[rows.index, ["volume", "start", "end"]]
    return [
        html.link(book.addresses, Region(str(volume), int(start), int(end)), "read")
        for volume, start, end in zip(spans["volume"], spans["start"], spans["end"], strict=True)
    ]


def _cell(column: str, value: Any) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, str):
        return value
    if column in ("count", "letters"):
        return f"{value:,.0f}"
    if value == math.inf:
        return "∞"
    return f"{value:.1f}" if column in ("G+C %", "bits a word") else f"{value:.3g}"


def found_line(asked: str, hits: AtlasMatches) -> str:
    """Say what was found of a text, and how it was read."""
    if not len(hits.rows):
        return f"“{asked}”: no DNA word on this map is spelt, glossed or annotated so; ask for a part of it"
    return f"“{asked}”: {plural(len(hits.rows), 'word')}, {hits.how}"


def not_offered(name: str, value: str, options: Collection[str]) -> str:
    """Say in one line that an address asks for what there is not."""
    known = ", ".join(list(options)[:12])
    return f"{name}={value[:40]!r} in the address is not offered here; choose one of {known}"


def english_line(words: Sequence[str]) -> str:
    """Name the English words that were selected, some of them."""
    more = f" and {len(words) - MAX_LISTED:,} more" if len(words) > MAX_LISTED else ""
    return f"{plural(len(words), 'English word')}: {', '.join(words[:MAX_LISTED])}{more}"


def kept(atlas: Atlas, name: str) -> list[EvidenceRow]:
    """How many neighbours a map keeps, beside the map of random weights; none when it was not measured.

    Raises
    ------
    DamagedBookError
        When ``atlas.json`` holds something else.
    """
    own, other = atlas.figures.get(name), atlas.figures.get(name + CONTROL)
    if own is None:
        return []
    try:
        beside = None if other is None else float(other["preservation"]["overall"])
        value, points = float(own["preservation"]["overall"]), int(own["points"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise _wrong(atlas, name, error) from None
    return [
        EvidenceRow(
            "preservation",
            name,
            "neighbours kept by the map",
            value,
            None,
            None,
            beside,
            None,
            None,
            CONTROL_LABEL,
            points,
            "share",
            None,
            signal=atlas.reader,
        )
    ]


def kept_sentence(row: EvidenceRow) -> str:
    """Say it as a count of neighbours."""

    def of(value: float) -> str:
        return f"{NEAREST * value:.1f}"

    beside = (
        "" if row.control_value is None else f"; with random weights, {of(row.control_value)} of {NEAREST}"
    )
    return (
        f"Of the {NEAREST} nearest neighbours in all the numbers of the reader, {of(row.value or 0)} are "
        f"among the {NEAREST} nearest on the map, on the average over its {row.n:,} points{beside}."
    )


def variance(atlas: Atlas, name: str) -> list[EvidenceRow]:
    """How much of a map and its embedding frequency, G and C, and length explain, beside random weights.

    Raises
    ------
    DamagedBookError
        When ``atlas.json`` holds something else.
    """
    own, other = atlas.figures.get(name), atlas.figures.get(name + CONTROL)
    if own is None:
        return []
    try:
        return [
            row
            for part, signal in (("map", MAP), ("embedding", WHOLE))
            for row in _variance(
                own["variance"][part], None if other is None else other["variance"][part], name, signal
            )
        ]
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise _wrong(atlas, name, error) from None


def _variance(own: dict[str, Any], other: dict[str, Any] | None, name: str, signal: str) -> list[EvidenceRow]:
    found = []
    predictors = [key for key in own if key not in ("points", "together")]
    for label, key, part in (
        (TOGETHER, "together", ""),
        *((f"{key} alone", key, "alone") for key in predictors),
    ):
        figure = own[key][part] if part else own[key]
        beside: Sequence[float | None] = (None, None, None)
        if other is not None:
            beside = other[key][part] if part else other[key]
        found.append(
            EvidenceRow(
                "variance",
                name,
                label,
                *_three(figure),
                *_three(beside),
                CONTROL_LABEL,
                int(own["points"]),
                "share",
                None,
                signal=signal,
            )
        )
    return found


def _three(values: Sequence[float | None]) -> tuple[float | None, float | None, float | None]:
    value, low, high = (None if one is None else float(one) for one in values)
    return value, low, high


def as_json(atlas: Atlas, name: str) -> str:
    """Write what ``atlas.json`` says of a map and of the same of random weights."""
    names = [one for one in (name, name + CONTROL) if one in atlas.figures]
    body = {"reader": atlas.reader, "maps": {one: atlas.figures[one] for one in names}}
    return json.dumps(body, indent=1) + "\n"


def no_map(book: Book) -> str:
    """Say in one line that there is no map and how to make one."""
    return (
        f"No map: no reader that comes with genomebook has the words of this book ({book.vocabulary.name}). "
        "Build the book with --words words-4096, or map it by a reader of your own: "
        f"genomebook atlas {book.path.name} --reader FOLDER (needs pip install 'genomebook[lexicon]')"
    )


def no_passages(book: Book, atlas: Atlas) -> str:
    """Say in one line that sentences and paragraphs have no map and how to make one; empty when they have."""
    if not all(of_words(name) for name in map_names(atlas.table)):
        return ""
    return (
        f"No map of sentences and paragraphs yet: genomebook atlas {book.path.name} --reader {atlas.reader} "
        "makes it (needs pip install 'genomebook[lexicon]')"
    )


def _wrong(atlas: Atlas, name: str, error: Exception) -> DamagedBookError:
    what = " ".join(str(error).split())
    return DamagedBookError(
        f"atlas.json of {atlas.reader}: an entry of {name} is missing or wrong ({what}); make the maps anew"
    )
