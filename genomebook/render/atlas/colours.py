"""What the points of the atlas can be coloured by: values, scale, ticks of the colour bar, classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genomebook.book.lexicon import Lexicon
from genomebook.lexicon.atlas import NO_CLASS, AtlasPoints, class_of_phrase, classes, of_words, share_in
from genomebook.render.evidence.plots import COLOURS, SHAPES
from genomebook.render.evidence.svg import ticks
from genomebook.render.evidence.text import number

OTHER = "#767676"
LOOKS = (*zip(SHAPES[:4], COLOURS[:4], strict=True), ("cross", "#00876c"))
"""Shape and colour of the most frequent classes; further ones share one look. Each colour has a contrast of 3
or more to the light and to the dark ground, and classes are told apart by shape too."""

IN = "in "
"""Begins the name of a colouring by the share of a word's occurrences in a class of annotation."""

NOT_HERE, NOT_SHUFFLED = "not in this book", "never in the shuffle"

MAX_CLASSES = 40
"""Classes offered to colour by; those with most occurrences in the book."""

_EDGE = 0.02


class ColourKind(NamedTuple):
    """A way to colour: name on the page, unit of the colour bar, which maps have it, how its values run."""

    label: str
    unit: str
    column: str
    run: str


KINDS: dict[str, ColourKind] = {
    "frequency": ColourKind("Count in this book", "occurrences, logarithmic", "count", "log"),
    "shuffle": ColourKind("Count against the shuffle", "times as often as in the shuffle", "times", "ratio"),
    "gc": ColourKind("G and C", "per cent of the letters", "gc", "plain"),
    "length": ColourKind("Length", "letters", "length", "plain"),
    "tag": ColourKind("What annotation says most clearly", "", "phrase", "class"),
    "group": ColourKind("Class of annotation", "", "group", "class"),
    "surprisal": ColourKind("Surprisal", "bits a word", "surprisal", "plain"),
    "gloss": ColourKind("Similarity to its English gloss", "CSLS score", "gloss_score", "plain"),
    "stability": ColourKind(
        "Stability of its English gloss", "agreement of seeds, half is chance", "gloss_stability", "share"
    ),
    "rank": ColourKind(
        "Rank of its English gloss", "share of control glosses below, half is chance", "gloss_rank", "share"
    ),
    "preservation": ColourKind(
        "Neighbours kept by the map", "share of the 15 nearest neighbours", "preservation", "share"
    ),
}
"""In the order of the page; the first that a map has values for is the default."""


@dataclass(frozen=True)
class ColourScale:
    """Colours of points along a scale.

    Attributes
    ----------
    level : float64[n]
        From 0 to 1, or from -1 to 1 where 0 is even; nan where a point has none. What lies beyond the 2 % at
        either end of what was measured has the colour of the end.
    ticks : tuple of (float, str)
        Where on that scale a number stands, and the number.
    diverging : bool
        Whether the scale runs from -1.
    title : str
        What and its unit.
    none : str
        What it means to have no value.
    ends : tuple of (int64[k], str)
        Points beyond any scale, such as a word that is never in the shuffle, and what that means; they have
        the colour of the end.
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
        Class of each point: a place in `names`.
    names : tuple of str
        Most frequent first; then, where there are more, how many others; then, where some have none, so.
    """

    of: NDArray[np.int64]
    names: tuple[str, ...]
    title: str

    def look(self, place: int) -> tuple[str, str]:
        """Shape and colour of the class at a place in `names`."""
        plain = self.names[place] == NO_CLASS or place >= len(LOOKS)
        return (
            ("circle-open" if self.names[place] == NO_CLASS else "circle", OTHER) if plain else LOOKS[place]
        )


Colouring = ColourScale | ColourClasses


def offered(shown: AtlasPoints, lexicon: Lexicon) -> dict[str, str]:
    """Name what the points of a map can be coloured by: key and label, in the order of the page."""
    found = {}
    for key, kind in KINDS.items():
        has = kind.column in shown.table and shown.table[kind.column].replace("", None).notna().any()
        if has and (key != "frequency" or of_words(shown.name)):
            found[key] = kind.label
    if of_words(shown.name):
        for name in classes(lexicon)[:MAX_CLASSES]:
            found[IN + name] = f"Share of occurrences in {name}"
    return found


def colouring(shown: AtlasPoints, lexicon: Lexicon, key: str) -> Colouring:
    """Colour the points of a map.

    Parameters
    ----------
    shown : AtlasPoints
        The map.
    lexicon : Lexicon
        Of the book; it has the shares in classes.
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
    marks = tuple(((tick - low) / (high - low), said) for tick, said in _ticks(low, high, run))
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
        found = [
            (float(np.log10(factor)) + power, f"{factor * 10**power:,}")
            for power in range(15)
            for factor in (1, 3)
        ]
        inside = [one for one in found if low - 1e-9 <= one[0] <= high + 1e-9]
        return inside[:: 1 + len(inside) // 7] or [(low, f"{10**low:,.3g}")]
    unit = "share" if run == "share" else ""
    return [(tick, number(tick, unit)) for tick in ticks(low, high)]


def missing(lexicon: Lexicon, book: str) -> list[str]:
    """One line for each thing that words cannot be coloured by, with its remedy; `book` is its folder."""
    found = []
    if not lexicon.table["gloss"].notna().any():
        found.append(
            "No English glosses: no reader that comes with genomebook has any for these words; "
            "make the book with --words words-4096"
        )
    if not len(lexicon.grounded):
        found.append(
            f"Nothing of annotation: this book is not grounded yet; genomebook ground {book} FILE does it"
        )
    return found
