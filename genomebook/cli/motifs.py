"""The command that finds a motif."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from genomebook.cli.console import err, out
from genomebook.cli.options import BookPath
from genomebook.cli.search import write_lines
from genomebook.options import check_parent

if TYPE_CHECKING:
    from genomebook.book import Book
    from genomebook.export.motifs import MotifReport
    from genomebook.search.motifs import Motif, MotifPlaces

app = typer.Typer()


@app.command()
def find(
    book: BookPath,
    motif: Annotated[str, typer.Argument(metavar="MOTIF", help="3 to 64 IUPAC letters, as RGGTCANNNTGACCY.")],
    mismatches: Annotated[int, typer.Option(min=0, help="Letters that may differ, at most 8.")] = 0,
    limit: Annotated[int, typer.Option(min=0, max=100_000, help="Places to print; all are counted.")] = 20,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE.bed", help="Write all places as BED.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print counts and places as JSON.")] = False,
    threads: Annotated[int, typer.Option(min=1, max=64, help="Threads.")] = 2,
) -> None:
    """Find all places of a motif on both strands, and count them over the whole book.

    N and ambiguous letters of the sequence match nothing. A motif that is its own reverse complement counts
    once at each place, and its strand is a dot.
    """
    from genomebook.book import Book
    from genomebook.export.motifs import motif_bed
    from genomebook.search.motifs import Motif, find_motif

    opened, wanted = Book.open(book), Motif.of(motif, mismatches)
    if output is not None:
        check_parent(output, "the places")
    chunks = find_motif(opened, wanted, keep=limit if output is None else None, threads=threads)
    counted = _Counted(opened, wanted, chunks, limit, is_told=not as_json)
    if output is not None:
        write_lines(motif_bed(opened, wanted, counted), output)
    else:
        for _ in counted:
            pass
    report = counted.report()
    if as_json:
        import msgspec

        sys.stdout.write(msgspec.json.format(msgspec.json.encode(report)).decode() + "\n")
        return
    strands = ", ".join(f"{count:,} on {strand}" for strand, count in report.strands.items() if strand != ".")
    many = "place" if report.count == 1 else "places"
    note = "; the motif is its own reverse complement" if report.palindrome else f": {strands}"
    out.print(f"{report.count:,} {many} of {report.motif} in {report.letters:,} letters{note}")
    if output is not None:
        err.print(f"{escape(str(output))}: {report.count:,} {many}")


class _Counted:
    """Places as they are found: counted, the first ones kept and, if told, printed at once."""

    def __init__(
        self, book: Book, motif: Motif, chunks: Iterator[MotifPlaces], limit: int, is_told: bool
    ) -> None:
        from genomebook.export.motifs import MotifPlace

        self._book, self._motif, self._chunks, self._limit, self._is_told = (
            book,
            motif,
            chunks,
            limit,
            is_told,
        )
        self._places: list[MotifPlace] = []
        self._strands = dict.fromkeys(motif.strands, 0)
        self._contigs: dict[str, int] = {}

    def __iter__(self) -> Iterator[MotifPlaces]:
        """Pass the chunks on."""
        from genomebook.export.motifs import places_of

        for chunk in self._chunks:
            for strand, count in zip(self._motif.strands, chunk.counts.tolist(), strict=True):
                self._strands[strand] += count
            if total := int(chunk.counts.sum()):
                contig = self._book.contigs[chunk.volume].contig
                self._contigs[contig] = self._contigs.get(contig, 0) + total
            room = self._limit - len(self._places)
            if room > 0:
                first = chunk._replace(
                    starts=chunk.starts[:room],
                    strands=chunk.strands[:room],
                    mismatches=chunk.mismatches[:room],
                )
                for place in places_of(self._book, self._motif, first):
                    self._places.append(place)
                    if self._is_told:
                        where = f"{place.contig}:{place.start:,}-{place.end:,}"
                        out.print(escape(f"{where}\t{place.strand}\t{place.letters}\t{place.mismatches}"))
            yield chunk

    def report(self) -> MotifReport:
        """Counts of all places, and the first of them."""
        from genomebook.export.motifs import VERSION, MotifReport

        counts = self._book.meta.counts
        return MotifReport(
            version=VERSION, motif=self._motif.letters, mismatches=self._motif.mismatches,
            palindrome=self._motif.is_palindrome, letters=counts.letters - counts.gap_letters,
            count=sum(self._strands.values()), strands=self._strands, contigs=self._contigs,
            places=self._places,
        )  # fmt: skip
