"""The word list of the Lexicon page: sorting, filtering and export."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genomebook.book.lexicon import Lexicon
from genomebook.language.alphabet import AMBIGUOUS, LETTERS
from genomebook.lexicon.find import BY_DNA, HOWS, How, as_dna, find
from genomebook.lexicon.statistics import against_shuffle

MAX_WORD_LETTERS = 255
"""Maximum word length of a vocabulary."""

SHUFFLE = {
    "": "all",
    "more": "more often than in the shuffle",
    "fewer": "more seldom than in the shuffle",
    "even": "no clear difference",
}
"""Filters on a word's count against the shuffled control (95 % interval)."""

ONLY = {"gloss": "English gloss", "tag": "annotation", "partner": "partner on the other strand"}
"""Columns that a filter can require to be present."""

SORTS: dict[str, tuple[str, str, bool]] = {
    "": ("count", "best match, then most frequent", False),
    "more": ("low", "most above the shuffle first", False),
    "fewer": ("high", "most below the shuffle first", True),
    "longest": ("length", "longest first", False),
    "shortest": ("length", "shortest first", True),
    "gc": ("gc", "most G and C first", False),
    "at": ("gc", "fewest G and C first", True),
    "word": ("word", "by the alphabet", True),
    "gloss": ("gloss", "by English gloss", True),
    "rank": ("gloss_rank", "name by embedding farthest above chance first", False),
}
"""Orders by name: column, what a person reads, ascending. Above and below the shuffle go by the near end of
the 95 % interval, so that a rare word does not come first by luck."""


def listing(lexicon: Lexicon) -> pd.DataFrame:
    """Join everything known about each word into one table.

    Parameters
    ----------
    lexicon : Lexicon
        Lexicon of a book.

    Returns
    -------
    DataFrame
        A row for each of ``lexicon.table``, in its order: its columns, with ``gc`` in per cent and
        ``partner`` as text; ``times`` (count over expected) and the ``low`` and ``high`` end of its 95 %
        interval; ``tag`` and ``phrase`` of grounding; ``similarity`` and ``senses`` of contexts. What is not
        known is missing.
    """
    table = lexicon.table
    words = table.set_index("id")["word"]
    shuffled = against_shuffle(table["count"], table["expected"], lexicon.copies)
    more = {
        "gc": (100 * table["gc"].astype(float)).round(1),
        "partner": table["partner"].map(words).where(table["partner"] > 0),
        **shuffled[["times", "low", "high"]],
    }
    tags = lexicon.tags.set_index("id")[["tag", "phrase"]]
    contexts = lexicon.ambiguity.set_index("id")[["similarity", "senses"]]
    joined: pd.DataFrame = table.assign(**more).join(tags, on="id").join(contexts, on="id")
    return joined


def examples(words: pd.DataFrame) -> list[str]:
    """Texts to look for that find a word of this book: DNA, DNA with a code, a gloss, an annotation.

    Parameters
    ----------
    words : DataFrame
        From `listing`.
    """
    common = words[words["count"] > 0].sort_values("count", ascending=False, kind="stable")
    dna = common["word"][common["length"].between(4, 8)]
    coded = [word.replace("A", "R", 1) for word in dna[1:] if "A" in word and "T" in word]
    english = [
        [text for text in common[name].dropna().str.split().str[0] if not set(text.upper()) <= set(LETTERS)]
        for name in ("gloss", "tag")
    ]
    return [*dna[:1], *coded[:1], *english[0][:1], *english[1][:1]]


@dataclass(frozen=True)
class WordFilter:
    """Filter and sort order of the word list.

    Attributes
    ----------
    q, how : str
        Text looked for and one of `genomebook.lexicon.find.HOWS`; an empty text finds every word.
    sort : str
        Key of `SORTS`.
    length, gc : (int, int)
        Letters, and per cent of G and C; both ends belong to it.
    least : int
        Occurrences at least.
    shuffle : str
        Key of `SHUFFLE`.
    only : tuple of str
        Keys of `ONLY`.
    """

    q: str = ""
    how: How = HOWS[0]
    sort: str = ""
    length: tuple[int, int] = (1, MAX_WORD_LETTERS)
    gc: tuple[int, int] = (0, 100)
    least: int = 0
    shuffle: str = ""
    only: tuple[str, ...] = ()

    @property
    def is_filtered(self) -> bool:
        """Whether any filter other than the search text is set."""
        return replace(self, q="", how=HOWS[0], sort="") != WordFilter()


def choose(lexicon: Lexicon, words: pd.DataFrame, choice: WordFilter) -> NDArray[np.int64]:
    """Rows of a listing that pass a filter, in its order; ambiguous letters only if they occur.

    Parameters
    ----------
    lexicon : Lexicon
        Lexicon of the book.
    words : DataFrame
        Its `listing`.
    choice : WordFilter
        What is looked for, kept and how it is sorted.

    Raises
    ------
    SearchError
        When what is looked for cannot be.
    """
    rows = find(lexicon, choice.q, choice.how) if choice.q.strip() else np.arange(len(words), dtype=np.int64)
    kept = words.iloc[rows]
    holds = kept["length"].between(*choice.length) & kept["gc"].between(*choice.gc)
    holds &= kept["count"] >= choice.least
    holds &= (kept["count"] > 0) | ~kept["word"].isin(list(AMBIGUOUS))
    clear: dict[str, Callable[[], pd.Series]] = {
        "more": lambda: kept["low"] > 1,
        "fewer": lambda: kept["high"] < 1,
        "even": lambda: (kept["low"] <= 1) & (kept["high"] >= 1),
    }
    if choice.shuffle:
        holds &= clear[choice.shuffle]()
    for name in choice.only:
        holds &= kept[name].notna()
    column, _, ascending = SORTS[choice.sort]
    kept = kept[holds].assign(row=rows[holds], exact=False)
    if choice.q.strip() and not choice.sort:
        kept["exact"] = (kept["word"] == _asked(choice)) | (kept["gloss"] == _asked(choice))
    kept = kept.sort_values(
        ["exact", column], ascending=[False, ascending], kind="stable", na_position="last"
    )
    return kept["row"].to_numpy(np.int64)


def _asked(choice: WordFilter) -> str:
    return as_dna(choice.q) if choice.how in BY_DNA else " ".join(choice.q.lower().split())


def as_tsv(words: pd.DataFrame) -> str:
    """All columns of a listing as tab-separated text, one header line; what is missing is empty."""
    return words.to_csv(sep="\t", index=False, float_format="%.6g", lineterminator="\n")


def as_parquet(words: pd.DataFrame) -> bytes:
    """Return the same as a Parquet file."""
    out = io.BytesIO()
    words.to_parquet(out, index=False, compression="zstd")
    return out.getvalue()
