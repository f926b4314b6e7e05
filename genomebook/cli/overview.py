"""Commands to see a book from far away: its zoom levels, and figures of its pages."""

from __future__ import annotations

import os

import typer
from rich.markup import escape

from genomebook.cli.console import out, progress
from genomebook.cli.options import BookPath, Workers

app = typer.Typer()


@app.command()
def overview(book: BookPath, workers: Workers = 0) -> None:
    """Measure a book at all zoom levels, for the overview of its pages; added to the book."""
    from genomebook.pipeline.overview import overview as measure

    with progress() as stage:
        size = measure(book, threads=workers or os.cpu_count() or 1, progress=stage)
    out.print(f"{escape(str(book))}: zoom levels added, {size:,} bytes")
