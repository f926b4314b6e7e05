"""Atlas maps for display: points joined with word statistics, sampled, and searched."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genomebook.book import Book
from genomebook.book.lexicon import Lexicon
from genomebook.book.schema import ATLAS_FIGURES
from genomebook.errors import SearchError
from genomebook.files.manifest import json_object
from genomebook.lexicon.find import How, find
from genomebook.lexicon.shipped import shipped_atlas, shipped_atlas_figures

CONTROL = ", random weights"
"""Suffix of the map made the same way by a model with random weights."""

DNA, ENGLISH = "DNA", "English"

MAX_POINTS = 100_000
"""Maps with more points are sampled down to this many."""

SEED = 1

NO_CLASS = "none"
"""Class of a point without annotation."""

_OF_WORDS = [
    "count", "expected", "times", "length", "gc", "gloss", "gloss_score", "gloss_stability", "gloss_rank",
    "tag", "phrase", "field", "name", "senses",
]  # fmt: skip
_INSIDE = re.compile(r"\binside (.+), [\d.]+ times chance$")


def map_names(table: pd.DataFrame) -> list[str]:
    """Names of the maps of an atlas, in order, without the random-weights controls."""
    return [name for name in dict.fromkeys(table["map"]) if not name.endswith(CONTROL)]


def of_words(name: str) -> bool:
    """Whether the points of a map are words rather than passages."""
    return name.startswith("words")


@dataclass(frozen=True)
class Atlas:
    """Maps of one reader.

    Attributes
    ----------
    reader : str
        Its name.
    table : DataFrame
        Points of all its maps, by the columns of ``atlas.parquet``.
    figures : dict of str to dict
        Entry of ``atlas.json`` for each map name.
    """

    reader: str
    table: pd.DataFrame
    figures: dict[str, Any]

    def total(self, name: str) -> int:
        """Number of passages a map was sampled from; 0 for words or when unknown."""
        found = None if of_words(name) else self.figures.get(name)
        of = found.get("of") if isinstance(found, dict) else 0
        return of if isinstance(of, int) else 0


def atlases(book: Book) -> dict[str, Atlas]:
    """Collect the maps of a book: its own and those of the shipped models with the same vocabulary.

    Returns
    -------
    dict of str to Atlas
        By model name; a map of the book replaces a shipped map of the same name.

    Raises
    ------
    DamagedBookError
        When a file cannot be read.
    """
    figures = shipped_atlas_figures(book.vocabulary)
    found = {
        reader: Atlas(reader, table, _maps(figures.get(reader)))
        for reader, table in shipped_atlas(book.vocabulary).items()
    }
    if not len(book.lexicon.atlas):
        return found
    body = _own_figures(book)
    made = body.get("reader")
    reader = str(made["name"]) if isinstance(made, dict) and made.get("name") else "this book's reader"
    own = Atlas(reader, book.lexicon.atlas, _maps(body))
    if reader in found:
        known = found[reader]
        kept = known.table[~known.table["map"].isin(own.table["map"].unique())]
        table = pd.concat([kept, own.table], ignore_index=True)
        own = Atlas(reader, table, {**known.figures, **own.figures})
    return {**found, reader: own}


def _own_figures(book: Book) -> dict[str, Any]:
    annex = book.annex("atlas")
    if annex is None:
        return {}
    return json_object(annex.path / ATLAS_FIGURES, annex.content(ATLAS_FIGURES), annex.remedy)


def _maps(body: object) -> dict[str, Any]:
    maps = body.get("maps") if isinstance(body, dict) else None
    return maps if isinstance(maps, dict) else {}


@dataclass(frozen=True)
class AtlasPoints:
    """Points of one map.

    Attributes
    ----------
    name : str
        Name of the map.
    table : DataFrame
        A row for each point of DNA, numbered from 0: the columns of ``atlas.parquet``, with ``gc`` in per
        cent, ``row`` (number of the point on the map before sampling), and for words some of
        `genomebook.lexicon.listing.listing`.
    english : DataFrame
        English words on the same map, by the columns of ``atlas.parquet``; may be empty.
    total : int
        Points of DNA that there are; ``table`` holds them all or some.
    drawn_by_lot : bool
        Whether some were left out here, at random; else the maker of the atlas took them evenly.
    """

    name: str
    table: pd.DataFrame
    english: pd.DataFrame
    total: int
    drawn_by_lot: bool = False

    @property
    def what(self) -> str:
        """Kind of point: words, sentences or paragraphs."""
        return "words" if of_words(self.name) else re.split(r"[, ]", self.name)[0]

    @property
    def caption(self) -> str:
        """Caption with the number of points drawn and how they were sampled."""
        shown = len(self.table)
        if shown == self.total:
            return f"All {self.total:,} {self.what}"
        how = f"a random sample with seed {SEED}" if self.drawn_by_lot else "taken evenly over the book"
        return f"{shown:,} of {self.total:,} {self.what}, {how}"


def points(table: pd.DataFrame, name: str, words: pd.DataFrame, total: int = 0) -> AtlasPoints:
    """Select the points of one map.

    Parameters
    ----------
    table : DataFrame
        ``atlas.parquet``.
    name : str
        Name of the map.
    words : DataFrame
        `genomebook.lexicon.listing.listing` of the book.
    total : int
        Number of points before sampling by the maker of the atlas, if known.

    Returns
    -------
    AtlasPoints
        In the order of the atlas.
    """
    found = table[table["map"] == name]
    dna = found[found["script"] == DNA]
    dna = dna.assign(row=np.arange(len(dna)))
    whole = max(len(dna), total)
    by_lot = len(dna) > MAX_POINTS
    if by_lot:
        chosen = np.random.default_rng(SEED).choice(len(dna), MAX_POINTS, replace=False)
        dna = dna.iloc[np.sort(chosen)]
    dna = dna.reset_index(drop=True)
    if of_words(name):
        dna = dna.drop(columns=["length", "gc"]).join(words.set_index("id")[_OF_WORDS], on="id")
    else:
        dna = dna.assign(gc=(100 * dna["gc"].astype(float)).round(1))
    return AtlasPoints(name, dna, found[found["script"] == ENGLISH].reset_index(drop=True), whole, by_lot)


def classes(lexicon: Lexicon) -> list[str]:
    """Annotation classes of the grounded words, most occurrences first."""
    sums = lexicon.grounded.groupby("class")["count"].sum().sort_values(ascending=False, kind="stable")
    return [str(name) for name in sums.index]


def share_in(lexicon: Lexicon, name: str, ids: pd.Series) -> pd.Series:
    """Share of each word's occurrences inside a class; missing where unknown."""
    rows = lexicon.grounded[lexicon.grounded["class"] == name]
    return ids.map(rows.set_index("id")["share"].astype(float))


def class_of_phrase(phrases: pd.Series) -> pd.Series:
    """Class that a grounded phrase (`genomebook.lexicon.phrases.describe`) is about; else `NO_CLASS`."""
    return phrases.str.extract(_INSIDE, expand=False).fillna(NO_CLASS)


@dataclass(frozen=True)
class AtlasMatches:
    """Search result on a map.

    Attributes
    ----------
    rows : int64[m]
        Rows of ``AtlasPoints.table``, ascending.
    english : int64[k]
        Rows of ``AtlasPoints.english``.
    how : str
        How the text matched.
    """

    rows: NDArray[np.int64]
    english: NDArray[np.int64]
    how: str

    @classmethod
    def none(cls) -> AtlasMatches:
        """Empty result."""
        return cls(np.empty(0, np.int64), np.empty(0, np.int64), "")


_WAYS: tuple[tuple[tuple[How, ...], str], ...] = (
    (("exact", "English"), "with this spelling or gloss, or a gloss that begins with it"),
    (("contains",), "with these letters inside"),
    (("phrase",), "whose annotation mentions it"),
)


def look_up(lexicon: Lexicon, shown: AtlasPoints, text: str) -> AtlasMatches:
    """Search the words of a map: exact word or gloss first, then substrings, then tags.

    Parameters
    ----------
    lexicon : Lexicon
        Lexicon of the book.
    shown : AtlasPoints
        A map of words.
    text : str
        Search text; DNA or English.

    Returns
    -------
    AtlasMatches
        Of the first kind of match that finds a word; empty when none does.
    """
    wanted = " ".join(text.lower().split())
    english = np.flatnonzero((shown.english["label"] == wanted).to_numpy()).astype(np.int64)
    for hows, said in _WAYS:
        ids = set[int]()
        for how in hows:
            try:
                ids.update(lexicon.table["id"].to_numpy()[find(lexicon, text, how)].tolist())
            except SearchError:
                continue  # what is no DNA may be English
        rows = np.flatnonzero(shown.table["id"].isin(ids).to_numpy()).astype(np.int64)
        if len(rows):
            return AtlasMatches(rows, english, said)
    return AtlasMatches(AtlasMatches.none().rows, english, "")
