"""The box above the pages that have no bar: what is typed is completed, and leads to its page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import streamlit as st

from genomebook.book import Book
from genomebook.search.answers import BoxAnswer, DnaAnswer, MotifAnswer, NotUnderstood, PlaceAnswer
from genomebook.search.box import TAKES, understand
from genomebook.search.suggestions import suggest
from pages._components import mounted, said

KEY = "go"
SAID = {
    "label": "Go to a place, a gene, a motif or a word",
    "placeholder": "Go to a place, a gene, a motif, a sequence or a word",
    "title": f"Go to … (key /). It takes {TAKES}.",
}


class BoxText(msgspec.Struct):
    """A text in the box: typed so far, or sent off. It comes from the browser, so it is checked."""

    serial: int
    text: str = ""


def suggestions(book: Book, typed: BoxText) -> dict[str, Any]:
    """Suggestions for a text that somebody types, as the component takes them."""
    items = [msgspec.to_builtins(item) for item in suggest(book, typed.text)]
    return {"serial": typed.serial, "items": items}


@st.fragment
def box(book: Book, report: Callable[[str], object]) -> None:
    """Draw the box; go to what was typed, or report a line that says why not."""
    asked, typed = _popped("go"), _popped("typed")
    answer = {"settings": SAID, "suggestions": suggestions(book, typed) if typed else None}
    mounted("go")(key=KEY, data=answer, on_go_change=_keep_go, on_typed_change=_keep_typed)
    if not asked or not asked.text.strip():
        return
    meant = understand(book, asked.text.strip())
    if not isinstance(meant, NotUnderstood):
        page, query = target(book, meant)
        st.switch_page(f"pages/{page}.py", query_params=query)
    report(meant.line)


def _popped(name: str) -> BoxText | None:
    kept: BoxText | None = st.session_state.pop(f"box {name}", None)
    return kept


def _keep_go() -> None:
    st.session_state["box go"] = said(KEY, "go", BoxText)


def _keep_typed() -> None:
    st.session_state["box typed"] = said(KEY, "typed", BoxText)


def target(book: Book, answer: BoxAnswer) -> tuple[str, dict[str, str]]:
    """Name of the page of an answer, and its query parameters; a gene keeps its name in the address."""
    if isinstance(answer, PlaceAnswer):
        name = answer.gene if answer.kind == "gene" and not answer.transcript else ""
        return "read", {"loc": name or book.addresses.format(answer.region, commas=False)}
    if isinstance(answer, MotifAnswer):
        return "search", {"motif": answer.motif}
    if isinstance(answer, DnaAnswer):
        return "search", {"q": answer.query}
    return "lexicon", {"word": answer.word} if not isinstance(answer, NotUnderstood) else {}
