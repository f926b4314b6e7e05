"""A page of a book that the server writes whole: text, box, page turn and contents, without a script."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from markupsafe import Markup

from genomebook.book.places import contents
from genomebook.genome.regions import MAX_TEXT, Region
from genomebook.render.page.data import PagePlace
from genomebook.render.page.document import page_text
from genomebook.render.page.interlinear import LINES, NAMES, has_line
from genomebook.render.page.make import PageMaker
from genomebook.render.templating import render, stylesheet

MAX_VOLUMES = 200
"""Chromosomes or sequences that are listed."""


@dataclass(frozen=True)
class PlainView:
    """What a plain page says beside its text.

    Attributes
    ----------
    lines : tuple of str
        Lines under each word.
    said : str
        A sentence over the text, such as why a place was not found; empty for none.
    leads : tuple of (str, str)
        Text and address of a link in that sentence, or nothing.
    box : str
        What stands in the box.
    """

    lines: tuple[str, ...] = ()
    said: str = ""
    leads: tuple[str, str] | tuple[()] = ()
    box: str = ""


def plain_page(maker: PageMaker, asked: tuple[Region, PagePlace] | None, view: PlainView) -> Markup:
    """Write the page that shows a place.

    Parameters
    ----------
    maker : PageMaker
        Of the book.
    asked : (Region, PagePlace), optional
        The place, as `PageMaker.ask` gives it; without one there is no text, but the list of sequences.
    view : PlainView
        What stands beside the text.

    Raises
    ------
    DamagedBookError
        If the files of the volume are inconsistent.
    """
    book = maker.book
    kept = {"lines": ",".join(view.lines)} if view.lines else {}

    def to(loc: str, page: str = "plain") -> str:
        return f"{page}?{urlencode({'loc': loc, **kept})}"

    names = list(book.volumes)[:MAX_VOLUMES]
    shown: dict[str, object] = {"title": book.title, "heading": book.title, "loc": "", "page": None}
    if asked is not None:
        region, place = asked
        page, is_apart = maker.opened(region, place)
        page = replace(page, region=region) if is_apart else page  # then the place is marked in it
        around = maker.around(page)
        volume = page.volume
        units = maker.titles.titled(volume, contents(volume, page.start))
        where = book.addresses.format(Region(volume.name, page.start, page.end))
        shown = {
            "title": f"{place.name or place.address} · {book.title}",
            "heading": f"{place.name}, {where}" if place.name else where,
            "loc": place.address,
            "page": page_text(maker, page, view.lines, kept),
            "previous": around.previous and to(around.previous.address),
            "next": around.next and to(around.next.address),
            "full": to(place.address, "read"),
            "units": [
                (
                    unit.level,
                    f"{unit.level.capitalize()} {unit.number + 1:,} {unit.title}".strip(),
                    to(book.addresses.format(Region(volume.name, unit.start, unit.end), commas=False)),
                    unit.is_open,
                    unit.stands_for,
                )
                for unit in units
            ],
        }
    return render(
        "plain.j2",
        **shown,
        view=view,
        longest=MAX_TEXT,
        lines=[(line, NAMES[line]) for line in LINES if has_line(book.lexicon, line)],
        volumes=[(name, to(name)) for name in names],
        more=len(book.volumes) - len(names),
        sheets=[stylesheet("book"), stylesheet("plain")],
    )
