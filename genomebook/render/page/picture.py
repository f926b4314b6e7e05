"""Strips, the shelf and the opening picture, drawn to scale in HTML and CSS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from genomebook.book import Book, Volume
from genomebook.book.page import Paragraph, Word, open_page
from genomebook.genome.regions import Addresses, Region
from genomebook.render.numbers import plural
from genomebook.render.page.html import STRANDS, coordinates, link
from genomebook.render.templating import render

MAX_MARKS = 200
"""Genes or gaps drawn singly in a strip; above it genes become a density and small gaps are left out."""
_PICTURE_BASES = 300


class StripMark(NamedTuple):
    """A gene, gap or bin of a strip: CSS class, left edge and width in per cent, opacity where not full."""

    kind: str
    left: float
    width: float
    opacity: float | None = None


class ShelfVolume(NamedTuple):
    """A volume on the shelf: name, link, description, strip, counts."""

    name: str
    to: str
    description: str
    strip: Markup
    facts: list[str]


class PictureWord(NamedTuple):
    """A word of the opening picture: CSS classes, letters, strand and name of a gene that begins at it."""

    kind: str
    text: str
    side: str = ""
    label: str = ""


def strip(volume: Volume, genes: pd.DataFrame, share: float = 1.0, here: int | None = None) -> Markup:
    """Draw a volume from left to right: genes by strand, gaps hatched, and a mark at a place.

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
    marks = _density(genes, size) if len(genes) > MAX_MARKS else _extents(genes, size)
    marks += [_mark("n", start, end, size) for start, end in _visible(volume.gaps(), size)]
    counts = {"base": size, "gap": volume.counts["gaps"]}
    label = ", ".join([volume.name, *(plural(count, what) for what, count in counts.items())])
    label += f", {plural(len(genes), 'gene')}" if len(genes) else ", genes not known"
    at = None if here is None else 100 * here / size
    if at is not None:
        label += f"; the page is at {at:.0f} % of it"
    return render("strip.j2", marks=marks, label=label, here=at, width=100 * share)


def _mark(kind: str, start: float, end: float, size: int, opacity: float | None = None) -> StripMark:
    return StripMark(kind, 100 * start / size, 100 * (end - start) / size, opacity)


def _extents(genes: pd.DataFrame, size: int) -> list[StripMark]:
    return [
        _mark(STRANDS[strand][0] if strand in STRANDS else "many", start, end, size)
        for start, end, strand in zip(genes["start"], genes["end"], genes["strand"], strict=True)
    ]


def _density(genes: pd.DataFrame, size: int) -> list[StripMark]:
    """Gene starts in equal bins, darker where there are more."""
    counts, edges = np.histogram(genes["start"].to_numpy(), MAX_MARKS, (0, size))
    shade = 0.1 + 0.9 * counts / max(1, counts.max())
    return [_mark("many", edges[i], edges[i + 1], size, shade[i]) for i in np.flatnonzero(counts)]


def _visible(gaps: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Gaps that are wide enough to be seen in a strip."""
    if len(gaps) <= MAX_MARKS:
        return gaps
    return gaps[(gaps[:, 1] - gaps[:, 0]) * MAX_MARKS * 5 >= size]


def shelf(
    addresses: Addresses, volumes: Sequence[Volume], genes: dict[str, pd.DataFrame], longest: int, page: str
) -> Markup:
    """List volumes as a shelf: a link into the text, a strip to scale, the counts.

    Parameters
    ----------
    addresses : Addresses
        Writes the links.
    volumes : sequence of Volume
        Volumes of this shelf.
    genes : dict of str to DataFrame
        Genes by volume name; a volume may have none.
    longest : int
        Bases of the longest volume of the book: the full width.
    page : str
        Relative address of the Read page.
    """
    none = pd.DataFrame({"start": [], "end": [], "strand": []})
    rows = [_volume(addresses, volume, genes.get(volume.name, none), longest, page) for volume in volumes]
    return render("shelf.j2", volumes=rows, max_marks=MAX_MARKS)


def _volume(
    addresses: Addresses, volume: Volume, genes: pd.DataFrame, longest: int, page: str
) -> ShelfVolume:
    counts = volume.counts
    facts = [plural(volume.length, "base")]
    facts += [plural(counts[f"{unit}s"], unit) for unit in ("word", "sentence", "paragraph", "chapter")]
    facts += [plural(len(genes), "gene")] if len(genes) else []
    gaps = f"{plural(counts['gaps'], 'gap')} ({plural(counts['gap_letters'], 'base')})"
    facts += [gaps] if counts["gaps"] else ["no gaps"]
    whole = link(addresses, Region(volume.name, 0, volume.length), page)
    drawn = strip(volume, genes, volume.length / longest)
    return ShelfVolume(volume.name, whole, volume.description, drawn, facts)


def wall_and_words(book: Book, region: Region, genes: pd.DataFrame) -> Markup:
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
    named: set[str] = set()
    sentences = [
        (sentence.end <= region.end, _picture_words(sentence.words, region, genes, named))
        for block in blocks
        for sentence in block.sentences
        if sentence.end > region.start and sentence.start < region.end
    ]
    return render(
        "wall.j2",
        letters=volume.sequence(region.start, region.end).decode("ascii"),
        sentences=sentences,
        where=f"{volume.contig}:{coordinates(volume, region.start, region.end)}",
        has_genes=bool(named),
    )


def _picture_words(
    words: Sequence[Word], region: Region, genes: pd.DataFrame, named: set[str]
) -> list[PictureWord]:
    """Words inside the region; each gene is named once and put into `named`."""
    drawn = []
    for word in words:
        if word.end <= region.start or word.start >= region.end:
            continue
        over = genes[(genes["start"] < word.end) & (genes["end"] > word.start)]
        if over.empty:
            drawn.append(PictureWord("w", word.text))
            continue
        gene = over.iloc[0]
        side, arrow, _ = STRANDS.get(gene["strand"], ("plus", "", ""))
        label = "" if gene["name"] in named else f"{arrow} {gene['name']}"
        named.add(gene["name"])
        drawn.append(PictureWord(f"w in {side}", word.text, side, label))
    return drawn


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
        About `_PICTURE_BASES` letters; None for a book of gaps alone.
    """
    first = next((volume for volume in book if volume.counts["paragraphs"]), None)
    if first is None:
        return None
    if len(genes):
        longest = genes.iloc[int((genes["end"] - genes["start"]).to_numpy().argmax())]
        volume, start = book[str(longest["volume"])], max(0, int(longest["start"]) - 90)
    else:
        volume, start = first, int(first.paragraphs(0, first.length)["start"].iloc[0])
    words = volume.words(start, min(start + _PICTURE_BASES, volume.length))
    # A word is short, but a gap may be a centromere.
    begin = max(int(words.starts[0]), start - _PICTURE_BASES)
    return Region(volume.name, begin, min(int(words.ends[-1]), start + 2 * _PICTURE_BASES))
