"""The page of text without a script: answered by the server itself, whatever is asked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from genomebook.book import Book
from genomebook.genome.regions import MAX_TEXT
from genomebook.render.page.make import PageMaker
from pages._plain import plain

LETTERS = re.compile(r'<span class="w[^"]*" title="[^"]*">([A-Za-z]+)</span>')


@pytest.fixture
def client(chrm_book: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setenv("GENOMEBOOK_BOOK", str(chrm_book))
    return TestClient(Starlette(routes=[Route("/plain", plain)]), base_url="http://127.0.0.1")


def link(html: str, label: str) -> str:
    """Address of a link."""
    match = re.search(rf'href="([^"]*)">{label}</a>', html)
    assert match
    return match[1].replace("&amp;", "&")


def test_it_shows_the_letters_of_the_page_that_read_shows(client: TestClient, chrm_book: Path) -> None:
    answer = client.get("/plain", params={"loc": "MT-ND1"})
    maker = PageMaker(Book.open(chrm_book))
    page = maker.land(*maker.ask("MT-ND1"))
    assert answer.status_code == 200
    assert "".join(LETTERS.findall(answer.text)) == "".join(page.words.text)
    assert "<h1>MT-ND1, chrM:" in answer.text
    assert "<script" not in answer.text
    assert str(chrm_book.parent) not in answer.text
    assert link(answer.text, "The full page Read") == "read?loc=MT-ND1"


def test_its_links_lead_through_the_whole_book(client: TestClient, chrm_book: Path) -> None:
    answer = client.get("/plain")
    letters = LETTERS.findall(answer.text)
    while "Next page" in answer.text:
        answer = client.get(link(answer.text, "Next page ⟶"))
        letters += LETTERS.findall(answer.text)
    book = Book.open(chrm_book)
    whole = book["chrM"].sequence(0, book["chrM"].length).decode()
    assert "".join(letters) == whole.replace("N", "")  # a run of N is a gap
    assert "Previous page" in answer.text


@pytest.mark.parametrize(
    ("typed", "leads"),
    [
        ("MT-CO1", "plain?loc=MT-CO1&lines=gloss"),
        ("chrM:3,307-4,262", "plain?loc=chrM%3A3307-4262&lines=gloss"),
        ("+100", "plain?loc=chrM%3A3101-3200&lines=gloss"),
    ],
)
def test_the_box_leads_to_places(client: TestClient, typed: str, leads: str) -> None:
    query = {"loc": "chrM:3001-3100", "lines": "gloss", "go": typed}
    answer = client.get("/plain", params=query, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, leads)


@pytest.mark.parametrize(
    ("typed", "leads"),
    [("TATAWAW", "search?motif=TATAWAW"), ("ACGTACGTACGTACGTACGTAC", "search?q=ACGTACGTACGTACGTACGTAC")],
)
def test_what_is_no_place_has_a_link_to_the_page_for_it(client: TestClient, typed: str, leads: str) -> None:
    answer = client.get("/plain", params={"go": typed})
    assert answer.status_code == 200
    assert link(answer.text, "Open it in Search") == leads
    assert LETTERS.search(answer.text)


@pytest.mark.parametrize(
    "loc", ["nowhere", "chrM:99999", "<script>alert(1)</script>", "x" * (MAX_TEXT + 1), "../../etc/passwd"]
)
def test_a_place_that_is_not_there_is_one_line(client: TestClient, loc: str, chrm_book: Path) -> None:
    answer = client.get("/plain", params={"loc": loc})
    assert answer.status_code == 404
    assert 'role="status"' in answer.text
    assert "<script" not in answer.text
    assert str(chrm_book.parent) not in answer.text
    assert link(answer.text, "chrM") == "plain?loc=chrM"


def test_what_is_typed_is_bounded_and_escaped(client: TestClient) -> None:
    answer = client.get("/plain", params={"go": '"><script>alert(1)</script>'})
    assert "<script" not in answer.text
    long = client.get("/plain", params={"go": "A" * (MAX_TEXT + 1)})
    assert long.status_code == 200
    assert "is longer than" in long.text


def test_without_a_book_it_says_so(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GENOMEBOOK_BOOK")
    answer = client.get("/plain")
    assert (answer.status_code, "genomebook serve" in answer.text) == (500, True)


def test_a_name_that_is_not_served_gets_no_text(client: TestClient) -> None:
    from streamlit import config

    config.set_option("server.allowedHosts", ["127.0.0.1"])
    try:
        assert client.get("/plain").status_code == 200
        refused = client.get("/plain", headers={"host": "evil.example"})
        assert (refused.status_code, LETTERS.search(refused.text)) == (403, None)
    finally:
        config.set_option("server.allowedHosts", [])
