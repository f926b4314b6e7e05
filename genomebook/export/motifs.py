"""Places of a motif as BED."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from genomebook.book.read import Book
from genomebook.errors import OptionError
from genomebook.export.plain import fits_bed
from genomebook.search.motifs import Motif, MotifPlaces


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
