"""Letters of a book for many small look-ups."""

from __future__ import annotations

from functools import lru_cache, partial

from genomebook.annotation.variants.alleles import LettersOf
from genomebook.book.read import Book

LETTERS_PER_BLOCK = 1 << 15
"""Letters read at once."""

KEPT = 128
"""Blocks kept: 4 MB."""


def _read(book: Book, volume: str, number: int) -> bytes:
    opened = book.volumes[volume]
    start = number * LETTERS_PER_BLOCK
    return opened.sequence(start, min(start + LETTERS_PER_BLOCK, opened.length)).upper()


class LetterCache:
    """Upper-case letters of the volumes of a book; those last used are kept.

    Parameters
    ----------
    book : Book
        Opened.
    """

    def __init__(self, book: Book) -> None:
        self._book = book
        self._block = lru_cache(KEPT)(partial(_read, book))

    def of(self, volume: str) -> LettersOf:
        """Letters of a volume, as a function of start and end."""
        return partial(self.letters, volume)

    def letters(self, volume: str, start: int, end: int) -> bytes:
        """Letters of [start, end), local; fewer where that leaves the volume."""
        start = max(start, 0)
        end = max(start, min(end, self._book.volumes[volume].length))
        first = start // LETTERS_PER_BLOCK
        blocks = [self._block(volume, number) for number in range(first, -(-end // LETTERS_PER_BLOCK))]
        letters = blocks[0] if len(blocks) == 1 else b"".join(blocks)
        return letters[start - first * LETTERS_PER_BLOCK : end - first * LETTERS_PER_BLOCK]


class LetterReader:
    """What reads letters of a book, a few at many places.

    Parameters
    ----------
    book : Book
        Opened.
    letters : LetterCache, optional
        Of the book, shared with other readers.
    """

    def __init__(self, book: Book, letters: LetterCache | None = None) -> None:
        self.book = book
        self.letters = letters or LetterCache(book)
