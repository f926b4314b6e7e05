"""The maps of the Atlas in the browser: the component, what it is sent, what it says is selected."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated, NamedTuple

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st
from numpy.typing import NDArray

from genomebook.book import Book
from genomebook.lexicon.atlas import CONTROL, Atlas, AtlasPoints, look_up, of_words, points
from genomebook.lexicon.neighbours import neighbours_of
from genomebook.render.atlas import colours, scene, text
from genomebook.search.on_map import find_passages
from pages._address import ATLAS, MAX_POINTS_TEXT, AtlasState
from pages._address import points as points_text
from pages._components import mounted, said
from pages._shared import changed_at, searcher_of, words_of

TRAINED, RANDOM, BOTH = "trained", "random", "both"
WEIGHTS = {TRAINED: "Trained", RANDOM: "Random weights", BOTH: "Side by side"}
MAX_KEYS = 200_000


class MapHits(NamedTuple):
    """What is found on a map: rows of its points, the best first where one is; of English words; a line."""

    rows: NDArray[np.int64]
    english: NDArray[np.int64]
    line: str


@dataclass(frozen=True)
class MapView:
    """What the page shows: a map of an atlas, its colouring, the words looked for, whose weights."""

    atlas: Atlas
    name: str
    colour: str
    english: bool
    search: str
    weights: str
    keys: tuple[int, ...] = ()


class SelectedPoints(msgspec.Struct):
    """Keys of points that a visitor selected, and the number of the choice; from the browser, so checked."""

    keys: Annotated[
        list[Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)]], msgspec.Meta(max_length=MAX_KEYS)
    ]
    choice: int = 0


@st.cache_resource(max_entries=8, show_spinner=False)
def _points(path: str, changed: int, reader: str, name: str, _book: Book, _atlas: Atlas) -> AtlasPoints:
    return points(_atlas.table, name, words_of(_book), _atlas.total(name))


@st.cache_resource(max_entries=8, show_spinner=False)
def _labels(path: str, changed: int, reader: str, name: str, _shown: AtlasPoints) -> list[scene.MapLabel]:
    return scene.labels(_shown)


@st.cache_resource(max_entries=8, show_spinner=False)
def _hovers(
    path: str, changed: int, reader: str, name: str, _book: Book, _shown: AtlasPoints
) -> list[tuple[str, str]]:
    return scene.hovers(_book, _shown)


@st.cache_resource(max_entries=8, show_spinner=False)
def _nearest(path: str, changed: int, reader: str, name: str, _book: Book) -> pa.Table:
    pairs = scene.nearest_words(neighbours_of(_book.vocabulary), reader, name)
    return pa.Table.from_pandas(pairs, preserve_index=False)


def has_control(atlas: Atlas, name: str) -> bool:
    """Whether there is a map of random weights beside a map."""
    return name + CONTROL in set(atlas.table["map"])


def shown_of(book: Book, atlas: Atlas, name: str) -> AtlasPoints:
    return _points(str(book.path), changed_at(book.path), atlas.reader, name, book, atlas)


@st.cache_resource(max_entries=32, show_spinner=False)
def _hits(
    path: str, changed: int, reader: str, name: str, search: str, _book: Book, _shown: AtlasPoints
) -> MapHits:
    if of_words(name):
        words = look_up(_book.lexicon, _shown, search)
        return MapHits(words.rows, words.english, text.found_line(search, words))
    passages = find_passages(_book, _shown.table, search, partial(searcher_of, _book))
    return MapHits(passages.rows, np.empty(0, np.int64), passages.line)


def hits_of(book: Book, atlas: Atlas, name: str, search: str) -> MapHits:
    """What a text finds on a map; nothing for an empty one."""
    if not search:
        return MapHits(np.empty(0, np.int64), np.empty(0, np.int64), "")
    of = (str(book.path), changed_at(book.path), atlas.reader, name)
    return _hits(*of, search, book, shown_of(book, atlas, name))


def find_passage(book: Book, atlas: Atlas, name: str) -> None:
    """Keep the text that is looked for in the address, and select the passage that fits it best."""
    search = st.session_state["find"].strip()
    rows = hits_of(book, atlas, name, search).rows
    st.session_state["large selection"] = None
    keys = scene.keys_of(shown_of(book, atlas, name))[rows[:1]]
    ATLAS.change(find=search, sel=tuple(keys.tolist()))


def keep_selection() -> None:
    """Write a selection into the address, so that a link holds it; a large one lasts for the visit."""
    sent = said("maps", "selected", SelectedPoints)
    keys = tuple(sent.keys) if sent else ()
    st.session_state["choice"] = sent.choice if sent else 0
    is_large = len(points_text(MAX_POINTS_TEXT).write(keys)) > MAX_POINTS_TEXT
    st.session_state["large selection"] = {"map": ATLAS.read().map, "keys": keys} if is_large else None
    ATLAS.change(sel=() if is_large else keys)


def clear() -> None:
    st.session_state["large selection"] = None
    ATLAS.change(sel=())


def selection(state: AtlasState) -> tuple[int, ...]:
    """Keys of what is selected: those of the address, else a large selection of this visit on this map."""
    large = st.session_state.get("large selection")
    if state.sel or not large or large["map"] != state.map:
        return state.sel
    keys: tuple[int, ...] = large["keys"]
    return keys


def panel(book: Book, view: MapView, side: str) -> tuple[scene.MapPanel, pa.Table]:
    """One map with its colours and names, and the columns of its points."""
    name = view.name + (CONTROL if side == RANDOM else "")
    of = (str(book.path), changed_at(book.path), view.atlas.reader, name)
    return _panel(*of, view.colour, view.english, side, book, view)


@st.cache_resource(max_entries=6, show_spinner=False)
def _panel(
    path: str, changed: int, reader: str, name: str, colour: str, english: bool, side: str,
    _book: Book, _view: MapView,
) -> tuple[scene.MapPanel, pa.Table]:  # fmt: skip
    book, view = _book, _view
    shown = shown_of(book, view.atlas, name)
    offered = colours.offered(shown, book.lexicon)
    colour = colour if colour in offered else next(iter(offered))
    painted = colours.colouring(shown, book.lexicon, colour)
    of = (path, changed, reader, name)
    count = len(shown.english) if english else 0
    about = scene.MapPanel(
        side,
        f"{changed} {reader} {name} {colour} {english}",
        f"{WEIGHTS[side]}: {view.name}" if has_control(view.atlas, view.name) else view.name,
        shown.caption,
        scene.spoken(shown, painted, reader, english),
        "" if side == RANDOM else text.warning(view.atlas, view.name),
        "lexicon?word=" if of_words(view.name) else "read?loc=",
        scene.legend(painted, count),
        _labels(*of, shown),
    )
    columns = scene.columns(shown, painted, _hovers(*of, book, shown), english)
    return about, pa.Table.from_pandas(columns, preserve_index=False)


def near_passages(book: Book, view: MapView) -> pd.DataFrame:
    """Neighbours of the one passage that is selected, in the space of the map of the trained model."""
    one = view.keys[0] if len(view.keys) == 1 else -1
    return scene.nearest_passages(book.lexicon.atlas_neighbours, view.name, one)


def bring(what: str, name: str, table: pa.Table) -> None:
    """Send a table of a map by itself: where nothing of it changed, Streamlit does not send it again."""
    mounted("atlas_points")(key=f"points {what}", data={"name": name, "table": table})


def draw(book: Book, view: MapView, sides: list[str]) -> None:
    """The maps in the browser: linked, with what is found and selected.

    The points of a map come in a message of their own, which is the same for every answer, so that Streamlit
    sends it once.
    """
    of = (str(book.path), changed_at(book.path), view.atlas.reader, view.name)
    drawn = [panel(book, view, side) for side in sides]
    shown = shown_of(book, view.atlas, view.name)
    hits = hits_of(book, view.atlas, view.name, view.search)
    near = {} if of_words(view.name) else {"near": near_passages(book, view)}
    found = [*scene.keys_of(shown)[hits.rows], *(-1 - shown.english["id"].iloc[hits.english])]
    made = {
        **text.MAP_TEXTS,
        **({} if of_words(view.name) else {"nearest": text.MAP_TEXTS["nearest_passages"]}),
        "asks": bool(near) and len(book.lexicon.atlas_neighbours) > 0,
        "choice": st.session_state.get("choice", 0),
        "map": f"{view.atlas.reader} {view.name} {sides[0]}",
        "near": f"{of[1]} {view.atlas.reader} {view.name} near",
        "panels": msgspec.to_builtins([about for about, _ in drawn]),
        "open": "Open in Lexicon" if of_words(view.name) else "Open in Read",
        "to": "" if of_words(view.name) else "Read",
    }
    with st.container(gap=None):
        for about, table in drawn:
            bring(about.side, about.points, table)
        bring("near", made["near"], _nearest(*of, book))
        mounted("atlas")(
            key="maps",
            data={
                "scene": made,
                **near,
                "found": pd.DataFrame({"key": np.array(found, np.int32)}),
                "chosen": pd.DataFrame({"key": np.array(view.keys, np.int32)}),
            },
            on_selected_change=keep_selection,
        )
