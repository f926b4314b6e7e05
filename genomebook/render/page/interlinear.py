"""Lines under the words of a page, as linguists gloss a text: the English gloss, what annotation says.

A word and its lines stand in one inline block, so that columns wrap together, and a screen reader says word,
gloss, tag. The lines are broken by the stylesheet and stay inline for the browser: as blocks they would put
line breaks into what is copied. They cannot be selected, and they, not the word, are the link to the word's
page: browsers start no selection in a link. The links are left out of the tab order, which would have
hundreds of stops: the Lexicon page, where they lead, is one stop away in the key over the text.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from urllib.parse import quote

from genomebook.book import Book
from genomebook.book.lexicon import Lexicon
from genomebook.book.page import Word
from genomebook.book.schema import TAGS
from genomebook.language.alphabet import FIRST_WORD

LINES = ("gloss", "tag")
"""What can stand under a word, in this order."""
NAMES = {"gloss": "English gloss", "tag": "Grounded tag"}
"""What the switches of the lines are called."""
LEXICON_PAGE = "lexicon"
"""Address of the page, from other pages."""


def clean(text: str) -> str:
    """Make text one line that any screen or terminal shows: control characters and spaces are one space."""
    if not text.isprintable():
        text = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(text.split())


def has_line(lexicon: Lexicon, line: str) -> bool:
    """Whether any word of a book has a text for a line."""
    return bool(lexicon.table["gloss"].notna().any()) if line == "gloss" else lexicon.has(TAGS)


def missing(book: Book, line: str) -> str:
    """Say in one line why a book has no such line, and how it comes by one; empty when it has one."""
    if has_line(book.lexicon, line):
        return ""
    if line == "gloss":
        return (
            f"no glosses for this vocabulary ({clean(book.meta['vocabulary']['name'])}); "
            "those of words-4096 come with genomebook: build with --words words-4096"
        )
    return "book not grounded; add annotation: genomebook ground BOOK --track repeats.bed.gz"


@dataclass(frozen=True)
class Lines:
    """Lines that stand under each word of a page.

    Attributes
    ----------
    texts : mapping of str to sequence of str
        For each line shown, the text of each word by id; empty where a word has none.
    said : mapping of int to str
        What the tooltip of a word adds, by id.
    """

    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    said: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, lexicon: Lexicon, asked: Sequence[str]) -> Lines:
        """Take those of the lines asked for that the lexicon of a book has."""
        known = {"gloss": lambda: lexicon.glosses, "tag": lambda: lexicon.short_tags}
        shown = [line for line in LINES if line in asked and has_line(lexicon, line)]
        return cls({line: known[line]() for line in shown}, _said(lexicon) if shown else {})

    def of_word(self, word: Word) -> dict[str, str]:
        """Text of each line under a word; empty for ambiguous letters, which are no words."""
        is_word = word.kind == "word"
        return {line: clean(texts[word.id]) if is_word else "" for line, texts in self.texts.items()}


@lru_cache(maxsize=2)
def _said(lexicon: Lexicon) -> dict[int, str]:
    """Sentence fragments on each word that has a gloss or a phrase."""
    table = lexicon.table[lexicon.table["gloss"].notna()]
    rows = zip(*(table[name].tolist() for name in ("id", "gloss", "gloss_score", "gloss_rank")), strict=True)
    said = {word: _of_gloss(gloss, score, rank) for word, gloss, score, rank in rows}
    for word, phrase in zip(lexicon.tags["id"].tolist(), lexicon.tags["phrase"].fillna(""), strict=True):
        said[word] = "; ".join(filter(None, (said.get(word, ""), phrase)))
    return said


def _of_gloss(gloss: str, score: float, rank: float) -> str:
    """Say a gloss with its score and how it ranks against chance, as far as these are known."""
    said = f"gloss \u201c{gloss}\u201d"
    said += "" if math.isnan(score) else f", score {score:.2f}"
    return said if math.isnan(rank) else f"{said}, higher than {math.floor(100 * rank)} % of control glosses"


def cell(word: Word, kind: str, title: str, lines: Lines) -> str:
    """A word with its lines, as HTML.

    Parameters
    ----------
    word : Word
        The word.
    kind : str
        Classes of the word's own element.
    title : str
        Tooltip, escaped; what is known of the word is added.
    lines : Lines
        What to put under it; a word without a text keeps an empty line.
    """
    said = lines.said.get(word.id, "") if word.kind == "word" else ""
    title += f"; {escape(clean(said))}" if said else ""
    texts = lines.of_word(word)
    under = "".join(
        f'<span class="{line[0]}">{" " if text else ""}{escape(text)}</span>' for line, text in texts.items()
    )
    if word.kind == "word":
        to = f"{LEXICON_PAGE}?word={quote(word.text.upper())}"
        name = "" if any(texts.values()) else f' aria-label="no {" or ".join(texts)}"'
        under = f'<a class="to" lang="en" href="{to}" tabindex="-1"{name}>{under}</a>'
    return f'<span class="c" title="{title}"><span class="{kind}">{escape(word.text)}</span>{under}</span>'


def key(book: Book, asked: Sequence[str]) -> str:
    """HTML of the key to the lines asked for: what each is, where its control is, or how to come by it."""
    lexicon = book.lexicon
    words = int((lexicon.table["id"] >= FIRST_WORD).sum())

    def have(texts: Sequence[str]) -> str:
        return f"{sum(map(bool, texts[FIRST_WORD:])):,} of {words:,} words have one"

    lines = {
        "gloss": f"{have(lexicon.glosses)}; a gloss is a name, not a translation: "
        f'<a href="{LEXICON_PAGE}">see how stable it is</a>',
        "tag": f"what annotation says of a word; {have(lexicon.short_tags)}: "
        f'<a href="{LEXICON_PAGE}">see them beside chance</a>',
    }
    rows = []
    for line in (line for line in LINES if line in asked):
        absent = missing(book, line)
        rows.append(f"<li><b>{NAMES[line]}</b>: {escape(absent) or lines[line]}</li>")
    return f'<div class="gb"><ul class="key" aria-label="Lines under the words">{"".join(rows)}</ul></div>'


def glossed(title: str, glosses: Mapping[str, str]) -> str:
    """Put the gloss behind each DNA word of a title that has one: ``TTTAAA (river) … GC``.

    Parameters
    ----------
    title : str
        An extractive title: DNA words and ellipses with spaces between.
    glosses : mapping of str to str
        Gloss by word, upper case.
    """
    words = []
    for word in title.split(" "):
        gloss = clean(glosses.get(word.upper(), ""))
        words.append(f"{word} ({gloss})" if gloss else word)
    return " ".join(words)


@lru_cache(maxsize=2)
def gloss_of_words(lexicon: Lexicon) -> dict[str, str]:
    """Gloss of each word that has one, by its spelling."""
    table = lexicon.table[lexicon.table["gloss"].notna()]
    return dict(zip(table["word"].tolist(), table["gloss"].tolist(), strict=True))
