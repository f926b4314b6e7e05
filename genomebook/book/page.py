"""A page of a book: whole paragraphs around a position, with their sentences and words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from genomebook.book.read import Book, Volume, Words
from genomebook.book.schema import STRENGTH_UNIT, SURPRISAL_UNIT
from genomebook.errors import DamagedBookError
from genomebook.genome.regions import Region
from genomebook.language.alphabet import FIRST_WORD

MAX_BASES = 1_000_000
"""Maximum region that a page offers as a file: FASTA or the English version."""

LIMIT = 2000
"""Approximate letters per page."""


@dataclass(frozen=True)
class Word:
    """A printed word.

    Attributes
    ----------
    start, end : int
        0-based half-open position in the volume.
    text : str
        Letters, case kept.
    id : int
        Word id.
    strength : float
        Strength of the boundary after it, in nats.
    surprisal : float
        Bits, given the word before.
    kind : str
        ``word``, or ``letter`` for an ambiguous letter.
    """

    start: int
    end: int
    text: str
    id: int
    strength: float
    surprisal: float
    kind: str


@dataclass(frozen=True)
class Sentence:
    """A sentence; ``number`` counts from 0 in the volume, strength in nats."""

    number: int
    start: int
    end: int
    strength: float
    words: list[Word]


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; ``number`` counts from 0 in the volume."""

    number: int
    start: int
    end: int
    sentences: list[Sentence]


@dataclass(frozen=True)
class Gap:
    """A run of N."""

    start: int
    end: int


@dataclass(frozen=True)
class Page:
    """A page.

    Attributes
    ----------
    region : Region
        Requested region.
    volume : Volume
        Its volume.
    start, end : int
        Interval shown, in whole paragraphs and gaps.
    blocks : list of Paragraph or Gap
        In order.
    more : bool
        The region goes on after ``end``.
    next_start, previous_start : int or None
        Start of the block after the first one shown, and of the one before it.
    following_page, preceding_page : int or None
        Start of the next page, and of the page that ends where this one begins.
    """

    region: Region
    volume: Volume
    start: int
    end: int
    blocks: list[Paragraph | Gap]
    more: bool
    next_start: int | None
    previous_start: int | None
    following_page: int | None
    preceding_page: int | None


def _spans(volume: Volume, start: int, end: int) -> list[tuple[int, int, int]]:
    """Paragraphs and gaps that overlap [start, end), in order: (start, end, number), number -1 for a gap."""
    spans = volume.table("paragraphs").spans(start, end)
    spans += [(int(a), int(b), -1) for a, b in volume.gaps(start, end)]
    return sorted(spans)


def open_page(book: Book, region: Region, limit: int = LIMIT) -> Page:
    """Make a page from the paragraph or gap at the start of a region onwards.

    Parameters
    ----------
    book : Book
        The book.
    region : Region
        0-based half-open; may be a whole volume.
    limit : int
        The page ends with the block that reaches the end of the region or this many letters outside gaps.

    Returns
    -------
    Page
        At least one block; the cost does not depend on where the region is or how long the volume.

    Raises
    ------
    DamagedBookError
        If the files of the volume are inconsistent.
    """
    volume = book[region.volume]
    reach = max(min(region.end, volume.length), region.start + 1)
    chosen = _choose(volume, region.start, reach, limit)
    start, end = chosen[0][0], chosen[-1][1]
    after = _spans(volume, chosen[0][1], chosen[0][1] + 1) if chosen[0][1] < volume.length else []
    before = _spans(volume, start - 1, start) if start > 0 else []
    return Page(
        region=region,
        volume=volume,
        start=start,
        end=end,
        blocks=_blocks(volume, chosen),
        more=end < region.end,
        next_start=after[0][0] if after else None,
        previous_start=before[0][0] if before else None,
        following_page=end if end < volume.length else None,
        preceding_page=_preceding(volume, start, limit) if start > 0 else None,
    )


def page_extent(volume: Volume, start: int, end: int | None = None, limit: int = LIMIT) -> tuple[int, int]:
    """Interval that the page of a region (to the end of the volume by default) has; see `open_page`."""
    reach = max(volume.length if end is None else min(end, volume.length), start + 1)
    chosen = _choose(volume, start, reach, limit)
    return chosen[0][0], chosen[-1][1]


def _damaged(volume: Volume, why: str) -> DamagedBookError:
    return DamagedBookError(
        f"{volume.files.folder}: {why} of {volume.name}; genomebook verify names the damaged file"
    )


def _choose(volume: Volume, start: int, end: int, limit: int) -> list[tuple[int, int, int]]:
    """Spans from the one that holds ``start``, until ``end`` or ``limit`` letters are reached, gaps apart."""
    chosen: list[tuple[int, int, int]] = []
    letters, at = 0, start
    while at < end and letters < limit:
        spans = _spans(volume, at, min(end, at + limit - letters))
        if not spans:
            raise _damaged(volume, f"no paragraph or gap at letter {at + 1:,}")
        chosen += spans
        letters += sum(last - first for first, last, number in spans if number >= 0)
        at = spans[-1][1]
    return chosen


def _preceding(volume: Volume, start: int, limit: int) -> int:
    """Start of the page before ``start``: blocks, backwards until they have ``limit`` letters, gaps apart."""
    first, letters = start, 0
    while first > 0 and letters < limit:
        spans = _spans(volume, max(0, first - (limit - letters)), first)
        if not spans or spans[-1][0] >= first:
            raise _damaged(volume, f"no paragraph or gap at letter {first:,}")
        for begin, end, number in reversed(spans):
            first = begin
            letters += end - begin if number >= 0 else 0
            if letters >= limit:
                break
    return first


def _blocks(volume: Volume, spans: list[tuple[int, int, int]]) -> list[Paragraph | Gap]:
    text = [span for span in spans if span[2] >= 0]
    sentences: list[Sentence] = []
    numbers = np.empty(0, np.int32)
    if text:
        rows = volume.sentences(text[0][0], text[-1][1])
        numbers = rows["paragraph"].to_numpy()
        sentences = _sentences(rows, volume.words(text[0][0], text[-1][1]))
    blocks: list[Paragraph | Gap] = []
    for start, end, number in spans:
        if number < 0:
            blocks.append(Gap(start, end))
        else:
            first, last = np.searchsorted(numbers, [number, number + 1]).tolist()
            if first == last:
                raise _damaged(volume, f"no sentence in paragraph {number + 1:,}")
            blocks.append(Paragraph(number, start, end, sentences[first:last]))
    return blocks


def _sentences(rows: pd.DataFrame, words: Words) -> list[Sentence]:
    columns = (rows["start"], rows["end"], rows["strength"])
    first, last = (np.searchsorted(words.starts, side.to_numpy()).tolist() for side in columns[:2])
    printed = _words(words)
    return [
        Sentence(number, start, end, strength, printed[a:b])
        for number, start, end, strength, a, b in zip(
            rows.index.tolist(), *(column.tolist() for column in columns), first, last, strict=True
        )
    ]


def _words(words: Words) -> list[Word]:
    columns = (
        words.starts,
        words.ends,
        words.ids,
        words.strength * STRENGTH_UNIT,
        words.surprisal * SURPRISAL_UNIT,
    )
    return [
        Word(start, end, text, word, strength, surprisal, "word" if word >= FIRST_WORD else "letter")
        for text, start, end, word, strength, surprisal in zip(
            words.texts(), *(column.tolist() for column in columns), strict=True
        )
    ]
