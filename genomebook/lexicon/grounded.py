"""The grounded table of a book: for each word and class of annotation, share, enrichment, interval, p, q."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from genomebook.lexicon.shifts import Measured
from genomebook.stats import benjamini_hochberg

LEAST_EXPECTED = 1.0
"""Occurrences in a class that chance alone gives a word; with fewer the pair is not tested and has no row.

It looks at counts of words and letters, never at where words are, so that it favours no result.
"""

FALSE = 0.05
"""Share of false discoveries among the enriched; a word is enriched where q is below this and low above 1."""


def grounded_table(measured: Measured, names: Sequence[str]) -> pd.DataFrame:
    """Put what was measured into rows.

    Parameters
    ----------
    measured : Measured
        Of c classes and n ids.
    names : sequence of str
        The c classes.

    Returns
    -------
    DataFrame
        Schema ``grounded.parquet``: a row for each word and class with at least `LEAST_EXPECTED` occurrences
        expected, by id, then in the order of the classes. ``share`` and ``expected`` are of the occurrences
        in volumes of which a source of the class says something. ``q`` is that of Benjamini and Hochberg
        (1995) over all rows.
    """
    word, one = np.nonzero((measured.expected >= LEAST_EXPECTED).T)
    at = one, word
    count, known, expected, p = (
        array[at] for array in (measured.count, measured.known, measured.expected, measured.p)
    )
    return pd.DataFrame(
        {
            "id": word.astype(np.uint16),
            "class": np.array(names, object)[one],
            "count": count,
            "share": (count / known).astype(np.float32),
            "expected": (expected / known).astype(np.float32),
            "enrichment": (count / expected).astype(np.float32),
            "low": measured.low[at].astype(np.float32),
            "high": measured.high[at].astype(np.float32),
            "p": p,
            "q": benjamini_hochberg(p),
        }
    )


def enriched(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of words that are in a class more often than by chance: q below `FALSE`, lower bound above 1."""
    return table[(table["q"] < FALSE) & (table["low"] > 1)]
