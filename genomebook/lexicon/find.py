"""Search a lexicon by sequence, English gloss or annotation."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genomebook.book.lexicon import Lexicon
from genomebook.errors import SearchError
from genomebook.language.alphabet import AMBIGUOUS, LETTERS, reverse_complement
from genomebook.language.encode import Encoder
from genomebook.options import check_choice

How = Literal["contains", "exact", "prefix", "reverse complement", "English", "phrase"]

HOWS: tuple[How, ...] = get_args(How)
"""Search modes; the first is the default. All but the last two search for DNA."""

BY_DNA = HOWS[:4]

MAX_LETTERS = 1000
"""Longest search text, in characters."""

_MEANS = {
    "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC", "B": "CGT", "D": "AGT", "H": "ACT",
    "V": "ACG", "N": "ACGT" + AMBIGUOUS,
}  # fmt: skip
_ECHO = 40
_TOKEN = re.compile(r"[^\W_]+")


def as_dna(text: str) -> str:
    """Normalise typed DNA: upper case, T for U, no white space.

    Raises
    ------
    SearchError
        It is empty, longer than `MAX_LETTERS`, or holds what is not an IUPAC nucleotide code.
    """
    _check_length(text)
    letters = "".join(text.split())
    wrong = next((letter for letter in letters if letter not in LETTERS + LETTERS.lower()), "")
    if wrong:
        raise SearchError(
            f"{_echo(text)} is not DNA: '{_plain(wrong)}' is not one of its letters; write A, C, G, T "
            "(or R, Y, N ... for several), or look for it in English"
        )
    return letters.upper().replace("U", "T")


def _check_length(text: str) -> None:
    if not text.strip():
        raise SearchError("nothing to look for; write letters of DNA, such as TATA, or an English word")
    if len(text) > MAX_LETTERS:
        raise SearchError(f"{_echo(text)} is longer than {MAX_LETTERS:,} characters; look for a part of it")


def _plain(text: str) -> str:
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())


def _echo(text: str) -> str:
    line = _plain(text)
    return f"'{line if len(line) <= _ECHO else line[: _ECHO - 1] + '…'}'"


def pattern(letters: str) -> str:
    """Regular expression of a DNA text; IUPAC codes stand for any of their letters, and themselves."""
    return "".join(f"[{_MEANS[c]}{c}]" if c in _MEANS else re.escape(c) for c in letters)


def _matching(values: pd.Series, wanted: Callable[[str], object]) -> NDArray[np.int64]:
    return np.flatnonzero([bool(wanted(value)) for value in values.fillna("")]).astype(np.int64)


def find(lexicon: Lexicon, text: str, how: How) -> NDArray[np.int64]:
    """Find words.

    Parameters
    ----------
    lexicon : Lexicon
        Lexicon of a book.
    text : str
        Search text in any case. In DNA, U is read as T and IUPAC codes match any of their letters.
    how : str
        One of `HOWS`. ``reverse complement`` finds the words that spell the text on the other strand;
        ``English`` the glosses that are the text, then those that begin with it; ``phrase`` the words of
        whose tag and phrase every word of the text is, or begins, a word.

    Returns
    -------
    int64[m]
        Row numbers of ``lexicon.table``, ascending but for ``English``, where exact ones come first.

    Raises
    ------
    OptionError
        For another `how`.
    SearchError
        For a text that cannot be looked for that way.
    """
    check_choice("how", how, HOWS)
    if how in BY_DNA:
        letters = as_dna(text)
        if how == "reverse complement":
            letters = reverse_complement(letters.encode()).decode()
        form = re.compile(pattern(letters))
        match = {"contains": form.search, "prefix": form.match}.get(how, form.fullmatch)
        return _matching(lexicon.table["word"], match)
    _check_length(text)
    if how == "English":
        word = " ".join(text.lower().split())
        rows = _matching(lexicon.table["gloss"], lambda gloss: gloss.startswith(word))
        exact = lexicon.table["gloss"].to_numpy()[rows] == word
        return np.concatenate([rows[exact], rows[~exact]])
    return _by_phrase(lexicon, text)


def suited(lexicon: Lexicon, text: str, how: How) -> How:
    """Kind of search for a text that is not DNA where a kind of `BY_DNA` was chosen: English, else phrase.

    Returns
    -------
    str
        One of `HOWS`; `how` itself for DNA, and where no other way finds a word.
    """
    if how not in BY_DNA or not text.strip() or len(text) > MAX_LETTERS or _is_dna(text):
        return how
    other: tuple[How, ...] = ("English", "phrase")
    return next((way for way in other if _TOKEN.search(text) and len(find(lexicon, text, way))), how)


def _is_dna(text: str) -> bool:
    return set("".join(text.split()).upper()) <= set(LETTERS)


def _by_phrase(lexicon: Lexicon, text: str) -> NDArray[np.int64]:
    asked = _TOKEN.findall(text.lower())
    if not asked:
        raise SearchError(f"{_echo(text)} holds no word; write words of a phrase, such as Alu or CpG island")

    def said(phrase: str) -> bool:
        words = _TOKEN.findall(phrase.lower())
        return all(any(word.startswith(prefix) for word in words) for prefix in asked)

    tags = lexicon.tags
    rows = _matching(tags["tag"].fillna("") + " " + tags["phrase"].fillna(""), said)
    return np.flatnonzero(lexicon.table["id"].isin(tags["id"].to_numpy()[rows])).astype(np.int64)


def row_of(lexicon: Lexicon, word: str) -> int | None:
    """Row number of a word given as typed DNA; None when the vocabulary lacks it.

    Raises
    ------
    SearchError
        The text is not DNA.
    """
    rows = np.flatnonzero(lexicon.table["word"] == as_dna(word))
    return int(rows[0]) if len(rows) else None


def tokenize_alone(encoder: Encoder, text: str) -> list[str]:
    """Tokenize a DNA text without context; runs of N are left out.

    Inside a longer sequence the tokens may differ, because cuts depend on the surrounding letters.

    Raises
    ------
    SearchError
        When it is not DNA.
    """
    ids = encoder.encode(np.frombuffer(as_dna(text).encode(), np.uint8))
    return [encoder.vocabulary.words[i] for i in ids.tolist() if encoder.vocabulary.words[i]]


def near_glosses(lexicon: Lexicon, text: str, most: int = 6) -> list[tuple[str, str]]:
    """Words whose gloss resembles an English word in spelling, most similar first: (word, gloss)."""
    table = lexicon.table[lexicon.table["gloss"].notna()]
    words = dict(zip(table["gloss"], table["word"], strict=True))
    near = difflib.get_close_matches(" ".join(text.lower().split())[:_ECHO], words, n=most)
    return [(words[gloss], gloss) for gloss in near]


def nearest_words(lexicon: Lexicon, partnerless: pd.DataFrame, text: str) -> list[tuple[str, str]]:
    """DNA words nearest to an English word that is not used as a gloss: (word, its gloss), nearest first.

    Parameters
    ----------
    lexicon : Lexicon
        Lexicon of the book.
    partnerless : DataFrame
        As `genomebook.lexicon.shipped.shipped_partnerless` gives it.
    text : str
        The English word, in either case.
    """
    ids = partnerless.loc[partnerless["word"] == text.strip().lower(), "id"].tolist()
    words = dict(zip(lexicon.table["id"], lexicon.table["word"], strict=True))
    return [(words[i], lexicon.glosses[i]) for i in ids if i in words]
