"""Enrichment of words in annotation classes: share, enrichment, interval, p and q of each pair."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from genomebook.lexicon.shifts import Measured
from genomebook.stats import benjamini_hochberg

MIN_EXPECTED = 1.0
"""Pairs with fewer expected occurrences are not tested.

The expectation depends on counts alone, not on positions, so this filter does not bias the test.
"""

FALSE_DISCOVERY_RATE = 0.05
"""A word is enriched where q is below this and the lower bound is above 1."""


def grounded_table(measured: Measured, names: Sequence[str]) -> pd.DataFrame:
    """Make a table of the measured enrichments.

    Parameters
    ----------
    measured : Measured
        Measurements of c classes and n ids.
    names : sequence of str
        The c classes.

    Returns
    -------
    DataFrame
        Schema ``grounded.parquet``: a row for each word and class with at least `MIN_EXPECTED` occurrences
        expected, by id, then in the order of the classes. ``share`` and ``expected`` are of the occurrences
        in volumes of which a source of the class says something. ``q`` is that of Benjamini and Hochberg
        (1995) over all rows.
    """
    word, one = np.nonzero((measured.expected >= MIN_EXPECTED).T)
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
    """Rows of words that are in a class more often than by chance: small q, lower bound above 1."""
    return table[(table["q"] < FALSE_DISCOVERY_RATE) & (table["low"] > 1)]
