"""Atlas: maps of words, sentences and paragraphs by a model, beside those of random weights."""

from __future__ import annotations

from functools import partial

import streamlit as st

from genomebook.annotation.evidence import EvidenceRow
from genomebook.book import Book
from genomebook.export import page as onpage
from genomebook.genome.regions import Region
from genomebook.lexicon.atlas import Atlas, atlases, map_names, of_words
from genomebook.lexicon.listing import examples
from genomebook.render.atlas import colours, scene, text
from genomebook.render.evidence import plots as evidence_plots
from genomebook.render.evidence import text as evidence_text
from genomebook.render.evidence.svg import svg
from genomebook.render.templating import render
from genomebook.search.request import MAX_IN_ADDRESS
from pages._address import ATLAS
from pages._maps import (
    BOTH,
    RANDOM,
    TRAINED,
    WEIGHTS,
    MapView,
    clear,
    draw,
    find_passage,
    has_control,
    hits_of,
    selection,
    shown_of,
)  # fmt: skip
from pages._overview import open_in_read, overview
from pages._shared import as_text, changed_at, frame, problem, styles, without_folders, words_of

FIXED = {"displayModeBar": False, "responsive": True}
MAX_SEARCH = 100
ROWS_WHOLE, SCROLLED = 12, 460


@st.cache_resource(max_entries=2, show_spinner=False)
def _atlases(path: str, changed: int, _book: Book) -> dict[str, Atlas]:
    return atlases(_book)


def put(name: str, first: str) -> None:
    """Write a choice into the address; the first option is left out, and what another map had selected."""
    chosen = st.session_state[name]
    ATLAS.change(**{name: "" if chosen == first else chosen})
    if name in ("map", "reader"):
        ATLAS.change(at="", **({"sel": (), "find": ""} if name == "map" else {}))


def pick(label: str, name: str, options: dict[str, str], width: int, problems: list[str]) -> str:
    """A list to choose from, set to what the address has, else to the first option."""
    first = next(iter(options))
    value = getattr(ATLAS.read(), name) or first
    if name == "map" and value not in options:  # a link of before maps had the way they were made
        value = next((each for each in options if each.startswith(f"{value},")), value)
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
        st.session_state["find"] = state.find[: MAX_SEARCH if of_words(name) else MAX_IN_ADDRESS]
        if of_words(name):
            offer = ", ".join(examples(words_of(book)))
            st.text_input(
                "Find a word", key="find", max_chars=MAX_SEARCH, width=220, placeholder=offer,
                on_change=ATLAS.keep, args=("find",),
            )  # fmt: skip
        else:
            st.text_input(
                "Find a passage", key="find", max_chars=MAX_IN_ADDRESS, width=220, placeholder=text.FIND,
                help=text.FIND_HELP, on_change=find_passage, args=(book, atlas, name),
            )  # fmt: skip
    search = st.session_state["find"].strip()
    is_beside_random = has_control(atlas, name)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="switches"):
        if is_beside_random:
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
    weights = state.weights if is_beside_random else TRAINED
    return MapView(atlas, name, colour, english, search, weights, selection(state))


def below(book: Book, view: MapView) -> None:
    """The selection, else the matches of the search: links into the book, and a file."""
    shown = shown_of(book, view.atlas, view.name)
    chosen, in_english = scene.selected(view.keys, shown)
    is_chosen = len(chosen) > 0 or len(in_english) > 0
    hits = hits_of(book, view.atlas, view.name, view.search)
    if view.search and not (is_chosen and of_words(view.name)):
        st.caption(as_text(without_folders(hits.line)))
    elif not is_chosen:
        st.caption(text.HOW)
        return
    chosen, in_english = (chosen, in_english) if is_chosen else (hits.rows, hits.english)
    rows, english = shown.table.iloc[chosen], shown.english["label"].iloc[in_english].tolist()
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
        if is_chosen:
            st.button("Clear selection", key="clear", on_click=clear)
    with st.container(height=SCROLLED if len(rows) > ROWS_WHOLE else "content", border=False):
        st.html(text.listed(book, shown, listed, "selected" if is_chosen else "found"))


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
    if table := text.ways(view.atlas, view.name):
        st.subheader("Which map is best", anchor=False)
        st.html(table)
        st.markdown(text.WAYS)
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
    head = st.container()
    view = choose(book, maps)
    head.html(render("lede.j2", text=text.lede(view.name)))
    draw(book, view, [TRAINED, RANDOM] if view.weights == BOTH else [view.weights])
    below(book, view)
    for line in filter(
        None, [text.no_passages(book, view.atlas), *colours.missing(book.lexicon, book.path.name)]
    ):
        st.caption(as_text(line))
    trust(view)


with frame("atlas") as book, st.container(key="atlas"):
    styles("atlas")
    st.title("Atlas", anchor=False)
    if maps := _atlases(str(book.path), changed_at(book.path), book):
        show(book, maps)
    else:
        st.info(as_text(text.no_map(book)))
