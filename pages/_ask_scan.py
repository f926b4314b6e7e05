"""The view of page Ask that scans a place of the book for transcript starts."""

from __future__ import annotations

from functools import partial

import streamlit as st

from genomebook.book import Book
from genomebook.errors import TaskError
from genomebook.export import page as onpage
from genomebook.export.peaks import peaks_tsv
from genomebook.genome.regions import MAX_TEXT, Region
from genomebook.render.ask import scan as draw
from genomebook.render.ask.answer import per_cent_of
from genomebook.render.hits.html import paragraph
from genomebook.render.overview.scene import EXON_LEVEL, overview_genes
from genomebook.tasks import scan as scanning
from pages._address import ASK, AskState
from pages._ask_field import place_of
from pages._ask_trust import trust
from pages._overview import open_in_read, overview
from pages._shared import changed_at, genes_of

WIDTH = 10_000
"""Letters scanned around a gene start or a single position."""

WHAT_STEP = "Letters from one window to the next. Smaller steps place peaks more exactly and take longer."
WHAT_P = "A peak has at least this probability, and no window nearer than a window's length has more."
LEDE = (
    "Looks for transcript starts in a stretch of the book: a promoter model scores windows along both "
    "strands. Compare the peaks with the annotated starts, and with the peaks of the same stretch shuffled, "
    "where there is nothing to find."
)
ALIKE = "This model scores both strands alike: it says where a start may be, not on which strand."
EMPTY = f"Name a place of up to {scanning.MAX_SCAN:,} letters, or a gene."


def scan_page(book: Book, state: AskState) -> None:
    """Draw the view."""
    st.html(paragraph(LEDE, "note"))
    controls(book, state)
    if not state.loc:
        st.caption(EMPTY)
        return
    region = stretch(book, state.loc)
    task, _ = scanning.scan_rule()
    with st.spinner("Scanning both strands, and the shuffle"):
        scanned, shuffled = _scanned(str(book.path), changed_at(book.path), book, region, state.step)
    show(book, region, scanned, shuffled, state)
    trust(task)


def controls(book: Book, state: AskState) -> None:
    """Place, step and threshold; the address bar holds them."""
    held = st.session_state
    held["loc"], held["step"], held["p"] = state.loc, state.step, state.p
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="scan controls"):
        st.text_input(
            "Place or gene", key="loc", max_chars=MAX_TEXT, placeholder=first_place(book), width=360,
            on_change=ASK.keep, args=("loc",),
        )  # fmt: skip
        st.selectbox(
            "Step", scanning.STEPS, key="step", width=110, help=WHAT_STEP, on_change=ASK.keep,
            args=("step",), filter_mode=None,
        )  # fmt: skip
        st.selectbox(
            "Peaks from", scanning.THRESHOLDS, key="p", width=130, help=WHAT_P, on_change=ASK.keep,
            args=("p",), format_func=per_cent_of, filter_mode=None,
        )  # fmt: skip


def first_place(book: Book) -> str:
    """A gene of the book, or its first letters, as an example."""
    gene = next((name for name in genes_of(book).table["name"] if name), "")
    volume = next(iter(book))
    return gene or book.addresses.format(Region(volume.name, 0, min(WIDTH, volume.length)))


def stretch(book: Book, text: str) -> Region:
    """What is scanned for a place: itself, or `WIDTH` letters around a short one or the start of a gene.

    Raises
    ------
    RegionError
        The book has no such place.
    TaskError
        It is too long.
    """
    answer = place_of(book, text)
    region = answer.region
    if answer.kind == "gene":
        start = region.end - 1 if answer.strand == "-" else region.start
        region = Region(region.volume, start, start + 1)
    if region.end - region.start > scanning.MAX_SCAN:
        raise TaskError(f"{text}: {region.end - region.start:,} letters; scan at most {scanning.MAX_SCAN:,}")
    if region.end - region.start >= WIDTH:
        return region
    length = book[region.volume].length
    start = max(0, min((region.start + region.end - WIDTH) // 2, length - WIDTH))
    return Region(region.volume, start, min(start + WIDTH, length))


@st.cache_resource(max_entries=32, show_spinner=False)
def _scanned(
    path: str, changed: int, _book: Book, region: Region, step: int
) -> tuple[scanning.Scan, scanning.Scan]:
    task, rule = scanning.scan_rule()
    score = scanning.score_of(rule)
    before = scanning.before_start(task)
    letters = _book[region.volume].sequence(region.start, region.end)
    mixed = scanning.shuffled_stretch(letters)
    return (
        scanning.scan(score, letters, task.window, before, step),
        scanning.scan(score, mixed, task.window, before, step),
    )


def show(
    book: Book, region: Region, scanned: scanning.Scan, shuffled: scanning.Scan, state: AskState
) -> None:
    """The drawing, what the peaks reach, the peaks, the overview and the files."""
    starts = scanning.transcript_starts(book, region)
    found = scanning.peaks(scanned, state.p)
    reached = scanning.reach(scanned, shuffled, starts, found, scanning.peaks(shuffled, state.p))
    genes = overview_genes(book, genes_of(book), region.volume, (region.start, region.end), EXON_LEVEL)
    made = draw.layout(book.addresses, book[region.volume], region, scanned, found, starts, genes, state.p)
    st.html(paragraph(draw.reach_text(reached, state.p), "found"))
    if scanned.is_same_on_both_strands:
        st.caption(ALIKE)
    st.html(draw.scan_html(made))
    name = onpage.file_name(f"scan_{book.addresses.format(region, commas=False)}", "svg")
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Drawing (.svg)", partial(draw.scan_svg, made), name, "image/svg+xml", on_click="ignore"
        )
        st.download_button(
            "Peaks (.tsv)", partial(peaks_tsv, book.addresses, region, found, starts),
            name.replace(".svg", ".tsv"), "text/plain", on_click="ignore",
        )  # fmt: skip
    if found:
        st.html(draw.peaks_html(book.addresses, book[region.volume], region, found, starts))
    with st.expander("Where this is in the book", key="where"):
        marks = [(draw.place_of_peak(region, peak), f"peak {number}") for number, peak in
                 enumerate(draw.by_height(found), 1)]  # fmt: skip
        overview(book, open_in_read(book), region, marks, key="scan overview")
