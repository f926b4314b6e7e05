"""Read: the page at ``?loc=``, navigation from it, and its text to copy or save."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import streamlit as st

from genomebook.book import Book
from genomebook.book.page import LIMIT, MAX_BASES, Page, open_page
from genomebook.book.places import Unit, contents, first_letter, page_from, random_position
from genomebook.errors import RegionError
from genomebook.export import page as onpage
from genomebook.genome.regions import MAX_TEXT, Region
from genomebook.render.numbers import plural
from genomebook.render.page import html, interlinear, picture
from genomebook.render.page.english import english, no_english
from genomebook.render.page.track import page_track, paragraph_odds, strength_track
from genomebook.render.templating import render
from genomebook.search.schema import FOLDER, INDEX
from pages._address import READ, ReadState
from pages._overview import overview
from pages._shared import as_text, frame, genes_of, problem, titles_of

LINES = {
    "gloss": "Under each DNA word the English word given to it as its name",
    "tag": "Under each DNA word what annotation says of it",
}
TRACK = "Log-odds, at every gap between words, that a sentence or a paragraph ends there"
INDENT = {"part": "", "chapter": "\u2003", "section": "\u2003\u2003"}


def go(book: Book, region: Region) -> None:
    READ.change(loc=book.addresses.format(region, commas=False))


def go_typed(book: Book) -> None:
    try:
        go(book, book.addresses.parse(st.session_state["box"]))
    except RegionError as error:
        st.session_state["refused"] = str(error)


def go_from(book: Book, volume: str, start: int) -> None:
    go(book, page_from(book, volume, start, LIMIT))


def go_back(book: Book, volume: str, start: int, end: int) -> None:
    page = open_page(book, Region(volume, start, end), limit=LIMIT)
    go(book, Region(volume, page.start, page.end))


def go_random(book: Book) -> None:
    go_from(book, *random_position(book, np.random.default_rng()))


def go_volume(book: Book) -> None:
    volume = book[st.session_state["volume"]]
    go_from(book, volume.name, first_letter(volume))


def here(book: Book) -> Region:
    """Region that the address bar holds; without one, the first page of the book."""
    loc = READ.read().loc
    if loc is None:
        first = next(iter(book))
        go_from(book, first.name, first_letter(first))
        return here(book)
    region = book.addresses.parse(loc)
    go(book, region)
    return region


def box(book: Book) -> None:
    """Box for a region; it shows that of the address bar whenever that has changed or the page is new."""
    loc = READ.read().loc or ""
    if st.session_state.get("box_of") != loc or "box" not in st.session_state:
        st.session_state["box_of"] = st.session_state["box"] = loc[:MAX_TEXT]
    st.text_input(
        "Go to a region, a gene or a position",
        key="box",
        max_chars=MAX_TEXT,
        placeholder="chrM:3,307-4,262, MT-ND1, chrM:5904",
        on_change=go_typed,
        args=(book,),
    )


def turn(book: Book, page: Page) -> None:
    """Buttons to the pages around, with their keys."""
    name = page.volume.name
    steps: list[tuple[str, str, str, int | None, Callable[..., None], tuple[int, ...]]] = [
        ("Previous page", "first_page", "Shift+Left", page.preceding_page, go_back, (page.start,)),
        ("Previous paragraph", "chevron_left", "Left", page.previous_start, go_from, ()),
        ("Next paragraph", "chevron_right", "Right", page.next_start, go_from, ()),
        ("Next page", "last_page", "Shift+Right", page.following_page, go_from, ()),
    ]
    with st.container(horizontal=True, gap="xsmall", key="turn"):
        for label, icon, shortcut, start, call, more in steps:
            st.button(
                label,
                key=label.lower(),
                icon=f":material/{icon}:",
                icon_position="left" if label.startswith("Previous") else "right",
                shortcut=shortcut,
                disabled=start is None,
                on_click=call,
                args=(book, name, start, *more),
            )


def take_away(book: Book, page: Page) -> None:
    """Copy or download: bases of the region; rows, text and English version of the page."""
    region = page.region
    name = book.addresses.format(region, commas=False)
    with st.popover("Copy or save", icon=":material/download:"):
        fasta, bed, text, in_english = st.tabs(["FASTA", "BED", "Text", "English"])
        with fasta:
            reverse = st.toggle("Reverse complement", key="reverse")
            if region.end - region.start > MAX_BASES:
                problem(onpage.too_long(region))
            else:
                offer(lambda: onpage.fasta(book, region, reverse), name, "fa", region.end - region.start)
        with bed:
            level = st.segmented_control("One row for each", onpage.LEVELS, default="word", key="level")
            shown = book.addresses.format(Region(page.volume.name, page.start, page.end), commas=False)
            offer(lambda: onpage.bed(page, level or "word", genes_of(book)), shown, "bed", 0)
        with text:
            offer(lambda: onpage.text(book, page), shown, "txt", 0)
        with in_english:
            if refused := no_english(book, region):
                problem(refused)
            else:
                letters = region.end - region.start
                offer(lambda: "".join(english(book, region)), f"{name}-english", "txt", letters, wrap=True)


def offer(make: Callable[[], str], name: str, kind: str, letters: int, wrap: bool = False) -> None:
    """Button that makes a file when pressed; a short file can also be copied."""
    st.download_button(
        f"Download .{kind}", make, onpage.file_name(name, kind), "text/plain", on_click="ignore"
    )
    if letters <= 2 * LIMIT:
        st.code(make(), language=None, height=260, wrap_lines=wrap)
    else:
        st.caption(f"{letters:,} letters: too long to copy from here, download them")


def show_track(book: Book) -> None:
    """Write the signal shown into the address bar, or take it out."""
    READ.change(track=st.session_state.get("signal", book.signal) if st.session_state["strength"] else "")


def strength_bar(book: Book) -> str:
    """The switch of the log-odds track, the signal it shows, the way to Evidence; returns the signal or "".

    Not bound to the address bar by Streamlit: parameters that it binds take ``loc`` with them out of the
    history when the page is left.
    """
    track = READ.read().track
    signal = track if track in book.signals else book.signal * bool(track)
    st.session_state["strength"] = bool(signal)
    st.toggle("Boundary strength", key="strength", help=TRACK, on_change=show_track, args=(book,))
    if signal and len(book.signals) > 1:
        st.session_state["signal"] = signal
        st.selectbox(
            "Signal",
            book.signals,
            key="signal",
            label_visibility="collapsed",
            width=180,
            on_change=show_track,
            args=(book,),
        )
    st.page_link("pages/evidence.py", label="How far to trust it: Evidence", icon=":material/balance:")
    return signal


def show_lines() -> None:
    """Write the lines shown into the address bar, or take them out."""
    READ.change(lines=tuple(line for line in interlinear.LINES if st.session_state[f"line {line}"]))


def line_switches() -> tuple[str, ...]:
    """Switches of the lines under the words, set as in the address bar; returns the lines shown."""
    shown = READ.read().lines
    for line in interlinear.LINES:
        st.session_state[f"line {line}"] = line in shown
        st.toggle(interlinear.NAMES[line], key=f"line {line}", help=LINES[line], on_change=show_lines)
    return shown


def tree(book: Book, page: Page, units: list[Unit], view: html.View) -> None:
    """The contents: the open part and chapter unfolded, the rest one line each."""
    volume = page.volume
    with st.sidebar:
        names = list(book.volumes)
        if len(names) > 1:
            if st.session_state.get("volume") != volume.name:
                st.session_state["volume"] = volume.name
            st.selectbox("Volume", names, key="volume", on_change=go_volume, args=(book,))
        st.subheader("Contents", anchor=False)
        for unit in units:
            where = html.coordinates(volume, unit.start, unit.end)
            mark = "▾ " if unit.is_open else ""
            name = f"{unit.level.capitalize()} {unit.number + 1:,} {as_text(unit.title)}".rstrip()
            name = f"**{mark}{name}**" if unit.is_open else name
            if unit.stands_for:
                name = f"… {plural(unit.stands_for, unit.level)} more"
            loc = book.addresses.format(Region(volume.name, unit.start, unit.end), commas=False)
            titles = [
                f"{as_text(unit.title)} {where}".strip(),
                as_text(html.other_titles(unit, view.glosses)),
            ]
            st.page_link(
                "pages/read.py",
                label=INDENT[unit.level] + name,
                query_params={"loc": loc, **view.kept},
                help=" · ".join(filter(None, titles)),
                width="stretch",
            )


with frame("read") as book:
    bar = st.container(horizontal=True, gap="xsmall", vertical_alignment="bottom", key="bar")
    try:
        region = here(book)
    finally:
        with bar:
            box(book)
    if refused := st.session_state.pop("refused", ""):
        problem(refused)
    page = open_page(book, region, limit=LIMIT)
    volume = page.volume
    st.set_page_config(page_title=f"{book.addresses.format(region)} · {book.title}", layout="wide")
    with bar:
        st.button(
            "Random page",
            key="random page",
            icon=":material/casino:",
            shortcut="X",
            on_click=go_random,
            args=(book,),
        )
        take_away(book, page)
    turn(book, page)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="switches"):
        lines = line_switches()
        signal = strength_bar(book)
        like = {"loc": book.addresses.format(region, commas=False)}
        st.page_link("pages/search.py", label=html.SIMILAR, icon=":material/search:", query_params=like)
    if lines:
        st.html(interlinear.key(book, lines))
    words = volume.words(page.start, page.end)
    ends = page_track(page, words, book.signal, book.signal)
    track = strength_track(page_track(page, words, signal, book.signal)) if signal else ""
    view = html.View(
        book.signal,
        paragraph_odds(ends),
        kept=READ.write(ReadState(lines=lines, track=signal)),
        lines=interlinear.WordLines.of(book.lexicon, lines),
        glosses=interlinear.gloss_of_words(book.lexicon),
        is_searchable=(book.path / FOLDER / INDEX).is_file(),
    )
    genes = genes_of(book)
    units = titles_of(book).titled(volume, contents(volume, page.start))
    tree(book, page, units, view)
    strip = picture.strip(volume, genes.overlapping(volume.name, 0, volume.length), here=page.start)
    near = genes.overlapping(volume.name, page.start, page.end)
    with st.expander("Overview: zoom from the whole genome to single letters"):
        overview(book, partial(go_from, book), Region(volume.name, page.start, page.end))
    # A new page begins at its top: the script runs again only when the number in it changes.
    st.html(render("scroll_to_top.j2", start=page.start), unsafe_allow_javascript=True)
    open_units = [unit for unit in units if unit.is_open]
    st.html(html.book_page(book.addresses, page, near, open_units, strip, track, view))
    if page.following_page is not None:
        st.button(
            "Next page",
            key="next page below",
            icon=":material/last_page:",
            icon_position="right",
            on_click=go_from,
            args=(book, volume.name, page.following_page),
        )
