"""Lines under the words of a page, as linguists gloss a text: the English gloss, what annotation says.

A word and its lines stand in one inline block, so that columns wrap together, and a screen reader says word,
gloss, tag. The lines are broken by the stylesheet and stay inline for the browser: as blocks they would put
line breaks into what is copied. They cannot be selected, and they, not the word, are the link to the word's
page: browsers start no selection in a link. The links are left out of the tab order, which would have
hundreds of stops: the Lexicon page, where they lead, is one stop away in the key over the text.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote

import numpy as np
from markupsafe import Markup

from genomebook.book import Book
from genomebook.book.lexicon import Lexicon
from genomebook.book.page import Page, Paragraph, Word
from genomebook.book.schema import TAGS
from genomebook.language.alphabet import FIRST_WORD
from genomebook.lexicon.in_context import glossary_of
from genomebook.render.templating import FilledRow, render

LINES = ("gloss", "name", "tag")
"""What can stand under a word, in this order."""
NAMES = {"gloss": "English gloss", "name": "Name by embedding", "tag": "Grounded tag"}
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
    return lexicon.has(TAGS) if line == "tag" else bool(lexicon.table[line].notna().any())


def missing(book: Book, line: str) -> str:
    """Say in one line why a book has no such line, and how it comes by one; empty when it has one."""
    if has_line(book.lexicon, line):
        return ""
    vocabulary = clean(book.meta.vocabulary.name)
    if line == "gloss":
        return (
            f"no glosses for this vocabulary ({vocabulary}); those of words-4096 and words-600 come with "
            "genomebook; for others: genomebook gloss BOOK --track FILE"
        )
    if line == "name":
        return (
            f"no names by embedding for this vocabulary ({vocabulary}); "
            "those of words-4096 come with genomebook: build with --words words-4096"
        )
    return "no annotation of its words; add it: genomebook ground BOOK --track repeats.bed.gz"


@dataclass(frozen=True)
class WordLines:
    """Lines under each word of a page.

    Attributes
    ----------
    texts : mapping of str to sequence of str
        For each line shown, the text of each word by id; empty where a word has none.
    tooltips : mapping of int to str
        What the tooltip of a word adds, by id.
    in_context : mapping of int to str
        Glosses of the words of a page by their start, in the senses that fit their paragraphs.
    """

    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    tooltips: Mapping[int, str] = field(default_factory=dict)
    in_context: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, lexicon: Lexicon, lines: Sequence[str], paragraphs: Iterable[Iterable[Word]] = ()
    ) -> WordLines:
        """Take those of some lines that the lexicon of a book has; glosses fit the paragraphs, if given."""
        known = {
            "gloss": lambda: lexicon.glosses,
            "name": lambda: lexicon.names,
            "tag": lambda: lexicon.short_tags,
        }
        shown = [line for line in LINES if line in lines and has_line(lexicon, line)]
        in_context: dict[int, str] = {}
        if "gloss" in shown and (glossary := glossary_of(lexicon)):
            for words in paragraphs:
                listed = [word for word in words if word.kind == "word"]
                glosses, _ = glossary.read(np.array([word.id for word in listed], np.uint16))
                in_context |= {word.start: text for word, text in zip(listed, glosses, strict=True)}
        texts = {line: known[line]() for line in shown}
        return cls(texts, _tooltips(lexicon) if shown else {}, in_context)

    def of_word(self, word: Word) -> dict[str, str]:
        """Text of each line under a word; empty for ambiguous letters, which are no words."""
        if word.kind != "word":
            return dict.fromkeys(self.texts, "")
        under = {line: clean(texts[word.id]) for line, texts in self.texts.items()}
        if "gloss" in under and (fitting := self.in_context.get(word.start)):
            under["gloss"] = clean(fitting)
        return under

    def row(self, word: Word, kind: str, title: str) -> FilledRow:
        """Row of ``page.j2`` for a word of CSS classes `kind` and tooltip `title`."""
        if not self.texts:
            return "word", (kind, title, word.text)
        texts = [text and f" {text}" for text in self.of_word(word).values()]
        if word.kind != "word":
            return "letter", (title, kind, word.text, *texts)
        tooltip = self.tooltips.get(word.id, "")
        title += f"; {clean(tooltip)}" if tooltip else ""
        to = f"{LEXICON_PAGE}?word={quote(word.text.upper())}"
        return ("linked" if any(texts) else "empty"), (title, kind, word.text, to, *texts)


def words_of_paragraphs(page: Page) -> list[list[Word]]:
    """Words of each paragraph of a page."""
    paragraphs = [block for block in page.blocks if isinstance(block, Paragraph)]
    return [[word for sentence in one.sentences for word in sentence.words] for one in paragraphs]


@lru_cache(maxsize=2)
def _tooltips(lexicon: Lexicon) -> dict[int, str]:
    """Tooltip of each word that has a gloss or a phrase."""
    table = lexicon.table[lexicon.table["gloss"].notna()]
    if len(lexicon.meaning):
        tooltips = {
            int(word): f"gloss {' or '.join(f'“{gloss}” ({kind})' for gloss, kind in senses)}"
            for word, senses in _senses(lexicon).items()
        }
    else:
        rows = zip(
            *(table[name].tolist() for name in ("id", "gloss", "gloss_score", "gloss_rank")), strict=True
        )
        tooltips = {word: _gloss_tooltip(gloss, score, rank) for word, gloss, score, rank in rows}
    for word, phrase in zip(lexicon.tags["id"].tolist(), lexicon.tags["phrase"].fillna(""), strict=True):
        tooltips[word] = "; ".join(filter(None, (tooltips.get(word, ""), phrase)))
    return tooltips


def _senses(lexicon: Lexicon) -> dict[int, list[tuple[str, str]]]:
    """Glosses by meaning of each word, with the class that each speaks of."""
    senses: dict[int, list[tuple[str, str]]] = {}
    for word, gloss, kind in lexicon.meaning[["id", "gloss", "field"]].itertuples(index=False):
        senses.setdefault(int(word), []).append((gloss, kind))
    return senses


def _gloss_tooltip(gloss: str, score: float, rank: float) -> str:
    """Write a gloss with its score and its rank against chance, as far as these are known."""
    text = f"gloss \u201c{gloss}\u201d"
    text += "" if math.isnan(score) else f", score {score:.2f}"
    return text if math.isnan(rank) else f"{text}, higher than {math.floor(100 * rank)} % of control glosses"


def key(book: Book, lines: Sequence[str]) -> Markup:
    """Key to some lines under the words: what each is, where its control is, or how a book comes by it."""
    lexicon = book.lexicon
    words = int((lexicon.table["id"] >= FIRST_WORD).sum())
    texts = {"gloss": lexicon.glosses, "name": lexicon.names, "tag": lexicon.short_tags}
    rows = [
        (
            line,
            NAMES[line],
            f"{sum(map(bool, texts[line][FIRST_WORD:])):,} of {words:,} words have one",
            missing(book, line),
        )
        for line in LINES
        if line in lines
    ]
    return render("line_key.j2", lines=rows, lexicon=LEXICON_PAGE)


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
