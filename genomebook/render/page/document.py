"""A page of a book as one HTML document that needs no script: to read, print, save or hear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from genomebook.book.page import Page, open_page
from genomebook.book.places import open_units
from genomebook.genome.regions import Region
from genomebook.render.page import html, picture
from genomebook.render.page.interlinear import WordLines, gloss_of_words, words_of_paragraphs
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
    page = open_page(maker.book, region, maker.limit)
    return render(
        "document.j2",
        title=f"{maker.book.addresses.format(region)} · {maker.book.title}",
        app=app,
        sheet=stylesheet(),
        page=page_text(maker, page, lines),
    )


def page_text(
    maker: PageMaker, page: Page, lines: Sequence[str] = (), kept: Mapping[str, str] | None = None
) -> Markup:
    """Text of a page with all that stands around it: running head, strip, genes.

    Parameters
    ----------
    maker : PageMaker
        Of the book.
    page : Page
        The page.
    lines : sequence of str
        Lines under each word.
    kept : mapping of str to str, optional
        Query parameters that the links to other pages of the book keep.
    """
    book, volume = maker.book, page.volume
    units = maker.titles.titled(volume, open_units(volume, page.start))
    genes = maker.genes.overlapping(volume.name, page.start, page.end)
    everywhere = maker.genes.overlapping(volume.name, 0, volume.length)
    view = html.View(
        book.signal,
        kept=kept or {},
        lines=WordLines.of(book.lexicon, tuple(lines), words_of_paragraphs(page)),
        glosses=gloss_of_words(book.lexicon),
    )
    strip = picture.strip(volume, everywhere, here=page.start)
    return html.book_page(book.addresses, page, genes, units, strip, view=view)
