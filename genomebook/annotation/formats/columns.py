"""Tables with a place in each row: which column is what, and their rows in chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from genomebook.annotation.formats.source import Declared, Source, completed, numbered, text_lines
from genomebook.annotation.text_files import text_columns

SAMPLE = 1_000
"""Rows from which the columns are told apart."""


@dataclass(frozen=True)
class ColumnLayout:
    """Which column of a table is what.

    Attributes
    ----------
    columns : mapping of str to int
        Column of contig, start and end, and of strand, name, group and score where there are any.
    note : callable, optional
        Makes the notes from all columns of some rows.
    group : callable, optional
        Makes the groups from all columns.
    header : bool
        The first line has the names of the columns.
    first_base : int
        Number of the first base, 0 or 1.
    kind : str
        Kind of the track that the columns show, ``""`` if they do not.
    """

    columns: Mapping[str, int]
    note: Callable[[pd.DataFrame], pd.Series[str]] | None = None
    group: Callable[[pd.DataFrame], pd.Series[str]] | None = None
    header: bool = False
    first_base: int = 0
    kind: str = ""


Guess = Callable[[list[str], pd.DataFrame, str], ColumnLayout]
"""Tells the layout from the column titles (empty without), the first rows as text, and the file name."""


def read_columns(
    source: Source,
    kind: str,
    declared: Declared,
    guess: Guess,
    on_layout: Callable[[ColumnLayout], None] = lambda layout: None,
) -> Iterator[pd.DataFrame]:
    """Yield the rows of a table, some thousand at a time.

    Parameters
    ----------
    source : Source
        Text with tabs, or with spaces where the first line has no tab.
    kind : str
        Name of the format in messages.
    declared : Declared
        Gets the comments.
    guess : callable
        See `Guess`.
    on_layout : callable
        Called with the layout once it is known.

    Yields
    ------
    DataFrame
        See `genomebook.annotation.formats.source.completed`; the index is the line number.

    Raises
    ------
    AnnotationError
        The file cannot be read, or a line has no numbers as its place.
    """
    with text_lines(source, kind, declared) as lines:
        sep = "\t" if "\t" in lines.first else r"\s+"
        first = lines.first.split("\t" if sep == "\t" else None)
        count = len(first)
        above = lines.last_comment.lstrip("#").strip().split("\t" if sep == "\t" else None)
        layout: ColumnLayout | None = None
        for chunk in text_columns(source, kind, lines, list(range(count)), list(range(count)), sep):
            if layout is None:
                layout = guess(above if len(above) == count else first, chunk.iloc[:SAMPLE], str(source))
                on_layout(layout)
            rows = chunk.drop(index=lines.above + 1, errors="ignore") if layout.header else chunk
            if not len(rows):
                continue
            named = pd.DataFrame({key: rows[column] for key, column in layout.columns.items()})
            if layout.group:
                named["group"] = layout.group(rows)
            if layout.note:
                named["note"] = layout.note(rows)
            yield completed(numbered(named, source, kind, layout.first_base))
