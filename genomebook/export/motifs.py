"""Places of a motif for other tools and for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from genomebook.book.read import Book
from genomebook.errors import OptionError
from genomebook.export.hits import fits_bed
from genomebook.search.motifs import Motif, MotifPlaces

VERSION = 1


class MotifPlace(msgspec.Struct, frozen=True):
    """A place: contig, 1-based inclusive positions on it, strand, letters of the + strand, mismatches."""

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
        yield MotifPlace(contig.contig, first + 1, first + size, motif.strands[strand], letters, mismatches)


def motif_bed(book: Book, motif: Motif, chunks: Iterable[MotifPlaces]) -> Iterator[str]:
    """Lines of BED6: the motif as name, 1,000 less 100 for each mismatch as score.

    Raises
    ------
    OptionError
        A place lies on a contig whose lines programs skip.
    """
    size = len(motif.letters)
    for chunk in chunks:
        contig = book.contigs[chunk.volume]
        if len(chunk.starts) and not fits_bed(contig.contig):
            raise OptionError(
                f"a place is on the sequence {contig.contig!r}, and programs that read BED skip lines that "
                "begin with #, track or browser; choose --json"
            )
        rows = zip(chunk.starts.tolist(), chunk.strands.tolist(), chunk.mismatches.tolist(), strict=True)
        for start, strand, mismatches in rows:
            first = contig.origin + start
            score = 1000 - 100 * mismatches
            line = (contig.contig, first, first + size, motif.letters, score, motif.strands[strand])
            yield "\t".join(map(str, line)) + "\n"
