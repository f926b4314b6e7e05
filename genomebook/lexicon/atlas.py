"""Points of the atlas as they are shown: joined with what is known of each word, sampled, looked up."""

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
"""Ends the name of a map that was made, in the same way, by a reader with random weights."""

DNA, ENGLISH = "DNA", "English"

MOST = 50_000
"""Points that are drawn as they are; of more, a sample of `SAMPLE`."""

SAMPLE = 30_000
SEED = 1

NO_CLASS = "none"
"""Stands for the class of what has none."""

_OF_WORDS = [
    "count", "expected", "times", "length", "gc", "gloss", "gloss_score", "gloss_stability", "gloss_rank",
    "tag", "phrase",
]  # fmt: skip
_INSIDE = re.compile(r"\binside (.+), [\d.]+ times chance$")


def map_names(table: pd.DataFrame) -> list[str]:
    """Names of the maps of an atlas in their order, those by random weights left out."""
    return [name for name in dict.fromkeys(table["map"]) if not name.endswith(CONTROL)]


def of_words(name: str) -> bool:
    """Whether the points of a map are words; else they are passages of the book."""
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
        What ``atlas.json`` says of each map, by its name.
    """

    reader: str
    table: pd.DataFrame
    figures: dict[str, Any]

    def total(self, name: str) -> int:
        """Passages that a map was sampled from; 0 for words, and when it is not known."""
        found = None if of_words(name) else self.figures.get(name)
        of = found.get("of") if isinstance(found, dict) else 0
        return of if isinstance(of, int) else 0


def atlases(book: Book) -> dict[str, Atlas]:
    """Find the maps that can be shown beside a book: those of shipped readers of its words, and its own.

    Returns
    -------
    dict of str to Atlas
        By the name of the reader; a book's own map stands in the place of a shipped one of the same name.

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
class Points:
    """Points of one map.

    Attributes
    ----------
    name : str
        Of the map.
    table : DataFrame
        A row for each point of DNA, numbered from 0: the columns of ``atlas.parquet``, with ``gc`` in per
        cent, and for words some of `genomebook.lexicon.listing.listing`.
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
        """What a point is: words, sentences or paragraphs."""
        return "words" if of_words(self.name) else re.split(r"[, ]", self.name)[0]

    @property
    def said(self) -> str:
        """How many points are drawn; of a sample it says so."""
        shown = len(self.table)
        if shown == self.total:
            return f"All {self.total:,} {self.what}"
        how = f"a random sample with seed {SEED}" if self.drawn_by_lot else "taken evenly over the book"
        return f"{shown:,} of {self.total:,} {self.what}, {how}"


def points(table: pd.DataFrame, name: str, words: pd.DataFrame, total: int = 0) -> Points:
    """Take the points of a map out of an atlas.

    Parameters
    ----------
    table : DataFrame
        ``atlas.parquet``.
    name : str
        Of the map.
    words : DataFrame
        `genomebook.lexicon.listing.listing` of the book.
    total : int
        Points that the maker of the atlas sampled from, when it sampled.

    Returns
    -------
    Points
        In the order of the atlas.
    """
    found = table[table["map"] == name]
    dna = found[found["script"] == DNA]
    whole = max(len(dna), total)
    by_lot = len(dna) > MOST
    if by_lot:
        chosen = np.random.default_rng(SEED).choice(len(dna), SAMPLE, replace=False)
        dna = dna.iloc[np.sort(chosen)]
    dna = dna.reset_index(drop=True)
    if of_words(name):
        dna = dna.drop(columns=["length", "gc"]).join(words.set_index("id")[_OF_WORDS], on="id")
    else:
        dna = dna.assign(gc=(100 * dna["gc"].astype(float)).round(1))
    return Points(name, dna, found[found["script"] == ENGLISH].reset_index(drop=True), whole, by_lot)


def classes(lexicon: Lexicon) -> list[str]:
    """Classes of annotation that the words were grounded in, those with most occurrences first."""
    sums = lexicon.grounded.groupby("class")["count"].sum().sort_values(ascending=False, kind="stable")
    return [str(name) for name in sums.index]


def share_in(lexicon: Lexicon, name: str, ids: pd.Series) -> pd.Series:
    """Share of the occurrences of each word, by its id, that lie in a class; missing where not known."""
    rows = lexicon.grounded[lexicon.grounded["class"] == name]
    return ids.map(rows.set_index("id")["share"].astype(float))


def class_of_phrase(phrases: pd.Series) -> pd.Series:
    """Class that a grounded phrase (`genomebook.lexicon.phrases.say`) is about; else `NO_CLASS`."""
    return phrases.str.extract(_INSIDE, expand=False).fillna(NO_CLASS)


@dataclass(frozen=True)
class Hits:
    """What was found on a map.

    Attributes
    ----------
    rows : int64[m]
        Rows of ``Points.table``, ascending.
    english : int64[k]
        Rows of ``Points.english``.
    how : str
        How the text was read.
    """

    rows: NDArray[np.int64]
    english: NDArray[np.int64]
    how: str

    @classmethod
    def none(cls) -> Hits:
        """Nothing was looked for."""
        return cls(np.empty(0, np.int64), np.empty(0, np.int64), "")


_WAYS: tuple[tuple[tuple[How, ...], str], ...] = (
    (("exact", "English"), "spelt or glossed so, or with a gloss that begins so"),
    (("contains",), "with these letters inside"),
    (("phrase",), "of which annotation says so"),
)


def look_up(lexicon: Lexicon, shown: Points, text: str) -> Hits:
    """Look for a text among the words of a map: as a word or a gloss, then inside words, then in tags.

    Parameters
    ----------
    lexicon : Lexicon
        Of the book.
    shown : Points
        A map of words.
    text : str
        What a person typed; DNA or English.

    Returns
    -------
    Hits
        By the first of these ways that finds a word; none when none does.
    """
    spelt = " ".join(text.lower().split())
    english = np.flatnonzero((shown.english["label"] == spelt).to_numpy()).astype(np.int64)
    for hows, said in _WAYS:
        ids = set[int]()
        for how in hows:
            try:
                ids.update(lexicon.table["id"].to_numpy()[find(lexicon, text, how)].tolist())
            except SearchError:
                continue  # what is no DNA may be English
        rows = np.flatnonzero(shown.table["id"].isin(ids).to_numpy()).astype(np.int64)
        if len(rows):
            return Hits(rows, english, said)
    return Hits(Hits.none().rows, english, "")
