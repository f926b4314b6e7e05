"""A page for the terminal: interlinear, each word over what is said of it, wrapped together."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from genomebook.book.page import Gap, Page, Paragraph, Word
from genomebook.book.read import Book
from genomebook.genome.regions import Region

_STYLES = ("bold #56B4E9", "bold #E69F00")
"""Neighbouring words alternate between two colours of the Okabe-Ito palette; spaces part them as well."""


def interlinear(book: Book, page: Page, width: int) -> Iterator[Text]:
    """Set a page in lines.

    Parameters
    ----------
    book : Book
        For addresses.
    page : Page
        What to set.
    width : int
        Columns.

    Yields
    ------
    Text
        Words on one line, the surprisal of each (bits) under it; a full stop ends a sentence.
    """
    for block in page.blocks:
        where = book.addresses.format(Region(page.volume.name, block.start, block.end))
        if isinstance(block, Gap):
            yield Text(f"{where}  [gap: {block.end - block.start:,} letters of N]", "dim")
        else:
            yield Text(f"{where}  paragraph {block.number + 1:,}", "dim")
            yield from _paragraph(block, width)
        yield Text()


def _paragraph(paragraph: Paragraph, width: int) -> Iterator[Text]:
    upper, lower = Text(), Text()
    for sentence in paragraph.sentences:
        for i, word in enumerate(sentence.words):
            text, note = _cell(word, i == len(sentence.words) - 1)
            if upper.cell_len + len(text) > width and upper.cell_len:
                yield upper
                yield lower
                upper, lower = Text(), Text()
            upper.append(text, _STYLES[i % 2])
            lower.append(note, "dim")
    yield upper
    yield lower


def _cell(word: Word, last: bool) -> tuple[str, str]:
    """A word and what stands under it, padded to one width."""
    text = word.text + ("." if last else "")
    note = f"{word.surprisal:.0f}"
    size = max(len(text), len(note)) + 1
    return text.ljust(size), note.ljust(size)
