"""Lexicon: every word with its figures; with ``?word=`` the page of one, and where it occurs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from genomebook.book import Book
from genomebook.book.schema import GLOSSES, TAGS
from genomebook.errors import SearchError
from genomebook.lexicon import find, listing
from genomebook.lexicon.listing import WordFilter
from genomebook.render.numbers import plural
from genomebook.render.words import word_list as lists
from pages._address import WORD, WORD_LIST
from pages._shared import encoder_of, frame, partnerless_of, problem, styles, words_of
from pages._word import show_word

COLUMNS = {
    "gloss": st.column_config.TextColumn(
        "English gloss", help="From a field that stands for what was measured about it, not a translation"
    ),
    "field": st.column_config.TextColumn("field", help="The class of DNA that the gloss stands for"),
    "name": st.column_config.TextColumn(
        "name by embedding", help="The nearest English word in a model: the published way, corrected"
    ),
    "tag": st.column_config.TextColumn(
        "annotation", help="The annotation most enriched where the word occurs"
    ),
    "count": st.column_config.NumberColumn("count", format="localized", help="Occurrences in this book"),
    "expected": st.column_config.NumberColumn(
        "expected", format="%.1f", help="Mean count in the same DNA, shuffled with neighbouring pairs kept"
    ),
    "times": st.column_config.NumberColumn("times", format="%.2f", help="Count over expected"),
    "length": st.column_config.NumberColumn("bases"),
    "gc": st.column_config.NumberColumn("GC %", format="%.0f"),
    "cpg": st.column_config.NumberColumn("CpG", help="C followed by G"),
    "entropy": st.column_config.NumberColumn(
        "entropy",
        format="%.2f",
        help="Bits a base: 2 at most",
    ),
    "partner": st.column_config.TextColumn("other strand", help="Its reverse complement"),
    "gloss_rank": st.column_config.NumberColumn(
        "name rank", format="percent", help="Share of control glosses with a lower score; 50 % is chance"
    ),
    "gloss_stability": st.column_config.NumberColumn(
        "name stability", format="percent", help="Agreement of other training seeds; 50 % is chance"
    ),
    "senses": st.column_config.NumberColumn("senses", help="Groups of occurrences in like contexts"),
}
WORD_MARGIN, WORD_LETTER = 24, 8.6  # pixels of a cell beside its word, and of a letter
MAX_PINNED = 260  # pixels up to which the column of words stays in view; a wider one would fill a phone


def go(longest: int) -> None:
    """Write the values of the controls into the address bar; `longest` is the end of the slider."""
    state = st.session_state
    low, high = state["length"]
    choice = WordFilter(
        q=state["q"].strip(),
        how=state["how"],
        sort=state["sort"],
        length=(low, high if high < longest else listing.MAX_WORD_LETTERS),
        gc=tuple(state["gc"]),
        least=int(state["least"] or 0),
        shuffle=state["shuffle"],
        only=tuple(name for name in listing.ONLY if name in state["only"]),
    )
    WORD_LIST.put(choice)


def clear() -> None:
    """Drop the filters, keep the search."""
    choice = WORD_LIST.read()
    WORD_LIST.put(WordFilter(q=choice.q, how=choice.how, sort=choice.sort))


def controls(choice: WordFilter, longest: int, examples: list[str]) -> None:
    """Search box, order and filters, set as in the address bar."""
    state, changed = st.session_state, partial(go, longest)
    state["q"], state["how"], state["sort"] = choice.q[: find.MAX_LETTERS], choice.how, choice.sort
    state["length"] = (min(choice.length[0], longest), min(choice.length[1], longest))
    state["gc"], state["least"], state["shuffle"] = choice.gc, choice.least, choice.shuffle
    state["only"] = list(choice.only)
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="bottom", key="bar"):
        st.text_input(
            "Look for a word",
            key="q",
            max_chars=find.MAX_LETTERS,
            placeholder=", ".join(examples),
            on_change=changed,
        )
        st.selectbox("How", find.HOWS, key="how", on_change=changed, width=190, filter_mode=None)
        st.selectbox(
            "Order",
            listing.SORTS,
            key="sort",
            format_func=lambda name: listing.SORTS[name][1],
            on_change=changed,
            width=260,
            filter_mode=None,
        )
        with st.popover(
            "Filter", icon=":material/filter_alt:", type="primary" if choice.is_filtered else "secondary"
        ):
            st.slider("Bases", 1, longest, key="length", on_change=changed)
            st.slider("GC, per cent", 0, 100, key="gc", on_change=changed)
            st.number_input("Occurrences at least", min_value=0, step=1, key="least", on_change=changed)
            st.selectbox(
                "Against the shuffle",
                listing.SHUFFLE,
                key="shuffle",
                format_func=lambda name: listing.SHUFFLE[name],
                on_change=changed,
                filter_mode=None,
            )
            st.pills(
                "With", listing.ONLY, key="only", selection_mode="multi", on_change=changed,
                format_func=lambda name: listing.ONLY[name],
            )  # fmt: skip
            st.button("Drop the filters", on_click=clear, disabled=not choice.is_filtered)


def answer(book: Book, words: pd.DataFrame, choice: WordFilter, shown: pd.DataFrame) -> None:
    """The first matches as links; without any, what is near."""
    kept = WORD_LIST.write(choice)
    if choice.q or choice.is_filtered:
        of = len(listing.choose(book.lexicon, words, WordFilter()))
        st.html(lists.matches(shown, of, kept))
    if choice.how in find.BY_DNA and choice.q:
        letters = find.as_dna(choice.q)
        if not (words["word"] == letters).any() and set(letters) <= set("ACGT"):
            st.html(lists.no_word(letters, find.tokenize_alone(encoder_of(book), letters), kept))
    if choice.how == "English" and choice.q and not len(shown) and words["gloss"].notna().any():
        near = find.nearest_words(book.lexicon, partnerless_of(book), choice.q)
        how = "in the embedding of the model" if near else "in spelling"
        near = near or find.near_glosses(book.lexicon, choice.q)
        st.html(lists.no_gloss(choice.q, near, how, kept))
    if choice.how == "English" and words["gloss"].isna().all():
        st.html(lists.missing(GLOSSES, book.path.name))
    if choice.how == "phrase" and not book.lexicon.has(TAGS):
        st.html(lists.missing(TAGS, book.path.name))


def open_row(rows: list[str], key: str) -> None:
    """Go to the page of the word whose row or cell was chosen."""
    chosen = st.session_state[key]["selection"]
    numbers = [*chosen["rows"], *(cell[0] for cell in chosen["cells"])]
    if numbers:
        WORD.change(word=rows[numbers[0]])


def table(shown: pd.DataFrame, choice: WordFilter) -> None:
    """Table of the words shown; a click opens the page of a word."""
    columns = ["word", *(name for name in COLUMNS if shown[name].notna().any())]
    key = "words"
    width = round(WORD_MARGIN + WORD_LETTER * int(shown["length"].max()))
    word = st.column_config.TextColumn("word", width=width, pinned=width <= MAX_PINNED)
    st.dataframe(
        shown[columns],
        hide_index=True,
        height=560,
        column_config={"word": word, **COLUMNS},
        key=key,
        on_select=partial(open_row, shown["word"].tolist(), key),
        selection_mode=["single-row", "single-cell"],
        placeholder="–",
        alt="Words of this book with their figures",
    )


def save(shown: pd.DataFrame, words: pd.DataFrame) -> None:
    """Download the words shown, and all words."""
    makers: dict[str, tuple[str, Callable[[pd.DataFrame], str | bytes]]] = {
        "tsv": ("text/tab-separated-values", listing.as_tsv),
        "parquet": ("application/vnd.apache.parquet", listing.as_parquet),
    }
    with st.popover("Save", icon=":material/download:"):
        for label, name, rows in (("Shown", "lexicon_shown", shown), ("All", "lexicon", words)):
            st.caption(f"{label}: {plural(len(rows), 'word')}, every column")
            for kind, (mime, make) in makers.items():
                st.download_button(
                    f"{label} .{kind}", partial(make, rows), f"{name}.{kind}", mime, on_click="ignore"
                )


def show_list(book: Book) -> None:
    """The page of all words."""
    st.title("Lexicon", anchor=False)
    words = words_of(book)
    st.html(lists.top(lists.wordness(words)))
    longest = int(words["length"].max())
    choice = WORD_LIST.read(problem)
    choice = replace(choice, how=find.suited(book.lexicon, choice.q, choice.how))
    controls(choice, longest, listing.examples(words))
    shown = words.iloc[:0]
    try:
        shown = words.iloc[listing.choose(book.lexicon, words, choice)]
        answer(book, words, choice, shown)
    except SearchError as error:
        problem(str(error))
        return
    if len(shown):
        st.caption("Choose a row to open a word. Click on a heading to sort.")
        table(shown, choice)
    save(shown, words)


with frame("lexicon") as book:
    styles("lexicon")
    word = WORD.read().word
    if word is None:
        show_list(book)
    else:
        show_word(book, word)
