"""Library: what this book is, its volumes on a shelf, how it was made."""

from __future__ import annotations

import json
import math

import pandas as pd
import streamlit as st

from genomebook.book import Book
from genomebook.book.meta import read_body
from genomebook.render.page import html, picture
from genomebook.render.templating import render
from pages._overview import open_in_read, overview
from pages._shared import as_text, frame, genes_of

VOLUMES_PER_SHELF = 60
ANSWER = """“Three billion letters shown as plain text help nobody”: true of a wall of letters, so
here the same letters are set as a book. What recurs is a word, a sentence or paragraph ends where a
reader finds a boundary, and the genes stand in the margin, so that a place can be read, cited and
found again. Nothing is lost or added on the way: the words, joined, are the reference letter for
letter, and a digest proves it."""


def totals(book: Book) -> pd.DataFrame:
    units = [
        "letters",
        "words",
        "sentences",
        "paragraphs",
        "sections",
        "chapters",
        "parts",
        "gaps",
        "gap_letters",
    ]
    counts = [f"{getattr(book.meta.counts, name):,}" for name in units]
    return pd.DataFrame({"in this book": [name.replace("_", " ") for name in units], "count": counts})


def digests(book: Book) -> pd.DataFrame:
    return pd.DataFrame(
        [(v.name, v.length, v.refget, v.md5) for v in book],
        columns=["volume", "letters", "refget (GA4GH)", "MD5 (SAM M5)"],
    )


def made(book: Book) -> dict[str, str]:
    readers, source = book.meta.signals.readers, book.meta.source
    return {
        "Assembly": book.assembly or "not stated",
        "Made from": ", ".join(
            f"{what} {value}" for what, value in (("genes", source.genes), ("name", source.name)) if value
        ),
        "Boundaries": f"placed by the signal {book.signal}; how far to trust it: see the page Evidence",
        "Readers": ", ".join(f"{one.name} ({what}, digest {one.digest})" for what, one in readers.items()),
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
            "Shelf",
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
    st.html(render("lede.j2", text=ANSWER))
    table = genes_of(book).table
    place = picture.picture_region(book, table)
    if place is not None:
        near = genes_of(book).overlapping(place.volume, place.start, place.end)
        st.html(picture.wall_and_words(book, place, near))
    st.page_link("pages/read.py", label="Read from the first page", icon=":material/menu_book:")
    st.header("The whole book at a glance", anchor=False)
    overview(book, open_in_read(book), start="genome")
    st.header("The shelf", anchor=False)
    shelf(book)
    st.header("What is in it, and how it was made", anchor=False)
    left, right = st.columns([1, 2], gap="large")
    left.dataframe(totals(book), hide_index=True)
    right.html(html.facts(made(book)))
    st.subheader("Digests of the volumes", anchor=False)
    st.dataframe(digests(book), hide_index=True)
