"""Navigation: table of contents around a position, page extent, random position."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.random import Generator

from genomebook.book import Book, Volume
from genomebook.book.page import open_page
from genomebook.errors import BookError
from genomebook.genome.regions import Region
from genomebook.genome.stretches import prefix_sums

LEVELS = ("part", "chapter", "section")


@dataclass(frozen=True)
class Unit:
    """A part, chapter or section: `number` from 0 in its volume; `start`, `end` local, 0-based half-open.

    ``stands_for`` is how many units, none of them listed, are meant: this one and those beyond it; 0 for a
    unit that stands for itself alone. ``extract`` and ``generated`` are other titles: its most telling words,
    and what a reader wrote, if any.
    """

    level: str
    number: int
    title: str
    start: int
    end: int
    is_open: bool
    stands_for: int = 0
    extract: str = ""
    generated: str = ""


def contents(volume: Volume, position: int, around: int = 12) -> list[Unit]:
    """Table of contents around `position` (local, 0-based).

    Parts, the chapters of the current part and the sections of the current chapter; at most `around` before
    and after the current one, and one unit that stands for those omitted at each end.

    Returns
    -------
    list of Unit
        In reading order, parents first.
    """

    def units(depth: int, start: int, end: int) -> list[Unit]:
        if depth == len(LEVELS):
            return []
        level = LEVELS[depth]
        table = getattr(volume, f"{level}s")(start, end)
        rows = [unit for unit in _units(level, table, position) if start <= unit.start < end]
        at = next((i for i, unit in enumerate(rows) if unit.is_open), 0)
        first, last = max(0, at - around), min(len(rows), at + around + 1)
        shown = [replace(rows[first - 1], stands_for=first)] if first else []
        for unit in rows[first:last]:
            shown.append(unit)
            if unit.is_open:
                shown += units(depth + 1, unit.start, unit.end)
        return shown + [replace(unit, stands_for=len(rows) - last) for unit in rows[last : last + 1]]

    return units(0, 0, volume.length)


def open_units(volume: Volume, position: int) -> list[Unit]:
    """Part, chapter and section that hold `position` (local, 0-based); faster than `contents`."""
    here = (position, position + 1)
    tables = (volume.parts(*here), volume.chapters(*here), volume.sections(*here))
    return [
        unit for level, table in zip(LEVELS, tables, strict=True) for unit in _units(level, table, position)
    ]


def _units(level: str, table: pd.DataFrame, position: int) -> list[Unit]:
    columns = (table[name].tolist() for name in ("title", "start", "end", "extract", "generated"))
    return [
        Unit(level, number, title, start, end, start <= position < end, 0, extract, generated)
        for number, title, start, end, extract, generated in zip(table.index.tolist(), *columns, strict=True)
    ]


def first_letter(volume: Volume) -> int:
    """Local position of the first letter that is not in a gap; 0 in a volume of gaps alone."""
    gaps = volume.gaps(0, 1)
    end = int(gaps[0, 1]) if len(gaps) else 0
    return end if end < volume.length else 0


def page_from(book: Book, volume: str, start: int, letters: int) -> Region:
    """Whole paragraphs on a page of at most `letters` from local position `start`."""
    end = min(start + letters, book[volume].length)
    page = open_page(book, Region(volume, start, end), limit=letters)
    return Region(volume, page.start, page.end)


def random_position(book: Book, generator: Generator) -> tuple[str, int]:
    """Volume and local position drawn uniformly from all bases outside gaps.

    Raises
    ------
    BookError
        The book has nothing but gaps.
    """
    volumes = list(book)
    readable = np.array([volume.length - volume.counts["gap_letters"] for volume in volumes], np.int64)
    ends = readable.cumsum()
    if not ends[-1]:
        raise BookError("this book holds nothing but gaps; there is no page to choose")
    drawn = int(generator.integers(ends[-1]))
    which = int(np.searchsorted(ends, drawn, "right"))
    volume = volumes[which]
    rank = drawn - int(ends[which] - readable[which])
    gaps = volume.gaps()
    before = prefix_sums(gaps[:, 1] - gaps[:, 0])
    passed = int(np.searchsorted(gaps[:, 0] - before[:-1], rank, "right"))
    return volume.name, rank + int(before[passed])
