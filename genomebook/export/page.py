"""A page as files: the bases of its region as FASTA, its rows as BED, its text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from genomebook.annotation.genes import Genes
from genomebook.book import Book
from genomebook.book.page import MAX_BASES, Gap, Page, Paragraph
from genomebook.errors import RegionError
from genomebook.export import plain
from genomebook.genome.regions import Region
from genomebook.render.numbers import plural

LEVELS = ("word", "sentence", "paragraph", "gene")
"""What the rows of a BED file can be."""


def too_long(region: Region) -> str:
    """Say in one line why a region is not given as FASTA, and what to do."""
    return (
        f"the region has {region.end - region.start:,} bases, more than the {MAX_BASES:,} that a page "
        "gives; ask for a shorter one, or take it in Python: Book.open(BOOK)[VOLUME].sequence(START, END)"
    )


def fasta(book: Book, region: Region, reverse_complement: bool = False) -> str:
    """Bases of exactly `region` (local, 0-based half-open) as FASTA, named by its address as in samtools.

    Raises
    ------
    RegionError
        The region is longer than `MAX_BASES`.
    """
    if region.end - region.start > MAX_BASES:
        raise RegionError(too_long(region))
    letters = book[region.volume].sequence(region.start, region.end)
    name = book.addresses.format(region, commas=False)
    return plain.fasta(name, letters, reverse_complement=reverse_complement)


def bed(page: Page, level: str, genes: Genes) -> str:
    """BED rows of the words, sentences, paragraphs or genes on the page, in genome coordinates.

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
    paragraphs = [block for block in page.blocks if isinstance(block, Paragraph)]
    sentences = [sentence for block in paragraphs for sentence in block.sentences]
    rows: Iterable[tuple[int, int, str, str]]
    if level == "gene":
        table = genes.overlapping(volume.name, page.start, page.end)
        rows = zip(table["start"], table["end"], table["name"], table["strand"], strict=True)
    elif level == "word":
        rows = ((word.start, word.end, word.text, ".") for part in sentences for word in part.words)
    else:
        parts = sentences if level == "sentence" else paragraphs
        rows = ((part.start, part.end, f"{level}_{part.number + 1}", ".") for part in parts)
    return plain.bed(volume.contig, volume.origin, rows)


def text(book: Book, page: Page) -> str:
    """The page as text: coordinates above each paragraph, words set apart, gaps by their length."""

    def where(start: int, end: int) -> str:
        return book.addresses.format(Region(page.volume.name, start, end))

    parts = [f"{book.title}, {where(page.start, page.end)}"]
    for block in page.blocks:
        place = where(block.start, block.end)
        if isinstance(block, Gap):
            parts.append(f"{place} gap: {plural(block.end - block.start, 'letter')} of N")
        else:
            sentences = (" ".join(word.text for word in sentence.words) for sentence in block.sentences)
            parts.append(f"{place}\n{' '.join(f'{words}.' for words in sentences)}")
    return "\n\n".join(parts) + "\n"


def file_name(address: str, suffix: str) -> str:
    """Return a name that every file system takes: ``chrM:3307-4262`` becomes ``chrM_3307-4262.fa``."""
    stem = re.sub(r"[^A-Za-z0-9._+-]+", "_", address).strip("._") or "page"
    return f"{stem[:100]}.{suffix}"
