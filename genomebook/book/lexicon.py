"""Lexicon of a book: its tables of words, read on first access."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from genomebook.book.annex import Annex
from genomebook.book.schema import (
    AMBIGUITY,
    ANNEX_FILES,
    ATLAS,
    GROUNDED,
    LEXICON,
    MEANING,
    MEANING_FIGURES,
    NEIGHBOURS,
    SENSES,
    TAGS,
    WORD_SCHEMAS,
)
from genomebook.errors import DamagedBookError
from genomebook.files.checks import CheckedFolder

_STAGE = {file: stage for stage, files in ANNEX_FILES.items() for file in files}


def read_word_table(path: Path, name: str = "") -> pd.DataFrame:
    """Read a table of words.

    Parameters
    ----------
    path : Path
        Parquet.
    name : str
        Key of `genomebook.book.schema.WORD_SCHEMAS`; by default the file's own name.

    Returns
    -------
    DataFrame
        The columns of its schema.

    Raises
    ------
    DamagedBookError
        If it is unreadable or has other columns.
    """
    frame: pd.DataFrame = read_columns(path, name).to_pandas(use_threads=False)
    return frame


def read_columns(path: Path, name: str = "") -> pa.Table:
    """Read a table as `read_word_table` does, as Arrow has it."""
    remedy = "restore the file or make it anew"
    schema = WORD_SCHEMAS[name or path.name]
    try:
        with path.open("rb") as file:
            table = pq.ParquetFile(file, page_checksum_verification=True).read(use_threads=False)
    except (OSError, pa.ArrowException, ValueError) as error:
        reason = " ".join(str(error).split())
        raise DamagedBookError(f"{path}: not a readable table ({reason}); {remedy}") from None
    if not table.schema.equals(schema):
        raise DamagedBookError(f"{path}: other columns than expected; {remedy}")
    return table


def write_word_table(path: Path, columns: Mapping[str, object] | pd.DataFrame, name: str = "") -> None:
    """Write a table of words, byte for byte reproducibly; the caller renames it when complete."""
    schema = WORD_SCHEMAS[name or path.name]
    arrays = [pa.array(columns[field.name], field.type, from_pandas=True) for field in schema]
    table = pa.table(arrays, schema=schema)
    with path.open("wb") as file:  # a file, as Arrow takes no path that is not UTF-8
        pq.write_table(table, file, compression="zstd", write_page_checksum=True)


@contextmanager
def shipped_meaning(vocabulary: str) -> Iterator[Path | None]:
    """Folder of the glosses by meaning that come with genomebook for a vocabulary (its digest), or None."""
    with resources.as_file(resources.files("genomebook") / "data" / "meaning") as folder:
        files = sorted(folder.glob(f"*/{MEANING_FIGURES}"))
        yield next(
            (path.parent for path in files if _figures(path.parent)["vocabulary"] == vocabulary),
            None,
        )


def _figures(folder: Path) -> dict[str, Any]:
    """What is known of shipped glosses by meaning."""
    figures: dict[str, Any] = json.loads((folder / MEANING_FIGURES).read_text("utf-8"))
    return figures


class Lexicon:
    """Tables about the words of a book.

    Parameters
    ----------
    book : CheckedFolder
        Files of the book.
    annex : callable
        Opens an annex by name; None if it is absent.
    copies : float
        Number of shuffled copies behind the ``expected`` counts.
    vocabulary : str
        Digest of the vocabulary.
    """

    def __init__(
        self,
        book: CheckedFolder,
        annex: Callable[[str], Annex | None],
        copies: float,
        vocabulary: str = "",
    ) -> None:
        self._book = book
        self._annex = annex
        self.copies = copies
        self._vocabulary = vocabulary

    def has(self, name: str) -> bool:
        """Whether a file of `ANNEX_FILES` was added to the book."""
        annex = self._annex(_STAGE[name])
        return annex is not None and name in annex

    def _optional(self, name: str) -> pd.DataFrame:
        annex = self._annex(_STAGE[name])
        if annex is not None and name in annex:
            return read_word_table(annex.checked(name))
        empty: pd.DataFrame = WORD_SCHEMAS[name].empty_table().to_pandas()
        return empty

    @cached_property
    def table(self) -> pd.DataFrame:
        """All words: id, word, length, count and so on; row numbers are not ids.

        ``gloss`` is the English word by meaning, ``field`` the class that it speaks of, ``name`` the English
        word by embedding, to which the figures ``gloss_score`` to ``gloss_rank`` belong. Without glosses by
        meaning, ``gloss`` is the name.
        """
        table = read_word_table(self._book.checked(LEXICON))
        first = self.meaning[self.meaning["sense"] == 0]
        table["name"] = table["gloss"]
        if len(first):
            table["gloss"] = table["id"].map(dict(zip(first["id"], first["gloss"], strict=True)))
        table["field"] = table["id"].map(dict(zip(first["id"], first["field"], strict=True)))
        return table

    @contextmanager
    def meaning_file(self, name: str) -> Iterator[Path | None]:
        """File of the glosses by meaning: of the book, checked, or else of those shipped; or None."""
        annex = self._annex(_STAGE[name])
        if annex is not None and name in annex:
            yield annex.checked(name)
        else:
            with shipped_meaning(self._vocabulary) as folder:
                yield folder and folder / name

    @cached_property
    def meaning(self) -> pd.DataFrame:
        """English words by meaning, one to three for each word; empty if there are none."""
        with self.meaning_file(MEANING) as path:
            return self._optional(MEANING) if path is None else read_word_table(path)

    @cached_property
    def meaning_about(self) -> dict[str, Any]:
        """What is known of the glosses by meaning, their language among it; empty if there are none."""
        annex = self._annex(_STAGE[MEANING])
        if annex is not None and MEANING in annex:
            return annex.about
        with shipped_meaning(self._vocabulary) as folder:
            return {} if folder is None else _figures(folder)

    @cached_property
    def grounded(self) -> pd.DataFrame:
        """Enrichment of each word in each annotation class; empty if the book is not grounded."""
        return self._optional(GROUNDED)

    @cached_property
    def tags(self) -> pd.DataFrame:
        """Tags and phrases of words; empty if the book is not grounded."""
        return self._optional(TAGS)

    @cached_property
    def ambiguity(self) -> pd.DataFrame:
        """Variation of the contexts of each word; empty if it was not measured."""
        return self._optional(AMBIGUITY)

    @cached_property
    def senses(self) -> pd.DataFrame:
        """Clusters of the occurrences of each word; empty if they were not made."""
        return self._optional(SENSES)

    @cached_property
    def atlas(self) -> pd.DataFrame:
        """Points of the maps of the book; empty if there are none."""
        return self._optional(ATLAS)

    @cached_property
    def atlas_neighbours(self) -> pa.Table:
        """Neighbours of the points of the maps of the book in the space that each map was made from.

        By the schema of ``neighbours.parquet``; ``id`` and ``neighbours`` are rows of the map. Empty if there
        are none.
        """
        annex = self._annex(_STAGE[NEIGHBOURS])
        if annex is not None and NEIGHBOURS in annex:
            return read_columns(annex.checked(NEIGHBOURS))
        return WORD_SCHEMAS[NEIGHBOURS].empty_table()

    @cached_property
    def _size(self) -> int:
        return int(self.table["id"].max()) + 1

    def _by_id(self, ids: pd.Series, values: pd.Series) -> list[str]:
        out = np.full(self._size, "", object)
        out[ids.to_numpy()] = values.fillna("").to_numpy()
        return [str(value) for value in out]

    @cached_property
    def glosses(self) -> list[str]:
        """English gloss of each word by its id; ``""`` for none."""
        return self._by_id(self.table["id"], self.table["gloss"])

    @cached_property
    def names(self) -> list[str]:
        """English word by embedding of each word by its id; ``""`` for none."""
        return self._by_id(self.table["id"], self.table["name"])

    @cached_property
    def short_tags(self) -> list[str]:
        """Grounded tag of each word by its id; ``""`` for none."""
        return self._by_id(self.tags["id"], self.tags["tag"])
