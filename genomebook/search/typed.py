"""What a text typed on the Search page asks for."""

from __future__ import annotations

from dataclasses import replace

from genomebook.book.read import Book
from genomebook.errors import RegionError
from genomebook.search.answers import BoxAnswer, DnaAnswer, MotifAnswer, NotUnderstood, PlaceAnswer
from genomebook.search.box import understand
from genomebook.search.request import MAX_IN_ADDRESS, SearchState, is_place


def without_query(state: SearchState) -> SearchState:
    """The options of a search alone."""
    return replace(state, q="", loc="", motif="", shuffle=0)


def state_of_address(book: Book, state: SearchState) -> SearchState:
    """The state of an address, whose ``q`` is understood like a text in the box."""
    answer = understand(book, state.q) if state.q else None
    if answer is None or isinstance(answer, NotUnderstood):
        return state
    meant = _meant(book, state, state.q, answer)
    return replace(meant, mismatches=state.mismatches, shuffle=state.shuffle)


def state_of_text(book: Book, state: SearchState, text: str) -> SearchState:
    """The state that searches for a text: a place, a motif of fewer than 20 letters, or a sequence.

    A sequence that is too long for the address bar is left out.
    """
    return _meant(book, state, text, understand(book, text))


def _meant(book: Book, state: SearchState, text: str, answer: BoxAnswer) -> SearchState:
    state = without_query(state)
    if isinstance(answer, PlaceAnswer) and not _is_address(book, text):
        return replace(state, loc=book.addresses.format(answer.region, commas=False))
    if isinstance(answer, MotifAnswer):
        return replace(state, motif=answer.motif, mismatches=0)
    if is_place(book, text):
        return replace(state, loc=text)
    text = answer.query if isinstance(answer, DnaAnswer) else text
    return replace(state, q=text) if len(text) <= MAX_IN_ADDRESS else state


def _is_address(book: Book, text: str) -> bool:
    """Whether the address of a page can have the text itself: a region, or a gene by its own name."""
    try:
        book.addresses.parse(text)
    except RegionError:
        return False
    return True
