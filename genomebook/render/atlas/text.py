"""The atlas in words and tables: the selection, and how far to trust a map."""

from __future__ import annotations

import json
import math
import re
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
from genomebook.render.atlas.scene import places
from genomebook.render.numbers import plural
from genomebook.render.page import html
from genomebook.render.templating import render
from genomebook.search.on_map import TAKES

MAX_LISTED = 200
"""Rows of the table on the page; the file has all."""

HOW = (
    "Click a point to see its nearest neighbours in all dimensions of the model. With Lasso, or Shift, draw "
    "around points to list them. Arrows move the map, plus and minus zoom, as does the wheel with Ctrl or "
    "once the map is clicked; Escape clears."
)
FIND, FIND_HELP = "place, gene or DNA", f"On this map you can look for {TAKES}."
"""What the field that looks for a passage says."""

MAP_TEXTS = {
    "nearest": "Nearest in all dimensions of the trained model (cosine)",
    "nearest_passages": "Nearest by the vectors of this map (cosine)",
    "looking": "Looking for its nearest neighbours…",
    "no_nearest": "The nearest neighbours in all dimensions were not kept; genomebook atlas keeps them.",
    "linked": "Points in view on one map are highlighted on the other.",
    "without": "Drawn without a graphics card.",
}
"""What the component of the maps says."""

NEAREST = 15
CONTROL_LABEL = "random weights"
MAP, WHOLE = "the two axes of the map", "the whole embedding"
TOGETHER = "all three together"

PRESERVATION = (
    "A map has two dimensions and the model has hundreds, so some neighbours are torn apart; the figure "
    "counts how many of the 15 nearest stay near. Random weights have neighbours too, and a map keeps some "
    "of them: a figure no better than theirs says nothing about the model."
)
KMERS = "k-mers"
"""Of vectors that no map is drawn of, the figure beside those of maps."""

ALIKE = "The model treats points that lie close together alike."
NEAR_BY = {
    "class profile": "Points that lie close together have words of the same kinds of DNA.",
    "sentence encoder": "Points that lie close together are alike for the encoder that Search uses.",
}
"""What nearness means on maps of passages, by the way they were made."""

WAYS = (
    "*Class profile*: the kinds of DNA (Alu, CpG island, intron and so on) that the words of a passage "
    "suggest; that was counted on other chromosomes. *Sentence encoder*: the vectors of Search. *K-mers*: "
    "counts of all runs of four letters, which nobody trained. *Neighbours kept* is of 15. *Same class* is "
    "the share of the 15 nearest that are of the class of the passage, on average over the classes of "
    "annotation."
)
"""What the ways to map passages are."""

VARIANCE = (
    "How often a word occurs, its G+C content and its length can be counted without any model. Here a "
    "linear fit on these three predicts where words lie, and the figure is the share of the variance that "
    "it explains. The model need not have learnt what they explain, and it has not learnt what random "
    "weights show too."
)


def word_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Columns of words for the table and the file, the most frequent word first."""
    names = {
        "label": "word", "gloss": "English", "tag": "measured", "count": "count", "times": "times shuffle",
        "gc": "G+C %", "length": "letters", "preservation": "neighbours kept", "x": "x", "y": "y",
    }  # fmt: skip
    ordered = table.sort_values(["count", "label"], ascending=[False, True], kind="stable")
    return ordered[list(names)].rename(columns=names)


def passage_rows(book: Book, table: pd.DataFrame) -> pd.DataFrame:
    """Columns of sentences or paragraphs for the table and the file, in the order of the book."""
    names = {
        "length": "letters", "gc": "G+C %", "surprisal": "bits a word", "group": "class",
        "preservation": "neighbours kept", "x": "x", "y": "y",
    }  # fmt: skip
    order = {name: place for place, name in enumerate(book.volumes)}
    ordered = table.assign(volume_=table["volume"].map(order)).sort_values(["volume_", "start"])
    rows = ordered[list(names)].rename(columns=names)
    rows.insert(0, "place", places(book, ordered))
    return rows


def rows_of(book: Book, shown: AtlasPoints, chosen: pd.DataFrame) -> pd.DataFrame:
    """Columns of points for the table and the file; `chosen` are rows of the table of the map."""
    return word_rows(chosen) if of_words(shown.name) else passage_rows(book, chosen)


def as_tsv(rows: pd.DataFrame) -> str:
    """The rows of `rows_of`, tab-separated, with a header line; missing values are empty."""
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


def found_line(query: str, hits: AtlasMatches) -> str:
    """Say what matches a text, and in which way."""
    if not len(hits.rows):
        return f"“{query}”: no word on this map has this spelling, gloss or annotation; try a part of it"
    return f"“{query}”: {plural(len(hits.rows), 'word')}, {hits.how}"


def lede(name: str) -> str:
    """Say what a point of a map is and what nearness means."""
    what = "word of DNA" if of_words(name) else f"{re.split('[, ]', name)[0].removesuffix('s')} of the book"
    way = "" if of_words(name) else name.partition(", ")[2]
    alike = NEAR_BY.get(way, ALIKE)
    return (
        f"Each point is a {what}. {alike} "
        "A name on the map says which kind of DNA is more frequent there than by chance."
    )


def not_offered(name: str, value: str, options: Collection[str]) -> str:
    """Say in one line that a value in the address is not offered."""
    known = ", ".join(list(options)[:12])
    return f"{name}={value[:40]!r} in the address is not offered here; choose one of {known}"


def english_line(words: Sequence[str]) -> str:
    """Name the selected English words, up to `MAX_LISTED`."""
    more = f" and {len(words) - MAX_LISTED:,} more" if len(words) > MAX_LISTED else ""
    return f"{plural(len(words), 'English word')}: {', '.join(words[:MAX_LISTED])}{more}"


def kept(atlas: Atlas, name: str) -> list[EvidenceRow]:
    """Share of neighbours that a map keeps, beside random weights; empty if it was not measured.

    Raises
    ------
    DamagedBookError
        ``atlas.json`` holds something else.
    """
    own, other = atlas.figures.get(name), atlas.figures.get(name + CONTROL)
    if own is None:
        return []
    try:
        beside = None if other is None else float(other["preservation"]["overall"])
        value, points = float(own["preservation"]["overall"]), int(own["points"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise _wrong(atlas, name, error) from None
    label = "neighbours kept by the map"
    figures = (value, None, None, beside, None, None)
    return [
        EvidenceRow(
            "preservation", name, label, *figures, CONTROL_LABEL, points, "share", None, signal=atlas.reader
        )
    ]


def kept_sentence(row: EvidenceRow) -> str:
    """Say `kept` as a count of neighbours."""

    def of(value: float) -> str:
        return f"{NEAREST * value:.1f}"

    beside = (
        "" if row.control_value is None else f"; with random weights, {of(row.control_value)} of {NEAREST}"
    )
    return (
        f"Of the {NEAREST} nearest neighbours in all dimensions of the model, {of(row.value or 0)} are "
        f"among the {NEAREST} nearest on the map, on average over its {row.n:,} points{beside}."
    )


def warning(atlas: Atlas, name: str) -> str:
    """Warn of a map that is no better than one of random weights; empty if it is better.

    It must keep more neighbours; and where passages have classes, more neighbours must be of the same class.
    """
    for row in kept(atlas, name):
        if row.value is not None and row.control_value is not None and row.value <= row.control_value:
            return (
                f"No better than random weights: of {NEAREST} nearest neighbours this map keeps "
                f"{NEAREST * row.value:.1f}, a map of random weights {NEAREST * row.control_value:.1f}. "
                "What lies close together here need not be alike for the model."
            )
    own, other = purity_of(atlas, name).get("map"), purity_of(atlas, name + CONTROL).get("map")
    if own is not None and other is not None and own <= other:
        return (
            f"No better than random weights: of the {NEAREST} nearest on this map {100 * own:.1f} % are of "
            f"the same class of annotation, on a map of random weights {100 * other:.1f} %."
        )
    return ""


def purity_of(atlas: Atlas, name: str) -> dict[str, float]:
    """Class purity of a map: ``map``, ``whole``, ``chance``, ``points``; empty if it was not measured.

    Raises
    ------
    DamagedBookError
        ``atlas.json`` holds something else.
    """
    try:
        return {key: float(value) for key, value in atlas.figures.get(name, {}).get("purity", {}).items()}
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise _wrong(atlas, name, error) from None


def ways(atlas: Atlas, name: str) -> Markup | None:
    """Table of the maps of the same passages that were made in other ways, the best first; None of words.

    Parameters
    ----------
    atlas : Atlas
        The maps of a reader.
    name : str
        One of them.

    Returns
    -------
    Markup or None
        Neighbours kept and class purity, each beside random weights; a name leads to its map.
    """
    kind = re.split("[, ]", name)[0]
    names = [each for each in map_names(atlas.table) if re.split("[, ]", each)[0] == kind]
    if of_words(name) or len(names) < 2:
        return None
    lines = []
    for each in names:
        row, own, other = kept(atlas, each), purity_of(atlas, each), purity_of(atlas, each + CONTROL)
        keeps = (row[0].value, row[0].control_value) if row else (None, None)
        pure = (own.get("map"), other.get("map"), own.get("whole"), other.get("whole"), own.get("chance"))
        lines.append((each, "" if each == name else f"atlas?map={quote(each)}", _cells(keeps, pure)))
    own = purity_of(atlas, names[0])
    if KMERS in own:
        pure = (None, None, own[KMERS], None, own.get("chance"))
        lines.append((f"{kind}, {KMERS}", "", _cells((None, None), pure)))
    columns = [
        "map", "neighbours kept", "random weights", "same class on the map", "random weights",
        "same class in all dimensions", "random weights", "any two",
    ]  # fmt: skip
    return render("figures.j2", caption=f"Maps of {kind}, the best first", columns=columns, rows=lines)


def _cells(keeps: Sequence[float | None], pure: Sequence[float | None]) -> list[str]:
    counts = ("" if value is None else f"{NEAREST * value:.1f}" for value in keeps)
    return [*counts, *("" if value is None else f"{100 * value:.1f} %" for value in pure)]


def variance(atlas: Atlas, name: str) -> list[EvidenceRow]:
    """Variance of a map and its embedding explained by frequency, GC and length, beside random weights.

    Raises
    ------
    DamagedBookError
        ``atlas.json`` holds something else.
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
    rows = []
    alone = [(f"{key} alone", key) for key in own if key not in ("points", "together")]
    for label, key in ((TOGETHER, "together"), *alone):
        figure, control = (
            (None, None, None) if part is None else part[key] if key == "together" else part[key]["alone"]
            for part in (own, other)
        )
        figures, points = (*_three(figure), *_three(control)), int(own["points"])
        rows.append(
            EvidenceRow(
                "variance", name, label, *figures, CONTROL_LABEL, points, "share", None, signal=signal
            )
        )
    return rows


def _three(values: Sequence[float | None]) -> tuple[float | None, float | None, float | None]:
    value, low, high = (None if figure is None else float(figure) for figure in values)
    return value, low, high


def as_json(atlas: Atlas, name: str) -> str:
    """The entries of ``atlas.json`` for a map and its control."""
    maps = {key: atlas.figures[key] for key in (name, name + CONTROL) if key in atlas.figures}
    body = {"reader": atlas.reader, "maps": maps}
    return json.dumps(body, indent=1) + "\n"


def no_map(book: Book) -> str:
    """Say in one line that there is no map, with the remedy."""
    return (
        f"No map: no model that comes with genomebook has the words of this book ({book.vocabulary.name}). "
        "Build the book with --words words-4096, or map it with a model of your own: "
        f"genomebook atlas {book.path.name} --reader FOLDER (needs pip install 'genomebook[lexicon]')"
    )


def no_passages(book: Book, atlas: Atlas) -> str:
    """Say in one line that only words have a map, with the remedy; empty if others have."""
    if not all(of_words(name) for name in map_names(atlas.table)):
        return ""
    return (
        f"No map of sentences and paragraphs yet: run genomebook atlas {book.path.name} "
        f"--reader {atlas.reader} (needs pip install 'genomebook[lexicon]')"
    )


def _wrong(atlas: Atlas, name: str, error: Exception) -> DamagedBookError:
    what = " ".join(str(error).split())
    return DamagedBookError(
        f"atlas.json of {atlas.reader}: an entry of {name} is missing or wrong ({what}); "
        "run genomebook atlas again"
    )
