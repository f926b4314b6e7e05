"""Every page in a browser: nothing moves while it loads, axe-core finds nothing serious, the menu is ours."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from genomebook.book import Book
from genomebook.pipeline.search.index import search_index
from tests.support.browser import serve
from tests.support.visit import visit
from tests.support.visual import layout_shift, violations

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

MAX_SHIFT = 0.1
PAGES = (
    *("", "read?loc=ALPHA", "read?loc=nowhere:1", "lexicon", "lexicon?word={word}"),
    *("atlas", "search", "search?loc=ALPHA", "evidence"),
    *("ask", "ask?q=reverse+complement&loc=ALPHA", "ask?view=scan&loc=ALPHA", "ask?view=batch"),
    "ask?q=is+it&task=promoter-core-tata&loc=ALPHA",
    *("class?tour=1", "class?tour=6&large=on", "class?view=game&seed=7&answers=01", "class?view=glossary"),
)


@pytest.fixture(scope="module")
def book(equipped_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("pages") / "pages.book"
    shutil.copytree(equipped_book, folder, ignore=shutil.ignore_patterns("search"))
    search_index(folder, encoder=None, workers=1)
    return Book.open(folder)


@pytest.fixture(scope="module")
def url(book: Book) -> Iterator[str]:
    with serve(book.path) as address:
        yield address


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("path", PAGES)
def test_nothing_moves_and_nothing_serious_is_found(
    browser: Browser, url: str, book: Book, faults: list[str], path: str, width: int
) -> None:
    table = book.lexicon.table
    word = str(table.loc[table["count"].idxmax(), "word"])
    for scheme in ("light", "dark"):
        page = visit(browser, f"{url}/{path.format(word=word)}", faults, width, scheme)
        if "glossary" not in path and not path.startswith("read"):
            page.locator("a.term").first.wait_for(state="attached")  # terms are explained on every page
        assert layout_shift(page) < MAX_SHIFT
        assert violations(page) == []
        assert page.locator("h1").count() == 1
        assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= width
        assert str(book.path.parent) not in page.content()
        page.close()
    assert faults == []


def test_a_term_is_explained_once_by_pointer_keyboard_and_finger(
    browser: Browser, url: str, faults: list[str]
) -> None:
    meaning = "node => getComputedStyle(node, '::after').content"
    page = visit(browser, f"{url}/lexicon", faults, width=400)
    term = page.locator(".gb a.term").first
    page.wait_for_function("document.querySelectorAll('a.term').length > 3")
    links = page.locator("a.term").evaluate_all("nodes => nodes.map((node) => node.search)")
    assert len(set(links)) == len(links)
    assert term.evaluate(meaning) == "none"
    term.hover()
    assert len(term.evaluate(meaning)) > 40
    page.keyboard.press("Escape")
    assert term.evaluate(meaning) == "none"
    page.mouse.move(0, 0)
    page.keyboard.press("Tab")
    term.focus()
    assert len(term.evaluate(meaning)) > 40
    page.evaluate("document.activeElement.blur()")
    tap = """node => ["pointerdown", "click"].map((type) => node.dispatchEvent(
        new PointerEvent(type, { pointerType: "touch", bubbles: true, cancelable: true })))[1]"""
    assert not term.evaluate(tap)  # held back: the page stays
    assert len(term.evaluate(meaning)) > 40
    term.evaluate(tap)
    page.wait_for_url("**/class?view=glossary&term=*")
    assert faults == []


def test_terms_of_the_page_read_are_explained(browser: Browser, url: str, faults: list[str]) -> None:
    page = visit(browser, f"{url}/read?loc=ALPHA", faults)
    page.keyboard.press("?")
    page.locator(".gr .panel a.term", has_text="paragraph").first.wait_for()
    assert page.locator(".gr .text a.term").count() == 0  # the letters stay as they are
    assert faults == []


def test_the_menu_offers_what_is_ours(browser: Browser, url: str, faults: list[str]) -> None:
    page = visit(browser, url, faults)
    page.get_by_test_id("stMainMenu").get_by_role("button").click()
    said = page.get_by_test_id("stMainMenuList").inner_text()
    assert "About" in said
    assert "Dark" in said
    assert "screencast" not in said
    assert not page.get_by_text("Made with Streamlit").is_visible()


def test_links_of_the_text_open_without_a_reload(
    browser: Browser, url: str, book: Book, faults: list[str]
) -> None:
    page = visit(browser, f"{url}/lexicon?q=TA", faults)
    page.evaluate("window.stayed = true")
    link = page.locator(".lx a.word").first
    word = link.locator("span").first.inner_text()
    link.focus()
    page.keyboard.press("Enter")
    page.locator(".lx h1.entry", has_text=word).first.wait_for()
    page.locator(".kwic tbody a").first.click()
    page.wait_for_url("**/read?loc=*")
    page.go_back()
    page.locator(".lx h1.entry", has_text=word).first.wait_for()
    assert page.evaluate("window.stayed")
    assert faults == []
