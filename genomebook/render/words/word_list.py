"""The list of words as HTML: its introduction, matches of a search, and DNA that is no word."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

import pandas as pd
from markupsafe import Markup

from genomebook.book.schema import AMBIGUITY, GLOSSES, NEIGHBOURS, TAGS
from genomebook.lexicon.statistics import letters_a_word
from genomebook.render.templating import render

MAX_LINKS = 12
"""Words linked above the table."""

MISSING = {
    GLOSSES: (
        "There are no English glosses: no model that comes with genomebook has them for the words of this "
        "book. Make them with",
        "genomebook gloss",
    ),
    TAGS: (
        "This book has no annotation, so nothing is known of the places where words occur. Add it with",
        "genomebook ground {book} --track repeats.bed.gz",
    ),
    NEIGHBOURS: (
        "No neighbours are known: no model that comes with genomebook has an atlas of these words. "
        "One is made with",
        "genomebook atlas",
    ),
    AMBIGUITY: (
        "Whether words change with their contexts was not measured for this book. Measure it with",
        "genomebook senses {book}",
    ),
}
"""For each table that a book may lack: a sentence that says so, and the command that adds it."""


class WordLink(NamedTuple):
    """Link to the page of a word: address, spelling, gloss where it is shown."""

    to: str
    word: str
    gloss: str = ""


def word_link(word: str, kept: Mapping[str, str], gloss: str = "") -> WordLink:
    """Link to a word from a page of the Lexicon; the address keeps the parameters `kept`."""
    return WordLink(f"?{urlencode({**kept, 'word': word})}", word, gloss)


def missing(name: str, book: str) -> Markup:
    """Say that a table is missing and how to add it; `book` is the name of the book's folder."""
    text, command = MISSING[name]
    return note(text, command.format(book=book))


def note(text: str, command: str = "") -> Markup:
    """Say in a paragraph what is not known, and the command that adds it."""
    return render("word_missing.j2", text=text, command=command)


def matches(words: pd.DataFrame, total: int, kept: Mapping[str, str]) -> Markup:
    """Say how many words a search or filter leaves, and link the first of them.

    Parameters
    ----------
    words : DataFrame
        Rows of `genomebook.lexicon.listing.listing` that are shown.
    total : int
        Number of all words.
    kept : mapping of str to str
        Query parameters that the links keep.
    """
    first = words.head(MAX_LINKS)
    pairs = zip(first["word"], first["gloss"].fillna(""), strict=True)
    links = [word_link(word, kept, gloss) for word, gloss in pairs]
    return render("word_list_found.j2", count=len(words), total=total, links=links)


def no_word(text: str, tokens: Sequence[str], kept: Mapping[str, str]) -> Markup:
    """Say that a DNA text is no word, and how it is tokenized.

    Parameters
    ----------
    text : str
        DNA, checked.
    tokens : sequence of str
        From `genomebook.lexicon.find.tokenize_alone`; empty for a run of N.
    kept : mapping of str to str
        Query parameters that the links keep.
    """
    return render(
        "word_list_no_word.j2", dna=_shortened(text), links=[word_link(word, kept) for word in tokens]
    )


def no_gloss(text: str, near: Sequence[tuple[str, str]], how: str, kept: Mapping[str, str]) -> Markup:
    """Say that an English word is the gloss of no DNA word, and which glosses are near it.

    Parameters
    ----------
    text : str
        The English word.
    near : sequence of (str, str)
        DNA words and their glosses, the nearest first.
    how : str
        Measure of nearness, as the sentence says it.
    kept : mapping of str to str
        Query parameters that the links keep.
    """
    links = [word_link(word, kept, gloss) for word, gloss in near]
    return render("word_list_no_gloss.j2", text=_shortened(" ".join(text.split())), how=how, links=links)


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"


class Wordness(NamedTuple):
    """Whether the words of a book are more than its composition.

    Attributes
    ----------
    letters, shuffled : float
        Mean letters a word in the book, and in its shuffle.
    words : int
        Words that occur here or in the shuffle.
    more, fewer : int
        Those whose 95 % interval of count over expectation lies above 1, and below.
    """

    letters: float
    shuffled: float
    words: int
    more: int
    fewer: int


def wordness(words: pd.DataFrame) -> Wordness | None:
    """Compare the words of a listing with the shuffle; None where none was counted."""
    letters, shuffled = letters_a_word(words)
    if math.isnan(letters) or math.isnan(shuffled):
        return None
    more, fewer = int((words["low"] > 1).sum()), int((words["high"] < 1).sum())
    return Wordness(letters, shuffled, int(words["times"].notna().sum()), more, fewer)


def top(fact: Wordness | None) -> Markup:
    """Opening lines of the page: what it lists, and whether the words are more than composition."""
    return render("word_list_top.j2", fact=fact)
