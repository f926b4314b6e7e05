"""What the browser draws of a map: columns of points, their looks, names of neighbourhoods, a legend."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from genomebook.book import Book
from genomebook.lexicon.atlas import NO_CLASS, AtlasPoints, class_of_phrase, of_words
from genomebook.lexicon.fields import EVERYWHERE
from genomebook.lexicon.neighbourhoods import neighbourhoods
from genomebook.lexicon.neighbours import Neighbours
from genomebook.render.atlas.colours import NOT_HERE, NOT_SHUFFLED, OTHER, Colouring, ColourScale
from genomebook.render.numbers import shortened
from genomebook.render.page import html
from genomebook.render.page.interlinear import clean

RING = "#c2528f"
"""Colour of the rings and lines; its contrast to the light and the dark ground is at least 3."""

STEPS = 60
"""Colours of a scale."""

NO_VALUE, LOW_END, HIGH_END, ENGLISH_LOOK = range(STEPS, STEPS + 4)
"""Looks of points without a value, of those at an end of the scale, and of English words; others are steps of
a scale or places of classes."""

EDGE = 0.004
"""Share of the points beyond each side of the square of a map."""

MAX_TEXT = 60
MAX_TITLE = 300
MAX_LABELS = 60
"""Names of neighbourhoods of a level that are sent, the largest."""


class MapLabel(msgspec.Struct, frozen=True, array_like=True):
    """Name of a neighbourhood: place, level of zoom, text."""

    x: float
    y: float
    level: int
    text: str


class MapLegend(msgspec.Struct, frozen=True):
    """Colours of a map: a scale with ticks (place from 0 to 1, text), entries (look, text, colour)."""

    title: str
    scale: str
    ticks: list[tuple[float, str]]
    entries: list[tuple[int, str, str]]


class MapPanel(msgspec.Struct, frozen=True):
    """A map beside its columns: see `columns`.

    ``points`` is the name under which its columns come, another for other columns; ``link`` is the address of
    the page of a point without its title; ``warning`` is empty unless the map is no better than one of random
    weights.
    """

    side: str
    points: str
    title: str
    caption: str
    spoken: str
    warning: str
    link: str
    legend: MapLegend
    labels: list[MapLabel]


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
        field = f" ({_short(row.field)})" if _known(row.field) else ""
        yield f"English by meaning: {_short(row.gloss)}{field}" if field else f"English: {_short(row.gloss)}"
    if _known(row.name) and row.name != row.gloss:
        yield f"English by embedding: {_short(row.name)}"
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


def hovers(book: Book, shown: AtlasPoints) -> list[tuple[str, str]]:
    """Title of each point and what is known of it, a line each: plain text."""
    is_word = of_words(shown.name)
    titles = shown.table["label"] if is_word else places(book, shown.table)
    lines_of = _of_word if is_word else _of_passage
    return [
        (shortened(clean(str(title)), MAX_TITLE), "\n".join(lines_of(row)))
        for title, row in zip(titles, shown.table.itertuples(index=False), strict=True)
    ]


def squared(shown: AtlasPoints) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places of all points, nearly all from -1 to 1 on the longer axis: float64[n, 2] of DNA, float64[m, 2].

    Of each side the outermost `EDGE` lie beyond, up to 1.4, so that a few leave room for the others.
    """
    both = pd.concat([shown.table[["x", "y"]], shown.english[["x", "y"]]]).to_numpy(np.float64)
    both = np.nan_to_num(both, nan=0.0, posinf=0.0, neginf=0.0)
    if not len(both):
        return both, both
    low, high = np.quantile(both, [EDGE, 1 - EDGE], axis=0)
    middle = (low + high) / 2
    half = max(float((high - low).max()) / 2, float(np.abs(both - middle).max()) / 1.4, 1e-9)
    both = (both - middle) / half
    return both[: len(shown.table)], both[len(shown.table) :]


def keys_of(shown: AtlasPoints) -> NDArray[np.int64]:
    """Key of each point of DNA on a map and on that of random weights: int64[n].

    Of words the id; of passages, whose ids are rows in a table of their volume alone, the row of the map.
    """
    return shown.table["id" if of_words(shown.name) else "row"].to_numpy(np.int64)


def looks(colours: Colouring) -> NDArray[np.uint8]:
    """Look of each point of DNA: uint8[n]."""
    if not isinstance(colours, ColourScale):
        return colours.of.astype(np.uint8)
    level = (colours.level + 1) / 2 if colours.diverging else colours.level
    with np.errstate(invalid="ignore"):
        steps = np.where(np.isnan(level), NO_VALUE, np.rint(np.nan_to_num(level) * (STEPS - 1)))
    for rows, name in colours.ends:
        steps[rows] = LOW_END if name == NOT_HERE else HIGH_END
    return steps.astype(np.uint8)


def columns(
    shown: AtlasPoints, colours: Colouring, hover: Sequence[tuple[str, str]], english: bool
) -> pd.DataFrame:
    """Columns of the points, in the order in which they are drawn.

    Parameters
    ----------
    shown : AtlasPoints
        n points of DNA, m English words.
    colours : Colouring
        Of the points of DNA.
    hover : sequence of (str, str)
        From `hovers`.
    english : bool
        Whether the English words are drawn too.

    Returns
    -------
    DataFrame
        ``x``, ``y`` (float32, of `squared`), ``look`` (uint8), ``key`` (int32: of `keys_of`, or
        -1 less the id of an English word), ``title`` and ``lines`` (text).
    """
    dna, words = squared(shown)
    look = looks(colours)
    pale = look >= NO_VALUE if isinstance(colours, ColourScale) else _is_plain(colours)[look]
    order = np.argsort(~pale, kind="stable")  # the pale ones at the bottom
    table = pd.DataFrame(
        {
            "x": dna[order, 0].astype(np.float32),
            "y": dna[order, 1].astype(np.float32),
            "look": look[order],
            "key": keys_of(shown)[order].astype(np.int32),
            "title": [hover[row][0] for row in order],
            "lines": [hover[row][1] for row in order],
        }
    )
    if not english or not len(shown.english):
        return table
    more = pd.DataFrame(
        {
            "x": words[:, 0].astype(np.float32),
            "y": words[:, 1].astype(np.float32),
            "look": np.full(len(words), ENGLISH_LOOK, np.uint8),
            "key": (-1 - shown.english["id"].to_numpy(np.int64)).astype(np.int32),
            "title": [_short(label) for label in shown.english["label"]],
            "lines": "an English word",
        }
    )
    return pd.concat([more, table], ignore_index=True)


def _is_plain(colours: Any) -> NDArray[np.bool_]:
    return np.array([colours.look(place) == OTHER for place in range(len(colours.names))])


def legend(colours: Colouring, english: int) -> MapLegend:
    """Legend of a map with so many English words."""
    entries: list[tuple[int, str, str]] = []
    if isinstance(colours, ColourScale):
        none = int(np.isnan(colours.level).sum())
        if none:
            entries.append((NO_VALUE, f"{colours.none} ({none:,})", OTHER))
        for rows, name in colours.ends:
            if len(rows):
                entries.append((LOW_END if name == NOT_HERE else HIGH_END, f"{name} ({len(rows):,})", ""))
        ticks = [((place + 1) / 2 if colours.diverging else place, label) for place, label in colours.ticks]
        scale = "diverging" if colours.diverging else "sequential"
    else:
        counts = np.bincount(colours.of, minlength=len(colours.names)).tolist()
        for place, (name, count) in enumerate(zip(colours.names, counts, strict=True)):
            entries.append((place, f"{_short(name)} ({count:,})", colours.look(place)))
        ticks, scale = [], ""
    if english:
        entries.append((ENGLISH_LOOK, f"English words ({english:,})", OTHER))
    return MapLegend(_short(colours.title), scale, ticks, entries)


def labels(shown: AtlasPoints) -> list[MapLabel]:
    """Names of the neighbourhoods of a map, by level, the largest first."""
    table = shown.table
    if not of_words(shown.name):
        classes = table["group"]
    elif table["field"].notna().any():
        classes = table["field"]
    else:
        classes = class_of_phrase(table["phrase"])
    dna, _ = squared(shown)
    named = neighbourhoods(dna[:, 0], dna[:, 1], classes.fillna(NO_CLASS), (NO_CLASS, "", EVERYWHERE))
    made = [MapLabel(round(n.x, 4), round(n.y, 4), n.level, _short(n.name)) for n in named]
    return [
        label
        for level in dict.fromkeys(each.level for each in made)
        for label in [each for each in made if each.level == level][:MAX_LABELS]
    ]


def nearest_words(known: Sequence[Neighbours], reader: str, name: str) -> pd.DataFrame:
    """Nearest words of each word in all dimensions of a model, where they come with it.

    Returns
    -------
    DataFrame
        ``key`` (int32: id of a word), ``near`` (int32) and ``cosine`` (float32), a row for each pair, nearest
        first; empty where they are not known.
    """
    tables = [each.table[each.table["map"] == name] for each in known if each.reader == reader]
    empty = pd.DataFrame({"key": np.empty(0, np.int32), "near": np.empty(0, np.int32)})
    if not tables or not len(tables[0]):
        return empty.assign(cosine=np.empty(0, np.float32))
    pairs = tables[0][["id", "neighbours", "cosines"]].explode(["neighbours", "cosines"])
    pairs = pairs.dropna()
    return pd.DataFrame(
        {
            "key": pairs["id"].to_numpy(np.int32),
            "near": pairs["neighbours"].to_numpy(np.int32),
            "cosine": pairs["cosines"].to_numpy(np.float32),
        }
    )


def nearest_passages(neighbours: pa.Table, name: str, key: int) -> pd.DataFrame:
    """Nearest passages of one passage in the space that a map was made from, as `nearest_words`.

    Parameters
    ----------
    neighbours : Table
        `genomebook.book.lexicon.Lexicon.atlas_neighbours`.
    name : str
        The map.
    key : int
        Of `keys_of`.
    """
    rows = neighbours.filter((pc.field("map") == name) & (pc.field("id") == key))
    near, cosines = (rows[column].combine_chunks().flatten() for column in ("neighbours", "cosines"))
    return pd.DataFrame(
        {
            "key": np.full(len(near), key, np.int32),
            "near": near.to_numpy().astype(np.int32),
            "cosine": cosines.to_numpy(zero_copy_only=False).astype(np.float32),
        }
    )


def selected(keys: Sequence[int], shown: AtlasPoints) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of the points and of the English words that a visitor selected on a map.

    Parameters
    ----------
    keys : sequence of int
        As in `columns`; those that are not of this map are ignored.
    shown : AtlasPoints
        The map.

    Returns
    -------
    int64[m], int64[k]
        Rows of ``shown.table`` and of ``shown.english``, each once, ascending.
    """
    plain = np.array([key for key in keys if abs(key) < 2**31], np.int64)
    english = -1 - shown.english["id"].to_numpy(np.int64)
    return np.flatnonzero(np.isin(keys_of(shown), plain)), np.flatnonzero(np.isin(english, plain))


def spoken(shown: AtlasPoints, colours: Colouring, reader: str, english: bool) -> str:
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
    by_reader = "" if not of_words(shown.name) and "," in shown.name else f", model {reader}"
    more = f", with {len(shown.english):,} English words" if english and len(shown.english) else ""
    return (
        f"Map of {shown.name}{by_reader}: {shown.caption[0].lower()}{shown.caption[1:]}{more} as dots "
        f"that lie close together where they are alike, {by}"
    )
