"""The Lexicon page by AppTest: looking words up, the page of one, what is missing, what cannot be read."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from genomebook.book import Book
from genomebook.book.schema import TAGS
from genomebook.lexicon.occurrences import Occurrences
from genomebook.lexicon.shipped import shipped_partnerless
from tests.support.apptest import APP, drawn, only_error
from tests.support.word_tables import EVIL, enriched, frequent, put_glosses

Open = Callable[..., AppTest]


@pytest.fixture(scope="module")
def full(chrm_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book that has every table."""
    return enriched(chrm_book, tmp_path_factory.mktemp("full") / "full.book")


@pytest.fixture(scope="module")
def bare(full: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book without glosses, annotation, contexts."""
    folder = enriched(full, tmp_path_factory.mktemp("bare") / "bare.book")
    for name in ("ground", "senses"):
        shutil.rmtree(folder / name)
    put_glosses(Book.open(folder), {})
    return folder


@pytest.fixture
def open_lexicon(monkeypatch: pytest.MonkeyPatch) -> Open:
    def run(book: Path, **query: str) -> AppTest:
        monkeypatch.setenv("GENOMEBOOK_BOOK", str(book))
        at = AppTest.from_file(str(APP), default_timeout=120).run()
        at.switch_page("pages/lexicon.py")
        return visit(at, **query)

    return run


def visit(at: AppTest, **query: str) -> AppTest:
    at.query_params.clear()
    for name, value in query.items():
        at.query_params[name.rstrip("_")] = value
    return at.run()


def shown(at: AppTest) -> list[str]:
    """Words of the table."""
    assert not at.exception
    assert not at.error
    return at.dataframe[0].value["word"].tolist() if at.dataframe else []


def address(at: AppTest) -> dict[str, str]:
    return {name: value if isinstance(value, str) else value[0] for name, value in at.query_params.items()}


def linked(at: AppTest) -> list[str]:
    return re.findall(r'<a class="word" href="\?[^"]*?word=([A-Z]+)"', drawn(at))


def test_all_words_with_their_figures(full: Path, open_lexicon: Open) -> None:
    at = open_lexicon(full)
    book = Book.open(full)
    words = shown(at)
    assert len(words) == len(set(words)) == 4100
    assert words[:8] == frequent(book)["word"].tolist()
    table = at.dataframe[0].value
    assert {"gloss", "tag", "count", "expected", "times", "length", "gc", "senses"} <= set(table.columns)
    assert table["gloss"].iloc[0] == "river"
    page = drawn(at)
    assert "Are they words?" in page
    assert "95\u00a0% intervals" in page


def test_looking_up_and_going_back(full: Path, open_lexicon: Open) -> None:
    at = open_lexicon(full)
    at.text_input(key="q").set_value("tata").run()
    words = shown(at)
    assert words[0] == "TATA"
    assert all("TATA" in word for word in words)
    assert address(at) == {"q": "tata"}
    assert linked(at)[:3] == words[:3]
    at.selectbox(key="how").set_value("English").run()
    assert address(at) == {"q": "tata", "how": "English"}
    at.text_input(key="q").set_value("river").run()
    assert at.dataframe[0].value["gloss"].tolist() == ["river", "rivers"]
    at.text_input(key="q").set_value("alu").run()
    at.selectbox(key="how").set_value("phrase").run()
    assert len(shown(at)) == 8


def test_filters_and_order_stand_in_the_address(full: Path, open_lexicon: Open) -> None:
    at = open_lexicon(full, length="3-4", only="gloss", sort="gloss")
    table = at.dataframe[0].value
    assert table["gloss"].is_monotonic_increasing
    assert table["length"].between(3, 4).all()
    assert at.slider(key="length").value == (3, 4)
    at.number_input(key="least").set_value(1000000).run()
    assert address(at) == {"length": "3-4", "only": "gloss", "sort": "gloss", "least": "1000000"}
    assert not at.dataframe
    assert "No words match." in drawn(at)
    next(button for button in at.button if button.label == "Drop the filters").click().run()
    assert address(at) == {"sort": "gloss"}
    assert len(shown(at)) == 4100


def test_a_text_that_is_no_word_is_spelt(full: Path, open_lexicon: Open) -> None:
    at = open_lexicon(full, q="TATACGATCAGGACT", how="exact")
    assert not shown(at)
    assert "On its own it is tokenized as" in drawn(at)
    assert "".join(linked(at)) == "TATACGATCAGGACT"
    word = open_lexicon(full, word="tatacgatcaggact")
    assert not word.error
    assert "".join(linked(word)) == "TATACGATCAGGACT"


def test_an_english_word_without_a_partner_shows_the_nearest(full: Path, open_lexicon: Open) -> None:
    at = open_lexicon(full, q="riverside", how="English")
    assert not shown(at)
    page = drawn(at)
    assert "Nearest in spelling" in page
    assert "<i>river</i>" in page
    partnerless = shipped_partnerless(Book.open(full).vocabulary)
    assert partnerless is not None
    glosses = set(Book.open(full).lexicon.glosses)
    alone = next(word for word in partnerless["word"] if word not in glosses)
    page = drawn(open_lexicon(full, q=alone, how="English"))
    assert "Nearest in the embedding of the model" in page


def test_the_page_of_a_word(full: Path, open_lexicon: Open) -> None:
    book = Book.open(full)
    row = frequent(book).iloc[0]
    at = open_lexicon(full, word=row["word"].lower(), q="TA")
    assert not at.exception
    assert not at.error
    page = drawn(at)
    for said in (
        "“river”",
        "62 % inside Alu",
        "circular shifts",
        "Self-similarity",
        "Sense 2, 25 %",
        "−0.011",
    ):
        assert said in page
    assert page.count('href="read?loc=') == 20 + 6
    assert f"1 to 20 of {row['count']:,} occurrences" in page
    assert "?q=TA&amp;word=" in page
    assert at.button(key="previous").disabled
    at.button(key="next").click().run()
    assert address(at)["from"] == "21"
    assert f"21 to 40 of {row['count']:,} occurrences" in drawn(at)
    at.toggle(key="glosses").set_value(True).run()
    assert address(at)["lines"] == "gloss"
    assert "<i>" in drawn(at).split("21 to 40", 1)[1]
    at.number_input(key="from").set_value(int(row["count"])).run()
    assert at.button(key="next").disabled
    last = Occurrences.open(book).ordinals(int(row["id"]), int(row["count"]) - 1, 2)
    assert len(last) == 1
    assert drawn(at).count('href="read?loc=') == 1 + 6
    at.button(key="previous").click().run()
    assert address(at)["from"] == str(int(row["count"]) - 20)


def test_a_word_that_does_not_occur(full: Path, open_lexicon: Open) -> None:
    table = Book.open(full).lexicon.table
    word = table[(table["count"] == 0) & (table["length"] > 1)]["word"].iloc[0]
    at = open_lexicon(full, word=word)
    assert not at.exception
    assert f"{word} does not occur in this book" in drawn(at)


def test_what_a_book_lacks_is_said_with_the_command(bare: Path, open_lexicon: Open) -> None:
    word = frequent(Book.open(bare))["word"].iloc[0]
    page = drawn(open_lexicon(bare, word=word))
    for command in ("genomebook gloss", "genomebook ground bare.book --track", "genomebook senses bare.book"):
        assert f"<code>{command}" in page
    at = open_lexicon(bare)
    assert not {"gloss", "tag", "senses"} & set(at.dataframe[0].value.columns)
    assert "genomebook ground bare.book" in drawn(open_lexicon(bare, q="Alu", how="phrase"))
    assert "genomebook gloss" in drawn(open_lexicon(bare, q="river", how="English"))


BAD = [
    ({"q": "zebra"}, "'zebra' is not DNA"),
    ({"q": EVIL}, "is not DNA"),
    ({"q": "A" * 2000}, "longer than 1,000 characters"),
    ({"how": EVIL}, "is not known"),
    ({"sort": "evil"}, "is not known"),
    ({"length": "1"}, "write it like 3-8"),
    ({"word": EVIL}, "is not DNA"),
    ({"word": ""}, "nothing to look for"),
    ({"word": "TA", "from_": "0"}, "is not a whole number from 1 to"),
    ({"word": "TA", "from_": "9" * 30}, "is not a whole number from 1 to"),
]


def test_a_bad_address_is_one_line(full: Path, open_lexicon: Open) -> None:
    at = open_lexicon(full)
    for query, said in BAD:
        visit(at, **query)
        assert said in only_error(at)
        assert "<script" not in drawn(at)
        assert "<img" not in drawn(at)


def test_english_is_looked_for_as_english(full: Path, open_lexicon: Open) -> None:
    at = open_lexicon(full, q="river")
    assert not at.error
    assert at.selectbox(key="how").value == "English"
    assert at.dataframe[0].value["gloss"].iloc[0] == "river"
    assert "is not DNA" in only_error(open_lexicon(full, q="qqqq"))


def test_a_damaged_table_is_one_line_that_names_it(
    chrm_book: Path, tmp_path: Path, open_lexicon: Open
) -> None:
    book = enriched(chrm_book, tmp_path / "damaged.book")
    (book / "ground" / TAGS).write_bytes((book / "ground" / TAGS).read_bytes()[:-9])
    line = only_error(open_lexicon(book)).replace("\u2060", "")
    assert f"{book.name}/ground/{TAGS}" in line
    assert str(tmp_path) not in line
