"""Stage: ambiguity and senses of the words of a book (``ambiguity.parquet``, ``senses.parquet``)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from genomebook.book.annex import adding
from genomebook.book.lexicon import write_word_table
from genomebook.book.read import Book
from genomebook.book.schema import AMBIGUITY, SENSES
from genomebook.files.progress import Stage, no_stages
from genomebook.models.reader import Reader
from genomebook.pipeline.atlas.embeddings import (
    MAX_WORDS_READ,
    book_runs,
    contexts,
    control_of,
    words_read,
)
from genomebook.pipeline.lexicon.senses import find_senses, self_similarity
from genomebook.pipeline.scores import Scoring


def senses_of_book(
    path: Path,
    reader: Reader,
    *,
    most: int = MAX_WORDS_READ,
    random: bool = True,
    seed: int = 0,
    progress: Stage = no_stages,
) -> pd.DataFrame:
    """Measure the ambiguity of the words of a book, find their senses, and add both to the book.

    Parameters
    ----------
    path : Path
        Path of the book; it gets the folder ``senses``.
    reader : Reader
        Reader of its words.
    most : int
        Words of the book to read at most.
    random : bool
        Whether the control, the same architecture with random weights, is measured where torch is installed;
        null where not.
    seed : int
        Seed of random weights and of the draws of the null.
    progress : callable
        Told of each stage: words read, words divided, and words read by random weights.

    Returns
    -------
    DataFrame
        What ``ambiguity.parquet`` holds: a row for each word that was read.

    Raises
    ------
    ReaderError
        When the reader reads other words.
    BookError
        When there is no book or it is damaged.
    """
    with adding(path, "senses") as draft:
        table, senses = _measured(Book.open(path), reader, most, random, seed, progress)
        write_word_table(draft.folder / AMBIGUITY, table)
        write_word_table(draft.folder / SENSES, senses)
    return table


def _measured(
    book: Book, reader: Reader, most: int, random: bool, seed: int, progress: Stage
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables of ambiguity and of senses."""
    job = Scoring(book, reader)
    runs, n_ids = book_runs(job), len(book.vocabulary)
    total = words_read(runs, most)
    found = contexts(reader, runs, n_ids, most=most, advance=progress("contexts", total))
    senses = find_senses(found, seed, progress("senses", len(np.unique(found.ids))))
    table = self_similarity(found)
    table["senses"] = senses.groupby("id")["sense"].max().reindex(table["id"]).to_numpy()
    table["random"] = np.nan
    control = control_of(reader, seed) if random else None
    if control is not None:
        advance = progress("random weights", total)
        theirs = contexts(control, runs, n_ids, most=most, advance=advance)
        table["random"] = self_similarity(theirs)["similarity"].to_numpy()
    return table, senses
