"""The tour of a book in eight stops."""

from __future__ import annotations

from collections.abc import Callable

from genomebook.book import Book
from genomebook.errors import GenomebookError
from genomebook.language.encode import Encoder
from genomebook.teaching import stops_of_genes as genes
from genomebook.teaching import stops_of_letters as letters
from genomebook.teaching.stops import TourStop, missing_stop
from genomebook.teaching.texts import stop_texts

STOPS = 8


def tour(book: Book, encoder: Encoder) -> tuple[TourStop, ...]:
    """All stops of a book, in order; one that it cannot show says why (`TourStop.missing`).

    Parameters
    ----------
    book : Book
        Any.
    encoder : Encoder
        Tokenizer of its words.
    """
    makers = {
        "start": lambda: genes.gene_start(book),
        "trna": lambda: genes.trna_commas(book),
        "alu": lambda: letters.alu_siblings(book),
        "island": lambda: letters.cpg_island(book),
        "broken": lambda: genes.broken_codon(book),
        "shuffle": lambda: letters.two_pages(book, encoder),
        "strand": lambda: letters.other_strand(book, encoder),
        "english": lambda: letters.english(book, encoder),
    }
    return tuple(_made(name, makers[name]) for name in stop_texts())


def _made(name: str, make: Callable[[], TourStop]) -> TourStop:
    """A stop; one for which a part of the book cannot be read is missing, and says why."""
    try:
        return make()
    except GenomebookError as error:
        return missing_stop(name, str(error))


def beside(stops: tuple[TourStop, ...], number: int) -> tuple[int | None, int | None]:
    """Numbers of the stops before and after one, those that the book lacks skipped; None at an end."""
    shown = [stop.number for stop in stops if not stop.missing]
    return max((n for n in shown if n < number), default=None), min(
        (n for n in shown if n > number), default=None
    )
