"""The command that makes hand-outs for a class."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from genomebook.cli.console import out
from genomebook.cli.options import BookPath
from genomebook.options import check_choice, check_parent

app = typer.Typer()


@app.command()
def handout(
    book: BookPath,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.pdf", help="PDF to write.")],
    paper: Annotated[str, typer.Option(help="A4 or Letter.")] = "A4",
) -> None:
    """Write hand-outs for a class as PDF: a page to read, a worksheet, and its answers.

    They follow the tour of the page Class. What the book lacks is left out and named.
    """
    from genomebook.book import Book
    from genomebook.export.figure import PAPERS
    from genomebook.export.handout import handout as make
    from genomebook.files.atomic import aside
    from genomebook.language.encode import Encoder
    from genomebook.teaching.tour import Tour

    check_choice("--paper", paper, tuple(PAPERS))
    check_choice("the ending of --output", output.suffix.lower(), (".pdf",))
    check_parent(output, "the hand-outs")
    opened = Book.open(book)
    stops = Tour(opened, Encoder(opened.vocabulary)).stops()
    content = make(stops, opened.title, opened.digest, paper)
    with aside(output) as temporary:
        temporary.write_bytes(content)
    for stop in stops:
        if stop.missing:
            out.print(escape(f"left out: stop {stop.number}, {stop.title}: {stop.missing}"))
    out.print(f"{escape(str(output))}: a page to read, a worksheet and its answers")
