"""Library: what this book is, its volumes on a shelf, how it was made."""

from __future__ import annotations

import json
import math

import pandas as pd
import streamlit as st

from genomebook.book import Book
from genomebook.book.meta import read_body
from genomebook.book.page import LIMIT
from genomebook.genome.regions import Region
from genomebook.render.numbers import plural
from genomebook.render.page import html, picture
from genomebook.render.signals import explained
from genomebook.render.templating import render
from pages._overview import open_in_read, overview
from pages._shared import as_text, frame, genes_of

VOLUMES_PER_SHELF = 60
ANSWER = (
    "The letters of the reference, set as a book. What recurs is a word; a sentence or paragraph ends where "
    "a model sees a boundary; genes stand in the margin. Nothing is lost or added: the words, joined, are "
    "the reference letter for letter, and a digest proves it."
)
TERMS = {
    "letters": "bases",
    "words": "words",
    "sentences": "sentences",
    "paragraphs": "paragraphs",
    "sections": "sections",
    "chapters": "chapters",
    "parts": "parts",
    "gaps": "gaps (runs of N)",
    "gap_letters": "bases in gaps",
}


def what_it_is(book: Book, genes: int) -> str:
    """The book in a line: assembly, bases, sequences, genes, tracks."""
    facts = [book.assembly, plural(book.meta.counts.letters, "base"), plural(len(list(book)), "sequence")]
    facts += [plural(genes, "gene") if genes else "no genes"]
    return " · ".join(filter(None, facts))


def tracks(book: Book) -> None:
    """The tracks that the book has, or how to add some."""
    known = book.features.tracks
    if known:
        rows = [(track.label or track.name, track.kind, f"{track.count:,}", track.source) for track in known]
        st.dataframe(
            pd.DataFrame(rows, columns=["track", "kind", "features", "file"]),
            hide_index=True,
            width="content",
        )
    else:
        st.caption(as_text(f"No tracks yet. Add some: genomebook annotate {book.path.name} --track FILE"))


def begin(book: Book, genes: pd.DataFrame) -> None:
    """Three ways in: the first letters, a gene, a search."""
    first = next(iter(book))
    start = next((int(end) for begin, end in first.gaps().tolist() if begin == 0), 0)
    named = genes[genes["name"] != ""]
    coding = named[named["biotype"] == "protein_coding"]
    gene = next(iter([*coding["name"][:1], *named["name"][:1]]), "")
    end = min(start + LIMIT, first.length)
    letters = book.addresses.format(Region(first.name, min(start, first.length - 1), end), commas=False)
    with st.container(horizontal=True, key="begin"):
        st.page_link(
            "pages/read.py", label="Read from the first letters", icon=":material/menu_book:",
            query_params={"loc": letters},
        )  # fmt: skip
        if gene:
            st.page_link(
                "pages/read.py", label=as_text(f"Open the gene {gene}"), icon=":material/genetics:",
                query_params={"loc": gene},
            )  # fmt: skip
        st.page_link("pages/search.py", label="Search for DNA or a motif", icon=":material/search:")


def totals(book: Book) -> pd.DataFrame:
    counts = [f"{getattr(book.meta.counts, name):,}" for name in TERMS]
    return pd.DataFrame({"in this book": list(TERMS.values()), "count": counts})


def digests(book: Book) -> pd.DataFrame:
    return pd.DataFrame(
        [(v.name, v.length, v.refget, v.md5) for v in book],
        columns=["sequence", "bases", "refget (GA4GH)", "MD5 (SAM M5)"],
    )


def made(book: Book) -> dict[str, str]:
    readers, source = book.meta.signals.readers, book.meta.source
    return {
        "Assembly": book.assembly or "not stated",
        "Made from": ", ".join(
            f"{what} {value}" for what, value in (("genes", source.genes), ("name", source.name)) if value
        ),
        "Boundaries": f"placed by the signal {explained(book.signal)}; how far to trust it: see Evidence",
        "Models": ", ".join(f"{one.name} ({what}, digest {one.digest})" for what, one in readers.items()),
        "Words": f"{book.vocabulary.name}, digest {book.vocabulary.digest}",
        "Digest of the book": book.digest,
        "Parameters": json.dumps(read_body(book.path)[0]["parameters"]),
    }


def shelf(book: Book) -> None:
    volumes = list(book)
    first = 0
    if len(volumes) > VOLUMES_PER_SHELF:
        shelves = range(math.ceil(len(volumes) / VOLUMES_PER_SHELF))
        chosen = st.selectbox(
            "Sequences",
            shelves,
            format_func=lambda n: (
                f"{n + 1} of {len(shelves)}: {volumes[n * VOLUMES_PER_SHELF].name} to "
                f"{volumes[min((n + 1) * VOLUMES_PER_SHELF, len(volumes)) - 1].name}"
            ),
        )
        first = VOLUMES_PER_SHELF * chosen
    shown = volumes[first : first + VOLUMES_PER_SHELF]
    genes = genes_of(book)
    near = {volume.name: genes.overlapping(volume.name, 0, volume.length) for volume in shown}
    st.html(picture.shelf(book.addresses, shown, near, max(volume.length for volume in volumes), "read"))


with frame("library") as book:
    st.title(as_text(book.title), anchor=False)
    table = genes_of(book).table
    st.html(render("lede.j2", text=what_it_is(book, len(table))))
    begin(book, table)
    st.header("The whole book at a glance", anchor=False)
    overview(book, open_in_read(book), start="genome")
    st.header("Its sequences", anchor=False)
    shelf(book)
    st.header("Its tracks", anchor=False)
    tracks(book)
    st.header("How to read it", anchor=False)
    st.html(render("lede.j2", text=ANSWER))
    place = picture.picture_region(book, table)
    if place is not None:
        near = genes_of(book).overlapping(place.volume, place.start, place.end)
        st.html(picture.wall_and_words(book, place, near))
    st.header("What is in it, and how it was made", anchor=False)
    left, right = st.columns([1, 2], gap="large")
    left.dataframe(totals(book), hide_index=True)
    right.html(html.facts(made(book)))
    st.subheader("Digests of the sequences", anchor=False)
    st.dataframe(digests(book), hide_index=True)
