"""Parts of a gene by name: ``APP+1000``, ``APP exon 3``."""

from __future__ import annotations

import re

from genomebook.book.exons import exon
from genomebook.book.read import Book
from genomebook.errors import RegionError
from genomebook.genome.regions import Region
from genomebook.search.answers import PlaceAnswer
from genomebook.search.book_names import NamedGene, names_of
from genomebook.search.positions import letters_of

_OFFSET = re.compile(r"(\S{1,60}?)\s*([+-])\s*([0-9][0-9,]{0,30}(?:\.[0-9]{1,12})?)\s?([KMG]?)(?:bp?)?", re.I)
_EXON = re.compile(r"(\S{1,60})[\s:]+ex(?:on)?\.?\s*([0-9]{1,6})|exon\s*([0-9]{1,6})\s+of\s+(\S{1,60})", re.I)


def part_of_gene(book: Book, line: str) -> PlaceAnswer | None:
    """Place of a part of a gene; None when the text names none, or no gene of the book.

    Parameters
    ----------
    book : Book
        The open book.
    line : str
        ``APP+1000``: the letter 1,000 letters in the direction of the gene after its first; ``APP-500``: 500
        before it. ``APP exon 3``: an exon of the transcript that is shown first, counted from the 5' end.

    Raises
    ------
    RegionError
        The place is not in the book, or the gene has no such exon.
    """
    if match := _EXON.fullmatch(line):
        gene = _gene(book, match[1] or match[4])
        return None if gene is None else _exon(book, gene, int(match[2] or match[3]), line)
    match = _OFFSET.fullmatch(line)
    gene = _gene(book, match[1]) if match else None
    if match is None or gene is None:
        return None
    return _offset(book, gene, int(f"{match[2]}1") * letters_of(match[3], match[4]), line)


def _gene(book: Book, name: str) -> NamedGene | None:
    names = names_of(book)
    others = names.by_other_name(name)
    return names.find(name) or (others[0] if len(others) == 1 else None)


def _offset(book: Book, gene: NamedGene, offset: int, line: str) -> PlaceAnswer:
    volume = book[gene.region.volume]
    forward = gene.strand != "-"
    at = gene.region.start + offset if forward else gene.region.end - 1 - offset
    if not 0 <= at < volume.length:
        before, after = gene.region.start, volume.length - 1 - gene.region.start
        if not forward:
            before, after = volume.length - gene.region.end, gene.region.end - 1
        raise RegionError(
            f"{gene.symbol}{offset:+,} is outside {volume.contig} of this book; "
            f"write {gene.symbol}-{before:,} to {gene.symbol}+{after:,}"
        )
    return PlaceAnswer(
        text=line, region=Region(gene.region.volume, at, at + 1), label=f"{gene.symbol}{offset:+,}",
        kind="offset", gene=gene.symbol, gene_id=gene.gene_id, strand=gene.strand,
    )  # fmt: skip


def _exon(book: Book, gene: NamedGene, number: int, line: str) -> PlaceAnswer:
    transcripts = book.transcripts.of_gene(gene.gene_id)
    if not transcripts:
        raise RegionError(
            f"the exons of {gene.symbol} are not known; add them: genomebook annotate BOOK --track FILE.gff3"
        )
    shown = transcripts[0]
    return PlaceAnswer(
        text=line, region=exon(shown, number), label=f"{gene.symbol} exon {number}", kind="exon",
        gene=gene.symbol, gene_id=gene.gene_id, transcript=shown.transcript_id, exon=number,
        strand=gene.strand,
    )  # fmt: skip
