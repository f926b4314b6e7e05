"""The English version of a region: each word by its gloss, set as sentences and paragraphs, and back again.

Each English word is the gloss of one DNA word, so the text gives the letters back. Square brackets hold what
is lower-case in the sequence; a number behind one says how many letters of the next word come before it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from typing import BinaryIO

import numpy as np

from genomebook.book import Book
from genomebook.book.page import MAX_BASES, Gap, Page, Paragraph, Sentence, Word, open_page
from genomebook.errors import BookError, OptionError
from genomebook.genome.regions import Region
from genomebook.language.alphabet import FIRST_WORD
from genomebook.lexicon.in_context import Glossary, glossary_of
from genomebook.render.page.interlinear import clean, missing

LETTERS_AT_ONCE = 100_000
"""Letters, about, that are read and written at a time."""


def no_english(book: Book, region: Region) -> str:
    """Say in one line why a region is not given in English: too long, no glosses; empty when it is given."""
    letters = region.end - region.start
    if letters > MAX_BASES:
        return (
            f"the region has {letters:,} letters, more than the {MAX_BASES:,} given in English at once; "
            "ask for a shorter one"
        )
    return missing(book, "gloss")


def english(book: Book, region: Region) -> Iterator[str]:
    """Write the whole sentences that overlap a region in English.

    A word stands as its gloss, in the sense that fits the paragraph, one without a gloss as its DNA letters,
    upper case. A paragraph has its coordinates (those of the sentences written) and a heading of its field
    above it; a gap is named with its length. `letters_of` turns the text back.

    Parameters
    ----------
    book : Book
        With glosses.
    region : Region
        Local, 0-based half-open.

    Returns
    -------
    iterator of str
        Text to join, a heading and then some paragraphs at a time; ends with a line break.

    Raises
    ------
    BookError
        For the reason that `no_english` says.
    """
    if refused := no_english(book, region):
        raise BookError(refused)
    return _text(book, region)


def _text(book: Book, region: Region) -> Iterator[str]:
    yield _heading(book, region)
    yield from english_blocks(book, region)


def english_blocks(book: Book, region: Region) -> Iterator[str]:
    """Paragraphs and gaps of `english`, one at a time, of a region of any length.

    Returns
    -------
    iterator of str
        An empty line, the coordinates (of a paragraph with its heading, of a gap with its letters), and in a
        line of its own the text of a paragraph.
    """
    writer = _Writer(book)
    for page in _pages(book, region):
        for block in page.blocks:
            if isinstance(block, Gap):
                yield writer.gap(region.volume, block)
            else:
                yield writer.paragraph(region, block)


class _Writer:
    """Writes the blocks of a book in English."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._glosses = book.lexicon.glosses
        self._glossary: Glossary | None = glossary_of(book.lexicon)

    def gap(self, volume: str, block: Gap) -> str:
        """Coordinates of a gap and its letters by case: ``37 letters of N, 4 of n``."""
        where = self._book.addresses.format(Region(volume, block.start, block.end))
        edges = self._book[volume].lower_case(block.start, block.end).clip(block.start, block.end).ravel()
        runs = np.diff([block.start, *edges.tolist(), block.end]).tolist()
        said = [f"{run:,} of {'Nn'[at % 2]}" for at, run in enumerate(runs) if run]
        said[0] = said[0].replace(" of ", " letter of " if said[0].startswith("1 ") else " letters of ")
        return f"\n{where} gap: {', '.join(said)}\n"

    def paragraph(self, region: Region, paragraph: Paragraph) -> str:
        """Coordinates, heading and, in one line, the sentences of a paragraph that overlap the region."""
        words = [word for sentence in paragraph.sentences for word in sentence.words]
        texts, heading = self._in_context(words)
        inside = [s for s in paragraph.sentences if s.end > region.start and s.start < region.end]
        where = self._book.addresses.format(Region(region.volume, inside[0].start, inside[-1].end))
        body = " ".join(sentence_in_english(sentence, lambda word: texts[word.start]) for sentence in inside)
        return f"\n{where}{f' · {heading}' if heading else ''}\n{body}\n"

    def _in_context(self, words: Sequence[Word]) -> tuple[dict[int, str], str]:
        """Gloss of each word by its start, and the heading of the passage."""
        if self._glossary is None:
            return {word.start: _plain(word, self._glosses[word.id]) for word in words}, ""
        listed = [word for word in words if word.kind == "word"]
        glosses, state = self._glossary.read(np.array([word.id for word in listed], np.uint16))
        given = {word.start: gloss for word, gloss in zip(listed, glosses, strict=True)}
        heading = clean(self._glossary.headings.get(state, ""))
        return {w.start: _plain(w, given.get(w.start, "")) for w in words}, heading


def _plain(word: Word, gloss: str) -> str:
    """The gloss of a word, or its letters where it has none."""
    return (word.kind == "word" and clean(gloss)) or word.text.upper()


def _pages(book: Book, region: Region) -> Iterator[Page]:
    """Pages one after the other, from the block that holds the start to the one that holds the end."""
    at = region.start
    while at < region.end:
        page = open_page(book, Region(region.volume, at, region.end), limit=LETTERS_AT_ONCE)
        yield page
        at = page.end


def _heading(book: Book, region: Region) -> str:
    return (
        f"English version of {book.addresses.format(region)}, whole sentences\n"
        f"{' '.join([clean(book.title), clean(book.assembly)]).strip()}\n"
        f"{about_english(book)}"
    )


def about_english(book: Book) -> str:
    """What the English version of a book is made from, and that it is no translation: three lines."""
    table = book.lexicon.table
    words = table[table["id"] >= FIRST_WORD]
    made = book.meta.vocabulary.name
    return (
        f"book {book.digest}\n"
        f"glosses of the vocabulary {clean(made)}{_reader(book)}; "
        f"{words['gloss'].notna().sum():,} of {len(words):,} words have one, "
        "the others stand as DNA\n"
        f"This is not a translation. {_MEANING if len(book.lexicon.meaning) else _NAME} "
        "Brackets hold what is lower-case in the sequence.\n"
    )


_MEANING = (
    "An English word comes from a field, such as islands for CpG islands, that stands for what was measured "
    "about the DNA word. A heading says which field the words of a paragraph speak of most. On sequence that "
    "was not used to make them the words tell Alu and CpG islands well, and introns no better than chance."
)
_NAME = (
    "A gloss is an English word that a model puts near a DNA word: its name. The page Lexicon says how "
    "stable each is, and how it ranks against chance."
)


def _reader(book: Book) -> str:
    """How the glosses were made: by meaning, or by the reader that the book names."""
    if len(book.lexicon.meaning):
        return ", by meaning"
    made = book.meta.glosses
    return f", by the model {clean(made['reader'])}" if made else ""


def sentence_in_english(sentence: Sentence, gloss: Callable[[Word], str]) -> str:
    """Words of a sentence, first letter capital, with a full stop; brackets hold what is lower-case.

    Parameters
    ----------
    sentence : Sentence
        Of a page.
    gloss : callable
        Gives the English word of a word.
    """
    tokens, lower = [], False
    for number, word in enumerate(sentence.words):
        for at, letter in enumerate(word.text):
            if letter.islower() != lower:
                lower = not lower
                tokens.append(("[" if lower else "]") + (str(at) if at else ""))
        text = gloss(word)
        tokens.append(text if number else f"{text[:1].upper()}{text[1:]}")
    return f"{' '.join([*tokens, ']'] if lower else tokens)}."


_GAP_RUN = re.compile(r"(\d[\d,]*)(?: letters?)? of ([Nn])")
_BRACKET = re.compile(r"([\[\]])(\d*)")


def letters_of(book: Book, text: Iterable[str]) -> Iterator[str]:
    """Turn an English version back into letters.

    Parameters
    ----------
    book : Book
        The book that it was written from.
    text : iterable of str
        Lines of what `english` wrote.

    Yields
    ------
    str
        Letters of a paragraph or gap, case kept.

    Raises
    ------
    OptionError
        At a word that is no gloss of this book: the message names line and word.
    """
    word_of = _dna_of_english(book)
    longest = max(volume.length for volume in book)
    is_heading, was_empty = False, False
    for number, line in enumerate(text, 1):
        line = line.strip()
        if not line:
            is_heading, was_empty = True, True
        elif is_heading and " gap: " in line.partition(" · ")[0]:
            yield _gap_line(line, longest, number)
        elif is_heading:
            is_heading = False
        elif was_empty:
            yield _dna_line(line, word_of, number)


@contextmanager
def opened_text(name: str) -> Iterator[Iterable[str]]:
    """Lines of a file of text; ``-`` is standard input."""
    if name == "-":
        yield _lines(sys.stdin.buffer, "standard input")
        return
    with ExitStack() as opened:
        try:
            file = opened.enter_context(open(name, "rb"))
        except OSError as error:
            raise _unreadable(name, error) from None
        yield _lines(file, name)


def _lines(file: BinaryIO, name: str) -> Iterator[str]:
    """Lines of a file; its errors are told apart from those of whoever reads them."""
    try:
        for line in file:
            yield line.decode("utf-8")
    except OSError as error:
        raise _unreadable(name, error) from None
    except UnicodeDecodeError:
        raise OptionError(f"{name}: no text in UTF-8; give a file of an English version") from None


def _unreadable(name: str, error: OSError) -> OptionError:
    return OptionError(f"{name}: not readable ({error.strerror}); give a file of an English version")


def _gap_line(line: str, longest: int, number: int) -> str:
    """Letters of a line that tells of a gap."""
    runs = [(int(size.replace(",", "")), letter) for size, letter in _GAP_RUN.findall(line)]
    if not 0 < sum(size for size, _ in runs) <= longest:
        raise OptionError(f"line {number}: no gap of this book; give a file that `read --english` wrote")
    return "".join(size * letter for size, letter in runs)


def _dna_of_english(book: Book) -> dict[str, str]:
    words = book.vocabulary.words
    meaning = book.lexicon.meaning
    if len(meaning):
        return {
            clean(gloss): words[number] for gloss, number in zip(meaning["gloss"], meaning["id"], strict=True)
        }
    return {clean(gloss): words[number] for number, gloss in enumerate(book.lexicon.glosses) if gloss}


def _dna_line(line: str, word_of: dict[str, str], number: int) -> str:
    """Letters of a line of sentences."""
    letters: list[str] = []
    lower, switches = False, list[int]()
    for token in line.split():
        ends = token.endswith(".")
        token = token.removesuffix(".")
        if bracket := _BRACKET.fullmatch(token):
            if ends:
                lower = False
            else:
                switches.append(int(bracket[2] or 0))
            continue
        word = word_of.get(token) or word_of.get(f"{token[:1].lower()}{token[1:]}") or token
        if not re.fullmatch("[A-Z]+", word):
            raise OptionError(f"line {number}: {token!r} is no word of this book's English version")
        for first, last in pairwise([0, *switches, len(word)]):
            letters.append(word[first:last].lower() if lower else word[first:last])
            lower = not lower
        lower, switches = not lower, []
    return "".join(letters)
