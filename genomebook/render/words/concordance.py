"""Where a word occurs, as HTML: keyword in context, and its counts along the volumes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from genomebook.book import Book
from genomebook.genome.regions import Region
from genomebook.genome.stretches import prefix_sums
from genomebook.lexicon.context import Line
from genomebook.render.numbers import plural
from genomebook.render.page.html import coordinates, link
from genomebook.render.templating import render

BINS = 60
"""Bars of the longest volume; the others have as many as their length asks for, of the divisors of this."""

MAX_VOLUMES = 30
"""Volumes drawn; those with most occurrences, in book order."""


class ConcordanceLine(NamedTuple):
    """An occurrence: its link and place, the words before and after by distance, the keyword between."""

    to: str
    contig: str
    where: str
    before: list[tuple[str, str] | None]
    word: str
    after: list[tuple[str, str] | None]


class VolumeBars(NamedTuple):
    """Counts along a volume: label, link, width in per cent, and of each bar its tooltip, link and height."""

    label: str
    to: str
    width: float
    bars: list[tuple[str, str, float]]


def concordance(book: Book, lines: Sequence[Line], caption: str, glosses: Sequence[str] = ()) -> Markup:
    """Lay lines out so that their keywords stand below each other, and so do the words around.

    Parameters
    ----------
    book : Book
        Writes the addresses.
    lines : sequence of Line
        From `genomebook.lexicon.context.lines`; words are drawn in the case of the reference.
    caption : str
        Names the table.
    glosses : sequence of str
        English gloss of each word id, written under the words; none are when it is empty.
    """
    left = max((len(line.before) for line in lines), default=0)
    right = max((len(line.after) for line in lines), default=0)

    def glossed(words: Sequence[tuple[int, str]], size: int) -> list[tuple[str, str] | None]:
        """Spelling and gloss of words by their distance from the keyword; none at 0 and past the ends."""
        known = [(text, glosses[number] if number < len(glosses) else "") for number, text in words]
        return [None, *known, *[None] * (size - len(known))]

    return render(
        "word_concordance.j2",
        caption=caption,
        left=range(left, 0, -1),
        right=range(1, right + 1),
        lines=[
            ConcordanceLine(
                link(book.addresses, Region(line.volume, line.start, line.end), "read"),
                book[line.volume].contig,
                coordinates(book[line.volume], line.start, line.end).partition("-")[0],
                glossed(line.before[::-1], left),
                line.word,
                glossed(line.after, right),
            )
            for line in lines
        ],
    )


def bars_of(length: int, longest: int) -> int:
    """How many bars a volume gets, so that a bar stands for about as many letters in every volume."""
    fitting = [n for n in range(1, BINS + 1) if BINS % n == 0]
    return min(fitting, key=lambda n: abs(n - BINS * length / longest))


def volumes_with_most(book: Book, totals: NDArray[np.int64]) -> list[str]:
    """Names of the volumes that `along` draws, in book order: those where a word is most often.

    Parameters
    ----------
    book : Book
        The open book.
    totals : int64[volumes]
        Occurrences in each volume, from `genomebook.lexicon.occurrences`.
    """
    names = [volume.name for volume in book]
    most = sorted(range(len(names)), key=lambda number: (-int(totals[number]), names[number]))
    return [names[number] for number in sorted(most[:MAX_VOLUMES])]


def along(
    book: Book, counts: Mapping[str, NDArray[np.int64]], totals: NDArray[np.int64], word: str
) -> Markup:
    """Draw the counts of a word along volumes, as bars to one scale.

    Parameters
    ----------
    book : Book
        The open book.
    counts : mapping of str to int64[BINS]
        Occurrences in bins of equal length of `volumes_with_most`, from `genomebook.lexicon.occurrences`.
    totals : int64[volumes]
        Occurrences in each volume of the book.
    word : str
        Its spelling.
    """
    names = list(counts)
    longest = max(book[name].length for name in names)
    merged = {
        name: counts[name].reshape(bars_of(book[name].length, longest), -1).sum(axis=1) for name in names
    }
    highest = max(1, max(int(bars.max()) for bars in merged.values()))
    before = prefix_sums(totals).tolist()
    rows = [
        _volume(book, volume.name, merged[volume.name], highest, longest, before[number], word)
        for number, volume in enumerate(book)
        if volume.name in merged
    ]
    return render(
        "word_along.j2",
        volumes=rows,
        total=int(totals.sum()),
        highest=highest,
        left_out=len(totals) - len(names),
    )


def _volume(
    book: Book, name: str, bars: NDArray[np.int64], highest: int, longest: int, before: int, word: str
) -> VolumeBars:
    """One volume; ``before`` occurrences stand in the volumes before it."""
    volume = book[name]
    edges = np.linspace(0, volume.length, len(bars) + 1).astype(np.int64).tolist()
    firsts = (before + prefix_sums(bars)).tolist()
    drawn = []
    for i, count in enumerate(bars.tolist()):
        where = coordinates(volume, edges[i], max(edges[i] + 1, edges[i + 1]))
        to = _from(word, firsts[i]) if count else ""
        drawn.append((f"{count:,} in {volume.contig}:{where}", to, 100 * count / highest))
    count = int(bars.sum())
    width = max(100 * volume.length / longest, 4)
    return VolumeBars(
        f"{name}: {plural(count, 'occurrence')}", _from(word, before) if count else "", width, drawn
    )


def _from(word: str, first: int) -> str:
    """Address of the occurrences of a word from number `first` on, from 0."""
    return f"?{urlencode({'word': word, 'from': first + 1})}"
