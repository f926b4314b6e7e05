"""Passages of a map by what a person types: a place, a gene, or DNA."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genomebook.book.read import Book
from genomebook.errors import BookError, SearchError
from genomebook.genome.regions import Region
from genomebook.search.answers import DnaAnswer, MotifAnswer, NotUnderstood, PlaceAnswer
from genomebook.search.box import understand
from genomebook.search.query import MIN_LETTERS
from genomebook.search.searcher import Searcher

MAX_HITS = 20
"""Places where DNA is found."""

TAKES = f"a place (chr21:25,891,700), a gene, or DNA of {MIN_LETTERS} letters or more"
"""What can be looked for on a map of passages, for people."""


class PassageMatches(NamedTuple):
    """Passages of a map that match a text.

    Attributes
    ----------
    rows : int64[m]
        Rows of the table of the map, the best match first.
    line : str
        What was found, or why nothing was: one line.
    """

    rows: NDArray[np.int64]
    line: str


def find_passages(
    book: Book, table: pd.DataFrame, text: str, open_index: Callable[[], Searcher]
) -> PassageMatches:
    """Find the passages of a map that a text names or shows.

    Parameters
    ----------
    book : Book
        The open book.
    table : DataFrame
        Passages: ``volume``, ``start`` and ``end``, 0-based half-open.
    text : str
        A place, a gene, another name that the box takes, or DNA (either strand).
    open_index : callable
        Opens the search index; called for DNA alone.

    Returns
    -------
    PassageMatches
        Those that overlap the place, the one with most of its letters first, or where the DNA is found, the
        best hit first. Of a text without a meaning here, and of a book without an index, the line says so.
    """
    answer = understand(book, text)
    if isinstance(answer, PlaceAnswer):
        name = answer.label or book.addresses.format(answer.region)
        return _said(_overlapping(table, [answer.region]), f"at {name}")
    if isinstance(answer, MotifAnswer):
        return _nothing(f"“{answer.text}”: DNA to look for here needs {MIN_LETTERS} letters or more")
    if isinstance(answer, DnaAnswer):
        try:
            hits = open_index().search(answer.query, limit=MAX_HITS)
        except (BookError, SearchError) as error:
            return _nothing(str(error))
        if not hits:
            return _nothing("this DNA is not in the book")
        places = [Region(hit.volume, hit.start, hit.end) for hit in hits]
        return _said(_overlapping(table, places), "where this DNA is found")
    line = answer.line if isinstance(answer, NotUnderstood) else f"“{answer.text}” is a word; give {TAKES}"
    return _nothing(line)


def _overlapping(table: pd.DataFrame, places: Sequence[Region]) -> NDArray[np.int64]:
    """Rows that overlap some places, each once: by place, those with most letters of it first."""
    volumes = table["volume"].to_numpy()
    starts, ends = (table[side].to_numpy(np.int64) for side in ("start", "end"))
    rows = [np.empty(0, np.int64)]
    for place in places:
        letters = np.minimum(ends, max(place.end, place.start + 1)) - np.maximum(starts, place.start)
        inside = np.flatnonzero((volumes == place.volume) & (letters > 0))
        rows.append(inside[np.argsort(-letters[inside], kind="stable")])
    joined = np.concatenate(rows)
    return joined[np.sort(np.unique(joined, return_index=True)[1])]


def _said(rows: NDArray[np.int64], where: str) -> PassageMatches:
    if not len(rows):
        return _nothing(f"no passage of this map lies {where}")
    return PassageMatches(rows, f"{len(rows):,} {'passage' if len(rows) == 1 else 'passages'} {where}")


def _nothing(line: str) -> PassageMatches:
    return PassageMatches(np.empty(0, np.int64), line)
