"""What a text typed on the Search page asks for."""

from __future__ import annotations

from dataclasses import replace

from genomebook.book.read import Book
from genomebook.search.answers import MotifAnswer, PlaceAnswer
from genomebook.search.box import understand
from genomebook.search.request import MAX_IN_ADDRESS, SearchState, is_place


def without_query(state: SearchState) -> SearchState:
    """The options of a search alone."""
    return replace(state, q="", loc="", motif="", shuffle=0)


def state_of_text(book: Book, state: SearchState, text: str) -> SearchState:
    """The state that searches for a text: a place, a motif of fewer than 20 letters, or a sequence.

    A sequence that is too long for the address bar is left out.
    """
    state, answer = without_query(state), understand(book, text)
    if isinstance(answer, PlaceAnswer) and answer.kind not in ("region", "gene"):
        return replace(state, loc=book.addresses.format(answer.region, commas=False))
    if is_place(book, text):
        return replace(state, loc=text)
    if isinstance(answer, MotifAnswer):
        return replace(state, motif=answer.motif, mismatches=0)
    return replace(state, q=text) if len(text) <= MAX_IN_ADDRESS else state
