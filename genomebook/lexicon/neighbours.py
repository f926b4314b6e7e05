"""Nearest words in the embeddings of the shipped models, and what neighbours share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from genomebook.language.vocabulary import Vocabulary
from genomebook.lexicon.shipped import shipped_atlas_figures, shipped_neighbours_of_words

FIGURES = "neighbours of words"
"""Key of the figures in ``atlas.json``."""


@dataclass(frozen=True)
class Neighbours:
    """Neighbours of the words of a vocabulary.

    Attributes
    ----------
    reader : str
        Whose embeddings.
    table : DataFrame
        By the schema of ``neighbours.parquet``: id, map, neighbours (ids, nearest first), cosines.
    figures : mapping of str to mapping
        By embedding, those of random weights included: ``length`` and ``gc`` (shares of neighbours alike in
        them; ``..., any two`` for all pairs), ``reverse complement`` (share of words that have theirs among
        the neighbours; ``reverse complement, any ten``), and others.
    """

    reader: str
    table: pd.DataFrame
    figures: dict[str, dict[str, Any]]

    def of(self, word: int) -> dict[str, list[tuple[int, float]]]:
        """Neighbours of a word, by embedding: (id, cosine), the nearest first."""
        rows = self.table[self.table["id"] == word]
        return {
            name: list(zip(map(int, near), map(float, cosines), strict=True))
            for name, near, cosines in zip(rows["map"], rows["neighbours"], rows["cosines"], strict=True)
        }


def neighbours_of(vocabulary: Vocabulary) -> list[Neighbours]:
    """Open the neighbours that shipped readers of these words give them; empty when none does.

    Raises
    ------
    DamagedBookError
        When a file cannot be read.
    """
    figures = shipped_atlas_figures(vocabulary)
    return [
        Neighbours(reader, table, figures.get(reader, {}).get(FIGURES, {}))
        for reader, table in shipped_neighbours_of_words(vocabulary).items()
    ]
