"""The English version of a region: each word by its gloss, set as sentences and paragraphs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from genomebook.book import Book
from genomebook.book.page import MAX_BASES, Gap, Page, Paragraph, Sentence, Word, open_page
from genomebook.errors import BookError
from genomebook.genome.regions import Region
from genomebook.language.alphabet import FIRST_WORD
from genomebook.render.numbers import plural
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

    A word stands as its gloss, one without a gloss as its DNA letters, upper case. A paragraph has its
    coordinates (those of the sentences written) above it; a gap is named with its length.

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
    glosses = book.lexicon.glosses
    yield _heading(book, region)
    for page in _pages(book, region):
        for block in page.blocks:
            if isinstance(block, Gap):
                where = book.addresses.format(Region(region.volume, block.start, block.end))
                yield f"\n{where} gap: {plural(block.end - block.start, 'letter')} of N\n"
            else:
                yield _paragraph(book, region, block, glosses)


def _pages(book: Book, region: Region) -> Iterator[Page]:
    """Pages one after the other, from the block that holds the start to the one that holds the end."""
    at = region.start
    while at < region.end:
        page = open_page(book, Region(region.volume, at, region.end), limit=LETTERS_AT_ONCE)
        yield page
        at = page.end


def _heading(book: Book, region: Region) -> str:
    table = book.lexicon.table
    words = table[table["id"] >= FIRST_WORD]
    made = book.meta.vocabulary.name
    return (
        f"English version of {book.addresses.format(region)}, whole sentences\n"
        f"{' '.join([clean(book.title), clean(book.assembly)]).strip()}\n"
        f"book {book.digest}\n"
        f"glosses of the vocabulary {clean(made)}{_reader(book)}; "
        f"{words['gloss'].notna().sum():,} of {len(words):,} words have one, "
        "the others stand as DNA\n"
        "This is not a translation. A gloss is an English word that a model puts near a DNA word: its name. "
        "The page Lexicon says how stable each is, and how it ranks against chance.\n"
    )


def _reader(book: Book) -> str:
    """Name of the reader that gave the glosses, where the book says it."""
    made = book.meta.glosses
    return f", by the model {clean(made['reader'])}" if made else ""


def _paragraph(book: Book, region: Region, paragraph: Paragraph, glosses: Sequence[str]) -> str:
    """Coordinates and, in one line, the sentences of a paragraph that overlap the region."""
    inside = [s for s in paragraph.sentences if s.end > region.start and s.start < region.end]
    where = book.addresses.format(Region(region.volume, inside[0].start, inside[-1].end))
    return f"\n{where}\n{' '.join(sentence_in_english(sentence, glosses) for sentence in inside)}\n"


def sentence_in_english(sentence: Sentence, glosses: Sequence[str]) -> str:
    """Words of a sentence, first letter capital, with a full stop.

    Parameters
    ----------
    sentence : Sentence
        Of a page.
    glosses : sequence of str
        Gloss by word id; empty for none.
    """
    text = " ".join(_word(word, glosses) for word in sentence.words)
    return f"{text[:1].upper()}{text[1:]}."


def _word(word: Word, glosses: Sequence[str]) -> str:
    return (word.kind == "word" and clean(glosses[word.id])) or word.text.upper()
