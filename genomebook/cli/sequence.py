"""The commands that give sequences as FASTA, and the English version as EPUB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from genomebook.cli.options import BookPath
from genomebook.cli.search import write_lines
from genomebook.options import check_choice, check_parent

app = typer.Typer()


@app.command()
def sequence(
    book: BookPath,
    place: Annotated[
        str, typer.Argument(metavar="PLACE", help="chrM:3307-4262, a gene, or the id of a transcript.")
    ],
    kind: Annotated[str, typer.Option("--as", help="dna, reverse, cds, mrna or protein.")] = "dna",
    frame: Annotated[
        int, typer.Option(help="Translate the place itself: 1, 2, 3, or -1, -2, -3 on the other strand.")
    ] = 0,
    flank: Annotated[int, typer.Option(min=0, max=1_000_000, help="Letters to add on either side.")] = 0,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE.fa", help="Write to a file.")
    ] = None,
) -> None:
    """Print a place as FASTA: DNA, its reverse complement, or CDS, mRNA and protein of its genes.

    Of a gene the transcript that is shown is meant: MANE Select, else Ensembl canonical, else the one with
    the longest coding sequence. Of a region those of all genes that overlap it are given.
    """
    from genomebook.book import Book
    from genomebook.errors import OptionError
    from genomebook.export.sequences import KINDS, region_fasta, transcript_fasta, transcripts_at
    from genomebook.search.box import find_place

    check_choice("--as", kind, KINDS)
    if frame and kind != "protein":
        raise OptionError("--frame is for --as protein")
    if output is not None:
        check_parent(output, "the sequences")
    opened = Book.open(book)
    of_region = kind in ("dna", "reverse") or frame != 0
    if flank and not of_region:
        raise OptionError("--flank is for --as dna, --as reverse and --frame")

    def records() -> Iterator[str]:
        if of_region:
            yield region_fasta(opened, find_place(opened, place), kind, frame or 1, flank)
            return
        transcripts = transcripts_at(opened, place)
        coding = [row for row in transcripts if row.coding or kind == "mrna"]
        for row in coding or transcripts[:1]:
            yield transcript_fasta(opened, row, kind)

    write_lines(records(), output)


@app.command()
def epub(
    book: BookPath,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.epub", help="EPUB to write.")],
    region: Annotated[
        str,
        typer.Option(metavar="REGION", help="chrM:3307-4262, a gene, 21q21.3; without it, the book."),
    ] = "",
) -> None:
    """Write the English version as an e-book: a file a chapter, a heading a paragraph.

    Each English word stands for one DNA word: genomebook read BOOK FILE.epub --english --back gives the
    letters again. It is no translation.
    """
    from genomebook.book import Book
    from genomebook.cli.console import out, progress
    from genomebook.export.epub import write_epub
    from genomebook.genome.regions import Region
    from genomebook.render.numbers import plural
    from genomebook.search.box import find_place

    check_choice("the ending of --output", output.suffix.lower(), (".epub",))
    check_parent(output, "the EPUB")
    opened = Book.open(book)
    whole = [Region(volume.name, 0, volume.length) for volume in opened]
    regions = [find_place(opened, region)] if region else whole
    with progress() as stage:
        chapters = write_epub(opened, regions, output, stage)
    out.print(f"{escape(str(output))}: {plural(chapters, 'chapter')}")
