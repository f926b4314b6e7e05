"""The overview on a page: mounts the component, answers what it asks for, tells which place was chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

import msgspec
import streamlit as st

from genomebook.book import Book
from genomebook.book.page import LIMIT
from genomebook.book.places import page_from
from genomebook.errors import GenomebookError
from genomebook.genome.regions import Region
from genomebook.render.overview.scene import builtins, genome_height, scene
from genomebook.render.templating import render
from pages._components import mounted, said
from pages._shared import genes_of, problem

Chosen = Callable[[str, int], None]
"""Called with the name of a volume and a local position."""


class OverviewPlace(msgspec.Struct):
    """A place that was clicked: number of the volume, letter. It comes from the browser, so it is checked."""

    number: Annotated[int, msgspec.Meta(ge=0)]
    position: int = 0


@st.fragment
def overview(
    book: Book,
    chosen: Chosen,
    place: Region | None = None,
    marks: Sequence[tuple[Region, str]] = (),
    start: str = "place",
    key: str = "overview",
) -> None:
    """Draw the overview.

    Parameters
    ----------
    book : Book
        The open book.
    chosen : callable
        Gets the place that a visitor clicks; the whole page runs again after it.
    place : Region, optional
        The page that is open.
    marks : sequence of (Region, text)
        Hits or passages.
    start : str
        ``place``: its volume; ``genome``: all volumes.
    key : str
        Unique on the page.
    """

    def need() -> None:
        st.session_state[f"{key} tiles"] = said(key, "need", list[str]) or []

    def go() -> None:
        asked = said(key, "go", OverviewPlace)
        names = book.contents.names
        if asked and asked.number < len(names):
            name = names[asked.number]
            position = min(max(asked.position, 0), book[name].length - 1)
            st.session_state[f"{key} gone"] = name, position

    tiles = st.session_state.pop(f"{key} tiles", [])
    try:
        made = scene(book, genes_of(book), place, marks, tiles)
    except GenomebookError as error:
        problem(str(error))
        return
    if start == "genome" and len(made.volumes) > 1:  # kept free until the script has come
        st.html(render("overview_height.j2", height=genome_height(len(made.volumes))))
    mounted("overview")(
        key=key,
        data={"scene": builtins(made), "start": start},
        on_need_change=need,
        on_go_change=go,
    )
    if gone := st.session_state.pop(f"{key} gone", None):
        chosen(*gone)
        st.rerun()


def open_in_read(book: Book) -> Chosen:
    """What a click does on a page other than Read: it opens Read there."""

    def open_page(volume: str, position: int) -> None:
        region = page_from(book, volume, position, LIMIT)
        st.switch_page("pages/read.py", query_params={"loc": book.addresses.format(region, commas=False)})

    return open_page
