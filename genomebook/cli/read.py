"""Commands to read a book, in the browser and in the terminal."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from genomebook.cli import serving
from genomebook.cli.console import out
from genomebook.cli.options import BookOrAddress, BookPath, Port
from genomebook.errors import OptionError
from genomebook.files.web import is_address
from genomebook.options import check_choice

app = typer.Typer()


@app.command()
def serve(
    book: BookOrAddress,
    port: Port = 8501,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    allow_name: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Another host name of the app, as behind a proxy; * for any; may be repeated.",
        ),
    ] = None,
    cache_size: Annotated[
        str, typer.Option(metavar="SIZE", help="Room on the disk for a book at an address, as in 4GB.")
    ] = "",
    log: Annotated[
        bool, typer.Option("--log", help="Print a line of JSON for each request, without what was asked.")
    ] = False,
) -> None:
    """Open a book in the browser: a folder, or an address, https://... or s3://...

    Of a book at an address, only what is read is fetched, checked and kept on the disk, within --cache-size
    (2GB unless GENOMEBOOK_CACHE_SIZE says otherwise), in the folder of GENOMEBOOK_CACHE.
    """
    if is_address(book):
        from genomebook.book.remote import CACHE_SIZE, check_remote

        if cache_size:
            os.environ[CACHE_SIZE] = cache_size
        check_remote(book)
    else:
        if cache_size:
            raise OptionError("--cache-size: for a book at an address; leave it out for a folder")
        from genomebook.book import Book

        Book.open(book)
    serving.serve(book, port, host, allow_name or (), is_logged=log)


@app.command()
def read(
    book: BookPath,
    region: Annotated[
        str, typer.Argument(metavar="REGION", help="chrM:3307-4262, a gene, APP exon 3, 21q21.3.")
    ],
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="Most letters to print.")] = 4000,
    lines: Annotated[
        str, typer.Option(help="Lines under each word: surprisal, gloss, name, tag, or several.")
    ] = "surprisal",
    in_english: Annotated[
        bool, typer.Option("--english", help="Print the English glosses of the whole region instead.")
    ] = False,
    back: Annotated[
        bool,
        typer.Option(
            "--back",
            help="With --english: REGION is such a text or EPUB (-: standard input); print its letters.",
        ),
    ] = False,
    output: Annotated[
        str,
        typer.Option(
            "--format", help="text; json: the page that shows the region, as data; html: the page, to save."
        ),
    ] = "text",
    app_address: Annotated[
        str, typer.Option("--app", metavar="URL", help="App that the links of an HTML page lead to.")
    ] = "http://127.0.0.1:8501",
) -> None:
    """Print a region as text: under each word its surprisal in bits, a full stop after each sentence.

    A word that the region cuts has an ellipsis for the part outside. Separate several lines by commas, as in
    gloss,tag: the English gloss, and the annotation; name is the name by embedding. With --format json, the
    page is that of the app; with html, it is one file that needs no script.
    """
    check_choice("--format", output, ("text", "json", "html"))
    import msgspec

    from genomebook.book import Book
    from genomebook.book.page import LIMIT, open_page
    from genomebook.export.epub import epub_lines
    from genomebook.render.page.document import page_document
    from genomebook.render.page.english import english, letters_of, opened_text
    from genomebook.render.page.interlinear import LINES
    from genomebook.render.page.make import PageMaker, PageOptions
    from genomebook.render.page.terminal import interlinear, read_lines
    from genomebook.search.box import find_place

    opened = Book.open(book)
    if back:
        if not in_english:
            raise OptionError("--back turns an English version back: give --english too")
        in_epub = region.lower().endswith(".epub")
        with nullcontext(epub_lines(Path(region))) if in_epub else opened_text(region) as lines_of_text:
            for text in letters_of(opened, lines_of_text):
                out.out(text, highlight=False)
        return
    place = find_place(opened, region)
    if in_english:
        for text in english(opened, place):
            out.out(text, end="", highlight=False)
        return
    names = read_lines(opened, lines)
    maker = PageMaker(opened, min(limit, LIMIT))
    if output == "html":
        chosen = [name for name in names if name in LINES]
        out.out(page_document(maker, place, chosen, f"{app_address.rstrip('/')}/read"), highlight=False)
        return
    if output == "json":
        options = PageOptions(tuple(name for name in names if name in LINES))
        out.out(msgspec.json.encode(maker.land(*maker.ask(region), options)).decode(), highlight=False)
        return
    page = open_page(opened, place, limit)
    for line in interlinear(opened, page, out.width if out.is_terminal else 100, names, limit):
        out.print(line)
