"""What is on a page, as the files that people take away: letters of the region, rows and text of the page."""

from __future__ import annotations

import re

import numpy as np

from genomebook.annotation.genes import Genes
from genomebook.book import Book
from genomebook.book.page import Gap, Page, Paragraph
from genomebook.errors import RegionError
from genomebook.export import plain
from genomebook.genome.regions import Region
from genomebook.render.numbers import plural

MOST_LETTERS = 1_000_000
"""Longest region that is given as FASTA from a page."""
LEVELS = ("word", "sentence", "paragraph", "gene")
"""What a row of a BED file can be."""


def too_long(region: Region) -> str:
    """Return the line that says why a region is not given as FASTA, and what to do."""
    return (
        f"the region has {region.end - region.start:,} letters, more than the {MOST_LETTERS:,} given from "
        "a page; ask for a shorter one, or take it in Python: Book.open(BOOK)[VOLUME].sequence(START, END)"
    )


def fasta(book: Book, region: Region, reverse_complement: bool = False) -> str:
    """Letters of exactly `region` (local, 0-based half-open) as FASTA, named by its address as in samtools.

    Raises
    ------
    RegionError
        The region is longer than `MOST_LETTERS`.
    """
    if region.end - region.start > MOST_LETTERS:
        raise RegionError(too_long(region))
    letters = book[region.volume].sequence(region.start, region.end)
    name = book.addresses.format(region, commas=False)
    return plain.fasta(name, letters, reverse_complement=reverse_complement)


def bed(page: Page, level: str, genes: Genes) -> str:
    """Rows of what is on the page, one for each word, sentence, paragraph or gene, in genome coordinates.

    Parameters
    ----------
    page : Page
        The page.
    level : str
        One of `LEVELS`. Words are named by their spelling, sentences and paragraphs by their number from 1.
    genes : Genes
        The genes of the book; used for the level ``gene``.
    """
    volume = page.volume
    strands: list[str] | None = None
    paragraphs = [block for block in page.blocks if isinstance(block, Paragraph)]
    if level == "gene":
        table = genes.overlapping(volume.name, page.start, page.end)
        rows = list(zip(table["start"], table["end"], table["name"], strict=True))
        strands = table["strand"].tolist()
    elif level == "paragraph":
        rows = [(block.start, block.end, f"paragraph_{block.number + 1}") for block in paragraphs]
    else:
        sentences = [sentence for block in paragraphs for sentence in block.sentences]
        rows = [(one.start, one.end, f"sentence_{one.number + 1}") for one in sentences]
        if level == "word":
            rows = [(word.start, word.end, word.text) for sentence in sentences for word in sentence.words]
    starts, ends, names = zip(*rows, strict=True) if rows else ((), (), ())
    return plain.bed(
        volume.contig,
        volume.origin,
        np.array(starts, np.int64),
        np.array(ends, np.int64),
        names,
        strands=strands,
    )


def text(book: Book, page: Page) -> str:
    """Return the page as text: coordinates above each paragraph, words apart, gaps by their length."""

    def where(start: int, end: int) -> str:
        return book.addresses.format(Region(page.volume.name, start, end))

    heading = f"{book.title}, {where(page.start, page.end)}"
    paragraphs: list[tuple[str, list[list[str]]]] = []
    for block in page.blocks:
        if isinstance(block, Gap):
            letters = plural(block.end - block.start, "letter")
            paragraphs.append((f"{where(block.start, block.end)} gap: {letters} of N", []))
        else:
            sentences = [[word.text for word in sentence.words] for sentence in block.sentences]
            paragraphs.append((where(block.start, block.end), sentences))
    return plain.text(heading, paragraphs)


def file_name(address: str, suffix: str) -> str:
    """Return a name that every file system takes: ``chrM:3307-4262`` becomes ``chrM_3307-4262.fa``."""
    stem = re.sub(r"[^A-Za-z0-9._+-]+", "_", address).strip("._") or "page"
    return f"{stem[:100]}.{suffix}"
