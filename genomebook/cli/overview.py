"""Commands to see a book from far away: its zoom levels, and figures of its pages."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from genomebook.cli.console import out, progress
from genomebook.cli.options import BookPath, Workers
from genomebook.options import check_choice

app = typer.Typer()


@app.command()
def overview(book: BookPath, workers: Workers = 0) -> None:
    """Measure a book at all zoom levels, for the overview of its pages; added to the book."""
    from genomebook.pipeline.overview import overview as measure

    with progress() as stage:
        size = measure(book, threads=workers or os.cpu_count() or 1, progress=stage)
    out.print(f"{escape(str(book))}: zoom levels added, {size:,} bytes")


@app.command()
def figure(
    book: BookPath,
    place: Annotated[str, typer.Argument(metavar="PLACE", help="chrM:3307-4262, or a gene.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="A .svg or .pdf file.")],
    overview: Annotated[
        bool, typer.Option("--overview", help="Draw the genes and profiles of the place, not its letters.")
    ] = False,
    paper: Annotated[str, typer.Option(help="A4 or Letter.")] = "A4",
) -> None:
    """Draw a page, or the overview of a place, for print: fonts embedded, labels as text."""
    from genomebook.book import Book
    from genomebook.export.figure import PAPERS, pdf, svg
    from genomebook.export.figure_overview import overview_figure
    from genomebook.export.figure_page import page_figure
    from genomebook.files.atomic import aside
    from genomebook.render.page.make import PageMaker

    check_choice("--paper", paper, tuple(PAPERS))
    kind = check_choice("the ending of --output", output.suffix.lower(), (".svg", ".pdf"))
    opened = Book.open(book)
    draw = overview_figure if overview else page_figure
    drawing = draw(opened, PageMaker(opened).genes, opened.region(place), paper)
    content = svg(drawing).encode() if kind == ".svg" else pdf(drawing)
    with aside(output) as temporary:
        temporary.write_bytes(content)
    out.print(f"{escape(str(output))}: {escape(drawing.title)}")
