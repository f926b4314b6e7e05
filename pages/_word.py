"""The page of one word: its figures, its glosses, where it occurs, in what contexts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from genomebook.book import Book
from genomebook.book.schema import AMBIGUITY, GROUNDED, NEIGHBOURS, SENSES
from genomebook.lexicon.context import lines
from genomebook.lexicon.find import as_dna, row_of, tokenize_alone
from genomebook.lexicon.occurrences import Occurrences
from genomebook.render.numbers import per_cent, plural
from genomebook.render.words import concordance as places
from genomebook.render.words import neighbours as near_words
from genomebook.render.words import word_list as lists
from genomebook.render.words import word_page as html
from pages._address import WORD, Address, WordState, whole
from pages._shared import encoder_of, neighbours_in, problem, words_of

ROWS_PER_PAGE = 20
"""Occurrences listed at a time."""

WORDS_AROUND = 5
"""Words shown on each side of an occurrence."""


def kept() -> dict[str, str]:
    """Parameters that links to other words keep: the list of words, and the lines under the words."""
    return {**WORD.others(), **WORD.write(replace(WORD.read(), word=None, first=1))}


def turn_to_typed() -> None:
    WORD.change(first=int(st.session_state["from"] or 1))


def show_glosses() -> None:
    WORD.change(lines=("gloss",) if st.session_state["glosses"] else ())


def first_shown(count: int) -> int:
    """Number, from 1, of the occurrence that the address bar begins with."""
    return Address(WordState(), first=whole(1, count, name="from")).read(problem).first


def turn(first: int, count: int) -> None:
    """Buttons to the occurrences before and after, and a box to jump to one of them."""
    st.session_state["from"] = first
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="bottom", key="turn"):
        st.button(
            f"Previous {ROWS_PER_PAGE}",
            key="previous",
            icon=":material/chevron_left:",
            shortcut="Left",
            disabled=first == 1,
            on_click=WORD.change,
            kwargs={"first": max(1, first - ROWS_PER_PAGE)},
        )
        st.button(
            f"Next {ROWS_PER_PAGE}",
            key="next",
            icon=":material/chevron_right:",
            icon_position="right",
            shortcut="Right",
            disabled=first + ROWS_PER_PAGE > count,
            on_click=WORD.change,
            kwargs={"first": first + ROWS_PER_PAGE},
        )
        st.number_input(
            f"From occurrence, of {count:,}", 1, count, key="from", on_change=turn_to_typed, width=190
        )
        st.session_state["glosses"] = "gloss" in WORD.read().lines
        st.toggle("English glosses", key="glosses", on_change=show_glosses, help="Under the words around")


def glosses(book: Book) -> list[str]:
    """Gloss of each word by id if glosses are switched on; else none."""
    return book.lexicon.glosses if "gloss" in WORD.read().lines else []


def occurrences(book: Book, row: dict[str, Any]) -> None:
    """Where the word occurs: counts along the volumes, and a concordance."""
    word, number, count = row["word"], int(row["id"]), int(row["count"])
    if not count:
        st.html(lists.note(f"{word} does not occur in this book."))
        return
    index = Occurrences.open(book)
    totals = index.by_volume(number)
    along = index.along(number, places.BINS, places.volumes_with_most(book, totals))
    st.html(places.along(book, along, totals, word))
    first = first_shown(count)
    under = glosses(book)
    turn(first, count)
    rows = lines(book, index.ordinals(number, first - 1, ROWS_PER_PAGE), WORDS_AROUND)
    caption = f"{word} in context, {first:,} to {first + len(rows) - 1:,} of {plural(count, 'occurrence')}"
    st.html(places.concordance(book, rows, caption, under))


def senses(book: Book, row: dict[str, Any]) -> None:
    """How much its contexts differ, with examples of each group."""
    lexicon = book.lexicon
    measured = lexicon.ambiguity[lexicon.ambiguity["id"] == row["id"]]
    st.html(html.contexts(measured, book.path.name, lexicon.has(AMBIGUITY)))
    groups = lexicon.senses[lexicon.senses["id"] == row["id"]] if lexicon.has(SENSES) else pd.DataFrame()
    for group in groups.to_dict("records"):
        rows = lines(book, [int(ordinal) for ordinal in group["examples"]], WORDS_AROUND)
        if len(groups) > 1:
            share = per_cent(group["share"])
            caption = f"Sense {int(group['sense'])}, {share} of the occurrences compared"
        else:
            caption = "Occurrences whose contexts are nearest to the mean"
        st.html(places.concordance(book, rows, caption, glosses(book)))


def near(book: Book, row: dict[str, Any]) -> None:
    """Words near it in the embeddings of each reader that knows it."""
    readers = neighbours_in(book)
    if not readers:
        st.html(lists.missing(NEIGHBOURS, book.path.name))
        return
    texts, gloss = book.vocabulary.words, book.lexicon.glosses
    tabs = st.tabs([known.reader for known in readers]) if len(readers) > 1 else [st.container()]
    for tab, known in zip(tabs, readers, strict=True):
        nearest = {
            name: [(texts[number], gloss[number], cosine) for number, cosine in words]
            for name, words in known.of(int(row["id"])).items()
        }
        tab.html(near_words.neighbours(nearest, known.figures, known.reader, kept()))


def show_word(book: Book, typed: str) -> None:
    """Page of the word in the address bar; of DNA that is no word, its tokens."""
    st.button("All words", icon=":material/arrow_back:", on_click=st.query_params.from_dict, args=(kept(),))
    words = words_of(book)
    number = row_of(book.lexicon, typed)
    if number is None:
        letters = as_dna(typed)
        st.html(lists.no_word(letters, tokenize_alone(encoder_of(book), letters), kept()))
        return
    row = {str(name): value for name, value in words.iloc[number].items()}
    word = row["word"]
    st.set_page_config(page_title=f"{word} · Lexicon · {book.title}", layout="wide")
    st.html(html.head(row, kept()))
    rank = int((words["count"] > row["count"]).sum()) + 1
    parts = [book.vocabulary.words[part] for part in book.vocabulary.parts[row["id"]] if part >= 0]
    st.html(html.figures(row, book.meta.counts.words, rank, parts, kept()))
    st.header("The English gloss", anchor="gloss")
    meaning = book.lexicon.meaning
    if len(own := meaning[meaning["id"] == row["id"]]):
        st.html(html.by_meaning(own))
    if row["name"] == row["name"] or not len(own):
        st.html(html.gloss(row, book.path.name, bool(words["name"].notna().any())))
    st.header("What annotation says", anchor="annotation")
    of_word = book.lexicon.grounded[book.lexicon.grounded["id"] == row["id"]]
    phrase = row["phrase"] if isinstance(row["phrase"], str) else ""
    st.html(html.grounded(of_word, phrase, book.path.name, book.lexicon.has(GROUNDED)))
    st.header("Where it occurs", anchor="occurrences")
    occurrences(book, row)
    st.header("Its neighbours", anchor="neighbours")
    near(book, row)
    st.header("Its contexts and senses", anchor="senses")
    senses(book, row)
