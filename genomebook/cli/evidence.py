"""Command that measures the boundaries of a book beside their controls."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from genomebook.cli.console import out, print_message
from genomebook.cli.options import Annotation, BookPath, Workers

app = typer.Typer()


@app.command()
def evidence(
    book: BookPath,
    track: Annotation = None,
    volume: Annotated[
        str,
        typer.Option(
            "--sequence", "--volume", help="Chromosome or sequence to measure; the longest by default."
        ),
    ] = "",
    reader: Annotated[
        str, typer.Option(help="Folder of the book's neural model, if not a shipped one.")
    ] = "",
    english: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Figures measured on English, to show with the others."),
    ] = None,
    note: Annotated[
        list[str] | None, typer.Option(help="A sentence to show with the figures; may be repeated.")
    ] = None,
    shuffles: Annotated[int, typer.Option(min=1, help="Shuffled copies to compare with.")] = 3,
    workers: Workers = 0,
) -> None:
    """Measure the boundaries of a book beside their controls; adds evidence.json to the book.

    The soft mask of the genome is measured as one of the tracks.
    """
    from genomebook.pipeline.evidence.book import measure_book

    result = measure_book(
        book, track or (), volume, reader=reader, english=english, notes=note or (), shuffles=shuffles,
        threads=workers or os.cpu_count() or 1, report=print_message,
    )  # fmt: skip
    rows = sum(len(rows) for rows in result.signals.values())
    out.print(
        f"{escape(str(book))}: {rows} figures on {escape(result.what)}; "
        f"they favour {result.default or 'none'}"
    )
