"""Strips and the opening picture, drawn in HTML and CSS to scale: pure functions over a book."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genomebook.book import Book, Volume
from genomebook.book.page import Paragraph, Word, open_page
from genomebook.genome.regions import Addresses, Region
from genomebook.render.numbers import plural
from genomebook.render.page.html import STRANDS, coordinates, link

MOST_MARKS = 200
"""Genes or gaps drawn one by one in a strip; above it genes become a density and small gaps are merged."""
_PICTURE_LETTERS = 300


def strip(volume: Volume, genes: pd.DataFrame, share: float = 1.0, here: int | None = None) -> str:
    """Draw one volume from left to right: genes by strand, gaps hatched, and a mark at a place.

    Parameters
    ----------
    volume : Volume
        The volume.
    genes : DataFrame
        Its genes (start, end, strand; local); may be empty.
    share : float
        Width as a share of the room there is.
    here : int, optional
        Local position to mark.
    """
    size = volume.length
    marks = _density(genes, size) if len(genes) > MOST_MARKS else _extents(genes, size)
    marks += "".join(_mark("n", start, end, size) for start, end in _visible(volume.gaps(), size))
    label = ", ".join(
        [
            volume.name,
            plural(size, "letter"),
            plural(volume.counts["gaps"], "gap"),
            plural(len(genes), "gene"),
        ]
    )
    if here is not None:
        marks += f'<i class="here" style="left:{100 * here / size:.2f}%"></i>'
        label += f"; the page is at {100 * here / size:.0f} % of it"
    small = " small" if here is not None else ""
    return (
        f'<div class="strip{small}" role="img" aria-label="{escape(label)}" title="{escape(label)}" '
        f'style="width:{100 * share:.2f}%">{marks}</div>'
    )


def _mark(kind: str, start: float, end: float, size: int, more: str = "") -> str:
    left, width = 100 * start / size, 100 * (end - start) / size
    return f'<i class="{kind}" style="left:{left:.3f}%;width:{width:.3f}%{more}"></i>'


def _extents(genes: pd.DataFrame, size: int) -> str:
    return "".join(
        _mark(STRANDS[strand][0] if strand in STRANDS else "many", start, end, size)
        for start, end, strand in zip(genes["start"], genes["end"], genes["strand"], strict=True)
    )


def _density(genes: pd.DataFrame, size: int) -> str:
    """Gene starts in equal bins, darker where there are more."""
    counts, edges = np.histogram(genes["start"].to_numpy(), MOST_MARKS, (0, size))
    shade = 0.1 + 0.9 * counts / max(1, counts.max())
    return "".join(
        _mark("many", edges[i], edges[i + 1], size, f";opacity:{shade[i]:.2f}")
        for i in np.flatnonzero(counts)
    )


def _visible(gaps: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Return the largest gaps: those that a strip of `MOST_MARKS` steps can show."""
    if len(gaps) <= MOST_MARKS:
        return gaps
    return gaps[(gaps[:, 1] - gaps[:, 0]) * MOST_MARKS * 5 >= size]


def shelf(
    addresses: Addresses, volumes: Sequence[Volume], genes: dict[str, pd.DataFrame], longest: int, page: str
) -> str:
    """List volumes as a shelf: a link into the text, a strip to scale, the counts.

    Parameters
    ----------
    addresses : Addresses
        Writes the links.
    volumes : sequence of Volume
        What this shelf shows.
    genes : dict of str to DataFrame
        Genes by volume name; a volume without is fine.
    longest : int
        Letters of the longest volume of the book: the full width.
    page : str
        Relative address of the Read page.
    """
    none = pd.DataFrame({"start": [], "end": [], "strand": []})
    rows = [_volume(addresses, volume, genes.get(volume.name, none), longest, page) for volume in volumes]
    return f'<div class="gb"><ol class="shelf">{"".join(rows)}</ol>{_KEY}</div>'


_KEY = (
    '<p class="key">Length to scale.<span class="strip"><i class="plus" style="left:0;width:100%"></i></span>'
    'genes on + (upper half)<span class="strip"><i class="minus" style="left:0;width:100%"></i></span>'
    'genes on - (lower half)<span class="strip"><i class="n" style="left:0;width:100%"></i></span>gaps; '
    f"with more than {MOST_MARKS} genes, darker means more of them.</p>"
)


def _volume(addresses: Addresses, volume: Volume, genes: pd.DataFrame, longest: int, page: str) -> str:
    counts = volume.counts
    facts = [plural(volume.length, "letter")]
    facts += [plural(counts[f"{what}s"], what) for what in ("word", "sentence", "paragraph", "chapter")]
    facts += [plural(len(genes), "gene")] if len(genes) else []
    gaps = f"{plural(counts['gaps'], 'gap')} ({plural(counts['gap_letters'], 'letter')})"
    facts += [gaps] if counts["gaps"] else ["no gaps"]
    whole = link(addresses, Region(volume.name, 0, volume.length), page)
    about = f" title='{escape(volume.description)}'" if volume.description else ""
    return (
        f'<li><a class="title" href="{whole}"{about}>{escape(volume.name)}</a>'
        f'{strip(volume, genes, volume.length / longest)}<span class="facts">{" · ".join(facts)}</span></li>'
    )


def wall_and_words(book: Book, region: Region, genes: pd.DataFrame) -> str:
    """Draw the same letters twice: as a wall, and as words and sentences with the gene over them.

    Parameters
    ----------
    book : Book
        The open book; the letters are its own.
    region : Region
        What to show, from `picture_region`.
    genes : DataFrame
        Genes that overlap it.
    """
    volume = book[region.volume]
    page = open_page(book, region)
    blocks = [block for block in page.blocks if isinstance(block, Paragraph)]
    sentences = [
        sentence for block in blocks for sentence in block.sentences
        if sentence.end > region.start and sentence.start < region.end
    ]  # fmt: skip
    said: set[str] = set()
    words = "".join(
        f'<span class="{"s" if sentence.end <= region.end else "cut"}">'
        f"{_spelled(sentence.words, region, genes, said)}</span> "
        for sentence in sentences
    )
    letters = volume.sequence(region.start, region.end).decode("ascii")
    where = f"{escape(volume.contig)}:{coordinates(volume, region.start, region.end)}"
    key = "The line over the words is a gene; a stop" if said else "A stop"
    return (
        '<div class="gb"><figure class="both">'
        f'<div><h3>As it comes</h3><p class="wall" lang="zxx">{letters}</p></div>'
        f'<div><h3>As a book</h3><p class="dna" lang="zxx">{words}</p></div>'
        f"<figcaption>The same {len(letters)} letters of this book, {where}. "
        f"{key} ends a sentence.</figcaption></figure></div>"
    )


def _spelled(words: Sequence[Word], region: Region, genes: pd.DataFrame, said: set[str]) -> str:
    found = []
    for word in words:
        start, end = word.start, word.end
        if end <= region.start or start >= region.end:
            continue
        over = genes[(genes["start"] < end) & (genes["end"] > start)]
        kind, label = "w", ""
        if len(over):
            gene = over.iloc[0]
            side, arrow, _ = STRANDS.get(gene["strand"], ("plus", "", ""))
            kind = f"w in {side}"
            if gene["name"] not in said:
                said.add(gene["name"])
                label = f'<span class="label {side}">{arrow} {escape(gene["name"])}</span>'
        found.append(f'{label}<span class="{kind}">{escape(word.text)}</span>')
    return " ".join(found)


def picture_region(book: Book, genes: pd.DataFrame) -> Region | None:
    """Choose the letters of the opening picture: around the start of the longest gene, else the first text.

    Parameters
    ----------
    book : Book
        The open book.
    genes : DataFrame
        All its genes; may be empty.

    Returns
    -------
    Region or None
        About `_PICTURE_LETTERS` letters; None for a book of gaps alone.
    """
    first = next((volume for volume in book if volume.counts["paragraphs"]), None)
    if first is None:
        return None
    if len(genes):
        longest = genes.iloc[int((genes["end"] - genes["start"]).to_numpy().argmax())]
        volume, start = book[str(longest["volume"])], max(0, int(longest["start"]) - 90)
    else:
        volume, start = first, int(first.paragraphs(0, first.length)["start"].iloc[0])
    words = volume.words(start, min(start + _PICTURE_LETTERS, volume.length))
    # A word is short, but a gap may be a centromere.
    begin = max(int(words.starts[0]), start - _PICTURE_LETTERS)
    return Region(volume.name, begin, min(int(words.ends[-1]), start + 2 * _PICTURE_LETTERS))
