"""A map of the atlas as a plotly figure: points drawn by WebGL, hover texts, rings, English words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from genomebook.book import Book
from genomebook.lexicon.atlas import AtlasPoints, of_words
from genomebook.render.atlas.colours import NOT_HERE, NOT_SHUFFLED, OTHER, Colouring, ColourScale
from genomebook.render.hover import HoverText, hover_texts
from genomebook.render.numbers import shortened
from genomebook.render.page import html
from genomebook.render.page.interlinear import clean

HEIGHT = 560
RING = "#c2528f"
"""Colour of the rings; its contrast to the light and the dark ground is at least 3."""

MAX_NAMED = 25
"""Highlighted points are named beside their rings up to this number."""

MAX_TEXT = 60


def _short(text: object) -> str:
    """A text of a file as one short line."""
    return shortened(clean(str(text)), MAX_TEXT)


def _known(value: object) -> bool:
    return not (value is None or value is pd.NA or value != value or value == "")


def _times(value: float) -> str:
    if value == math.inf:
        return f", {NOT_SHUFFLED}"
    return f", {value:,.0f} × the shuffle" if value >= 10 else f", {value:.2g} × the shuffle"


def _of_word(row: Any) -> Iterator[str]:
    if _known(row.gloss):
        yield f"English: {_short(row.gloss)}"
    if _known(row.tag):
        yield f"annotation: {_short(row.tag)}"
    if _known(row.count):
        yield f"{row.count:,.0f} in this book{_times(row.times) if _known(row.times) else ''}"
    if _known(row.length):
        yield f"{row.length:.0f} bases, {row.gc:.0f} % G+C"


def _of_passage(row: Any) -> Iterator[str]:
    yield f"{row.length:,} bases, {row.gc:.0f} % G+C"
    if _known(row.surprisal):
        yield f"{row.surprisal:.1f} bits per word"
    if _known(row.group):
        yield f"mostly {_short(row.group)}"


def places(book: Book, table: pd.DataFrame) -> list[str]:
    """Places of passages: contig and genome coordinates, 1-based inclusive."""
    return [
        f"{book[name].contig}:{html.coordinates(book[name], int(start), int(end))}"
        for name, start, end in zip(table["volume"], table["start"], table["end"], strict=True)
    ]


def hovers(book: Book, shown: AtlasPoints) -> list[str]:
    """Hover text of each point, in plotly's markup; every text of a file is escaped."""
    is_word = of_words(shown.name)
    titles = shown.table["label"] if is_word else places(book, shown.table)
    lines_of = _of_word if is_word else _of_passage
    return hover_texts(
        HoverText(_short(title), list(lines_of(row)))
        for title, row in zip(titles, shown.table.itertuples(index=False), strict=True)
    )


@dataclass(frozen=True)
class Highlights:
    """Points that stand out on a map.

    Attributes
    ----------
    rows, english : int64[m], int64[k]
        Rows of points, and of English words, to draw a ring around.
    only, only_english : int64[p], int64[q], optional
        Rows selected on another map; all others are faint. None if nothing is selected.
    """

    rows: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    english: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    only: NDArray[np.int64] | None = None
    only_english: NDArray[np.int64] | None = None


def figure(
    shown: AtlasPoints, colours: Colouring, hover: Sequence[str], marks: Highlights, english: bool = False
) -> go.Figure:
    """Draw a map.

    Parameters
    ----------
    shown : AtlasPoints
        n points.
    colours : Colouring
        Colouring of the points.
    hover : sequence of str
        Hover texts, from `hovers`.
    marks : Highlights
        Points that stand out.
    english : bool
        Whether to draw the English words too.

    Returns
    -------
    plotly.graph_objects.Figure
        Sequential and diverging colours are those of the theme, and so are ground and text. The custom data
        of each point is its row; of an English word it is -1 less its row.
    """
    drawn = go.Figure()
    text = np.array(hover, object)
    x, y = shown.table["x"].to_numpy(), shown.table["y"].to_numpy()
    size = 5.0 if len(x) <= 10_000 else 3.5
    if english and len(shown.english):
        drawn.add_trace(_english(shown.english, marks))
    for rows, look in _groups(colours, size):
        drawn.add_trace(_trace(x, y, rows, text, marks.only, **look))
    for table, rows, sign in ((shown.table, marks.rows, 1), (shown.english, marks.english, -1)):
        if len(rows) and (sign > 0 or english):
            hint = text[rows].tolist() if sign > 0 else []
            _ring(drawn, table, rows, hint, of_words(shown.name) and len(rows) <= MAX_NAMED)
    _dress(drawn, colours)
    return drawn


def _ring(drawn: go.Figure, table: pd.DataFrame, rows: NDArray[np.int64], hint: list[str], few: bool) -> None:
    """Draw rings around rows of a table, with their names when they are few; English words have no hint."""
    x, y = table["x"].to_numpy()[rows], table["y"].to_numpy()[rows]
    labels = [escape(_short(label)) for label in table["label"].iloc[rows]]
    drawn.add_trace(
        go.Scattergl(
            x=x, y=y, customdata=rows if hint else -1 - rows, mode="markers", hovertext=hint or labels,
            hovertemplate="%{hovertext}<extra></extra>", unselected={"marker": {"opacity": 1}},
            marker={"symbol": "circle-open", "size": 15, "color": RING, "line": {"width": 3}},
            name=f"{'found' if hint else 'found in English'} ({len(rows):,})", showlegend=True,
        )
    )  # fmt: skip
    if few:  # annotations lie over all that WebGL draws, so that the names can be read
        for at, high, label in zip(x.tolist(), y.tolist(), labels, strict=True):
            drawn.add_annotation(x=at, y=high, text=label, showarrow=False, yshift=16, font_size=13)


def _groups(colours: Colouring, size: float) -> Iterator[tuple[NDArray[np.int64], dict[str, Any]]]:
    """Rows and look of each trace; points without value or class, or not in this book, lie at the bottom."""
    if isinstance(colours, ColourScale):
        none = np.isnan(colours.level)
        if none.any():
            marker = {"color": OTHER, "size": 0.7 * size, "opacity": 0.35}
            yield (
                np.flatnonzero(none),
                {"name": f"{colours.none} ({none.sum():,})", "marker": marker, "showlegend": True},
            )
        left = ~none
        for rows, name in colours.ends:
            if len(rows):
                left[rows] = False
                marker = _on_scale(colours, rows, size)
                if name == NOT_HERE:
                    marker |= {"size": 0.7 * size, "opacity": 0.35}
                yield rows, {"name": f"{name} ({len(rows):,})", "marker": marker, "showlegend": True}
        rows = np.flatnonzero(left)
        yield (
            rows,
            {"marker": {**_on_scale(colours, rows, size), "colorbar": _bar(colours)}, "showlegend": False},
        )
        return
    looks = [colours.look(place) for place in range(len(colours.names))]
    for place in sorted(range(len(looks)), key=lambda place: looks[place][1] != OTHER):
        shape, colour = looks[place]
        rows = np.flatnonzero(colours.of == place)
        plain = colour == OTHER
        marker = {"symbol": shape, "color": colour, "size": size if plain else size + 1}
        marker["opacity"] = 0.35 if plain else 0.85
        name = f"{escape(_short(colours.names[place]))} ({len(rows):,})"
        yield rows, {"name": name, "marker": marker, "showlegend": True, "legendrank": place}


def _on_scale(colours: ColourScale, rows: NDArray[np.int64], size: float) -> dict[str, Any]:
    level = colours.level[rows].astype(np.float32)
    return {"color": level, "cmin": -1 if colours.diverging else 0, "cmax": 1, "size": size, "opacity": 0.85}


def _bar(colours: ColourScale) -> dict[str, Any]:
    levels, labels = zip(*colours.ticks, strict=True) if colours.ticks else ((), ())
    return {
        "orientation": "h", "x": 0, "xanchor": "left", "xpad": 0, "y": 1, "yanchor": "bottom", "len": 1,
        "thickness": 12, "outlinewidth": 0, "title": {"text": escape(_short(colours.title)), "side": "top"},
        "tickvals": list(levels), "ticktext": list(labels),
    }  # fmt: skip


def _trace(
    x: NDArray[Any],
    y: NDArray[Any],
    rows: NDArray[np.int64],
    text: NDArray[Any],
    only: NDArray[np.int64] | None,
    **look: Any,
) -> go.Scattergl:
    if only is not None:
        look["selectedpoints"] = np.flatnonzero(np.isin(rows, only)).tolist()
    return go.Scattergl(
        x=x[rows], y=y[rows], customdata=rows, text=text[rows].tolist(), mode="markers",
        hovertemplate="%{text}<extra></extra>", unselected={"marker": {"opacity": 0.12}}, **look,
    )  # fmt: skip


def _english(words: pd.DataFrame, marks: Highlights) -> go.Scattergl:
    hover = hover_texts(HoverText(_short(label), ["an English word"]) for label in words["label"])
    marker = {"symbol": "diamond-open", "color": OTHER, "size": 4, "opacity": 0.45}
    x, y, rows = words["x"].to_numpy(), words["y"].to_numpy(), np.arange(len(words))
    drawn = _trace(x, y, rows, np.array(hover, object), marks.only_english, marker=marker)
    return drawn.update(customdata=-1 - rows, name=f"English words ({len(rows):,})", showlegend=True)


def _dress(drawn: go.Figure, colours: Colouring) -> None:
    scaled = isinstance(colours, ColourScale)
    drawn.update_layout(
        height=HEIGHT,
        margin={"l": 4, "r": 4, "t": 78 if scaled else 34, "b": 8},
        legend={
            "orientation": "h", "x": 0, "y": -0.01, "yanchor": "top", "itemsizing": "constant",
            "title": {"text": "" if scaled else escape(_short(colours.title))},
        },
        hovermode="closest",
        dragmode="select",
        modebar={"orientation": "h"},
    )  # fmt: skip
    bare = {"showgrid": False, "zeroline": False, "showticklabels": False, "title": {"text": ""}}
    drawn.update_xaxes(**bare)
    drawn.update_yaxes(**bare, scaleanchor="x")


def selected(chosen: object, shown: AtlasPoints) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of the points that a visitor selected on a map.

    Parameters
    ----------
    chosen : object
        Points as the browser sends them; those that are not of this map are ignored.
    shown : AtlasPoints
        The map.

    Returns
    -------
    int64[m], int64[k]
        Rows of ``shown.table`` and of ``shown.english``, each once, ascending.
    """
    sent = chosen if isinstance(chosen, list) else []
    sent = [point.get("customdata") for point in sent if isinstance(point, dict)]
    plain = [data[0] if isinstance(data, list) and data else data for data in sent]
    rows = np.array([row for row in plain if type(row) is int and abs(row) < 2**62], np.int64)
    rows = np.unique(rows)
    dna = rows[(rows >= 0) & (rows < len(shown.table))]
    english = -1 - rows[(rows < 0) & (rows >= -len(shown.english))]
    return dna, english[::-1]


def spoken(shown: AtlasPoints, colours: Colouring, reader: str, english: bool, marked: int) -> str:
    """Describe a map in a sentence, for people who cannot see it."""
    if isinstance(colours, ColourScale):
        by = f"coloured by {colours.title[0].lower()}{colours.title[1:]}"
        ends = [label for _, label in colours.ticks]
        by += f" from {ends[0]} to {ends[-1]}" if len(ends) > 1 else ""
    else:
        counts = np.bincount(colours.of, minlength=len(colours.names))
        by = "in classes: " + ", ".join(
            f"{name} {count:,}" for name, count in zip(colours.names, counts, strict=True)
        )
    more = f", with {len(shown.english):,} English words" if english and len(shown.english) else ""
    rings = f"; {marked:,} marked by a ring" if marked else ""
    return (
        f"Map of {shown.name}, model {reader}: {shown.caption[0].lower()}{shown.caption[1:]}{more} as dots "
        f"that lie close together where the model treats them alike, {by}{rings}. "
        "The table below lists the selection"
    )
