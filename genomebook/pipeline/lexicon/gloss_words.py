"""English candidate words for glosses, and their occurrences.

A word of the list is written in lower case at least three times as often as with a capital, so that no name
is among them; it occurs often enough, in several documents; two dictionaries have it; no list of offensive
words does. Words are found in the tokens themselves: byte-level BPE spells a word after a blank the same
way wherever it stands, so an occurrence is a run of tokens, and its last token is where a reader has seen it.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genomebook.errors import VocabularyError
from genomebook.genome.stretches import prefix_sums
from genomebook.language.bilingual import Bilingual
from genomebook.options import require_extra
from genomebook.training.corpora.corpus import documents, is_held_out
from genomebook.training.corpora.english_text import paragraphs, words_of

SHORTEST, LONGEST = 3, 14
"""Letters."""
LOWER = 3
"""Minimum ratio of lower-case to capitalised occurrences."""
MIN_DOCUMENTS, MIN_COUNT = 5, 30
DICTIONARIES = ("web2", "gcide")
"""Of the package english-words: Webster's second edition, and the GNU dictionary; a word is in both."""

DECLINED = words_of(
    "bastard bastards cannibal concubine cripple crippled damn damned dey dis gay git harem harlot harlots "
    "heathen heathens hermaphrodite idiot idiotic imbecile infanticide lunatic mongrel mulatto mulattos "
    "negress prostitute prostitution queer racial ravish savage savagely savages slave slaver slavery slaves "
    "squaw squaws strumpet wench wenches whore whores yer"
)
"""Words excluded by hand: dialect, and offensive words that the list misses."""

_WORD = re.compile(r"[a-z]+")


def require_lists() -> None:
    """Check that the lists of words are installed."""
    require_extra("a gloss of each word", "lexicon", "english_words", "glin_profanity")


def offensive() -> frozenset[str]:
    """Excluded words: the English list of glin-profanity with inflections, and `DECLINED`.

    Whole words only: "assess" and "cockpit" pass.
    """
    from glin_profanity.data.dictionary import dictionary

    single = {word for word in dictionary.get_words("english") if _WORD.fullmatch(word)}
    return frozenset(
        single | {word + ending for word in single for ending in ("s", "es", "d", "ed")} | DECLINED
    )


def dictionary_words() -> frozenset[str]:
    """Words in lower case that both of `DICTIONARIES` have; the second writes all with a capital."""
    from english_words import get_english_words_set

    first, second = DICTIONARIES
    lower = {word for word in get_english_words_set([first]) if _WORD.fullmatch(word)}
    return frozenset(lower & get_english_words_set([second], lower=True))


@dataclass(frozen=True)
class TokenizedText:
    """Tokenized English with its words.

    Attributes
    ----------
    tokens : uint16[n]
        Ids, ``<end>`` before the first document and after each.
    last : int64[p]
        Position of the last token of each word that follows a blank.
    first : int64[p]
        Position of its first token.
    number : int64[p]
        Number of the word in ``words``.
    document : int32[p]
        Number of the document.
    words : list of str
        As written, without the blank; only letters.
    """

    tokens: NDArray[np.uint16]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    number: NDArray[np.int64]
    document: NDArray[np.int32]
    words: list[str]


def read_text(scripts: Bilingual, paths: Iterable[Path]) -> TokenizedText:
    """Tokenize the training documents of some files and find their words.

    Raises
    ------
    VocabularyError
        When a file is not readable as text, or nothing is in them to learn from.
    """
    kept = [text for path in paths for text in documents(path) if not is_held_out(text)]
    tokenized = scripts.texts(["\n".join(paragraphs(text)) for text in kept])
    if not any(map(len, tokenized)):
        raise VocabularyError("the English files hold no training text; give more")
    end = np.array([scripts.mark("<end>")], np.uint16)
    tokens = np.concatenate([end, *(part for ids in tokenized for part in (ids, end))])
    ends = 1 + prefix_sums([len(ids) + 1 for ids in tokenized])
    first, last, number, words = _words(scripts, tokens)
    document = (np.searchsorted(ends, first, side="right") - 1).astype(np.int32)
    return TokenizedText(tokens, first, last, number, document, words)


def _words(scripts: Bilingual, tokens: NDArray[np.uint16]) -> tuple[Any, Any, Any, list[str]]:
    """First and last token of each word after a blank, its number, and the words by number."""
    pieces = [scripts.decode(np.array([i], np.uint16)) for i in range(scripts.first_english, scripts.size)]

    def of(pattern: str) -> NDArray[np.bool_]:
        flags = np.zeros(scripts.size, np.bool_)
        flags[scripts.first_english :] = [bool(re.match(pattern, piece)) for piece in pieces]
        return flags

    begins, apostrophe = of(r" [A-Za-z]*$"), of("'")
    goes_on = of(r"[^\W\d_]|\ufffd")  # also bytes of a letter beyond ASCII: no word ends before an accent
    inside = goes_on[tokens]
    head = np.maximum.accumulate(np.where(inside, 0, np.arange(len(tokens))))
    inside |= begins[tokens]
    inside &= begins[tokens[head]]
    first = np.flatnonzero(begins[tokens])
    last = first + np.bincount(head[inside], minlength=len(tokens))[first] - 1
    whole = ~apostrophe[tokens[np.minimum(last + 1, len(tokens) - 1)]]  # "don" of "don't" is no word
    first, last = first[whole], last[whole]
    begun = np.zeros(len(tokens), np.bool_)
    begun[first] = True
    inside &= begun[head]
    flat = np.flatnonzero(inside)
    power = np.uint64(0x9E3779B97F4A7C15) ** (flat - head[flat]).astype(np.uint64)
    edges = np.searchsorted(flat, first)
    keys = np.add.reduceat((tokens[flat].astype(np.uint64) + np.uint64(1)) * power, edges)
    _, example, number = np.unique(keys, return_index=True, return_inverse=True)
    words = [scripts.decode(tokens[first[i] : last[i] + 1])[1:] for i in example]
    return first, last, number.astype(np.int64), words


def clean_words(text: TokenizedText) -> pd.DataFrame:
    """Select the candidate words.

    Parameters
    ----------
    text : TokenizedText
        Training text.

    Returns
    -------
    DataFrame
        In order of the alphabet: ``word``, ``number`` (in ``text.words``), ``count``, ``documents``.

    Raises
    ------
    VocabularyError
        When none is left.
    """
    counts = np.bincount(text.number, minlength=len(text.words))
    capital: Counter[str] = Counter()
    for word, count in zip(text.words, counts.tolist(), strict=True):
        if not word.islower():
            capital[word.lower()] += count
    seen = np.unique(text.number * (int(text.document.max()) + 1) + text.document)
    within = np.bincount(seen // (int(text.document.max()) + 1), minlength=len(text.words))
    allowed = dictionary_words() - offensive()
    rows = [
        (word, number, count, documents_with)
        for number, (word, count, documents_with) in enumerate(
            zip(text.words, counts.tolist(), within.tolist(), strict=True)
        )
        if SHORTEST <= len(word) <= LONGEST
        and count >= max(MIN_COUNT, LOWER * capital[word])
        and documents_with >= MIN_DOCUMENTS
        and word in allowed
    ]
    if not rows:
        raise VocabularyError(
            "no word of the English files is frequent and in the dictionaries; give more text"
        )
    table = pd.DataFrame(rows, columns=["word", "number", "count", "documents"])
    return table.sort_values("word", kind="stable", ignore_index=True)


def digest(words: Iterable[str]) -> str:
    """SHA-256 of a list of words."""
    return hashlib.sha256("\n".join(words).encode()).hexdigest()
