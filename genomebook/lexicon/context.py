"""Keyword in context: occurrences of words with the words on both sides (Luhn 1960)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genomebook.book.read import Book
from genomebook.errors import OptionError
from genomebook.language.alphabet import GAP
from genomebook.lexicon.occurrences import volume_of


@dataclass(frozen=True)
class Line:
    """One occurrence of a word.

    Attributes
    ----------
    volume : str
        Name.
    start, end : int
        0-based half-open letters of the word in the volume.
    before, after : tuple of (int, str)
        Ids and spellings, case kept, of the words on both sides in reading order; they stop at gaps and at
        the ends of the volume.
    word : str
        Its spelling, case kept; ``""`` for a gap.
    """

    volume: str
    start: int
    end: int
    before: tuple[tuple[int, str], ...]
    word: str
    after: tuple[tuple[int, str], ...]


def lines(book: Book, ordinals: NDArray[np.int64] | Sequence[int], around: int = 6) -> list[Line]:
    """Look up occurrences of words with their context.

    Parameters
    ----------
    book : Book
        Opened.
    ordinals : int64[k]
        Numbers of words in the book (`genomebook.lexicon.occurrences`).
    around : int
        Words on each side at most.

    Returns
    -------
    list of Line
        One for each ordinal, in order.

    Raises
    ------
    BookError
        For an ordinal that the book does not have, or a negative ``around``.
    DamagedBookError
        When a file of the book is not as it was written.
    """
    if around < 0:
        raise OptionError(f"{around} words around: ask for 0 or more")
    volumes = list(book)
    found = []
    for ordinal in ordinals:
        place, number = volume_of(book, int(ordinal))
        volume = volumes[place]
        words = volume.numbered(number - around, number + around + 1)
        at = number - max(number - around, 0)
        listed = list(zip(words.ids.tolist(), words.texts(), strict=True))
        gaps = np.flatnonzero(words.ids == GAP)
        first = max((int(gap) + 1 for gap in gaps if gap < at), default=0)
        last = min((int(gap) for gap in gaps if gap > at), default=len(listed))
        found.append(
            Line(
                volume.name,
                int(words.starts[at]),
                int(words.ends[at]),
                tuple(listed[first:at]),
                listed[at][1],
                tuple(listed[at + 1 : last]),
            )
        )
    return found
