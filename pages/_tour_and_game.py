"""What the page Class keeps between its visitors: the tour of the book, and rounds of the game.

Not in the file of the page: Streamlit runs that anew for every answer.
"""

from __future__ import annotations

import streamlit as st

from genomebook.book import Book
from genomebook.teaching.game import GameRound, round_of
from genomebook.teaching.tour import Tour
from pages._shared import changed_at, encoder_of


def tour_in(book: Book) -> Tour:
    """The tour of the book; a stop is made by the first visitor who asks for it."""
    return _tour(str(book.path), changed_at(book.path), book)


def rounds_in(book: Book, game: str, seed: int, numbers: range) -> list[GameRound]:
    """Rounds of a game in the book.

    Raises
    ------
    BookError
        The book has no passage for this game.
    """
    place = str(book.path), changed_at(book.path)
    return [_round(*place, book, game, seed, number) for number in numbers]


@st.cache_resource(max_entries=2, show_spinner=False)
def _tour(path: str, changed: int, _book: Book) -> Tour:
    return Tour(_book, encoder_of(_book))


@st.cache_resource(max_entries=2000, show_spinner=False)
def _round(path: str, changed: int, _book: Book, game: str, seed: int, number: int) -> GameRound:
    return round_of(_book, encoder_of(_book), game, seed, number)
