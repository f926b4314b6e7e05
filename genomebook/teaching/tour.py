"""The tour of a book in eight stops."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock

from genomebook.book import Book
from genomebook.errors import GenomebookError
from genomebook.language.encode import Encoder
from genomebook.teaching import stops_of_genes as genes
from genomebook.teaching import stops_of_letters as letters
from genomebook.teaching.stops import TourStop, missing_stop
from genomebook.teaching.texts import stop_texts

STOPS = 8


class Tour:
    """The stops of a book, each made when it is asked for, and kept.

    Parameters
    ----------
    book : Book
        Any.
    encoder : Encoder
        Tokenizer of its words.
    """

    def __init__(self, book: Book, encoder: Encoder) -> None:
        self._makers: Mapping[str, Callable[[], TourStop]] = {
            "start": lambda: genes.gene_start(book),
            "trna": lambda: genes.trna_commas(book),
            "alu": lambda: letters.alu_siblings(book),
            "island": lambda: letters.cpg_island(book),
            "broken": lambda: genes.broken_codon(book),
            "shuffle": lambda: letters.two_pages(book, encoder),
            "strand": lambda: letters.other_strand(book, encoder),
            "english": lambda: letters.english(book, encoder),
        }
        self._names = tuple(stop_texts())
        self._made: dict[str, TourStop] = {}
        self._locks = {name: Lock() for name in self._names}

    def stop(self, number: int) -> TourStop:
        """A stop by its number, from 1; one that the book cannot show says why (`TourStop.missing`)."""
        name = self._names[number - 1]
        with self._locks[name]:  # of a class that asks for one stop at once, only the first makes it
            if name not in self._made:
                self._made[name] = _made(name, self._makers[name])
        return self._made[name]

    def stops(self) -> tuple[TourStop, ...]:
        """All stops, in order."""
        return tuple(self.stop(number) for number in range(1, STOPS + 1))

    def beside(self, number: int, step: int) -> int | None:
        """Number of the next stop that the book can show; without one, of the next; None at the end.

        Parameters
        ----------
        number : int
            A stop, from 1.
        step : int
            1: those after it; -1: those before it.
        """
        ahead = range(number + step, STOPS + 1 if step > 0 else 0, step)
        return next((n for n in ahead if not self.stop(n).missing), next(iter(ahead), None))


def _made(name: str, make: Callable[[], TourStop]) -> TourStop:
    """A stop; one for which a part of the book cannot be read is missing, and says why."""
    try:
        return make()
    except GenomebookError as error:
        return missing_stop(name, str(error))
