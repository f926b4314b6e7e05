"""Where a word occurs, as HTML: keyword in context, and its counts along the volumes. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import urlencode

import numpy as np
from numpy.typing import NDArray

from genomebook.book import Book
from genomebook.genome.regions import Region
from genomebook.genome.stretches import prefix_sums
from genomebook.lexicon.context import Line
from genomebook.render.numbers import plural
from genomebook.render.page.html import coordinates, link

BINS = 60
"""Bars of the longest volume; the others have as many as their length asks for, of the divisors of this."""

MOST_VOLUMES = 30
"""Volumes drawn; those with most occurrences, in book order."""


def concordance(
    book: Book, lines: Sequence[Line], caption: str, glosses: Sequence[str] = (), page: str = "read"
) -> str:
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
    page : str
        Relative address of the Read page, to which every line links.
    """
    left = max((len(line.before) for line in lines), default=0)
    right = max((len(line.after) for line in lines), default=0)
    head = "".join(
        [
            '<th scope="col">where</th>',
            *(f'<th scope="col" class="b n{n}">−{n}</th>' for n in range(left, 0, -1)),
            '<th scope="col" class="k">word</th>',
            *(f'<th scope="col" class="a n{n}">+{n}</th>' for n in range(1, right + 1)),
        ]
    )
    rows = "".join(_line(book, line, left, right, glosses, page) for line in lines)
    name = escape(caption)
    return (
        f'<div class="gb lx"><div class="wide" tabindex="0" role="region" aria-label="{name}">'
        f'<table class="kwic"><caption>{name}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div></div>"
    )


def _line(book: Book, line: Line, left: int, right: int, glosses: Sequence[str], page: str) -> str:
    volume = book[line.volume]
    to = link(book.addresses, Region(line.volume, line.start, line.end), page)
    where = coordinates(volume, line.start, line.end).partition("-")[0]
    cells = [f'<td class="b n{n}"></td>' for n in range(left, len(line.before), -1)]
    cells += [_cell(word, f"b n{len(line.before) - i}", glosses) for i, word in enumerate(line.before)]
    cells.append(f'<td class="k"><b lang="zxx">{escape(line.word)}</b></td>')
    cells += [_cell(word, f"a n{i + 1}", glosses) for i, word in enumerate(line.after)]
    cells += [f'<td class="a n{n}"></td>' for n in range(len(line.after) + 1, right + 1)]
    contig = f'<span class="contig">{escape(volume.contig)}:</span>'
    return f'<tr><th scope="row"><a href="{to}">{contig}{where}</a></th>{"".join(cells)}</tr>'


def _cell(word: tuple[int, str], kind: str, glosses: Sequence[str]) -> str:
    number, spelling = word
    gloss = glosses[number] if number < len(glosses) else ""
    under = f"<i>{escape(gloss)}</i>" if gloss else ""
    return f'<td class="{kind}"><span lang="zxx">{escape(spelling)}</span>{under}</td>'


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
    return [names[number] for number in sorted(most[:MOST_VOLUMES])]


def along(book: Book, counts: Mapping[str, NDArray[np.int64]], totals: NDArray[np.int64], word: str) -> str:
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
    total, left_out = int(totals.sum()), len(totals) - len(names)
    more = f" {plural(left_out, 'volume')} with fewer are left out." if left_out else ""
    return (
        '<div class="gb lx"><figure class="along"><figcaption>Counts along the volumes: '
        f"{total:,} in all, the highest bar {highest:,}. A bar leads to the occurrences from there on.{more}"
        "</figcaption>"
        f"<ol>{''.join(rows)}</ol></figure></div>"
    )


def _volume(
    book: Book, name: str, bars: NDArray[np.int64], highest: int, longest: int, before: int, word: str
) -> str:
    """One volume: name and count, then its bars; ``before`` occurrences stand in the volumes before."""
    volume = book[name]
    edges = np.linspace(0, volume.length, len(bars) + 1).astype(np.int64).tolist()
    firsts = (before + prefix_sums(bars)).tolist()
    drawn = []
    for i, count in enumerate(bars.tolist()):
        where = coordinates(volume, edges[i], max(edges[i] + 1, edges[i + 1]))
        said = f"{count:,} in {escape(volume.contig)}:{where}"
        height = 100 * count / highest
        if count:
            to = _from(word, firsts[i])
            drawn.append(f'<a href="{to}" tabindex="-1" title="{said}" style="--h:{height:.1f}%"></a>')
        else:
            drawn.append(f'<i title="{said}"></i>')
    count = int(bars.sum())
    label = f"{escape(name)}: {plural(count, 'occurrence')}"
    title = f'<a href="{_from(word, before)}">{label}</a>' if count else label
    width = max(100 * volume.length / longest, 4)
    return (
        f'<li><span class="name">{title}</span>'
        f'<div class="bars" aria-hidden="true" style="width:{width:.1f}%">{"".join(drawn)}</div></li>'
    )


def _from(word: str, first: int) -> str:
    return f"?{escape(urlencode({'word': word, 'from': first + 1}))}"
