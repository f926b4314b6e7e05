"""Search: passages similar to pasted DNA, a file, a place or a gene, with E-values and a control."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from threading import Event

import streamlit as st

from genomebook.book import Book
from genomebook.errors import GenomebookError, SearchError
from genomebook.export import page as onpage
from genomebook.export.hits import FORMATS, HitFormat
from genomebook.export.plain import fits_bed
from genomebook.genome.regions import Region
from genomebook.render.hits import html as draw
from genomebook.render.hits import text
from genomebook.render.numbers import plural
from genomebook.search import request as asking
from genomebook.search.channels import CHANNELS
from genomebook.search.hits import Hit
from genomebook.search.query import MAX_UNCUT, MIN_LETTERS, Query
from genomebook.search.request import Question, SearchState
from genomebook.search.searcher import Searcher
from genomebook.search.typed import state_of_address, state_of_text, without_query
from pages._address import SEARCH
from pages._motifs import show_motif
from pages._overview import open_in_read, overview
from pages._run import PageRun, carry_on, offer_to_continue, run_of, stop_button
from pages._shared import as_text, changed_at, frame, genes_of, problem, searcher_of, styles

LEDE = (
    "Paste DNA or RNA to find similar passages of this book on either strand. Each hit is aligned base by "
    "base and has an E-value, which says how many hits as good chance alone would give."
)
BY = {"sequence": "Sequence", "embedding": "Embedding", "both": "Both"}
WHAT_BY = (
    "Sequence search finds passages with similar bases. Embedding search finds sentences whose vectors, "
    "given by a trained encoder, are close to that of the query; each is aligned too, and shown whatever "
    "its E."
)
KEPT = "This query is too long for the address bar: a link or a reload will not bring it back."
BESIDE = 1000.0
THREADS = 2
FILES: dict[HitFormat, tuple[str, str]] = {
    "tsv": ("tsv", "text/tab-separated-values"),
    "bed": ("bed", "text/plain"),
    "fasta": ("fa", "text/plain"),
    "sam": ("sam", "text/plain"),
    "alignments": ("txt", "text/plain"),
}
TYPES = ["fa", "fasta", "fna", "ffn", "txt", "seq", "gb"]


def address(book: Book) -> SearchState:
    """Read the address bar; if it holds both a sequence and a place, neither is searched for."""
    state = SEARCH.read(problem)
    if state.q and state.loc:
        problem("the address has both a sequence (q) and a place (loc); leave one of them")
        return replace(state, q="", loc="")
    return state_of_address(book, state)


def typed(book: Book, state: SearchState) -> None:
    """Search for the text in the box; it goes into the address bar unless it is too long."""
    value = st.session_state["box"].strip()
    st.session_state.pop("long", None)
    if len(value) > asking.MAX_IN_ADDRESS:
        st.session_state["long"] = value
    SEARCH.put(state_of_text(book, state, value))


def uploaded(state: SearchState) -> None:
    """Search for the uploaded file."""
    st.session_state.pop("long", None)
    SEARCH.put(without_query(state))


def show_example(book: Book, state: SearchState) -> None:
    """Search for a sentence of this book."""
    try:
        SEARCH.put(replace(without_query(state), q=asking.example(book)))
    except SearchError as error:
        st.session_state["refused"] = str(error)


def placeholder(book: Book) -> str:
    """What the box takes, with a place and a gene of this book."""
    try:
        place = f" such as {book.addresses.format(asking.example_place(book))}"
    except SearchError:
        place = ""
    names = genes_of(book).table["name"]
    gene = next((f", or a gene such as {name}" for name in names if name), "")
    return f"DNA, up to {asking.MAX_RECORDS} records of FASTA, a motif such as TATAWAW, a place{place}{gene}"


def box(book: Book, state: SearchState) -> None:
    """The box for the query; it shows the current one."""
    holds = state.q or state.loc or state.motif or st.session_state.get("long", "")
    if "box" not in st.session_state or st.session_state.get("box_of") != holds:
        st.session_state["box_of"] = st.session_state["box"] = holds
    with st.form("ask", border=False):
        st.text_area(
            "DNA or RNA, a motif, a place, or a gene", key="box", height=120,
            max_chars=2 * asking.MAX_LETTERS, placeholder=placeholder(book),
        )  # fmt: skip
        st.form_submit_button(
            "Search", icon=":material/search:", type="primary", on_click=typed, args=(book, state)
        )


def other_ways(book: Book, state: SearchState) -> None:
    """An example, and the upload of a file."""
    st.button(
        "Try a sentence of this book", key="example", icon=":material/format_quote:",
        on_click=show_example, args=(book, state),
    )  # fmt: skip
    with st.popover("Upload FASTA", icon=":material/upload:"):
        st.file_uploader(
            f"FASTA, at most {asking.MAX_RECORDS} records and {asking.MAX_LETTERS:,} bases",
            type=TYPES, key="file", max_upload_size=2, on_change=uploaded, args=(state,),
        )  # fmt: skip


def options(book: Book, searcher: Searcher, state: SearchState) -> SearchState:
    """The controls of the search; returns the state that the index can serve."""
    held = st.session_state
    has_embeddings = "embedding" in searcher.channels
    if state.by != "sequence" and not has_embeddings:
        problem("The index of this book has no embeddings; rebuild it: genomebook index BOOK")
        state = replace(state, by="sequence")
    held["by"], held["hits"], held["e"] = state.by, state.hits, state.e
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="options"):
        if has_embeddings:
            st.segmented_control(
                "Search by", list(BY), format_func=BY.__getitem__, key="by", required=True, help=WHAT_BY,
                on_change=SEARCH.keep, args=("by",),
            )  # fmt: skip
        st.selectbox(
            "Max hits", asking.HITS, key="hits", width=130, on_change=SEARCH.keep, args=("hits",),
            filter_mode=None,
        )  # fmt: skip
        st.selectbox(
            "Max E", asking.EVALUES, key="e", width=130, format_func="{:g}".format, on_change=SEARCH.keep,
            args=("e",), filter_mode=None,
        )  # fmt: skip
        other_ways(book, state)
    if state.by != "sequence" and searcher.about.vectors is not None:
        st.caption(as_text(text.how_whole(searcher.about.vectors)))
    return state


def question(book: Book, state: SearchState) -> Question | None:
    """Return the queries, or None if there are none yet."""
    if state.loc:
        return asking.question_at(book, state.loc)
    if state.q:
        return asking.question_of_text(state.q)
    if long := st.session_state.get("long"):
        return asking.question_of_text(long)
    if file := st.session_state.get("file"):
        if file.size > asking.MAX_BYTES:
            raise SearchError(
                f"{file.name}: larger than {asking.MAX_BYTES // 10**6} MB; use genomebook search"
            )
        return asking.question_of_text(file.getvalue(), file.name)
    return None


def search(
    book: Book, searcher: Searcher, queries: list[Query], state: SearchState, slot: str
) -> PageRun[list[Hit]]:
    """Search, or return the hits of before; anything the visitor does meanwhile ends it."""
    key = (str(book.path), changed_at(book.path), tuple(queries), state.by, state.hits, state.e)
    run: PageRun[list[Hit]] = run_of(slot, key)
    if run.is_stopped or len(run.results) == len(queries):
        return run

    def work(done: int, ended: Event) -> Iterator[list[Hit]]:
        each = searcher.search_many(
            queries[done:], CHANNELS[state.by], limit=state.hits, evalue=state.e, threads=THREADS,
            stopped=ended,
        )  # fmt: skip
        return (hits for _, hits in each)

    label = f"Searching {plural(len(queries), 'record') if len(queries) > 1 else state.loc or 'the query'}"
    room = st.empty()
    with room.container():
        if len(queries) > 1 or len(queries[0]) > MAX_UNCUT:
            stop_button(run, slot)
        if len(queries) > 1:
            bar = st.progress(len(run.results) / len(queries), as_text(label))
            carry_on(run, work, lambda done: bar.progress(done / len(queries), as_text(label)))
        else:
            with st.spinner(as_text(label)):
                pulse = st.empty()
                carry_on(run, work, lambda done: pulse.empty())
    room.empty()
    return run


def save(book: Book, searched: list[tuple[Query, list[Hit]]]) -> None:
    """Downloads of the hits of every record, each made when it is clicked."""

    def make(name: HitFormat) -> str:
        return "".join(FORMATS[name](searched, book))

    contigs = {book[hit.volume].contig for _, hits in searched for hit in hits}
    kinds = {name: kind for name, kind in FILES.items() if name != "bed" or all(map(fits_bed, contigs))}
    stem = searched[0][0].name if len(searched) == 1 else plural(len(searched), "record")
    with st.popover("Save", icon=":material/download:"):
        for name, (kind, mime) in kinds.items():
            label = f"{'Alignments' if name == 'alignments' else 'Hits'} .{kind}"
            file = onpage.file_name(f"hits_{stem}", kind)
            st.download_button(label, partial(make, name), file, mime, key=f"save {name}", on_click="ignore")


def choose_record(book: Book, searched: list[tuple[Query, list[text.HitRow]]], waiting: int) -> int:
    """List the records and let the visitor choose one; returns its 0-based number."""
    names = [f"{number}. {query.name}" for number, (query, _) in enumerate(searched, 1)]
    at = st.session_state.get("record", 0)
    if not 0 <= (at or 0) < len(names):
        st.session_state["record"] = 0
    chosen: int = st.selectbox(
        "Record", range(len(names)), format_func=names.__getitem__, key="record", filter_mode=None
    )
    with st.container(height=320 if len(searched) > 8 else "content", border=False):
        st.html(draw.records(book.addresses, searched, chosen, waiting))
    return chosen


def shuffle_again(state: SearchState) -> None:
    SEARCH.put(replace(state, shuffle=state.shuffle + 1))


def toggle_shuffle(state: SearchState) -> None:
    SEARCH.put(replace(state, shuffle=int(st.session_state["shuffled"])))


def control(
    book: Book, searcher: Searcher, query: Query, shown: list[text.HitRow], state: SearchState
) -> None:
    """Explain E, and search for the shuffled query on demand."""
    st.html(draw.paragraph(text.what_e_means(searcher.about.letters), "what"))
    st.session_state["shuffled"] = bool(state.shuffle)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="control"):
        st.toggle("Shuffle my query", key="shuffled", on_change=toggle_shuffle, args=(state,))
        if state.shuffle:
            st.button("Shuffle again", icon=":material/shuffle:", on_click=shuffle_again, args=(state,))
    if state.shuffle:
        mixed = asking.shuffled(query, state.shuffle)
        run = search(book, searcher, [mixed], replace(state, e=BESIDE, hits=asking.HITS[0]), "shuffles")
        if run.results:
            st.html(draw.beside(shown, next(iter(run.results[0]), None), BESIDE))
        else:
            offer_to_continue(run, "Stopped: the shuffle was not searched.")


def grouping(shown: list[text.HitRow], state: SearchState) -> str:
    """The control for the grouping of hits."""
    offered = text.groups_offered(shown)
    st.session_state["group"] = state.group if state.group in offered else ""
    chosen: str = st.selectbox(
        "Group by", offered, format_func=asking.GROUPS.__getitem__, key="group", width=170,
        on_change=SEARCH.keep, args=("group",), filter_mode=None,
    )  # fmt: skip
    return chosen


def show(book: Book, searcher: Searcher, state: SearchState, what: Question) -> None:
    """Search and draw the hits."""
    if what.note:
        st.caption(as_text(what.note))
    for line in what.refused:
        problem(f"Not searched: {line}")
    if not (state.q or state.loc):
        st.caption(KEPT)
    run = search(book, searcher, what.queries, state, "run")
    searched = list(zip(what.queries, run.results, strict=False))
    waiting = len(what.queries) - len(searched)
    if waiting:
        offer_to_continue(run, f"Stopped: {waiting} of {plural(len(what.queries), 'record')} not searched.")
    if not searched:
        return
    genes = genes_of(book)
    rows = [(query, text.rows_of(book, genes, hits, what.region)) for query, hits in searched]
    chosen = choose_record(book, rows, waiting) if len(what.queries) > 1 else 0
    query, shown = rows[chosen]
    st.html(draw.paragraph(text.summary(shown, len(query), state.e, state.hits), "found"))
    if shown:
        marks = [(Region(row.hit.volume, row.hit.start, row.hit.end), f"hit {row.rank}") for row in shown]
        overview(book, open_in_read(book), marks=marks, start="genome")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="shown"):
        group = grouping(shown, state) if shown else ""
        save(book, searched)
    if shown:
        st.html(
            draw.table(book.addresses, shown, group, SEARCH.write(replace(state, q="", loc="", shuffle=0)))
        )
    control(book, searcher, query, shown, state)
    if shown:
        st.html(draw.alignments(shown))


def answer(book: Book, searcher: Searcher, state: SearchState) -> None:
    """The controls of the search, and what it finds."""
    state = options(book, searcher, state)
    if refused := st.session_state.pop("refused", ""):
        problem(refused)
    try:
        if what := question(book, state):
            show(book, searcher, state, what)
        else:
            st.caption(f"At least {MIN_LETTERS} bases; lower case, U and IUPAC codes are allowed.")
    except GenomebookError as error:
        problem(str(error))


with frame("search") as book:
    styles("search")
    st.title("Search", anchor=False)
    searcher = searcher_of(book)
    state = address(book)
    st.html(draw.paragraph(LEDE, "lede"))
    box(book, state)
    if state.motif:
        show_motif(book, state)
    else:
        answer(book, searcher, state)
