"""Places of a motif, on the page Search."""

from __future__ import annotations

import streamlit as st

from genomebook.book import Book
from genomebook.errors import SearchError
from genomebook.export.motifs import motif_bed
from genomebook.render.hits.motifs import motif_table
from genomebook.search.motif_report import MotifCount, counted
from genomebook.search.motifs import MAX_MISMATCHES, Motif, find_motif
from genomebook.search.request import SearchState
from pages._address import SEARCH
from pages._shared import as_text, genes_of, problem

SHOWN = 100
MAX_SAVED = 1_000_000
WHAT = (
    "Letters of the motif that may differ. N and ambiguous letters of the sequence match nothing. Both "
    "strands are searched, and a motif that is its own reverse complement counts once at each place."
)


def show_motif(book: Book, state: SearchState) -> None:
    """The places of the motif in the address: the first at once, the count when the whole book is read."""
    st.session_state["mismatches"] = state.mismatches
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="motif options"):
        st.number_input(
            "Mismatches", 0, MAX_MISMATCHES, key="mismatches", width=140, help=WHAT,
            on_change=SEARCH.keep, args=("mismatches",),
        )  # fmt: skip
        saving = st.empty()
    try:
        motif = Motif.of(state.motif, state.mismatches)
    except SearchError as error:
        problem(str(error))
        return
    line, table = st.empty(), st.empty()
    count = MotifCount(book, motif, SHOWN)
    is_drawn = False
    line.caption("Reading the book …")
    for chunk in find_motif(book, motif, keep=SHOWN):
        count.add(chunk)
        if count.is_full and not is_drawn:
            table.html(motif_table(book, count.report(), genes_of(book)))
            is_drawn = True
    report = count.report()
    line.markdown(as_text(f"{counted(report)}."))
    if report.places:
        table.html(motif_table(book, report, genes_of(book)))
    if 0 < report.count <= MAX_SAVED:
        saving.download_button(
            "Save as BED", lambda: "".join(motif_bed(book, motif, find_motif(book, motif))),
            f"{motif.letters}.bed", "text/plain", icon=":material/download:", on_click="ignore",
        )  # fmt: skip
