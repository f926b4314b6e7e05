"""A page of a book as one HTML document that needs no script: to read, print, save or hear."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from genomebook.book.page import open_page
from genomebook.book.places import contents
from genomebook.genome.regions import Region
from genomebook.render.page import html, picture
from genomebook.render.page.interlinear import WordLines, gloss_of_words
from genomebook.render.page.make import PageMaker
from genomebook.render.templating import render, stylesheet


def page_document(maker: PageMaker, region: Region, lines: Sequence[str] = (), app: str = "") -> Markup:
    """Make the page that begins with the paragraph of a place.

    Parameters
    ----------
    maker : PageMaker
        Of the book; its limit is that of the page.
    region : Region
        Local, 0-based half-open.
    lines : sequence of str
        Lines under each word, of `genomebook.render.page.interlinear.LINES`.
    app : str
        Address of the page Read of an app that serves the book: all links lead there.

    Raises
    ------
    DamagedBookError
        If the files of the volume are inconsistent.
    """
    book = maker.book
    page = open_page(book, region, maker.limit)
    volume = page.volume
    units = [unit for unit in contents(volume, page.start) if unit.is_open]
    genes = maker.genes.overlapping(volume.name, page.start, page.end)
    everywhere = maker.genes.overlapping(volume.name, 0, volume.length)
    view = html.View(
        book.signal, lines=WordLines.of(book.lexicon, tuple(lines)), glosses=gloss_of_words(book.lexicon)
    )
    strip = picture.strip(volume, everywhere, here=page.start)
    return render(
        "document.j2",
        title=f"{book.addresses.format(region)} · {book.title}",
        app=app,
        sheet=stylesheet(),
        page=html.book_page(book.addresses, page, genes, units, strip, view=view),
    )
