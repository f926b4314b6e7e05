"""The command that finds a motif."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.markup import escape

from genomebook.cli.console import err, out
from genomebook.cli.options import BookPath
from genomebook.cli.search import write_lines
from genomebook.options import check_parent

if TYPE_CHECKING:
    from genomebook.search.motif_report import MotifCount, MotifPlace
    from genomebook.search.motifs import MotifPlaces

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
    from genomebook.search.motif_report import MotifCount, counted
    from genomebook.search.motifs import Motif, find_motif

    opened, wanted = Book.open(book), Motif.of(motif, mismatches)
    if output is not None:
        check_parent(output, "the places")
    count = MotifCount(opened, wanted, limit)
    matches = find_motif(opened, wanted, keep=limit if output is None else None, threads=threads)
    chunks = _counting(count, matches, is_told=not as_json)
    if output is not None:
        write_lines(motif_bed(opened, wanted, chunks), output)
    for _ in chunks:
        pass
    report = count.report()
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(report)).decode() + "\n")
    else:
        out.print(counted(report))
    if output is not None:
        err.print(f"{escape(str(output))}: {report.count:,} place{'' if report.count == 1 else 's'}")


def _counting(count: MotifCount, chunks: Iterator[MotifPlaces], is_told: bool) -> Iterator[MotifPlaces]:
    """Count chunks as they pass, and print the first places at once."""
    for chunk in chunks:
        for place in count.add(chunk):
            if is_told:
                _tell(place)
        yield chunk


def _tell(place: MotifPlace) -> None:
    where = f"{place.contig}:{place.start:,}-{place.end:,}"
    out.print(escape(f"{where}\t{place.strand}\t{place.letters}\t{place.mismatches}"))
