"""Atlas: words, sentences and paragraphs laid out by a reader, beside the same by random weights."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from genomebook.annotation.evidence_shown import Row
from genomebook.book import Book
from genomebook.export import page as onpage
from genomebook.lexicon.atlas import (
    CONTROL,
    Atlas,
    Hits,
    Points,
    atlases,
    look_up,
    map_names,
    of_words,
    points,
)
from genomebook.render.atlas import colours, plot, text
from genomebook.render.evidence import plots as evidence_plots
from genomebook.render.evidence import text as evidence_text
from genomebook.render.evidence.svg import svg
from pages._shared import as_text, changed_at, frame, problem, words_of

LEDE = """<div class="gb"><p class="lede">A reader keeps a few hundred numbers for each word, and words that
it treats alike have numbers alike. The atlas lays them out on paper, so that what lies near belongs together
for the reader: whether it does for biology too is seen in the colours, and by the map of random weights
beside it.</p></div>"""
TRAINED, RANDOM, BOTH = "trained", "random", "both"
WEIGHTS = {TRAINED: "Trained", RANDOM: "Random weights", BOTH: "Side by side"}
HOW = (
    "Drag over points to select them. The icons over the map change the box to a lasso, or to moving and "
    "zooming, where a click selects one point; a double click takes the selection back."
)
FIXED = {"displayModeBar": False, "responsive": True}
CONFIG = {"displayModeBar": True, "responsive": True, "modeBarButtonsToRemove": ["autoScale2d", "toImage"]}
MOST_TEXT = 100
ROWS_WHOLE, SCROLLED = 12, 460
STYLE = """<style>
[data-testid="stPlotlyChart"] :is(.cbtitle text, .cbaxis text, .legendtitletext, .hovertext text) {
  fill: light-dark(#1c1b19, #e9e7e2) !important; }
[data-testid="stPlotlyChart"] .annotation-text { paint-order: stroke; stroke-width: 4px;
  stroke: light-dark(#fdfcf9, #16181b); }
</style>"""


@dataclass(frozen=True)
class Asked:
    """What the address asks for."""

    atlas: Atlas
    name: str
    colour: str
    english: bool
    found: str


@st.cache_resource(max_entries=2, show_spinner=False)
def _atlases(path: str, changed: int, _book: Book) -> dict[str, Atlas]:
    return atlases(_book)


@st.cache_resource(max_entries=8, show_spinner=False)
def _points(path: str, changed: int, reader: str, name: str, _book: Book, _atlas: Atlas) -> Points:
    return points(_atlas.table, name, words_of(_book), _atlas.total(name))


@st.cache_resource(max_entries=8, show_spinner=False)
def _hovers(path: str, changed: int, reader: str, name: str, _book: Book, _shown: Points) -> list[str]:
    return plot.hovers(_book, _shown)


def shown_of(book: Book, atlas: Atlas, name: str) -> Points:
    return _points(str(book.path), changed_at(book.path), atlas.reader, name, book, atlas)


def write(name: str, plain: str) -> None:
    """Write what a control was set to into the address; what is as usual is left out."""
    value = st.session_state[name]
    if value in (plain, "", False, None):
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = "on" if value is True else value


def asked_for(name: str, options: Collection[str], refused: list[str]) -> str:
    """Set a control to what the address asks for; to the first option when it asks for another."""
    plain = next(iter(options))
    value = st.query_params.get(name, plain)
    if value not in options:
        refused.append(text.not_offered(name, value, options))
        value = plain
    st.session_state[name] = value
    return value


def pick(label: str, name: str, options: dict[str, str], width: int, refused: list[str]) -> str:
    """A list to choose from, whose choice stands in the address."""
    asked_for(name, options, refused)
    plain = next(iter(options))
    chosen: str = st.selectbox(
        label, list(options), format_func=options.__getitem__, key=name, width=width, on_change=write,
        args=(name, plain),
    )  # fmt: skip
    return chosen


def choose(book: Book, found: dict[str, Atlas]) -> tuple[Asked, str]:
    """The controls over the map; the address bar holds their state, by hand as on the page Read."""
    refused: list[str] = []
    with st.container(horizontal=True, vertical_alignment="bottom", key="bar"):
        readers = {name: name for name in found}
        atlas = found[
            pick("Reader", "reader", readers, 190, refused) if len(found) > 1 else next(iter(found))
        ]
        name = pick("Map", "map", {name: name for name in map_names(atlas.table)}, 190, refused)
        shown = shown_of(book, atlas, name)
        offered = colours.offered(shown, book.lexicon)
        if st.query_params.get("colour") in colours.KINDS.keys() - offered.keys():
            del st.query_params["colour"]  # it was of another map
        colour = pick("Colour by", "colour", offered, 290, refused)
        search = ""
        if of_words(name):
            st.session_state["find"] = st.query_params.get("find", "")[:MOST_TEXT]
            search = st.text_input(
                "Find a word", key="find", max_chars=MOST_TEXT, width=220, placeholder="TATA, heart, Alu",
                on_change=write, args=("find", ""),
            )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="switches"):
        weights = TRAINED
        if name + CONTROL in set(atlas.table["map"]):
            asked_for("weights", WEIGHTS, refused)
            chosen = st.segmented_control(
                "Weights", list(WEIGHTS), format_func=WEIGHTS.__getitem__, required=True, key="weights",
                label_visibility="collapsed", on_change=write, args=("weights", TRAINED),
            )  # fmt: skip
            weights = chosen or TRAINED
        english = False
        if len(shown.english):
            st.session_state["english"] = bool(st.query_params.get("english"))
            english = st.toggle("English words too", key="english", on_change=write, args=("english", ""))
    for line in refused:
        problem(line)
    return Asked(atlas, name, colour, english, search.strip()), weights


def keep_selection(key: str, look: tuple[Any, ...], shown: Points) -> None:
    """Remember what was selected on a map, so that it outlives another colour or map."""
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


def draw(book: Book, asked: Asked, side: str) -> None:
    """One map, its colours, its rings, and how many points it has."""
    name = asked.name + (CONTROL if side == RANDOM else "")
    shown = shown_of(book, asked.atlas, name)
    offered = colours.offered(shown, book.lexicon)
    colour = asked.colour if asked.colour in offered else next(iter(offered))
    painted = colours.colouring(shown, book.lexicon, colour)
    hits = look_up(book.lexicon, shown, asked.found) if asked.found else Hits.none()
    look = (asked.atlas.reader, name, colour, asked.english, asked.found)
    chosen = st.session_state.get("chosen")
    marks = plot.Highlights(hits.rows, hits.english)
    if chosen and chosen["what"] == shown.what and chosen["look"] != look:
        marks = plot.Highlights(
            hits.rows,
            hits.english,
            where(shown.table, chosen["ids"]),
            where(shown.english, chosen["english"]),
        )
    hover = _hovers(str(book.path), changed_at(book.path), asked.atlas.reader, name, book, shown)
    drawn = plot.figure(shown, painted, hover, marks, asked.english)
    key = f"map {side} {st.session_state.get('cleared', 0)}"
    st.plotly_chart(
        drawn,
        config=CONFIG,
        key=key,
        on_select=lambda: keep_selection(key, look, shown),
        alt=plot.spoken(shown, painted, asked.atlas.reader, asked.english, len(hits.rows)),
    )
    st.caption(as_text(f"{WEIGHTS[side]}: {asked.name}. {shown.said}."))


def where(table: pd.DataFrame, ids: np.ndarray) -> np.ndarray:
    return np.flatnonzero(table["id"].isin(ids))


def below(book: Book, asked: Asked) -> None:
    """What was selected, else what was found: links into the book, and a file to take away."""
    shown = shown_of(book, asked.atlas, asked.name)
    chosen = st.session_state.get("chosen")
    if chosen and chosen["what"] == shown.what:
        rows = shown.table.iloc[where(shown.table, chosen["ids"])]
        english = shown.english["label"].iloc[where(shown.english, chosen["english"])].tolist()
    elif asked.found:
        hits = look_up(book.lexicon, shown, asked.found)
        rows, english = shown.table.iloc[hits.rows], shown.english["label"].iloc[hits.english].tolist()
        st.caption(as_text(text.found_line(asked.found, hits)))
    else:
        st.caption(HOW)
        return
    if english:
        st.caption(as_text(text.english_line(english)))
    if not len(rows):
        return
    listed = text.rows_of(book, shown, rows)
    with st.container(horizontal=True, gap="small"):
        name = onpage.file_name(f"atlas_{asked.atlas.reader}_{asked.name}", "tsv")
        st.download_button(
            "Download .tsv", lambda: text.as_tsv(listed), name, "text/plain", on_click="ignore"
        )
        if chosen:
            st.button("Clear selection", key="clear", on_click=clear)
    with st.container(height=SCROLLED if len(rows) > ROWS_WHOLE else "content", border=False):
        st.html(text.listed(book, shown, listed, "selected" if chosen else "found"))


def trust(asked: Asked) -> None:
    """How far the map can be trusted: neighbours kept, and what plain counts explain."""
    st.header("How far to trust this map", anchor=False)
    kept = text.kept(asked.atlas, asked.name)
    rows = text.variance(asked.atlas, asked.name)
    if not kept:
        st.caption("No figures came with this map.")
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
        st.html(evidence_text.table([*kept, *rows], f"{asked.name}, reader {asked.atlas.reader}"))
        take_away(asked, kept, rows)


def take_away(asked: Asked, kept: list[Row], rows: list[Row]) -> None:
    stem = f"atlas_figures_{asked.atlas.reader}_{asked.name}"
    files = (
        ("tsv", evidence_text.tsv([*kept, *rows])),
        ("json", text.as_json(asked.atlas, asked.name)),
        *(
            ("svg", svg(layout, [text.MAP, text.WHOLE], f"Variance explained, {asked.name}"))
            for layout in evidence_plots.plan(rows)
        ),
    )
    with st.container(horizontal=True, gap="small"):
        for kind, content in files:
            st.download_button(
                f"Figures (.{kind})", content, onpage.file_name(stem, kind), "text/plain",
                key=f"figures {kind}", on_click="ignore",
            )  # fmt: skip


with frame("atlas") as book:
    st.html(STYLE)
    st.title("Atlas", anchor=False)
    st.html(LEDE)
    found = _atlases(str(book.path), changed_at(book.path), book)
    if not found:
        st.info(as_text(text.no_map(book)))
        st.stop()
    asked, weights = choose(book, found)
    sides = [TRAINED, RANDOM] if weights == BOTH else [weights]
    for column, side in zip(st.columns(len(sides)), sides, strict=True):
        with column:
            draw(book, asked, side)
    below(book, asked)
    for line in filter(
        None, [text.no_passages(book, asked.atlas), *colours.missing(book.lexicon, book.path.name)]
    ):
        st.caption(as_text(line))
    trust(asked)
