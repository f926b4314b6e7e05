"""The page of a place as a figure: its words, sentence ends, genes, exons and amino acids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from genomebook.annotation.coding import residues
from genomebook.annotation.genes import Genes
from genomebook.book import Book, Volume
from genomebook.book.page import Gap, Paragraph, Word, open_page
from genomebook.errors import RegionError
from genomebook.export.figure import (
    HERE,
    INK,
    MARGIN,
    MINUS,
    MONO,
    PAPERS,
    PLUS,
    SOFT,
    WORD,
    Box,
    Drawing,
    Label,
    Sheet,
    fitted,
    printable,
    text_width,
)
from genomebook.genome.regions import Region
from genomebook.render.numbers import plural
from genomebook.render.overview.scene import OverviewGene, overview_genes

MAX_LETTERS = 100_000
"""Letters of a page that is drawn."""

SIZE, SMALL = 8.5, 7.0
LINE, AMINO, BAR, NAME = 12.0, 8.0, 4.0, 6.0
"""Points of a line of letters, and of amino acids, the bar of a gene and its name under it."""

MAX_GENES = 6
"""Genes under a line."""


@dataclass
class _Row:
    """A line of text: where it begins and ends, the words in it and where each stands."""

    start: int
    end: int
    words: list[tuple[float, Word, bool]]

    def x(self, position: int) -> float:
        """Distance of a letter from the left edge of the line, in letters."""
        for left, word, _ in self.words:
            if position < word.end:
                return left + max(position - word.start, 0)
        return self.words[-1][0] + len(self.words[-1][1].text)


def page_figure(book: Book, genes: Genes, region: Region, paper: str = "A4") -> Drawing:
    """Draw the whole paragraphs that a region touches.

    Parameters
    ----------
    book : Book
        The book.
    genes : Genes
        Its genes; may be empty.
    region : Region
        Local, 0-based half-open; at most `MAX_LETTERS`.
    paper : str
        One of `genomebook.export.figure.PAPERS`.

    Returns
    -------
    Drawing
        As many sheets as it needs.

    Raises
    ------
    RegionError
        The region is too long.
    """
    if region.end - region.start > MAX_LETTERS:
        raise RegionError(
            f"a figure of the text has at most {MAX_LETTERS:,} letters, and this place has "
            f"{region.end - region.start:,}; give a shorter one, or draw the overview: --overview"
        )
    page = open_page(book, region, limit=max(region.end - region.start, 1))
    volume = page.volume
    width, height = PAPERS[paper]
    where = book.addresses.format(Region(volume.name, page.start, page.end))
    title = f"{where} · {book.title}" + (f" · {book.assembly}" if book.assembly else "")
    near = overview_genes(book, genes, volume.name, (page.start, page.end), 0)
    sheets = [Sheet(width, height, [_heading(title, width)])]
    y = MARGIN + 26
    for block in page.blocks:
        for size, items in _block(book, volume, block, near, width):
            if y + size > height - MARGIN:
                sheets.append(Sheet(width, height, [_heading(title, width)]))
                y = MARGIN + 26
            sheets[-1].items += items(y)
            y += size
    return Drawing(printable(title), sheets)


def _heading(title: str, width: float) -> Label:
    return Label(MARGIN, MARGIN + 8, fitted(title, 10, width - 2 * MARGIN), 10)


class _Placed:
    """Items of a line that can be drawn at any height."""

    def __init__(self, items: Iterable[Box | Label]) -> None:
        self._items = list(items)

    def __call__(self, y: float) -> list[Box | Label]:
        """The items, moved down by `y` points."""
        return [replace(item, y=item.y + y) for item in self._items]


def _block(
    book: Book, volume: Volume, block: Paragraph | Gap, near: list[OverviewGene], width: float
) -> Iterator[tuple[float, _Placed]]:
    """Height and items of each line of a paragraph or gap."""
    where = book.addresses.format(Region(volume.name, block.start, block.end))
    text = f"¶ {block.number + 1:,}  {where}" if isinstance(block, Paragraph) else where
    if isinstance(block, Gap):
        text += f"  gap: {plural(block.end - block.start, 'letter')} not known"
    yield 16, _Placed([Label(MARGIN, 11, printable(text), SMALL, colour=SOFT)])
    if isinstance(block, Gap):
        return
    letter = text_width("A", SIZE, MONO)
    for at, row in enumerate(_rows(block, int((width - 2 * MARGIN) / letter))):
        items: list[Box | Label] = []
        for number, (left, word, ends) in enumerate(row.words):
            x = MARGIN + left * letter
            if number % 2 == 0:
                items.append(Box(x - 0.5, 1.5, len(word.text) * letter + 1, LINE - 2, WORD, 0.22))
            items.append(Label(x, LINE - 3, word.text, SIZE, MONO))
            if ends:
                items.append(Label(x + len(word.text) * letter, LINE - 3, ".", SIZE + 2, colour=MINUS))
        size = LINE
        for extra, more in (_aminos(book, volume, row, letter), _genes(near, row, letter, at == 0)):
            items += [_moved(item, size) for item in more]
            size += extra
        yield size + 3, _Placed(items)


def _moved(item: Box | Label, by: float) -> Box | Label:
    return replace(item, y=item.y + by)


def _rows(block: Paragraph, letters: int) -> Iterator[_Row]:
    """Words in lines of so many letters; a space after each word, and after each sentence two more."""
    row: list[tuple[float, Word, bool]] = []
    at = 0.0
    for sentence in block.sentences:
        for word in sentence.words:
            if row and at + len(word.text) > letters - 1:
                yield _Row(row[0][1].start, row[-1][1].end, row)
                row, at = [], 0.0
            ends = word is sentence.words[-1]
            row.append((at, word, ends))
            at += len(word.text) + (2 if ends else 1)
    if row:
        yield _Row(row[0][1].start, row[-1][1].end, row)


def _aminos(book: Book, volume: Volume, row: _Row, letter: float) -> tuple[float, list[Box | Label]]:
    """Amino acids under the letters of a line, of the first coding transcript that covers some of it."""
    over = [one for one in book.transcripts.overlapping(volume.name, row.start, row.end) if one.coding]
    shown = next((book.transcripts.of_gene(one.gene_id or one.gene)[:1] for one in over), [])
    items: list[Box | Label] = []
    for transcript in shown:
        for residue in residues(transcript, volume.sequence, row.start, row.end):
            start, end = max(residue.spans, key=lambda span: span[1] - span[0])
            middle = (start + end - 1) // 2
            if row.start <= middle < row.end:
                x = MARGIN + (row.x(middle) + 0.5) * letter
                colour = HERE if residue.is_start or residue.is_stop else INK
                items.append(Label(x, AMINO - 2, residue.amino, SMALL, MONO, colour, "middle"))
    return (AMINO if items else 0.0), items


def _genes(
    near: list[OverviewGene], row: _Row, letter: float, is_first: bool
) -> tuple[float, list[Box | Label]]:
    """Genes under a line: a bar, thicker in exons; the name where it begins and in a first line."""
    items: list[Box | Label] = []
    height = 0.0
    for gene in [gene for gene in near if gene.start < row.end and gene.end > row.start][:MAX_GENES]:
        colour = MINUS if gene.strand == "-" else PLUS

        def bar(start: int, end: int, thick: float, top: float = height, colour: str = colour) -> Box:
            left = MARGIN + row.x(max(start, row.start)) * letter
            right = MARGIN + (row.x(min(end, row.end) - 1) + 1) * letter
            return Box(left, top + 1 + (3 - thick) / 2, max(right - left, 0.5), thick, colour)

        items.append(bar(gene.start, gene.end, 0.8))
        spans = zip(gene.exons[::2], gene.exons[1::2], strict=True)
        items += [bar(a, b, 2.6) for a, b in spans if a < row.end and b > row.start]
        if is_first or gene.start >= row.start:
            arrow = {"+": f"{gene.name} ▸", "-": f"◂ {gene.name}"}.get(gene.strand, gene.name)
            x = MARGIN + row.x(max(gene.start, row.start)) * letter
            items.append(Label(x, height + 9, printable(arrow), 5.5, colour=SOFT))
            height += NAME
        height += BAR
    return height, items
