"""The page Class by AppTest: its address, the tour, the game, the glossary, input that cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from genomebook.book import Book
from genomebook.language.encode import Encoder
from genomebook.teaching.game import ROUNDS, round_of
from genomebook.teaching.tour import STOPS
from tests.support.apptest import APP, drawn, only_error

Open = Callable[..., AppTest]


@pytest.fixture
def open_class(class_book: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    def run(book: Path = class_book, **query: str) -> AppTest:
        monkeypatch.setenv("GENOMEBOOK_BOOK", str(book))
        at = AppTest.from_file(str(APP), default_timeout=120).run()
        at.switch_page("pages/classroom.py")
        for name, value in query.items():
            at.query_params[name] = value
        return at.run()

    return run


def address(at: AppTest) -> dict[str, str]:
    return {name: value if isinstance(value, str) else value[0] for name, value in at.query_params.items()}


def press(at: AppTest, label: str) -> AppTest:
    return next(button for button in at.button if button.label == label).click().run()


@pytest.mark.parametrize("number", range(1, STOPS + 1))
def test_every_stop_has_an_address(open_class: Open, number: int) -> None:
    at = open_class(tour=str(number))
    assert not at.exception
    assert not at.error
    page = drawn(at)
    assert f"<h2>{number}. " in page
    assert ("Not in this book" in page) == (number == 3)
    assert ("The answer</summary>" in page) == (number != 3)


def test_next_skips_what_the_book_lacks(open_class: Open) -> None:
    at = press(open_class(tour="2", large="on"), "Next")
    assert address(at) == {"tour": "4", "large": "on"}
    assert "<h2>4. " in drawn(at)
    assert address(press(at, "Back"))["tour"] == "2"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"tour": "9"}, "tour='9' in the address is not a whole number from 1 to 8"),
        ({"tour": "Alu"}, "tour='Alu' in the address is not a whole number from 1 to 8"),
        ({"view": "game", "seed": "lucky"}, "seed='lucky' in the address is not a whole number"),
        ({"view": "game", "seed": "7", "answers": "012"}, "answers='012' in the address is not a text"),
        ({"view": "game", "seed": "7", "answers": "0" * 21}, "at most 20 letters 0 or 1"),
        ({"view": "game", "game": "chess", "seed": "7"}, "choose one of shuffle, alu"),
        ({"view": "exam"}, "view='exam' in the address is not known"),
    ],
)
def test_what_cannot_be_read_is_one_line(open_class: Open, query: dict[str, str], said: str) -> None:
    assert said in only_error(open_class(**query))


def test_a_game_is_played_in_the_address(open_class: Open, class_book: Path) -> None:
    book = Book.open(class_book)
    encoder = Encoder(book.vocabulary)
    at = open_class(view="game", seed="7")
    assert "Round 1 of 20" in drawn(at)
    for number in (1, 2):
        truth = round_of(book, encoder, "shuffle", 7, number).truth
        at = press(at, ("genome", "shuffle")[truth])
        assert "Right: round" in drawn(at)
    assert address(at)["answers"] == "".join(
        str(round_of(book, encoder, "shuffle", 7, number).truth) for number in (1, 2)
    )
    assert "2 of 2 right." in drawn(at)
    again = open_class(**address(at))  # another browser, the same link
    assert "2 of 2 right." in drawn(again)
    assert "Round 3 of 20" in drawn(again)


def test_the_last_round_ends_the_game(open_class: Open) -> None:
    at = open_class(view="game", seed="7", answers="0" * ROUNDS)
    page = drawn(at)
    assert "Round" not in page
    assert f"of {ROUNDS} right" in page
    assert "95 % interval" in page
    assert [button.label for button in at.button if button.label in ("genome", "shuffle")] == []


def test_a_game_without_a_seed_draws_one(open_class: Open) -> None:
    at = open_class(view="game")
    assert int(address(at)["seed"]) >= 1
    assert "Round 1 of 20" in drawn(at)


def test_a_book_without_alus_says_so_in_the_game(open_class: Open) -> None:
    assert "0 Alus, too few" in only_error(open_class(view="game", game="alu", seed="7"))


def test_the_glossary_frames_the_term_of_the_link(open_class: Open) -> None:
    page = drawn(open_class(view="glossary", term="start-codon"))
    assert 'class="asked"><dt>start codon</dt>' in page.replace("class=asked", 'class="asked"')


def test_a_book_without_tracks(open_class: Open, equipped_book: Path) -> None:
    at = open_class(book=equipped_book, tour="2")
    assert not at.exception
    assert not at.error
    assert "Not in this book" in drawn(at)
