"""The reader of page Read: what the browser asks, and the answers it gets.

The browser keeps the pages that it was sent, paints a turned page from them at once, and says so afterwards.
Each question has a serial number, so that an answer to an older one changes nothing that is shown.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import msgspec
import numpy as np
import streamlit as st

from genomebook.book import Book
from genomebook.book.features import Features
from genomebook.book.page import LIMIT
from genomebook.book.places import page_from, random_position
from genomebook.book.session_transcripts import HeldTranscripts
from genomebook.errors import GenomebookError
from genomebook.genome.regions import MAX_TEXT, Region
from genomebook.render.page import interlinear
from genomebook.render.page.data import PagePlace
from genomebook.render.page.make import PageOptions
from genomebook.search.answers import NotUnderstood, PlaceAnswer
from genomebook.search.box import understand
from pages._address import READ, ReadState
from pages._box import BoxText, suggestions, target
from pages._components import mounted, said
from pages._like import ReaderLike, like_answer
from pages._own_tracks import ReaderStep, step_to, tracks_of_session
from pages._reader_answer import (
    ReaderAnswer,
    contents_of,
    first_place,
    maker_of,
    settings_of,
    signal_of,
    track_of,
)
from pages._reader_files import ReaderWish, made_file
from pages._shared import without_folders
from pages._variants import ReaderVariant, variant_answer

KEY = "reader"
MAX_KEPT = 64
"""Addresses that the browser may say it has."""
PAGES = {name: f"pages/{name}.py" for name in ("lexicon", "search", "ask", "evidence")}
"""Pages that the reader leads to."""


class ReaderView(msgspec.Struct):
    """What the browser shows or asks to be shown; it comes from the browser, so it is checked."""

    serial: int
    loc: str
    lines: list[str] = []
    track: str = ""
    transcripts: dict[str, str] = {}
    source: str = ""
    contents: bool = False
    overview: bool = False
    own: bool = False
    have: list[str] = []


class ReaderLink(msgspec.Struct):
    """A link to another page."""

    page: str
    query: dict[str, str] = {}


def _address(state: ReadState) -> None:
    """Write the address bar; what another page has left in it goes."""
    st.query_params.from_dict(READ.write(state))


class ReaderAside(NamedTuple):
    """What was asked that changes no page: by `Reading.typed`, `filed`, `varied` and `liked`."""

    typed: BoxText | None
    file: ReaderWish | None
    variant: ReaderVariant | None
    like: ReaderLike | None


class Reading:
    """A run of the page: what was asked, the answer.

    Parameters
    ----------
    book : Book
        The open book.
    """

    def __init__(self, book: Book) -> None:
        self.book = book
        self.maker = maker_of(book)
        self.place: Region | None = None
        self.fault = ""

    @property
    def view(self) -> ReaderView:
        """What the browser shows, as far as it has said."""
        view: ReaderView = st.session_state.get("reader view") or ReaderView(0, "")
        return view

    # What the browser says, before the page runs.

    def viewed(self) -> None:
        """The browser shows another place, or wants other lines."""
        view = said(KEY, "view", ReaderView)
        if view is not None:
            st.session_state["reader view"] = view
            st.session_state["reader has"] = view.have[:MAX_KEPT]
            lines = tuple(line for line in interlinear.LINES if line in view.lines)
            _address(ReadState(view.loc, lines, view.track))

    def _numbered(self, name: str) -> str | None:
        """Text of a question, whose serial number becomes that of the answer."""
        asked = said(KEY, name, BoxText)
        if asked is None:
            return None
        st.session_state["reader view"] = msgspec.structs.replace(self.view, serial=asked.serial)
        return asked.text

    def went(self) -> None:
        """Somebody typed into the box, or chose a suggestion: a place, or what other pages are for."""
        text = self._numbered("go")
        if text is None:
            return
        answer = understand(self.book, text, self._where())
        if isinstance(answer, PlaceAnswer):
            st.session_state["refused"] = answer.note
            _address(replace(READ.read(), loc=self.maker.named(answer).address))
        elif isinstance(answer, NotUnderstood):
            st.session_state["refused"] = answer.line
        else:
            st.session_state["reader leaves"] = ReaderLink(*target(self.book, answer))

    def _where(self) -> Region | None:
        """Place of the address bar, from which the box counts steps."""
        try:
            return self._here(READ.read())[0]
        except GenomebookError:
            return None

    def drew(self) -> None:
        """A random page."""
        if self._numbered("random") is not None:
            volume, start = random_position(self.book, np.random.default_rng())
            region = page_from(self.book, volume, start, LIMIT)
            _address(replace(READ.read(), loc=self.book.addresses.format(region, commas=False)))

    def stepped(self) -> None:
        """Somebody steps through the rows of a track."""
        asked = said(KEY, "step", ReaderStep)
        if asked is None:
            return
        st.session_state["reader view"] = msgspec.structs.replace(self.view, serial=asked.serial)
        try:
            here, _ = self._here(READ.read())
        except GenomebookError as error:
            st.session_state["refused"] = str(error)
            return
        region = step_to((self.book.features, *self._own), asked, here)
        if region is None:
            where = "after" if asked.forward else "before"
            st.session_state["refused"] = f"No row of this track begins {where} this place"
        else:
            _address(replace(READ.read(), loc=self.book.addresses.format(region, commas=False)))

    def _features_with(self, track: str) -> Features:
        """Tracks of the book or of the session, whichever have this one."""
        return next((own for own in self._own if track in own.rows), self.book.features)

    @property
    def _own(self) -> tuple[Features, ...]:
        """Tracks of the session."""
        return tuple(session.features for session in tracks_of_session(self.book).values())

    @property
    def _own_transcripts(self) -> tuple[HeldTranscripts, ...]:
        """Transcripts of the session."""
        return tuple(each.transcripts for each in tracks_of_session(self.book).values() if each.transcripts)

    def chose(self, volume: str, position: int) -> None:
        """Somebody clicked a place of the overview."""
        region = page_from(self.book, volume, position, LIMIT)
        _address(replace(READ.read(), loc=self.book.addresses.format(region, commas=False)))

    def typed(self) -> None:
        """Somebody is typing into the box."""
        st.session_state["reader typed"] = said(KEY, "typed", BoxText)

    def filed(self) -> None:
        """Somebody wants a file."""
        st.session_state["reader file"] = said(KEY, "file", ReaderWish)

    def varied(self) -> None:
        """Somebody chose a variant."""
        st.session_state["reader variant"] = said(KEY, "variant", ReaderVariant)

    def liked(self) -> None:
        """Somebody sees paragraphs that no class names."""
        st.session_state["reader like"] = said(KEY, "like", ReaderLike)

    def left(self) -> None:
        """Somebody follows a link to another page."""
        st.session_state["reader leaves"] = said(KEY, "leave", ReaderLink)

    # The answer.

    def answer(self) -> ReaderAnswer:
        """Make the answer to what was asked last; `fault` says what is wrong with the address."""
        aside = ReaderAside(*(st.session_state.pop(f"reader {name}", None) for name in ReaderAside._fields))
        # What changes no page is answered without making one, unless a page that was asked for is owed.
        is_aside = any(aside) and self.view.serial == st.session_state.get("reader answered")
        if is_aside and not aside.file:
            self.place, self.fault = st.session_state["reader shown"]
            answer = self._without_page()
        else:
            try:
                answer = self._with_page(aside.file, is_aside)
            except GenomebookError as error:
                self.fault = str(error)
                answer = self._without_page()
            st.session_state["reader shown"] = self.place, self.fault
        # The address bar of the browser may be behind: an answer aside changes no page.
        answer.is_aside = is_aside and not (aside.file and self.fault)
        if aside.typed:
            answer.suggestions = suggestions(self.book, aside.typed)
        if aside.variant:
            features = self._features_with(aside.variant.track)
            answer.variant = variant_answer(self.book, features, aside.variant)
        if aside.like:
            answer.like = like_answer(self.book, aside.like)
        return answer

    def _with_page(self, wanted: ReaderWish | None, is_aside: bool) -> ReaderAnswer:
        """Answer with the page at the address and those around it; aside, with the file that is wanted."""
        state, view = READ.read(), self.view
        chosen = tuple(view.transcripts.values())
        options = PageOptions(
            state.lines,
            signal_of(self.book, state),
            chosen,
            self._own,
            self._own_transcripts,
            view.source,
        )
        region, place = self._here(state)
        page = self.maker.land(region, place, options)
        self.place = Region(region.volume, page.start, page.end)
        answer = ReaderAnswer(
            serial=view.serial,
            loc=place.address,
            page=None,
            around={},
            view={
                "lines": state.lines,
                "track": options.track,
                "transcripts": view.transcripts,
                "source": view.source,
            },
            settings=settings_of(self.maker),
            is_first=state.loc is None,
        )
        if wanted:
            answer.file = made_file(self.maker, region, page, wanted, self._own_transcripts)
        if is_aside:
            return answer
        answer.refused = without_folders(st.session_state.pop("refused", ""))
        answer.forget = st.session_state.pop("reader forgets", False)
        have = set(st.session_state.pop("reader has", ()))  # of this run: a new reader has nothing
        have = set() if answer.forget else have
        answer.is_known = place.address in have
        answer.page = None if answer.is_known else page
        for near in (page.around.next, page.around.previous, page.around.exon_after, page.around.exon_before):
            if near and near.address not in have:
                where = Region(page.volume.name, near.start, near.end)
                answer.around[near.address] = self.maker.land(where, near, options)
                have.add(near.address)
        if options.track:
            answer.track = track_of(self.maker, page, options.track)
        if view.contents:
            answer.contents = contents_of(self.maker, page)
        return answer

    def _without_page(self) -> ReaderAnswer:
        """Answer without a page: aside, or for an address that the book does not have."""
        state = READ.read()
        shown = {"lines": state.lines, "track": "", "transcripts": {}}
        return ReaderAnswer(
            self.view.serial, (state.loc or "")[:MAX_TEXT], None, {}, shown, settings_of(self.maker)
        )

    def _here(self, state: ReadState) -> tuple[Region, PagePlace]:
        """Place of the address bar; without one, the first page of the book."""
        return first_place(self.maker) if state.loc is None else self.maker.ask(state.loc)


def mount(reading: Reading, answer: ReaderAnswer) -> None:
    """Draw the reader with an answer."""
    mounted("reader")(
        key=KEY,
        data=msgspec.json.encode(answer),
        on_view_change=reading.viewed,
        on_go_change=reading.went,
        on_random_change=reading.drew,
        on_typed_change=reading.typed,
        on_file_change=reading.filed,
        on_step_change=reading.stepped,
        on_variant_change=reading.varied,
        on_leave_change=reading.left,
        on_like_change=reading.liked,
    )
    if not answer.is_aside:
        st.session_state["reader answered"] = answer.serial
