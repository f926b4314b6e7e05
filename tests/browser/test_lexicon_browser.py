"""The Lexicon in a real browser: look up, open a word, follow an occurrence into the text, reload, back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest

from genomebook.book import Book
from tests.support.browser import serve
from tests.support.visit import DRAWN, settle, visit
from tests.support.word_tables import enriched, frequent

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def book(chrm_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Book:
    return Book.open(enriched(chrm_book, tmp_path_factory.mktemp("lexicon") / "full.book"))


@pytest.fixture(scope="module")
def url(book: Book) -> Iterator[str]:
    with serve(book.path) as address:
        yield address


def query(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def settled(page: Page, **wanted: str) -> None:
    """Wait until the address bar holds exactly this and the page is drawn."""
    page.wait_for_function(
        "want => { const have = Object.fromEntries(new URLSearchParams(location.search));"
        " return JSON.stringify(Object.entries(have).sort()) === want"
        f" && {DRAWN} }}",
        arg="[" + ",".join(f'["{name}","{wanted[name]}"]' for name in sorted(wanted)) + "]",
    )


def entry(page: Page, word: str) -> None:
    """Wait for the page of a word, to its end."""
    page.locator(".lx h1.entry", has_text=re.compile(f"^{word}$")).wait_for()
    page.locator(".kwic caption", has_text="Sense 2").or_(page.get_by_text("too seldom")).last.wait_for()
    settle(page)


def test_from_a_search_to_a_word_into_the_text_and_back(
    browser: Browser, url: str, book: Book, faults: list[str]
) -> None:
    top = frequent(book)["word"].tolist()
    page = visit(browser, f"{url}/lexicon", faults)
    page.get_by_test_id("stDataFrame").wait_for()
    page.get_by_label("Look for a word").fill(top[0])
    page.get_by_label("Look for a word").press("Enter")
    settled(page, q=top[0])
    page.locator(".lx .found").wait_for()
    # the word in the first row
    page.locator(".stDataFrameGlideDataEditor").last.click(position={"x": 75, "y": 52})
    entry(page, top[0])
    settled(page, q=top[0], word=top[0])
    page.get_by_role("button", name="Next 20").click()
    settled(page, **{"q": top[0], "word": top[0], "from": "21"})
    rows = page.locator(".kwic").first.locator("tbody tr")
    page.locator(".kwic caption", has_text="21 to 40").wait_for()
    columns = rows.locator("td.k").evaluate_all("all => all.map(e => e.getBoundingClientRect().left)")
    assert len(set(columns)) == 1
    page.reload()
    entry(page, top[0])
    page.locator(".kwic caption", has_text="21 to 40").wait_for()

    first = rows.first.locator("a")
    asked = parse_qs(urlsplit(first.get_attribute("href") or "").query)["loc"][0]
    first.click()
    page.locator(".gb .asked-first, .gb .dna").first.wait_for()
    assert query(page)["loc"] == asked
    page.go_back()
    entry(page, top[0])
    page.get_by_role("button", name="All words").click()
    settled(page, q=top[0])
    page.get_by_test_id("stDataFrame").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save").click()
        page.get_by_role("button", name="Shown .tsv").click()
    saved = pd.read_csv(download.value.path(), sep="\t")
    assert saved["word"].iloc[0] == top[0]
    assert saved["word"].str.contains(top[0]).all()
    page.go_back()
    entry(page, top[0])
    assert faults == []


def test_no_word_leads_to_its_parts(browser: Browser, url: str, faults: list[str]) -> None:
    page = visit(browser, f"{url}/lexicon?q=TATACGATCAGGACT&how=exact", faults)
    parts = page.locator(".lx a.word")
    parts.first.wait_for()
    assert "".join(parts.all_inner_texts()) == "TATACGATCAGGACT"
    word = parts.first.inner_text()
    parts.first.click()
    entry(page, word)
    assert query(page) == {"q": "TATACGATCAGGACT", "how": "exact", "word": word}
    assert faults == []


@pytest.mark.parametrize(("width", "scheme"), [(400, "light"), (400, "dark"), (1280, "dark")])
def test_fits_any_screen(
    browser: Browser, url: str, book: Book, faults: list[str], width: int, scheme: str
) -> None:
    word = frequent(book)["word"].iloc[0]
    for path, part in (("lexicon?q=TA", "stDataFrame"), (f"lexicon?word={word}&lines=gloss", "")):
        page = visit(browser, f"{url}/{path}", faults, width, scheme)
        page.locator(f"[data-testid={part}]" if part else ".kwic").first.wait_for()
        page.wait_for_function(
            "() => [document.documentElement, document.querySelector('[data-testid=stMain]'),"
            " ...document.querySelectorAll('.gb')].every(e => e.scrollWidth <= e.clientWidth + 1)"
        )
        ink, paper = page.locator(".lx p").first.evaluate(
            "e => [getComputedStyle(e).color,"
            " getComputedStyle(document.querySelector('.stApp')).backgroundColor]"
        )
        light = [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in (ink, paper)]
        assert (light[0] > light[1]) == (scheme == "dark")
        page.close()
    assert faults == []
