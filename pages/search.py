"""Search: what in the book is like pasted DNA, a file, a place or a sentence, with E-values and a control."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Event
from typing import Any

import streamlit as st

from genomebook.book import Book
from genomebook.errors import GenomebookError, SearchError
from genomebook.export import page as onpage
from genomebook.export.hits import FORMATS, fits_bed
from genomebook.render.hits import html as draw
from genomebook.render.hits import text
from genomebook.render.numbers import plural
from genomebook.render.templating import stylesheet
from genomebook.search import request as asking
from genomebook.search.channels import CHANNELS
from genomebook.search.hits import Hit
from genomebook.search.query import MAX_UNCUT, MIN_LETTERS, Query
from genomebook.search.request import Question, SearchState
from genomebook.search.searcher import Searcher
from pages._address import SEARCH
from pages._shared import as_text, changed_at, frame, genes_of, problem

LEDE = """<div class="gb sr"><p class="lede">Paste DNA or RNA, and see where this book says something like it:
on either strand, aligned letter by letter, with a figure for how far chance would have found it too.</p>
</div>"""
BY = {"sequence": "Sequence", "embedding": "Embedding", "both": "Both"}
WHAT_BY = (
    "Sequence search aligns the query with similar passages. Embedding search finds the sentences whose "
    "vectors, made by a trained encoder, are nearest to the query's, and shows each alignment whatever its E."
)
PLACEHOLDER = "ACGTTGCA…, FASTA of up to 50 records, a place like chr21:25,880,550-25,880,900, or a gene"
KEPT = "This query is too long for the address: a link or a reload does not bring it back."
BESIDE = 1000.0
THREADS = 2
PULSE_S = 0.25
FILES = {
    "tsv": ("tsv", "text/tab-separated-values"),
    "bed": ("bed", "text/plain"),
    "fasta": ("fa", "text/plain"),
    "sam": ("sam", "text/plain"),
    "alignments": ("txt", "text/plain"),
}
TYPES = ["fa", "fasta", "fna", "ffn", "txt", "seq", "gb"]


@dataclass
class Run:
    """Searches of one visitor: what for, what was found so far, whether the visitor stopped them.

    ``ended`` belongs to whoever searches at the moment: set, it ends that search.
    """

    key: tuple[Any, ...]
    found: list[list[Hit]] = field(default_factory=list)
    is_stopped: bool = False
    ended: Event = field(default_factory=Event)


@st.cache_resource(max_entries=2, show_spinner=False)
def _searcher(path: str, changed: int, _book: Book) -> Searcher:
    return Searcher.open(_book)


def address() -> SearchState:
    """Read the address bar; where it holds letters and a place, neither is searched for."""
    asked = SEARCH.read(problem)
    if asked.q and asked.loc:
        problem("the address holds both letters (q) and a place (loc); leave one of them")
        return replace(asked, q="", loc="")
    return asked


def typed(book: Book, asked: SearchState) -> None:
    """Take what stands in the box: into the address when it is short enough, else for this visit."""
    value = st.session_state["box"].strip()
    st.session_state.pop("long", None)
    if asking.is_place(book, value):
        SEARCH.put(replace(asked, q="", loc=value, shuffle=0))
    elif len(value) <= asking.MAX_IN_ADDRESS:
        SEARCH.put(replace(asked, q=value, loc="", shuffle=0))
    else:
        st.session_state["long"] = value
        SEARCH.put(replace(asked, q="", loc="", shuffle=0))


def uploaded(asked: SearchState) -> None:
    """Look for what was uploaded."""
    st.session_state.pop("long", None)
    SEARCH.put(replace(asked, q="", loc="", shuffle=0))


def show_example(book: Book, asked: SearchState) -> None:
    """Look for a sentence of this book."""
    try:
        SEARCH.put(replace(asked, q=asking.example(book), loc="", shuffle=0))
    except SearchError as error:
        st.session_state["refused"] = str(error)


def box(book: Book, asked: SearchState) -> None:
    """The box that says what to look for; it shows what is looked for now."""
    holds = asked.q or asked.loc or st.session_state.get("long", "")
    if "box" not in st.session_state or st.session_state.get("box_of") != holds:
        st.session_state["box_of"] = st.session_state["box"] = holds
    with st.form("ask", border=False):
        st.text_area(
            "DNA or RNA, a place, or a gene", key="box", height=120, max_chars=2 * asking.MAX_LETTERS,
            placeholder=PLACEHOLDER,
        )  # fmt: skip
        st.form_submit_button(
            "Search", icon=":material/search:", type="primary", on_click=typed, args=(book, asked)
        )


def other_ways(book: Book, asked: SearchState) -> None:
    """The example and the file."""
    st.button(
        "Try a sentence of this book", key="example", icon=":material/format_quote:",
        on_click=show_example, args=(book, asked),
    )  # fmt: skip
    with st.popover("Upload FASTA", icon=":material/upload:"):
        st.file_uploader(
            f"FASTA, at most {asking.MAX_RECORDS} records and {asking.MAX_LETTERS:,} letters",
            type=TYPES, key="file", max_upload_size=2, on_change=uploaded, args=(asked,),
        )  # fmt: skip


def options(book: Book, searcher: Searcher, asked: SearchState) -> SearchState:
    """The controls of the search; returns what is asked for as far as the index has it."""
    state = st.session_state
    has_embeddings = "embedding" in searcher.channels
    if asked.by != "sequence" and not has_embeddings:
        problem("This book's index has no embeddings; make it anew with vectors: genomebook index BOOK")
        asked = replace(asked, by="sequence")
    state["by"], state["hits"], state["e"] = asked.by, asked.hits, asked.e
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="options"):
        if has_embeddings:
            st.segmented_control(
                "Search by", list(BY), format_func=BY.__getitem__, key="by", required=True, help=WHAT_BY,
                on_change=SEARCH.keep, args=("by",),
            )  # fmt: skip
        st.selectbox(
            "Hits wanted", asking.HITS, key="hits", width=130, on_change=SEARCH.keep, args=("hits",),
            filter_mode=None,
        )  # fmt: skip
        st.selectbox(
            "E at most", asking.EVALUES, key="e", width=130, format_func="{:g}".format, on_change=SEARCH.keep,
            args=("e",), filter_mode=None,
        )  # fmt: skip
        other_ways(book, asked)
    if asked.by != "sequence":
        st.caption(as_text(text.how_whole(searcher.about["vectors"])))
    return asked


def question(book: Book, asked: SearchState) -> Question | None:
    """Return what is looked for, or None when nothing is yet."""
    if asked.loc:
        return asking.question_at(book, asked.loc)
    if asked.q:
        return asking.question_of_text(asked.q)
    if long := st.session_state.get("long"):
        return asking.question_of_text(long)
    if file := st.session_state.get("file"):
        if file.size > asking.MAX_BYTES:
            raise SearchError(
                f"{file.name}: larger than {asking.MAX_BYTES // 10**6} MB; use genomebook search"
            )
        return asking.question_of_text(file.getvalue(), file.name)
    return None


def stop(run: Run) -> None:
    run.is_stopped = True
    run.ended.set()


def go_on(run: Run) -> None:
    run.is_stopped = False


def offer_to_go_on(run: Run, said: str) -> None:
    """What a stopped search leaves: what was not searched, and a button."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(said)
        st.button("Go on", on_click=go_on, args=(run,))


def search(book: Book, searcher: Searcher, queries: list[Query], asked: SearchState, slot: str) -> Run:
    """Search, or take what was found before; what a visitor does meanwhile ends it.

    What was found of whole records stays with the visitor, so that a stopped search goes on where it was.
    """
    key = (str(book.path), changed_at(book.path), tuple(queries), asked.by, asked.hits, asked.e)
    run: Run | None = st.session_state.get(slot)
    if run is None or run.key != key:
        if run is not None:
            run.ended.set()
        run = st.session_state[slot] = Run(key)
    if run.is_stopped or len(run.found) == len(queries):
        return run
    run.ended.set()
    run.ended = Event()
    said = f"Searching {plural(len(queries), 'record') if len(queries) > 1 else asked.loc or 'the query'}"
    room = st.empty()
    with room.container():
        if len(queries) > 1 or len(queries[0]) > MAX_UNCUT:
            st.button("Stop", icon=":material/stop_circle:", key=f"stop {slot}", on_click=stop, args=(run,))
        if len(queries) > 1:
            bar = st.progress(len(run.found) / len(queries), as_text(said))
            follow(searcher, queries, asked, run, lambda share: bar.progress(share, as_text(said)))
        else:
            with st.spinner(as_text(said)):
                pulse = st.empty()
                follow(searcher, queries, asked, run, lambda share: pulse.empty())
    room.empty()
    return run


def follow(
    searcher: Searcher, queries: list[Query], asked: SearchState, run: Run, tell: Callable[[float], object]
) -> None:
    """Search aside, and tell again and again how far it is.

    Only when something is told can Streamlit end a page whose visitor stops it, asks for something else or
    leaves; then the search ends, too.
    """
    ended = run.ended

    def gather() -> None:
        channels, rest = CHANNELS[asked.by], queries[len(run.found) :]
        for _, hits in searcher.search_many(
            rest, channels, limit=asked.hits, evalue=asked.e, threads=THREADS, stopped=ended
        ):
            if ended.is_set():
                return
            run.found.append(hits)

    with ThreadPoolExecutor(1) as aside:
        try:
            searched: Future[None] = aside.submit(gather)
            while wait([searched], PULSE_S).not_done:
                tell(len(run.found) / len(queries))
            searched.result()
        finally:
            ended.set()


def save(book: Book, found: list[tuple[Query, list[Hit]]]) -> None:
    """Files of the hits of every record, made when they are asked for."""

    def make(name: str) -> str:
        return "".join(FORMATS[name](found, book))

    contigs = {book[hit.volume].contig for _, hits in found for hit in hits}
    kinds = {name: kind for name, kind in FILES.items() if name != "bed" or all(map(fits_bed, contigs))}
    stem = found[0][0].name if len(found) == 1 else plural(len(found), "record")
    with st.popover("Save", icon=":material/download:"):
        for name, (kind, mime) in kinds.items():
            label = f"{'Alignments' if name == 'alignments' else 'Hits'} .{kind}"
            file = onpage.file_name(f"hits_{stem}", kind)
            st.download_button(label, partial(make, name), file, mime, key=f"save {name}", on_click="ignore")


def choose_record(book: Book, found: list[tuple[Query, list[text.HitRow]]], waiting: int) -> int:
    """List the records and let one be chosen; returns its number from 0."""
    names = [f"{number}. {query.name}" for number, (query, _) in enumerate(found, 1)]
    at = st.session_state.get("record", 0)
    if not 0 <= (at or 0) < len(names):
        st.session_state["record"] = 0
    chosen: int = st.selectbox(
        "Record", range(len(names)), format_func=names.__getitem__, key="record", filter_mode=None
    )
    with st.container(height=320 if len(found) > 8 else "content", border=False):
        st.html(draw.records(book.addresses, found, chosen, waiting))
    return chosen


def shuffle_again(asked: SearchState) -> None:
    SEARCH.put(replace(asked, shuffle=asked.shuffle + 1))


def toggle_shuffle(asked: SearchState) -> None:
    SEARCH.put(replace(asked, shuffle=int(st.session_state["shuffled"])))


def control(
    book: Book, searcher: Searcher, query: Query, shown: list[text.HitRow], asked: SearchState
) -> None:
    """What E means, and the same search with the query shuffled."""
    st.html(draw.paragraph(text.what_e_means(searcher.about["letters"]), "what"))
    st.session_state["shuffled"] = bool(asked.shuffle)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="control"):
        st.toggle("Shuffle my query", key="shuffled", on_change=toggle_shuffle, args=(asked,))
        if asked.shuffle:
            st.button("Shuffle again", icon=":material/shuffle:", on_click=shuffle_again, args=(asked,))
    if asked.shuffle:
        mixed = asking.shuffled(query, asked.shuffle)
        run = search(book, searcher, [mixed], replace(asked, e=BESIDE, hits=asking.HITS[0]), "shuffles")
        if run.found:
            st.html(draw.beside(shown, next(iter(run.found[0]), None), BESIDE))
        else:
            offer_to_go_on(run, "Stopped: the shuffle was not searched.")


def grouping(shown: list[text.HitRow], asked: SearchState) -> str:
    """The list of what hits are grouped by."""
    offered = text.groups_offered(shown)
    st.session_state["group"] = asked.group if asked.group in offered else ""
    chosen: str = st.selectbox(
        "Group by", offered, format_func=asking.GROUPS.__getitem__, key="group", width=170,
        on_change=SEARCH.keep, args=("group",), filter_mode=None,
    )  # fmt: skip
    return chosen


def show(book: Book, searcher: Searcher, asked: SearchState, what: Question) -> None:
    """Search and draw what was found."""
    if what.note:
        st.caption(as_text(what.note))
    for line in what.refused:
        problem(f"Not searched: {line}")
    if not (asked.q or asked.loc):
        st.caption(KEPT)
    run = search(book, searcher, what.queries, asked, "run")
    found = list(zip(what.queries, run.found, strict=False))
    waiting = len(what.queries) - len(found)
    if waiting:
        offer_to_go_on(run, f"Stopped: {waiting} of {plural(len(what.queries), 'record')} not searched.")
    if not found:
        return
    genes = genes_of(book)
    rows = [(query, text.rows_of(book, genes, hits, what.region)) for query, hits in found]
    chosen = choose_record(book, rows, waiting) if len(what.queries) > 1 else 0
    query, shown = rows[chosen]
    st.html(draw.paragraph(text.summary(shown, len(query), asked.e, asked.hits), "found"))
    if shown:
        st.html(draw.ideogram(book.addresses, shown))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="shown"):
        group = grouping(shown, asked) if shown else ""
        save(book, found)
    if shown:
        st.html(
            draw.table(book.addresses, shown, group, SEARCH.write(replace(asked, q="", loc="", shuffle=0)))
        )
    control(book, searcher, query, shown, asked)
    if shown:
        st.html(draw.alignments(shown))


with frame("search") as book:
    st.html(stylesheet("search"))
    st.title("Search", anchor=False)
    searcher = _searcher(str(book.path), changed_at(book.path), book)
    asked = address()
    st.html(LEDE)
    box(book, asked)
    asked = options(book, searcher, asked)
    if refused := st.session_state.pop("refused", ""):
        problem(refused)
    try:
        what = question(book, asked)
        if what is None:
            st.caption(f"At least {MIN_LETTERS} letters; lower case, U and IUPAC codes are understood.")
        else:
            show(book, searcher, asked, what)
    except GenomebookError as error:
        problem(str(error))
