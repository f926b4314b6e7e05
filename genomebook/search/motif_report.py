"""Counts of the places of a motif over a book, and the first places with their letters."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from genomebook.book.read import Book
from genomebook.search.motifs import Motif, MotifPlaces, first_places

VERSION = 1


class MotifPlace(msgspec.Struct, frozen=True):
    """A place of a motif.

    Attributes
    ----------
    volume : str
        Name of the volume.
    local : int
        First letter, 0-based in the volume.
    contig : str
        Name of the contig.
    start, end : int
        Positions on the contig, 1-based inclusive.
    strand : str
        ``+``, ``-`` or, of a motif that is its own reverse complement, ``.``.
    letters : str
        Letters of the + strand, in upper case.
    mismatches : int
        Letters that differ from the motif.
    """

    volume: str
    local: int
    contig: str
    start: int
    end: int
    strand: str
    letters: str
    mismatches: int


class MotifReport(msgspec.Struct, frozen=True, kw_only=True):
    """What ``genomebook find --json`` prints.

    Attributes
    ----------
    version : int
        Of this form.
    motif : str
        IUPAC letters.
    mismatches : int
        Letters that may differ.
    palindrome : bool
        Whether the motif is its own reverse complement: a place then counts once.
    letters : int
        Letters of the book that are not N.
    count : int
        Places in the whole book.
    strands : dict of str to int
        Places by strand.
    contigs : dict of str to int
        Places by contig, where there are any.
    places : list of MotifPlace
        The first of them.
    """

    version: int
    motif: str
    mismatches: int
    palindrome: bool
    letters: int
    count: int
    strands: dict[str, int]
    contigs: dict[str, int]
    places: list[MotifPlace]


def places_of(book: Book, motif: Motif, chunk: MotifPlaces) -> Iterator[MotifPlace]:
    """The places of a chunk, with their letters."""
    contig = book.contigs[chunk.volume]
    volume = book[contig.name]
    size = len(motif.letters)
    rows = zip(chunk.starts.tolist(), chunk.strands.tolist(), chunk.mismatches.tolist(), strict=True)
    for start, strand, mismatches in rows:
        letters = volume.sequence(start, start + size).decode("ascii").upper()
        first = contig.origin + start
        place = (contig.contig, first + 1, first + size, motif.strands[strand])
        yield MotifPlace(contig.name, start, *place, letters, mismatches)


class MotifCount:
    """Counts places chunk after chunk, and keeps the first.

    Parameters
    ----------
    book : Book
        The open book.
    motif : Motif
        What is looked for.
    limit : int
        Places to keep.
    """

    def __init__(self, book: Book, motif: Motif, limit: int) -> None:
        self._book, self._motif, self._limit = book, motif, limit
        self._places: list[MotifPlace] = []
        self._strands = dict.fromkeys(motif.strands, 0)
        self._contigs: dict[str, int] = {}

    @property
    def is_full(self) -> bool:
        """Whether as many places are kept as may be."""
        return len(self._places) >= self._limit

    def add(self, chunk: MotifPlaces) -> list[MotifPlace]:
        """Count a chunk; give the places of it that are kept."""
        for strand, count in zip(self._motif.strands, chunk.counts.tolist(), strict=True):
            self._strands[strand] += count
        if total := int(chunk.counts.sum()):
            contig = self._book.contigs[chunk.volume].contig
            self._contigs[contig] = self._contigs.get(contig, 0) + total
        room = self._limit - len(self._places)
        kept = list(places_of(self._book, self._motif, first_places(chunk, room)))
        self._places += kept
        return kept

    def report(self) -> MotifReport:
        """Counts of what was added, and the places kept."""
        counts = self._book.meta.counts
        return MotifReport(
            version=VERSION, motif=self._motif.letters, mismatches=self._motif.mismatches,
            palindrome=self._motif.is_palindrome, letters=counts.letters - counts.gap_letters,
            count=sum(self._strands.values()), strands=dict(self._strands), contigs=dict(self._contigs),
            places=list(self._places),
        )  # fmt: skip


def counted(report: MotifReport) -> str:
    """The counts as a sentence without a full stop."""
    many = "place" if report.count == 1 else "places"
    strands = ", ".join(f"{count:,} on {strand}" for strand, count in report.strands.items())
    note = "; it is its own reverse complement" if report.palindrome else f": {strands}"
    differ = f", up to {report.mismatches} letters different," if report.mismatches else ""
    return f"{report.count:,} {many} of {report.motif}{differ} in {report.letters:,} letters{note}"
