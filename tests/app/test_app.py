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
from tests.support import reader
from tests.support.apptest import APP, drawn, only_error
from tests.support.reader import words


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


def test_library_answers_the_objection_and_shows_the_shelf(chrm_book: Path, open_page) -> None:
    at = open_page(chrm_book)
    book = Book.open(chrm_book)
    assert not at.exception
    assert not at.error
    page = drawn(at)
    assert "letter for letter" in page
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
    sent = reader.answer(at)
    assert sent["loc"] == "chrM:3307-4262"
    assert Book.open(chrm_book)["chrM"].sequence(3306, 4262).decode() in words(at)
    assert "MT-ND1" in [gene["name"] for gene in sent["page"]["genes"]]
    assert sent["page"]["asked"]["name"] == "MT-ND1"


def test_read_without_an_address_opens_the_first_page(chrm_book: Path, open_page) -> None:
    at = open_page(chrm_book, read=True)
    assert reader.answer(at)["isFirst"]
    assert reader.answer(at)["loc"].startswith("chrM:1-")
    assert words(at) == Book.open(chrm_book)["chrM"].sequence(0, len(words(at))).decode()


@pytest.mark.parametrize(
    ("typed", "loc"),
    [
        ("MT-CO1", "MT-CO1"),
        ("mt-co1", "MT-CO1"),
        ("chrM:5,904-7,445", "chrM:5904-7445"),
        ("NC_012920.1:5904-7445", "chrM:5904-7445"),
    ],
)
def test_typing_goes_there(chrm_book: Path, open_page, typed: str, loc: str) -> None:
    at = reader.go(open_page(chrm_book, "chrM:1-100"), typed)
    assert not at.exception
    assert at.query_params["loc"] == loc
    sent = reader.answer(at)
    assert (sent["loc"], sent["serial"], sent["refused"]) == (loc, 1, "")
    assert (sent["page"]["asked"]["start"], sent["page"]["asked"]["end"]) == (5903, 7445)
    assert sent["page"]["asked"]["name"] == "MT-CO1"


def test_typing_nonsense_keeps_the_page(chrm_book: Path, open_page) -> None:
    at = open_page(chrm_book, "chrM:1-100")
    before = words(at)
    at = reader.go(at, "MT-CO9")
    assert not at.error
    assert "MT-CO1" in reader.answer(at)["refused"]
    assert at.query_params["loc"] == "chrM:1-100"
    assert words(at) == before


def test_turning_pages_reads_the_book_and_each_page_was_sent_before(chrm_book: Path, open_page) -> None:
    at = open_page(chrm_book, read=True)
    page = reader.answer(at)["page"]
    assert page["around"]["previous"] is None
    assert page["around"]["previous_paragraph"] is None
    have = {page["address"]: page}
    letters, steps = "".join(page["words"]["text"]), 0
    while page["around"]["next"]:
        have |= reader.answer(at)["around"]
        loc = page["around"]["next"]["address"]
        page = have[loc]  # painted from memory
        letters += "".join(page["words"]["text"])
        at = reader.view(at, loc, serial=steps + 1, have=list(have))
        assert not at.exception
        assert at.query_params["loc"] == loc
        sent = reader.answer(at)
        assert (sent["serial"], sent["loc"], sent["page"], sent["isKnown"]) == (steps + 1, loc, None, True)
        assert not set(sent["around"]) & set(have)
        steps += 1
        assert steps < 30
    assert letters == Book.open(chrm_book)["chrM"].sequence().replace(b"N", b"").decode()
    page = reader.answer(reader.view(at, page["around"]["previous_paragraph"]["address"]))["page"]
    assert page["around"]["next"]


def test_random_page_is_in_the_book(chrm_book: Path, open_page) -> None:
    at = reader.ask(open_page(chrm_book, read=True), "random", {"serial": 4})
    assert not at.exception
    assert Book.open(chrm_book).addresses.parse(at.query_params["loc"]).volume == "chrM"
    assert reader.answer(at)["serial"] == 4


@pytest.mark.parametrize(
    "value", [None, 3, "x", [], {"serial": "x"}, {"serial": 1, "loc": 5, "text": 5}, {"page": 3}]
)
@pytest.mark.parametrize("name", ["view", "go", "random", "typed", "file", "leave"])
def test_what_a_browser_should_not_say_changes_nothing(chrm_book: Path, open_page, name, value) -> None:
    at = reader.ask(open_page(chrm_book, "chrM:1-100"), name, value)
    assert not at.exception
    assert at.query_params["loc"] == "chrM:1-100"


@pytest.mark.parametrize(
    ("kind", "begins"),
    [
        ("fasta", ">chrM:5904-7445\nATGTTCGCC"),
        ("fasta-reverse", ">chrM:5904-7445"),
        (
            "protein MT-CO1",
            ">MT-CO1 gene=MT-CO1 transcript=MT-CO1 place=chrM:5904-7445 strand=+ kind=protein",
        ),
        ("cds MT-CO1", ">MT-CO1 gene=MT-CO1"),
        ("mrna MT-TF", ">MT-TF gene=MT-TF"),
        ("word", "chrM\t"),
        ("gene", "chrM\t"),
        ("text", "The human mitochondrial chromosome, chrM:"),
        ("english", "English version of chrM:5,904-7,445"),
    ],
)
def test_files_of_the_page(chrm_book: Path, open_page, kind: str, begins: str) -> None:
    at = reader.ask(open_page(chrm_book, "MT-CO1"), "file", {"kind": kind, "serial": 9})
    file = reader.answer(at)["file"]
    assert file["serial"] == 9
    assert file["text"].startswith(begins) or file["refused"]
    assert not file["text"] or re.fullmatch(r"[\w.+-]+\.(fa|bed|txt)", file["name"])


@pytest.mark.parametrize(
    ("loc", "said"),
    [
        ("<script>alert(1)</script>", "no sequence or gene"),
        ("<img src=x onerror=alert(1)>", "no sequence or gene"),
        ("[here](http://example.org)", "no sequence or gene"),
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
    assert reader.answer(at)["loc"] == loc[:MAX_TEXT]


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
