"""Evidence: each figure on the boundaries beside its control."""

from __future__ import annotations

from functools import partial

import streamlit as st

from genomebook.annotation.evidence import (
    LEVELS,
    Evidence,
    EvidenceRow,
    evidence_path,
    favoured,
    read_evidence,
)
from genomebook.book import Book
from genomebook.export import page as onpage
from genomebook.render.ask.claims import claims_html
from genomebook.render.evidence import plots, text
from genomebook.render.evidence.glosses import gloss_evidence
from genomebook.render.evidence.svg import svg
from genomebook.render.numbers import with_commas
from genomebook.render.page import html
from genomebook.render.signals import explained, look
from genomebook.render.templating import render
from genomebook.tasks.claims import measured_claims
from pages._address import EVIDENCE
from pages._shared import as_text, frame, problem

LEDE = (
    "Nobody can ask a genome where its sentences end. So each claim stands beside a control: the same "
    "figure, made by the same program, where there is nothing to find or where the answer is known. "
    "Trust a figure as far as it lies from its control, error bars included."
)
CUT = "Triangles at the left edge stand for values beyond it; the table gives their figures."
LEVEL_HELP = "Every sentence ends somewhere, and so does every paragraph; the two are placed separately."
SIGNALS_HELP = "Methods that place boundaries. This book uses one of them; the others are there to compare."
CLAIMS = (
    "Figures that others published about sequences as language, each beside the control that its source does "
    "not give, and beside the same figure measured here."
)
GLOSSES = (
    "Someone who knows only English and the fields judges a passage by counting the words of each field, on "
    "chromosomes that the glosses were not made from. Beside that: names that say nothing about the DNA, and "
    "the model that the sense in context comes from."
)
FIXED = {"displayModeBar": False, "responsive": True}


def place(evidence: Evidence) -> str:
    """Sequence that the figures were measured on."""
    what = with_commas(evidence.what)
    return f"{what} of {evidence.assembly}" if evidence.assembly else what


def about(book: Book, evidence: Evidence, own: bool) -> None:
    """The signals, what the figures were measured on, and the notes of those who measured them."""
    used = book.signal
    other = "" if used in evidence.signals else ". It has no figures"
    name, why = favoured(evidence.signals, evidence.tracks)
    same = ". It is the signal of this book" if used == name else ""
    st.header("What was measured", anchor="measured")
    st.html(
        html.facts(
            {
                "Boundary signal of this book": explained(used) + other,
                "The figures favour": (explained(name) if name else "none") + same,
                "Why": why,
                "The figures are": "this book's own"
                if own
                else "those that come with genomebook, measured on another sequence",
                "Measured on": f"{place(evidence)}, {evidence.letters:,} bases",
                "Models": ", ".join(reader["name"] for reader in evidence.readers) or "none",
                "Annotation": ", ".join(f"{track.name} ({track.edges:,} edges)" for track in evidence.tracks)
                or "no tracks",
            }
        )
    )
    if evidence.notes:
        with st.expander("Notes on these measurements"):
            st.markdown("\n".join(f"- {as_text(note)}" for note in evidence.notes))


def glance(rows: list[EvidenceRow], used: str, level: str) -> None:
    """Every test of the signal that placed the boundaries, in a table."""
    if own := [row for row in rows if row.level == level and row.signal == used]:
        st.html(
            text.summary(own, f"Ends of {level}s at a glance, by {look(used).label}, the signal of this book")
        )


def put_signals(signals: list[str]) -> None:
    """Write the chosen signals into the address; all of them are the default."""
    chosen = tuple(name for name in signals if name in st.session_state["signals"])
    EVIDENCE.change(signals=None if len(chosen) == len(signals) else chosen)


def choice(evidence: Evidence) -> tuple[str, list[str]]:
    """The controls for level and signals, which the address bar holds; returns what to show."""
    state, signals = EVIDENCE.read(problem), list(evidence.signals)
    shown = [name for name in signals if state.signals is None or name in state.signals]
    st.session_state["level"], st.session_state["signals"] = state.level, shown
    with st.container(horizontal=True, vertical_alignment="bottom", key="choice"):
        st.segmented_control(
            "Ends of", LEVELS, required=True, help=LEVEL_HELP, key="level",
            on_change=EVIDENCE.keep, args=("level",),
            format_func=lambda name: f"{name}s".capitalize(),
        )  # fmt: skip
        st.pills(
            "Signals", signals, selection_mode="multi", help=SIGNALS_HELP, key="signals",
            on_change=put_signals, args=(signals,),
            format_func=lambda name: as_text(look(name, signals).label),
        )  # fmt: skip
    return state.level, shown


def show(name: str, control: text.Control, rows: list[EvidenceRow], evidence: Evidence) -> None:
    """One control: heading, two sentences, plots, the reasons for missing figures, the table, the files."""
    st.header(as_text(control.heading), anchor=name)
    if control.text:
        st.markdown(control.text)
    layouts = plots.plan(rows)
    for i, layout in enumerate(layouts):
        drawn = plots.figure(layout, list(evidence.signals))
        alt = plots.spoken(layout, control.heading)
        st.plotly_chart(drawn, config=FIXED, alt=alt, key=f"plot {name} {i}", height=int(drawn.layout.height))
    if any(layout.is_cut for layout in layouts):
        st.caption(CUT)
    for line in text.missing(rows):
        st.caption(f"No figure: {as_text(line)}")
    with st.expander("The same figures as a table, and the plot for print"):
        st.html(text.table(rows, f"{control.heading}, {rows[0].level}s"))
        for i, layout in enumerate(layouts):
            title = f"{control.heading}, {rows[0].level}s, {place(evidence)}"
            st.download_button(
                f"Plot for print (.svg){f' {i + 1}' if len(layouts) > 1 else ''}",
                partial(svg, layout, list(evidence.signals), title),
                onpage.file_name(f"evidence_{name}_{rows[0].level}{f'_{i + 1}' if i else ''}", "svg"),
                "image/svg+xml",
                key=f"svg {name} {i}",
                on_click="ignore",
            )


def claims() -> None:
    """Published claims, measured again."""
    if measured := measured_claims():
        st.header("Published claims, measured again", anchor="claims")
        st.caption(CLAIMS)
        st.html(claims_html(measured))


def glosses(book: Book) -> None:
    """What the English glosses tell of sequence that they were not made from."""
    if table := gloss_evidence(book.meta.vocabulary.name):
        st.header("What the English can tell", anchor="glosses")
        st.caption(GLOSSES)
        st.html(table)


with frame("evidence") as book:
    st.title("Evidence", anchor=False)
    st.html(render("lede.j2", text=LEDE))
    path, own = evidence_path(book)
    evidence = read_evidence(path)
    level, signals = choice(evidence)
    figures = evidence.all_rows()
    glance(figures, book.signal, level)
    shown = [row for row in figures if row.level == level and row.signal in signals]
    if not shown:
        st.info(f"No figures for {level}s of the signals chosen." if signals else "Choose a signal to show.")
    for name, control in text.controls(shown):
        show(name, control, [row for row in shown if row.control == name], evidence)
    about(book, evidence, own)
    st.header("All figures", anchor=False)
    with st.container(horizontal=True):
        for kind, made in (("tsv", lambda: text.tsv(figures)), ("json", path.read_text)):
            st.download_button(f"Download .{kind}", made, f"evidence.{kind}", "text/plain", on_click="ignore")
    glosses(book)
    claims()
