"""The answer of the reader: a page, the pages around it, and what the page says beside them."""

from __future__ import annotations

from typing import Any

import msgspec
import streamlit as st

from genomebook.book import Book
from genomebook.book.page import LIMIT, open_page
from genomebook.book.places import contents, first_letter, page_from
from genomebook.genome.regions import Region
from genomebook.render.page import interlinear
from genomebook.render.page.data import PageData, PagePlace
from genomebook.render.page.make import PageMaker, PageOptions
from genomebook.render.page.track import page_track, strength_track
from genomebook.render.signals import explained, look
from genomebook.search.query import MIN_LETTERS
from pages._address import ReadState
from pages._reader_files import ReaderFile
from pages._shared import changed_at

MAX_VOLUMES = 2000
"""Volumes named in the drawer."""
LINES = {
    "gloss": "Under each DNA word an English word from a field, such as islands for CpG islands, that stands "
    "for what was measured about it; the sense follows the paragraph",
    "name": "Under each DNA word the English word nearest to it in a model: the published way, corrected",
    "tag": "Under each DNA word what annotation says of it",
}
TRACK = "Log-odds, at every gap between words, that a sentence or a paragraph ends there"


class ReaderUnit(msgspec.Struct):
    """An entry of the contents."""

    level: str
    number: int
    title: str
    address: str
    is_open: bool
    stands_for: int


class ReaderAnswer(msgspec.Struct):
    """What the browser gets: the page (None where it has it), the pages around, what else was asked for."""

    serial: int
    loc: str
    page: PageData | None
    around: dict[str, PageData]
    view: dict[str, Any]
    settings: dict[str, Any]
    refused: str = ""
    is_aside: bool = msgspec.field(default=False, name="isAside")
    is_known: bool = msgspec.field(default=False, name="isKnown")
    is_first: bool = msgspec.field(default=False, name="isFirst")
    forget: bool = False
    track: str = ""
    contents: list[ReaderUnit] | None = None
    suggestions: dict[str, Any] | None = None
    file: ReaderFile | None = None
    variant: dict[str, Any] | None = None
    like: dict[str, Any] | None = None


@st.cache_resource(max_entries=2, show_spinner=False)
def _maker(path: str, changed: int, _book: Book) -> PageMaker:
    return PageMaker(_book)


def maker_of(book: Book) -> PageMaker:
    """Maker of the pages of a book; kept."""
    return _maker(str(book.path), changed_at(book.path), book)


def first_place(maker: PageMaker) -> tuple[Region, PagePlace]:
    """The first page of a book: it begins with the first letter that is known."""
    volume = next(iter(maker.book))
    region = page_from(maker.book, volume.name, first_letter(volume), LIMIT)
    return maker.ask(maker.book.addresses.format(region, commas=False))


def signal_of(book: Book, state: ReadState) -> str:
    """Signal whose log-odds are asked for; empty for none."""
    return state.track if state.track in book.signals else book.signal * bool(state.track)


def settings_of(maker: PageMaker) -> dict[str, Any]:
    """What the reader says of a book, the same on all its pages."""
    book = maker.book
    return {
        "book": book.digest,
        "signal": book.signal,
        "signals": [
            {"name": name, "label": look(name).label, "help": explained(name)} for name in book.signals
        ],
        "trackHelp": TRACK,
        "searchable": maker.is_searchable,
        "shortest": MIN_LETTERS,
        "volumes": list(book.volumes)[:MAX_VOLUMES],
        "lines": [
            {
                "name": line,
                "label": interlinear.NAMES[line],
                "help": LINES[line],
                "missing": interlinear.missing(book, line),
            }
            for line in interlinear.LINES
        ],
    }


def track_of(maker: PageMaker, data: PageData, signal: str) -> str:
    """The log-odds track over a page, written on the server."""
    volume = maker.book[data.volume.name]
    page = open_page(maker.book, Region(volume.name, data.start, data.end), data.end - data.start)
    words = volume.words(page.start, page.end)
    return str(strength_track(page_track(page, words, signal, maker.book.signal)))


def contents_of(maker: PageMaker, page: PageData) -> list[ReaderUnit]:
    """Contents around a page."""
    volume = maker.book[page.volume.name]
    return [
        ReaderUnit(
            unit.level,
            unit.number,
            unit.title,
            maker.book.addresses.format(Region(volume.name, unit.start, unit.end), commas=False),
            unit.is_open,
            unit.stands_for,
        )
        for unit in maker.titles.titled(volume, contents(volume, page.start))
    ]


def first_answer(maker: PageMaker, state: ReadState) -> ReaderAnswer:
    """Answer to a visitor who comes: the page alone, before anything is known of the visitor.

    Raises
    ------
    GenomebookError
        The address names no place of the book.
    """
    region, place = first_place(maker) if state.loc is None else maker.ask(state.loc)
    options = PageOptions(state.lines, signal_of(maker.book, state))
    page = maker.land(region, place, options)
    return ReaderAnswer(
        serial=0,
        loc=place.address,
        page=page,
        around={},
        view={"lines": state.lines, "track": options.track, "transcripts": {}},
        settings=settings_of(maker),
        is_first=state.loc is None,
        track=track_of(maker, page, options.track) if options.track else "",
    )
