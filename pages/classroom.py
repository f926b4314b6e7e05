"""Class: a tour of the book in eight stops, a game against chance, the glossary, hand-outs."""

from __future__ import annotations

import random
from dataclasses import replace
from urllib.parse import urlencode

import streamlit as st

from genomebook.book import Book
from genomebook.export.handout import handout
from genomebook.render.teaching.html import glossary_html, round_html, score_html, stop_html
from genomebook.teaching.game import MAX_SEED, ROUNDS, GameRound, answers_csv, score
from genomebook.teaching.texts import game_texts
from genomebook.teaching.tour import STOPS, Tour
from pages._address import CLASS, CLASS_VIEWS, ClassState
from pages._shared import frame, problem, styles, without_folders
from pages._tour_and_game import rounds_in, tour_in

ICONS = ":material/arrow_back:", ":material/arrow_forward:"


def turn(tour: Tour, number: int, step: int) -> None:
    """Go to the stop beside one."""
    CLASS.change(tour=tour.beside(number, step) or number)


def show_tour(book: Book, state: ClassState) -> None:
    """A stop, and the ways to the stops beside it."""
    tour = tour_in(book)
    with st.container(horizontal=True, key="turn"):
        for label, key, icon, step in zip(("Back", "Next"), ("Left", "Right"), ICONS, (-1, 1), strict=True):
            st.button(
                label, icon=icon, shortcut=key, disabled=not 1 <= state.tour + step <= STOPS, on_click=turn,
                args=(tour, state.tour, step),
            )  # fmt: skip
    stop = tour.stop(state.tour)
    st.html(stop_html(replace(stop, missing=without_folders(stop.missing)), state.large))
    if not stop.missing or any(not tour.stop(number).missing for number in range(1, STOPS + 1)):
        st.download_button(
            "Save the hand-outs as PDF", lambda: handout(tour.stops(), book.title, book.digest),
            "handout.pdf", "application/pdf", icon=":material/download:", on_click="ignore",
            help="A page to read, a worksheet, and its answers.",
        )  # fmt: skip


def answered(state: ClassState, answer: int) -> None:
    """A round was answered."""
    CLASS.put(replace(state, answers=f"{state.answers}{answer}"))


def show_game(book: Book, state: ClassState) -> None:
    """The round to play, what the last answer was, the score so far."""
    for name in ("game", "seed"):
        st.session_state[name] = getattr(state, name)
    st.segmented_control(
        "Game", list(game_texts()), key="game", format_func=lambda name: game_texts()[name].title,
        required=True, on_change=chose_game, args=(state,),
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom", key="game bar"):
        st.number_input(
            "Seed", 1, MAX_SEED, key="seed", on_change=chose_game, args=(state,), width=160,
            help="Who has the same seed plays the same rounds. Give each pupil a seed of their own.",
        )  # fmt: skip
        st.button("New game", icon=":material/casino:", on_click=new_game, args=(state,))
    played = len(state.answers)
    numbers = range(1, min(played + 1, ROUNDS) + 1)
    rounds = rounds_in(book, state.game, state.seed, numbers)
    names = game_texts()[state.game].answers
    last = ""
    if played:
        was, said = rounds[played - 1].truth, int(state.answers[-1])
        right = "Right" if was == said else "Wrong"
        last = f"{right}: round {played} was {names[was]}, from {rounds[played - 1].place}."
    if played < ROUNDS:
        st.html(round_html(rounds[played], state.game, state.large))
        with st.container(horizontal=True, key="answers"):
            for number, name in enumerate(names):
                st.button(
                    name, key=f"answer {number}", type="primary", shortcut=str(number + 1),
                    on_click=answered, args=(state, number),
                )  # fmt: skip
    truths = [each.truth for each in rounds]
    st.html(score_html(score(truths, state.answers), last, state.large))
    save(state, rounds)


def save(state: ClassState, rounds: list[GameRound]) -> None:
    """The answers as a file, and the link of this game."""
    if state.answers:
        st.download_button(
            "Save the answers as CSV", answers_csv(rounds, state.game, state.seed, state.answers),
            f"{state.game}-{state.seed}.csv", "text/csv", icon=":material/download:", on_click="ignore",
        )  # fmt: skip
    fresh = urlencode(CLASS.write(replace(state, answers="")))
    st.caption(
        f"The link of this game ends in class?{fresh}. Answers stand in the address; the server keeps none."
    )


def chose_game(state: ClassState) -> None:
    """Another game, or another seed, begins anew."""
    CLASS.put(replace(state, game=st.session_state["game"], seed=st.session_state["seed"], answers=""))


def new_game(state: ClassState) -> None:
    """Begin anew with a seed drawn by chance."""
    CLASS.put(replace(state, seed=random.randint(1, MAX_SEED), answers=""))


with frame("class") as book:
    styles("class")
    st.title("Class", anchor=False)
    state = CLASS.read(problem)
    st.session_state["view"], st.session_state["large"] = state.view, state.large
    # one below the other: side by side the second would move when the script of the first arrives
    st.segmented_control(
        "View", list(CLASS_VIEWS), key="view", format_func=CLASS_VIEWS.__getitem__, required=True,
        label_visibility="collapsed", on_change=CLASS.keep, args=("view",),
    )  # fmt: skip
    st.toggle("Large type", key="large", on_change=CLASS.keep, args=("large",))
    if state.view == "game":
        if not state.seed:
            state = replace(state, seed=random.randint(1, MAX_SEED), answers="")
            CLASS.put(state)
        show_game(book, state)
    elif state.view == "glossary":
        st.html(glossary_html(state.term, state.large))
    else:
        show_tour(book, state)
