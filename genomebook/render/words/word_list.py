"""The list of words as HTML: what it is, what was found, how what is no word is spelt. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib import resources
from typing import NamedTuple
from urllib.parse import urlencode

import pandas as pd

from genomebook.book.schema import AMBIGUITY, GLOSSES, NEIGHBOURS, TAGS
from genomebook.lexicon.statistics import letters_a_word
from genomebook.render.numbers import plural

LEDE = (
    "Every DNA word of this book: how often it stands here and in shuffled DNA, the English word that a "
    "bilingual reader puts nearest to it, and what annotation says of the places where it stands. A word is "
    "a run of letters that recurs; whether it is more than that is for the figures to say."
)
MOST_LINKS = 12
"""Words that are listed as links above the table."""

MISSING = {
    GLOSSES: (
        "There are no English glosses: no reader that comes with genomebook has them for the words of this "
        "book. Make them with",
        "genomebook gloss",
    ),
    TAGS: (
        "Nothing is said of where the words stand, since this book was given no annotation. Add it with",
        "genomebook ground {book} --track repeats.bed.gz",
    ),
    NEIGHBOURS: (
        "No neighbours are known: no reader that comes with genomebook has an atlas of these words. "
        "One is made with",
        "genomebook atlas",
    ),
    AMBIGUITY: (
        "Whether words change with their contexts was not measured for this book. Measure it with",
        "genomebook senses {book}",
    ),
}
"""For each table that a book may lack: a sentence that says so, and the command that adds it."""


def stylesheet() -> str:
    """Return the stylesheet of what is made here and on a word's page; it goes after the book's own."""
    css = (resources.files("genomebook") / "render" / "templates" / "lexicon.css").read_text(encoding="utf-8")
    return f"<style>{css}</style>"


def missing(name: str, book: str) -> str:
    """Say that a table is missing and how to add it, escaped; `book` is the name of its folder."""
    said, command = MISSING[name]
    return f'<p class="missing">{escape(said)} <code>{escape(command.format(book=book))}</code></p>'


def word_link(word: str, kept: Mapping[str, str] | None = None, page: str = "", said: str = "") -> str:
    """Link to the page of a word.

    Parameters
    ----------
    word : str
        Spelling.
    kept : mapping of str to str, optional
        Further parameters that the address keeps.
    page : str
        Relative address of the Lexicon; empty on its own pages.
    said : str
        What the link shows after the word, such as its gloss.
    """
    query = escape(urlencode({**(kept or {}), "word": word}))
    more = f" <i>{escape(said)}</i>" if said else ""
    return f'<a class="word" href="{page}?{query}"><span lang="zxx">{escape(word)}</span>{more}</a>'


def word_links(words: Iterable[tuple[str, str]], kept: Mapping[str, str] | None = None) -> str:
    """List links to words, each with its gloss."""
    items = "".join(f"<li>{word_link(word, kept, said=gloss)}</li>" for word, gloss in words)
    return f'<ul class="words">{items}</ul>'


def found(words: pd.DataFrame, of: int, kept: Mapping[str, str]) -> str:
    """Say how many words a search or filter leaves, and link the first of them.

    Parameters
    ----------
    words : DataFrame
        What is shown: rows of `genomebook.lexicon.listing.listing`.
    of : int
        All words.
    kept : mapping of str to str
        What the address holds, kept by the links.
    """
    first = words.head(MOST_LINKS)
    links = word_links(zip(first["word"], first["gloss"].fillna(""), strict=True), kept)
    more = f", the first {len(first)}" if len(words) > len(first) else ""
    line = f"{len(words):,} of {plural(of, 'word')}{more}:" if len(words) else "No word is like that."
    return f'<div class="gb lx"><p class="found">{line}</p>{links if len(words) else ""}</div>'


def no_word(text: str, spelt: Sequence[str], kept: Mapping[str, str]) -> str:
    """Say that a DNA text is no word, and how it is spelt.

    Parameters
    ----------
    text : str
        DNA, checked.
    spelt : sequence of str
        What `genomebook.lexicon.find.spelt_alone` gives; empty for a run of N.
    kept : mapping of str to str
        What the links keep.
    """
    shown = text if len(text) <= 60 else f"{text[:59]}…"
    line = f'<span class="dna-text" lang="zxx">{escape(shown)}</span> is no word of this book. '
    line += "Spelt alone it is" if spelt else "It spells no word."
    links = word_links(((word, "") for word in spelt), kept) if spelt else ""
    note = (
        "<small>In the book its letters may be cut otherwise: cuts depend on the letters around.</small>"
        if spelt
        else ""
    )
    return f'<div class="gb lx"><p class="found">{line}</p>{links}{note}</div>'


def no_gloss(text: str, near: Sequence[tuple[str, str]], how: str, kept: Mapping[str, str]) -> str:
    """Say that an English word is the gloss of no DNA word, and which glosses are near it.

    Parameters
    ----------
    text : str
        What was looked for; escaped here.
    near : sequence of (str, str)
        DNA words and their glosses.
    how : str
        What near means, such as ``"in spelling"``.
    kept : mapping of str to str
        What the links keep in the address.
    """
    said = " ".join(text.split())
    shown = said if len(said) <= 60 else f"{said[:59]}…"
    line = f"No DNA word of this book has the gloss “{escape(shown)}”. "
    line += f"Nearest {escape(how)}:" if near else "No gloss is near it."
    return f'<div class="gb lx"><p class="found">{line}</p>{word_links(near, kept) if near else ""}</div>'


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


def are_they_words(fact: Wordness | None) -> str:
    """Say whether the words are more than composition, in plain words and this book's figures."""
    if fact is None:
        return (
            '<p class="missing">No shuffle was counted for this book, so whether its words are more than '
            "composition is not known.</p>"
        )
    gain = 100 * (fact.letters / fact.shuffled - 1)
    by = f"{abs(gain):.1f}\u00a0% {'longer' if gain > 0 else 'shorter'}"
    more = f"{by}, and no more" if gain > 0 else f"no longer ({by})"
    return (
        '<p class="are"><b>Are they words?</b> A word of this book has '
        f"{fact.letters:.2f} letters on average; of the same DNA, shuffled with every pair of neighbouring "
        f"letters kept as frequent as it was, {fact.shuffled:.2f}: real order makes words {more}. Of "
        f"{fact.words:,} words {fact.more:,} stand clearly more often than in the shuffle and {fact.fewer:,} "
        f"more seldom (95\u00a0% intervals; chance makes at most about {fact.words / 40:,.0f} each).</p>"
    )


def top(fact: Wordness | None) -> str:
    """Opening lines of the page."""
    return f'<div class="gb lx"><p class="lede">{escape(LEDE)}</p>{are_they_words(fact)}</div>'
