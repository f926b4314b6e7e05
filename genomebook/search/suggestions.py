"""Suggestions while somebody types in the box."""

from __future__ import annotations

from collections.abc import Iterator

from genomebook.book.read import Book
from genomebook.genome.cytobands import Cytoband, all_cytobands, has_cytobands
from genomebook.genome.names import canonical
from genomebook.genome.regions import plain_line
from genomebook.search.answers import Suggestion
from genomebook.search.book_names import BookNames, NamedGene, names_of, words_of

MAX_TYPED = 60
"""Longest text that is completed."""

MIN_ID = 3
"""Fewest letters of an identifier of a transcript."""


def suggest(book: Book, text: str, limit: int = 8) -> list[Suggestion]:
    """Complete a text: the likeliest first.

    Parameters
    ----------
    book : Book
        Its names are sorted on the first call, once for each open book.
    text : str
        As typed so far, of any length.
    limit : int
        Most suggestions.

    Returns
    -------
    list of Suggestion
        Genes by symbol, by other or former name, by identifier with or without version; contigs; cytobands;
        genes by words of their description; else genes with nearly such a name. No two have the same text.
    """
    line = plain_line(text[: MAX_TYPED + 1])
    if not line or len(line) > MAX_TYPED:
        return []
    chosen: dict[str, Suggestion] = {}
    for suggestion in _all(book, line):
        chosen.setdefault(suggestion.text, suggestion)
        if len(chosen) == limit:
            break
    if not chosen:
        for suggestion in _near(names_of(book), line):
            chosen.setdefault(suggestion.text, suggestion)
    return list(chosen.values())[:limit]


def _all(book: Book, line: str) -> Iterator[Suggestion]:
    names = names_of(book)
    volume = book.addresses.volume(line)
    if volume is not None:
        yield _volume(book, volume)
    for row, _ in names.symbols.beginning(line):
        yield _gene(names.gene(row))
    for row, other in names.others.beginning(line):
        yield _gene(names.gene(row), f"{other} is another name")
    for row, identifier in names.identifiers.beginning(line.partition(".")[0] or line):
        yield _gene(names.gene(row), identifier)
    yield from _transcripts(book, line)
    yield from (_volume(book, contig.name) for contig in book.contigs if _begins(contig.contig, line))
    yield from _bands(book, line)
    words = words_of(line)
    yield from (_gene(names.gene(int(row))) for row in (names.descriptions.rows(words) if words else ()))


def _begins(name: str, line: str) -> bool:
    return name.casefold().startswith(line.casefold())


def _gene(gene: NamedGene, why: str = "") -> Suggestion:
    return Suggestion(gene.symbol, gene.symbol, " · ".join(filter(None, (gene.description, why))), "gene")


def _transcripts(book: Book, line: str) -> Iterator[Suggestion]:
    """Transcripts by their id or that of their protein."""
    if len(line) < MIN_ID:
        return
    for transcript in book.transcripts.beginning(line):
        identifier = transcript.transcript_id
        if not identifier.upper().startswith(line.upper()):
            identifier = transcript.protein_id
        detail = f"transcript of {transcript.gene}" if transcript.gene else "transcript"
        if identifier != transcript.transcript_id:
            detail = f"protein of {transcript.gene or transcript.transcript_id}"
        yield Suggestion(identifier, identifier, detail, "transcript")


def _volume(book: Book, name: str) -> Suggestion:
    volume = book[name]
    return Suggestion(name, name, volume.description or f"{volume.length:,} letters", "volume")


def _bands(book: Book, line: str) -> Iterator[Suggestion]:
    """Bands whose names begin so and of which the book has a letter."""
    if (not line[0].isdigit() and line[0] not in "xyXYcC") or not has_cytobands(book.assembly):
        return
    wanted = line.casefold().removeprefix("chr")
    spans = [(canonical(c.contig), c.origin, c.origin + c.length) for c in book.contigs]
    for band in all_cytobands():
        if band.full_name.casefold().startswith(wanted) and _has(spans, band):
            detail = f"cytoband, {band.contig}:{band.start + 1:,}-{band.end:,}"
            yield Suggestion(band.full_name, band.full_name, detail, "band")


def _has(spans: list[tuple[str, int, int]], band: Cytoband) -> bool:
    return any(name == band.contig and low < band.end and band.start < high for name, low, high in spans)


def _near(names: BookNames, line: str) -> Iterator[Suggestion]:
    for name, symbol in names.near(line):
        gene = names.find(symbol)
        if gene is not None:
            yield _gene(gene, f"{name} is another name" if name != symbol else "")
