"""The box of the pages that have none of their own: what is typed leads to its page."""

from __future__ import annotations

import streamlit as st

from genomebook.book import Book
from genomebook.genome.regions import MAX_TEXT
from genomebook.search.answers import BoxAnswer, DnaAnswer, MotifAnswer, NotUnderstood, PlaceAnswer
from genomebook.search.box import TAKES, understand

PLACEHOLDER = "Go to a place, a gene, a motif, a sequence or a word"
LABEL = "Go to"
READ, SEARCH, LEXICON = "pages/read.py", "pages/search.py", "pages/lexicon.py"


def _ask() -> None:
    st.session_state["go asked"] = st.session_state["go"].strip()


def box(book: Book) -> str:
    """Draw the box; go to what was typed, or return a line that says why not."""
    st.text_input(
        LABEL, key="go", max_chars=MAX_TEXT, placeholder=PLACEHOLDER, label_visibility="collapsed",
        help=f"It takes {TAKES}.", on_change=_ask,
    )  # fmt: skip
    asked = st.session_state.pop("go asked", "")
    if not asked:
        return ""
    answer = understand(book, asked)
    if not isinstance(answer, NotUnderstood):
        page, query = target(book, answer)
        st.switch_page(page, query_params=query)
    return answer.line


def target(book: Book, answer: BoxAnswer) -> tuple[str, dict[str, str]]:
    """Page and query parameters of an answer; a gene keeps its name in the address."""
    if isinstance(answer, PlaceAnswer):
        name = answer.gene if answer.kind == "gene" and not answer.transcript else ""
        return READ, {"loc": name or book.addresses.format(answer.region, commas=False)}
    if isinstance(answer, MotifAnswer):
        return SEARCH, {"motif": answer.motif}
    if isinstance(answer, DnaAnswer):
        return SEARCH, {"q": answer.query}
    return LEXICON, {"word": answer.word} if not isinstance(answer, NotUnderstood) else {}
