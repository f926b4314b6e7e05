"""Each page by AppTest: what it shows for good and bad addresses, books that are missing or damaged."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from genomebook.book import Book
from genomebook.genome.regions import MAX_TEXT
from tests.support.apptest import APP, drawn, only_error


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch):
    """Run the app on a book, at the Library or, with an address or `read`, at Read."""

    def run(book: Path | str, loc: str | None = None, read: bool = False) -> AppTest:
        monkeypatch.setenv("GENOMEBOOK_BOOK", str(book))
        at = AppTest.from_file(str(APP), default_timeout=120).run()
        if loc is not None or read:
            at.switch_page("pages/read.py")
            if loc is not None:
                at.query_params["loc"] = loc
            at.run()
        return at

    return run


def words(at: AppTest) -> str:
    return "".join(re.findall(r'<span class="w[^"]*" title="[^"]*">([A-Za-z]+)</span>', drawn(at)))


def test_library_answers_the_objection_and_shows_the_shelf(chrm_book: Path, open_page) -> None:
    at = open_page(chrm_book)
    book = Book.open(chrm_book)
    assert not at.exception
    assert not at.error
    page = drawn(at)
    assert "help nobody" in page
    assert 'href="read?loc=chrM%3A1-16569"' in page
    assert f"{book['chrM'].counts['words']:,} words" in page
    tables = "\n".join(table.value.to_csv() for table in at.dataframe)
    for fact in (book["chrM"].md5, book["chrM"].refget, book.vocabulary.digest, book.digest):
        assert fact in tables + page
    wall = re.search(r'<p class="wall" lang="zxx">([A-Za-z]+)</p>', page)
    text = page.split('<p class="dna" lang="zxx">')[1].split("</p>")[0]
    spelled = re.sub(r'<span class="label.*?</span>|<[^>]+>| ', "", text)
    assert wall
    assert wall[1] == spelled
    assert wall[1].encode() in book["chrM"].sequence()


def test_read_shows_the_region_and_keeps_the_address(chrm_book: Path, open_page) -> None:
    at = open_page(chrm_book, "chrM:3307-4262")
    assert not at.exception
    assert at.query_params["loc"] == "chrM:3307-4262"
    assert at.text_input(key="box").value == "chrM:3307-4262"
    assert Book.open(chrm_book)["chrM"].sequence(3306, 4262).decode() in words(at)
    assert "MT-ND1" in drawn(at)


def test_read_without_an_address_opens_the_first_page(chrm_book: Path, open_page) -> None:
    at = open_page(chrm_book, read=True)
    assert at.query_params["loc"].startswith("chrM:1-")
    assert words(at) == Book.open(chrm_book)["chrM"].sequence(0, len(words(at))).decode()


@pytest.mark.parametrize("typed", ["MT-CO1", "mt-co1", "chrM:5,904-7,445", "NC_012920.1:5904-7445"])
def test_typing_goes_there(chrm_book: Path, open_page, typed: str) -> None:
    at = open_page(chrm_book, "chrM:1-100")
    at.text_input(key="box").set_value(typed).run()
    assert not at.exception
    assert at.query_params["loc"] == "chrM:5904-7445"
    assert at.text_input(key="box").value == "chrM:5904-7445"


def test_typing_nonsense_keeps_the_page(chrm_book: Path, open_page) -> None:
    at = open_page(chrm_book, "chrM:1-100")
    before = words(at)
    at.text_input(key="box").set_value("MT-CO9").run()
    assert "MT-CO1" in only_error(at)
    assert at.query_params["loc"] == "chrM:1-100"
    assert words(at) == before


def test_buttons_turn_pages_and_come_back(chrm_book: Path, open_page) -> None:
    at = open_page(chrm_book, read=True)
    first = at.query_params["loc"]
    assert at.button(key="previous page").disabled
    assert at.button(key="previous paragraph").disabled
    at.button(key="next paragraph").click().run()
    assert at.query_params["loc"] != first
    at.button(key="previous paragraph").click().run()
    assert at.query_params["loc"] == first
    seen, steps = words(at), 0
    while not at.button(key="next page").disabled:
        at.button(key="next page").click().run()
        assert not at.exception
        seen += words(at)
        steps += 1
        assert steps < 30
    assert seen == Book.open(chrm_book)["chrM"].sequence().replace(b"N", b"").decode()


def test_random_page_is_in_the_book(chrm_book: Path, open_page) -> None:
    at = open_page(chrm_book, read=True)
    at.button(key="random page").click().run()
    assert not at.exception
    assert Book.open(chrm_book).addresses.parse(at.query_params["loc"]).volume == "chrM"


@pytest.mark.parametrize(
    ("loc", "said"),
    [
        ("<script>alert(1)</script>", "no volume or gene"),
        ("<img src=x onerror=alert(1)>", "no volume or gene"),
        ("[here](http://example.org)", "no volume or gene"),
        ("chrM:99999-100000", "choose within its positions 1-16,569"),
        ("MT-CO9", "did you mean MT-CO"),
        ("", "the address is empty"),
        ("chrM:5-1", "swap them"),
        ("x" * 5000, "longer than 1,200 characters"),
    ],
)
def test_a_bad_address_is_one_line_with_the_remedy(chrm_book: Path, open_page, loc: str, said: str) -> None:
    at = open_page(chrm_book, loc)
    assert said in only_error(at)
    assert not words(at)
    assert "<script" not in drawn(at)
    assert "<img" not in drawn(at)
    assert at.text_input(key="box").value == loc[:MAX_TEXT]


def test_what_an_address_says_is_never_markdown(chrm_book: Path, open_page) -> None:
    shown = open_page(chrm_book, "**b** [a](http://example.org) <b> :red[x] $x$").error[0].value
    assert not re.search(r"(?<!\\)[\[\]*<>$:]", shown)
    assert "://" not in shown


@pytest.mark.parametrize("read", [False, True])
def test_without_a_book_the_remedy_is_said(open_page, read: bool, tmp_path: Path) -> None:
    assert "genomebook demo" in only_error(open_page("", read=read))
    line = only_error(open_page(tmp_path / "none", read=read))
    assert "none" in line
    assert str(tmp_path) not in line


@pytest.mark.parametrize("read", [False, True])
def test_a_newer_format_is_refused(chrm_book: Path, open_page, tmp_path: Path, read: bool) -> None:
    book = tmp_path / "new.book"
    shutil.copytree(chrm_book, book)
    meta = json.loads((book / "book.json").read_text())
    (book / "book.json").write_text(json.dumps({**meta, "version": 99}))
    assert "format 99" in only_error(open_page(book, read=read))


@pytest.mark.parametrize("name", ["words.u16", "paragraphs.parquet", "sentences.parquet", "gaps.i64"])
def test_a_damaged_book_names_the_file(chrm_book: Path, open_page, tmp_path: Path, name: str) -> None:
    book = tmp_path / "damaged.book"
    shutil.copytree(chrm_book, book)
    file = next(book.rglob(name))
    file.write_bytes(file.read_bytes()[:-3] if file.stat().st_size else b"x")
    assert name in only_error(open_page(book, "chrM:1-100"))
