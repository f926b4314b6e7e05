"""Nearest neighbours of DNA words in an embedding, and what they have in common.

Nearness is cross-domain similarity local scaling within one language (CSLS, Conneau et al. 2018): twice the
cosine less the mean cosine of both words with their own nearest, so that no word is everybody's neighbour.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genomebook.language.vocabulary import Vocabulary
from genomebook.lexicon.statistics import word_statistics
from genomebook.pipeline.atlas.maps import GRID, Layout, centred, nearest, whole

COUNT = 10
"""Neighbours of a word."""

GC_NEAR = 0.1
"""GC difference up to which two words count as similar."""

NEIGHBOUR_FIGURES = "neighbours of words"
"""Their figures in ``atlas.json``."""


def neighbour_rows(name: str, ids: NDArray[np.integer], vectors: NDArray[np.floating]) -> pd.DataFrame:
    """Find the nearest words of each word.

    Parameters
    ----------
    name : str
        Name of the map that shows the same embedding.
    ids : integer[n]
        Words.
    vectors : float[n, d]
        Their embeddings; the mean is taken off.

    Returns
    -------
    DataFrame
        ``id``, ``map``, ``neighbours`` (ids, nearest by CSLS first), ``cosines`` (of each).
    """
    unit = centred(vectors)
    local = nearest(unit, COUNT)[1].mean(1)
    grid = whole(unit)
    cosine = ((grid @ grid.T) / GRID**2).astype(np.float32)
    score = 2 * cosine - local[:, None] - local[None, :]
    np.fill_diagonal(score, -np.inf)
    chosen = np.argsort(-score, axis=1, kind="stable")[:, :COUNT]
    cosines = np.round(np.take_along_axis(cosine, chosen, 1), 3)
    return pd.DataFrame(
        {"id": ids, "map": name, "neighbours": list(ids[chosen].astype(np.uint16)), "cosines": list(cosines)}
    )


def neighbours_on_map(name: str, layout: Layout) -> pd.DataFrame:
    """Neighbours of the points of a map by cosine: as `neighbour_rows`, with rows of the map for ids."""
    near = layout.neighbours[:, :COUNT].astype(np.uint16)
    cosines = np.round(layout.cosines[:, :COUNT], 3)
    rows = np.arange(len(near), dtype=np.uint16)
    return pd.DataFrame({"id": rows, "map": name, "neighbours": list(near), "cosines": list(cosines)})


def neighbour_figures(rows: pd.DataFrame, vocabulary: Vocabulary) -> dict[str, Any]:
    """Measure what words share with their neighbours, against any two words.

    Parameters
    ----------
    rows : DataFrame
        Of `neighbour_rows`.
    vocabulary : Vocabulary
        Spellings.

    Returns
    -------
    dict
        ``words``; shares of neighbours of the same length (``length``), with GC within `GC_NEAR` (``gc``);
        the same of all pairs (``length, any two``, ``gc, any two``); share of words whose reverse complement,
        where it is a word here, is among their `COUNT` (``reverse complement``), and is among any `COUNT`;
        mean cosine; most words that have one and the same neighbour (``hub``).
    """
    table = word_statistics(vocabulary).set_index("id")
    ids = rows["id"].to_numpy()
    near = np.vstack(rows["neighbours"].to_list())
    length, gc = (
        table[column].reindex(np.arange(len(vocabulary))).to_numpy(np.float64) for column in ("length", "gc")
    )
    partner = table["partner"].reindex(np.arange(len(vocabulary))).fillna(0).to_numpy(np.int64)[ids]
    has = (partner != 0) & (partner != ids) & np.isin(partner, ids)
    n = len(ids)
    same_length = (length[ids][:, None] == length[ids]).sum() - n
    like_gc = (np.abs(gc[ids][:, None] - gc[ids]) <= GC_NEAR + 1e-6).sum() - n
    shares = {
        "length": (length[near] == length[ids][:, None]).mean(),
        "length, any two": same_length / (n * (n - 1)),
        "gc": (np.abs(gc[near] - gc[ids][:, None]) <= GC_NEAR + 1e-6).mean(),
        "gc, any two": like_gc / (n * (n - 1)),
        "reverse complement": (near == partner[:, None]).any(1)[has].mean() if has.any() else np.nan,
        "reverse complement, any ten": COUNT / (n - 1),
        "cosine": np.vstack(rows["cosines"].to_list()).mean(),
    }
    return {
        "words": n,
        **{key: round(float(value), 5) for key, value in shares.items()},
        "hub": int(np.bincount(near.reshape(-1)).max()),
    }
