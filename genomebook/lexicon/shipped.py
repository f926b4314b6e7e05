"""What the shipped readers know of their words: glosses, and the atlas of words, by vocabulary."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd

from genomebook.book.lexicon import read_word_table
from genomebook.book.schema import ATLAS, ATLAS_FIGURES, GLOSSES, NEIGHBOURS, PARTNERLESS
from genomebook.errors import DamagedBookError
from genomebook.files.digests import file_digest
from genomebook.language.vocabulary import Vocabulary

WORDS = "words.json"
"""Vocabulary of a reader, in its folder."""


@contextmanager
def all_shipped_with(vocabulary: Vocabulary, name: str) -> Iterator[list[Path]]:
    """Paths of a file that comes with shipped readers of these words, by the names of the readers."""
    with resources.as_file(resources.files("genomebook") / "data") as data:
        paths = sorted(data.glob(f"*/{name}"))
        yield [path for path in paths if Vocabulary.open(path.with_name(WORDS)).digest == vocabulary.digest]


@contextmanager
def shipped_with(vocabulary: Vocabulary, name: str) -> Iterator[Path | None]:
    """Path of a file that comes with a shipped reader of these words; None when none has it."""
    with all_shipped_with(vocabulary, name) as paths:
        yield paths[0] if paths else None


def shipped_glosses(vocabulary: Vocabulary) -> pd.DataFrame | None:
    """Glosses that a shipped reader gives these words; None when none does."""
    with shipped_with(vocabulary, GLOSSES) as path:
        return None if path is None else read_word_table(path, GLOSSES)


def glosses_made_by(vocabulary: Vocabulary) -> dict[str, str] | None:
    """Name of the shipped reader that gave these glosses, and SHA-256 of its file; None without glosses."""
    with shipped_with(vocabulary, GLOSSES) as path:
        return None if path is None else {"reader": path.parent.name, "digest": file_digest(path)}


def shipped_atlas(vocabulary: Vocabulary) -> dict[str, pd.DataFrame]:
    """Maps of these words (``atlas.parquet``) by the name of the shipped reader; empty when none are."""
    with all_shipped_with(vocabulary, ATLAS) as paths:
        return {path.parent.name: read_word_table(path, ATLAS) for path in paths}


def shipped_atlas_figures(vocabulary: Vocabulary) -> dict[str, dict[str, Any]]:
    """Figures of these maps (``atlas.json``) by the name of the shipped reader.

    Raises
    ------
    DamagedBookError
        When a file cannot be read.
    """
    found: dict[str, dict[str, Any]] = {}
    with all_shipped_with(vocabulary, ATLAS_FIGURES) as paths:
        for path in paths:
            try:
                found[path.parent.name] = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                reason = " ".join(str(error).split())
                raise DamagedBookError(f"{path}: not readable ({reason}); restore the file") from None
    return found


def shipped_neighbours_of_words(vocabulary: Vocabulary) -> dict[str, pd.DataFrame]:
    """Nearest words of each word (``neighbours.parquet``) by the name of the shipped reader."""
    with all_shipped_with(vocabulary, NEIGHBOURS) as paths:
        return {path.parent.name: read_word_table(path, NEIGHBOURS) for path in paths}


def shipped_partnerless(vocabulary: Vocabulary) -> pd.DataFrame | None:
    """English words that are the gloss of no DNA word, and the DNA words nearest to each.

    Returns
    -------
    DataFrame or None
        ``word`` (English), ``id`` (of a DNA word), ``score`` (CSLS, as the scores of glosses); a few rows a
        word, the nearest first, words in order of the alphabet. None when no shipped reader has these words.
    """
    with shipped_with(vocabulary, PARTNERLESS) as path:
        return None if path is None else read_word_table(path, PARTNERLESS)
