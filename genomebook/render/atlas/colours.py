"""Colourings of the points of the atlas: scales with their ticks, and classes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genomebook.book.lexicon import Lexicon
from genomebook.lexicon.atlas import NO_CLASS, AtlasPoints, class_of_phrase, classes, of_words, share_in
from genomebook.render.evidence.svg import ticks
from genomebook.render.evidence.text import number
from genomebook.render.signals import COLOURS

OTHER = "#767676"
LOOKS = (*COLOURS[:4], "#00876c")
"""Colours of the most frequent classes; further ones share one. Each has a contrast of 3 or more to the light
and to the dark ground; a class is told apart without its colour by choosing it in the legend."""

IN = "in "
"""Prefix of a colouring by the share of a word's occurrences in a class of annotation."""

NOT_HERE, NOT_SHUFFLED = "not in this book", "never in the shuffle"

MAX_CLASSES = 40
"""Classes offered to colour by: those with most occurrences in the book."""

_EDGE = 0.02


class ColourKind(NamedTuple):
    """A colouring: label and unit on the page, column of the points, kind of scale."""

    label: str
    unit: str
    column: str
    run: str


KINDS: dict[str, ColourKind] = {
    "field": ColourKind("Field of the English gloss", "", "field", "class"),
    "frequency": ColourKind("Count in this book", "occurrences, logarithmic", "count", "log"),
    "shuffle": ColourKind(
        "Count relative to the shuffle", "times as often as in the shuffle", "times", "ratio"
    ),
    "gc": ColourKind("G+C content", "per cent of bases", "gc", "plain"),
    "length": ColourKind("Length", "bases", "length", "plain"),
    "tag": ColourKind("Strongest annotation", "", "phrase", "class"),
    "group": ColourKind("Class of annotation", "", "group", "class"),
    "surprisal": ColourKind("Surprisal", "bits per word", "surprisal", "plain"),
    "gloss": ColourKind("Similarity to name by embedding", "CSLS score", "gloss_score", "plain"),
    "stability": ColourKind(
        "Stability of name by embedding", "agreement of seeds, 0.5 by chance", "gloss_stability", "share"
    ),
    "rank": ColourKind(
        "Rank of name by embedding", "share of controls below, 0.5 by chance", "gloss_rank", "share"
    ),
    "senses": ColourKind("Senses", "groups of contexts", "senses", "plain"),
    "preservation": ColourKind(
        "Neighbours kept by the map", "share of the 15 nearest", "preservation", "share"
    ),
}
"""In the order of the page; the first that a map has values for is the default."""


@dataclass(frozen=True)
class ColourScale:
    """Colours of points along a scale.

    Attributes
    ----------
    level : float64[n]
        From 0 to 1, or from -1 to 1 with 0 as even; nan where a point has no value. The lowest and highest
        2 % of the values have the colours of the ends.
    ticks : tuple of (float, str)
        Levels and the numbers to write there.
    diverging : bool
        Whether the scale runs from -1.
    title : str
        Quantity and unit.
    none : str
        Label of the points without value.
    ends : tuple of (int64[k], str)
        Points with an infinite value, such as words that are never in the shuffle, and their label; they have
        the colours of the ends.
    """

    level: NDArray[np.float64]
    ticks: tuple[tuple[float, str], ...]
    diverging: bool
    title: str
    none: str
    ends: tuple[tuple[NDArray[np.int64], str], ...] = ()


@dataclass(frozen=True)
class ColourClasses:
    """Classes of points.

    Attributes
    ----------
    of : int64[n]
        Class of each point: an index into `names`.
    names : tuple of str
        The most frequent first; then the number of others, if any; then `NO_CLASS`, if some have none.
    """

    of: NDArray[np.int64]
    names: tuple[str, ...]
    title: str

    def look(self, place: int) -> str:
        """Colour of a class, by its index in `names`."""
        return OTHER if self.names[place] == NO_CLASS or place >= len(LOOKS) else LOOKS[place]


Colouring = ColourScale | ColourClasses


def offered(shown: AtlasPoints, lexicon: Lexicon) -> dict[str, str]:
    """Keys and labels of the colourings of a map, in the order of the page."""
    labels = {}
    for key, kind in KINDS.items():
        has = kind.column in shown.table and shown.table[kind.column].replace("", None).notna().any()
        if has and (key != "frequency" or of_words(shown.name)):
            labels[key] = kind.label
    if of_words(shown.name):
        for name in classes(lexicon)[:MAX_CLASSES]:
            labels[IN + name] = f"Share of occurrences in {name}"
    return labels


def colouring(shown: AtlasPoints, lexicon: Lexicon, key: str) -> Colouring:
    """Colour the points of a map.

    Parameters
    ----------
    shown : AtlasPoints
        The map.
    lexicon : Lexicon
        Lexicon of the book, for the shares in classes.
    key : str
        One of `offered`.
    """
    if key.startswith(IN):
        name = key.removeprefix(IN)
        values = share_in(lexicon, name, shown.table["id"])
        return _scale(values, "share", f"Share of occurrences in {name}")
    kind = KINDS[key]
    column = shown.table[kind.column]
    if kind.run == "class":
        named = class_of_phrase(column) if key == "tag" else column.fillna(NO_CLASS).replace("", NO_CLASS)
        return _classes(named, kind.label)
    return _scale(column.astype(float), kind.run, f"{kind.label}, {kind.unit}")


def _classes(column: pd.Series, title: str) -> ColourClasses:
    counts = column.value_counts().drop(NO_CLASS, errors="ignore")
    ordered = sorted(counts.index, key=lambda name: (-counts[name], name))
    kept = ordered[: len(LOOKS)]
    names = list(map(str, kept))
    rest = len(ordered) - len(kept)
    if rest:
        names.append(f"{rest} other" if rest > 1 else str(ordered[-1]))
    places = {name: place for place, name in enumerate(kept)}
    of = column.map(places).fillna(len(kept)).to_numpy(np.int64)
    none = (column == NO_CLASS).to_numpy()
    if none.any():
        of[none] = len(names)
        names.append(NO_CLASS)
    return ColourClasses(of, tuple(names), title)


def _scale(column: pd.Series, run: str, title: str) -> ColourScale:
    raw = column.to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = {"log": np.log10, "ratio": np.log2}.get(run, np.asarray)(raw)
    if run == "ratio":
        return _diverging(values, title)
    values = np.where(np.isfinite(values), values, np.nan)
    known = values[~np.isnan(values)]
    low, high = (0.0, 1.0) if not len(known) else np.quantile(known, [_EDGE, 1 - _EDGE]).tolist()
    low = 0.0 if run == "share" and low < 0.3 else low
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    marks = tuple(((tick - low) / (high - low), label) for tick, label in _ticks(low, high, run))
    return ColourScale(
        np.clip((values - low) / (high - low), 0, 1),
        marks,
        False,
        title,
        NOT_HERE if run == "log" else "not known",
    )


def _diverging(values: NDArray[np.float64], title: str) -> ColourScale:
    known = values[np.isfinite(values)]
    reach = float(np.quantile(np.abs(known), 1 - _EDGE)) if len(known) else 1.0
    reach = max(reach, 1.0)
    step = max(1, round(reach / 3))
    powers = range(-step * int(reach // step), int(reach) + 1, step)
    marks = tuple((power / reach, f"{2**power}" if power >= 0 else f"1/{2**-power}") for power in powers)
    ends = ((np.flatnonzero(values == -np.inf), NOT_HERE), (np.flatnonzero(values == np.inf), NOT_SHUFFLED))
    return ColourScale(np.clip(values / reach, -1, 1), marks, True, title, "not known", ends)


def _ticks(low: float, high: float, run: str) -> list[tuple[float, str]]:
    if run == "log":
        every = [
            (math.log10(factor) + power, f"{factor * 10**power:,}")
            for power in range(15)
            for factor in (1, 3)
        ]
        inside = [tick for tick in every if low - 1e-9 <= tick[0] <= high + 1e-9]
        return inside[:: 1 + len(inside) // 7] or [(low, f"{10**low:,.3g}")]
    return [(tick, number(tick, "share" if run == "share" else "")) for tick in ticks(low, high)]


def missing(lexicon: Lexicon, book: str) -> list[str]:
    """One line, with its remedy, for each colouring that a book lacks; `book` is its folder."""
    lines = []
    if not lexicon.table["name"].notna().any():
        lines.append(
            "No English glosses: no model that comes with genomebook has any for these words; "
            "build the book with --words words-4096"
        )
    if not len(lexicon.grounded):
        lines.append(f"No annotation of the words of this book yet; run genomebook ground {book} FILE")
    return lines
