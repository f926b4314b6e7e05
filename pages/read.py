"""Read: the page at ``?loc=``, and everything that is known of it."""

from __future__ import annotations

import streamlit as st

from genomebook.book import Book
from genomebook.render.templating import stylesheet
from pages._overview import overview
from pages._own_tracks import own_tracks
from pages._reader import PAGES, ReaderLink, Reading, mount
from pages._shared import frame, problem


@st.fragment
def reader(book: Book) -> None:
    """The reader, run again by itself for whatever the browser asks."""
    link: ReaderLink | None = st.session_state.pop("reader leaves", None)
    if link is not None and link.page in PAGES:
        st.switch_page(PAGES[link.page], query_params=link.query)
    reading = Reading(book)
    answer = reading.answer()
    if reading.fault:
        problem(reading.fault)
    if reading.view.overview and reading.place is not None:
        overview(book, reading.chose, reading.place)
    if reading.view.own:
        own_tracks(book)
    mount(reading, answer)


with frame("read") as book:
    st.html(stylesheet("read"))
    reader(book)
