"""Glosses, atlases and neighbours of the shipped models, by vocabulary."""

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
    """Paths of a file in all shipped models with this vocabulary, sorted by model name."""
    with resources.as_file(resources.files("genomebook") / "data") as data:
        paths = sorted(data.glob(f"*/{name}"))
        yield [path for path in paths if Vocabulary.open(path.with_name(WORDS)).digest == vocabulary.digest]


@contextmanager
def shipped_with(vocabulary: Vocabulary, name: str) -> Iterator[Path | None]:
    """Path of a file in the first shipped model with this vocabulary, or None."""
    with all_shipped_with(vocabulary, name) as paths:
        yield paths[0] if paths else None


def shipped_glosses(vocabulary: Vocabulary) -> pd.DataFrame | None:
    """Shipped glosses of this vocabulary, or None."""
    with shipped_with(vocabulary, GLOSSES) as path:
        return None if path is None else read_word_table(path, GLOSSES)


def glosses_made_by(vocabulary: Vocabulary) -> dict[str, str] | None:
    """Model that made the shipped glosses and the SHA-256 of its file, or None."""
    with shipped_with(vocabulary, GLOSSES) as path:
        return None if path is None else {"reader": path.parent.name, "digest": file_digest(path)}


def shipped_atlas(vocabulary: Vocabulary) -> dict[str, pd.DataFrame]:
    """Shipped maps (``atlas.parquet``) of this vocabulary, by model name."""
    with all_shipped_with(vocabulary, ATLAS) as paths:
        return {path.parent.name: read_word_table(path, ATLAS) for path in paths}


def shipped_atlas_figures(vocabulary: Vocabulary) -> dict[str, dict[str, Any]]:
    """Figures of the shipped maps (``atlas.json``), by model name.

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
    """Nearest words of each word (``neighbours.parquet``), by model name."""
    with all_shipped_with(vocabulary, NEIGHBOURS) as paths:
        return {path.parent.name: read_word_table(path, NEIGHBOURS) for path in paths}


def shipped_partnerless(vocabulary: Vocabulary) -> pd.DataFrame | None:
    """English words not used as a gloss, with their nearest DNA words.

    Returns
    -------
    DataFrame or None
        ``word`` (English), ``id`` (of a DNA word), ``score`` (CSLS, as the scores of glosses); a few rows a
        word, the nearest first, words in order of the alphabet. None when no shipped reader has these words.
    """
    with shipped_with(vocabulary, PARTNERLESS) as path:
        return None if path is None else read_word_table(path, PARTNERLESS)
