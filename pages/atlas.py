"""Atlas: maps of words, sentences and paragraphs by a model, beside those of random weights."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from genomebook.annotation.evidence import EvidenceRow
from genomebook.book import Book
from genomebook.export import page as onpage
from genomebook.genome.regions import Region
from genomebook.lexicon.atlas import (
    CONTROL,
    Atlas,
    AtlasMatches,
    AtlasPoints,
    atlases,
    look_up,
    map_names,
    of_words,
    points,
)
from genomebook.lexicon.listing import examples
from genomebook.render.atlas import colours, plot, text
from genomebook.render.evidence import plots as evidence_plots
from genomebook.render.evidence import text as evidence_text
from genomebook.render.evidence.svg import svg
from genomebook.render.templating import render
from pages._address import ATLAS
from pages._overview import open_in_read, overview
from pages._shared import as_text, changed_at, frame, problem, styles, words_of

LEDE = (
    "A model keeps a few hundred numbers for each word, and similar numbers for words that it treats alike. "
    "The atlas draws them on a plane, so that words that lie close together belong together for the model. "
    "Whether they do in biology too is shown by the colours, and by the map of random weights beside it."
)
TRAINED, RANDOM, BOTH = "trained", "random", "both"
WEIGHTS = {TRAINED: "Trained", RANDOM: "Random weights", BOTH: "Side by side"}
HOW = (
    "Drag over points to select them. The icons above the map switch from the box to a lasso, or to panning "
    "and zooming, where a click selects one point; a double click clears the selection."
)
FIXED = {"displayModeBar": False, "responsive": True}
CONFIG = {"displayModeBar": True, "responsive": True, "modeBarButtonsToRemove": ["autoScale2d", "toImage"]}
MAX_SEARCH = 100
ROWS_WHOLE, SCROLLED = 12, 460


@dataclass(frozen=True)
class MapView:
    """What the page shows: a map of an atlas, its colouring, the words looked for, whose weights."""

    atlas: Atlas
    name: str
    colour: str
    english: bool
    search: str
    weights: str


@st.cache_resource(max_entries=2, show_spinner=False)
def _atlases(path: str, changed: int, _book: Book) -> dict[str, Atlas]:
    return atlases(_book)


@st.cache_resource(max_entries=8, show_spinner=False)
def _points(path: str, changed: int, reader: str, name: str, _book: Book, _atlas: Atlas) -> AtlasPoints:
    return points(_atlas.table, name, words_of(_book), _atlas.total(name))


@st.cache_resource(max_entries=8, show_spinner=False)
def _hovers(path: str, changed: int, reader: str, name: str, _book: Book, _shown: AtlasPoints) -> list[str]:
    return plot.hovers(_book, _shown)


def shown_of(book: Book, atlas: Atlas, name: str) -> AtlasPoints:
    return _points(str(book.path), changed_at(book.path), atlas.reader, name, book, atlas)


def put(name: str, first: str) -> None:
    """Write a choice into the address; the first option is left out."""
    chosen = st.session_state[name]
    ATLAS.change(**{name: "" if chosen == first else chosen})


def pick(label: str, name: str, options: dict[str, str], width: int, problems: list[str]) -> str:
    """A list to choose from, set to what the address has, else to the first option."""
    first = next(iter(options))
    value = getattr(ATLAS.read(), name) or first
    if value not in options:
        problems.append(text.not_offered(name, value, options))
        value = first
    st.session_state[name] = value
    chosen: str = st.selectbox(
        label, list(options), format_func=options.__getitem__, key=name, width=width, on_change=put,
        args=(name, first),
    )  # fmt: skip
    return chosen


def choose(book: Book, atlases: dict[str, Atlas]) -> MapView:
    """The controls over the map; the address bar holds their state."""
    problems: list[str] = []
    state = ATLAS.read(problems.append)
    with st.container(horizontal=True, vertical_alignment="bottom", key="bar"):
        readers = {name: name for name in atlases}
        reader = pick("Model", "reader", readers, 190, problems) if len(readers) > 1 else next(iter(readers))
        atlas = atlases[reader]
        name = pick("Map", "map", {name: name for name in map_names(atlas.table)}, 190, problems)
        shown = shown_of(book, atlas, name)
        offered = colours.offered(shown, book.lexicon)
        if state.colour in colours.KINDS.keys() - offered.keys():
            ATLAS.change(colour="")  # it was of another map
        colour = pick("Colour by", "colour", offered, 290, problems)
        if of_words(name):
            st.session_state["find"] = state.find[:MAX_SEARCH]
            offer = ", ".join(examples(words_of(book)))
            st.text_input(
                "Find a word", key="find", max_chars=MAX_SEARCH, width=220, placeholder=offer,
                on_change=ATLAS.keep, args=("find",),
            )  # fmt: skip
    search = st.session_state["find"].strip() if of_words(name) else ""
    has_control = name + CONTROL in set(atlas.table["map"])
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="switches"):
        if has_control:
            st.session_state["weights"] = state.weights
            st.segmented_control(
                "Weights", list(WEIGHTS), format_func=WEIGHTS.__getitem__, required=True, key="weights",
                label_visibility="collapsed", on_change=ATLAS.keep, args=("weights",),
            )  # fmt: skip
        if len(shown.english):
            st.session_state["english"] = state.english
            st.toggle("English words too", key="english", on_change=ATLAS.keep, args=("english",))
    for line in problems:
        problem(line)
    english = state.english and len(shown.english) > 0
    return MapView(atlas, name, colour, english, search, state.weights if has_control else TRAINED)


def keep_selection(key: str, look: tuple[Any, ...], shown: AtlasPoints) -> None:
    """Remember the selection on a map, so that it stays with another colour or map."""
    rows, english = plot.selected(st.session_state[key]["selection"]["points"], shown)
    if len(rows) or len(english):
        ids = shown.table["id"].to_numpy()[rows]
        words = shown.english["id"].to_numpy()[english]
        st.session_state["chosen"] = {"what": shown.what, "look": look, "ids": ids, "english": words}
    else:
        st.session_state.pop("chosen", None)


def clear() -> None:
    st.session_state.pop("chosen", None)
    st.session_state["cleared"] = st.session_state.get("cleared", 0) + 1


def draw(book: Book, view: MapView, side: str) -> None:
    """One map with its colours and rings, and the number of its points."""
    name = view.name + (CONTROL if side == RANDOM else "")
    shown = shown_of(book, view.atlas, name)
    offered = colours.offered(shown, book.lexicon)
    colour = view.colour if view.colour in offered else next(iter(offered))
    painted = colours.colouring(shown, book.lexicon, colour)
    hits = look_up(book.lexicon, shown, view.search) if view.search else AtlasMatches.none()
    look = (view.atlas.reader, name, colour, view.english, view.search)
    chosen = st.session_state.get("chosen")
    marks = plot.Highlights(hits.rows, hits.english)
    if chosen and chosen["what"] == shown.what and chosen["look"] != look:
        marks = plot.Highlights(
            hits.rows,
            hits.english,
            where(shown.table, chosen["ids"]),
            where(shown.english, chosen["english"]),
        )
    hover = _hovers(str(book.path), changed_at(book.path), view.atlas.reader, name, book, shown)
    drawn = plot.figure(shown, painted, hover, marks, view.english)
    key = f"map {side} {st.session_state.get('cleared', 0)}"
    st.plotly_chart(
        drawn,
        config=CONFIG,
        key=key,
        on_select=lambda: keep_selection(key, look, shown),
        alt=plot.spoken(shown, painted, view.atlas.reader, view.english, len(hits.rows)),
    )
    st.caption(as_text(f"{WEIGHTS[side]}: {view.name}. {shown.caption}."))


def where(table: pd.DataFrame, ids: np.ndarray) -> np.ndarray:
    return np.flatnonzero(table["id"].isin(ids))


def below(book: Book, view: MapView) -> None:
    """The selection, else the matches of the search: links into the book, and a file."""
    shown = shown_of(book, view.atlas, view.name)
    chosen = st.session_state.get("chosen")
    if chosen and chosen["what"] == shown.what:
        rows = shown.table.iloc[where(shown.table, chosen["ids"])]
        english = shown.english["label"].iloc[where(shown.english, chosen["english"])].tolist()
    elif view.search:
        hits = look_up(book.lexicon, shown, view.search)
        rows, english = shown.table.iloc[hits.rows], shown.english["label"].iloc[hits.english].tolist()
        st.caption(as_text(text.found_line(view.search, hits)))
    else:
        st.caption(HOW)
        return
    if english:
        st.caption(as_text(text.english_line(english)))
    if not len(rows):
        return
    listed = text.rows_of(book, shown, rows)
    passages = rows[rows["volume"].notna()]
    if len(passages):
        spans = passages[["volume", "start", "end", "label"]].itertuples(index=False)
        marks = [(Region(str(v), int(start), int(end)), str(label)) for v, start, end, label in spans]
        overview(book, open_in_read(book), marks=marks, start="genome")
    with st.container(horizontal=True, gap="small"):
        name = onpage.file_name(f"atlas_{view.atlas.reader}_{view.name}", "tsv")
        st.download_button(
            "Download .tsv", lambda: text.as_tsv(listed), name, "text/plain", on_click="ignore"
        )
        if chosen:
            st.button("Clear selection", key="clear", on_click=clear)
    with st.container(height=SCROLLED if len(rows) > ROWS_WHOLE else "content", border=False):
        st.html(text.listed(book, shown, listed, "selected" if chosen else "found"))


def trust(view: MapView) -> None:
    """How far to trust the map: neighbours kept, and variance explained by counting."""
    st.header("How far to trust this map", anchor=False)
    kept = text.kept(view.atlas, view.name)
    rows = text.variance(view.atlas, view.name)
    if not kept:
        st.caption("This map has no figures.")
        return
    st.subheader("Neighbours that stay neighbours", anchor=False)
    st.markdown(as_text(text.kept_sentence(kept[0])))
    st.markdown(text.PRESERVATION)
    st.subheader("What counting alone explains", anchor=False)
    st.markdown(text.VARIANCE)
    signals = [text.MAP, text.WHOLE]
    for i, layout in enumerate(evidence_plots.plan(rows)):
        drawn = evidence_plots.figure(layout, signals)
        st.plotly_chart(
            drawn, config=FIXED, alt=evidence_plots.spoken(layout, "Variance explained"), key=f"variance {i}"
        )
    with st.expander("The same figures as a table, and as files"):
        st.html(evidence_text.table([*kept, *rows], f"{view.name}, model {view.atlas.reader}"))
        downloads(view, kept, rows)


def downloads(view: MapView, kept: list[EvidenceRow], rows: list[EvidenceRow]) -> None:
    stem = f"atlas_figures_{view.atlas.reader}_{view.name}"
    files = (
        ("tsv", partial(evidence_text.tsv, [*kept, *rows])),
        ("json", partial(text.as_json, view.atlas, view.name)),
        *(
            ("svg", partial(svg, layout, [text.MAP, text.WHOLE], f"Variance explained, {view.name}"))
            for layout in evidence_plots.plan(rows)
        ),
    )
    with st.container(horizontal=True, gap="small"):
        for kind, make in files:
            st.download_button(
                f"Figures (.{kind})", make, onpage.file_name(stem, kind), "text/plain",
                key=f"figures {kind}", on_click="ignore",
            )  # fmt: skip


def show(book: Book, maps: dict[str, Atlas]) -> None:
    """The controls, the maps, what is selected, and how far to trust them."""
    view = choose(book, maps)
    sides = [TRAINED, RANDOM] if view.weights == BOTH else [view.weights]
    for column, side in zip(st.columns(len(sides)), sides, strict=True):
        with column:
            draw(book, view, side)
    below(book, view)
    for line in filter(
        None, [text.no_passages(book, view.atlas), *colours.missing(book.lexicon, book.path.name)]
    ):
        st.caption(as_text(line))
    trust(view)


with frame("atlas") as book:
    styles("atlas")
    st.title("Atlas", anchor=False)
    st.html(render("lede.j2", text=LEDE))
    if maps := _atlases(str(book.path), changed_at(book.path), book):
        show(book, maps)
    else:
        st.info(as_text(text.no_map(book)))
