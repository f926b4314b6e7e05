"""What is on the screen before Streamlit is there, and without a script: the text, and it stays in place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from genomebook.book import Book
from genomebook.render.page.make import PageMaker
from tests.support.browser import serve
from tests.support.visit import at, settle, visit
from tests.support.visual import layout_shift, violations

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.browser

STREAMLIT = "**/static/js/index.*.js"
PLACES = """() => [...document.querySelectorAll('.gr .w, .gr-bar, .gr .box')].map((each) => {
  const { left, top, width, height } = each.getBoundingClientRect();
  return [left, top, width, height].map(Math.round).join(' ') })"""


@pytest.fixture(scope="module")
def url(chrm_book: Path) -> Iterator[str]:
    with serve(chrm_book) as address:
        yield address


def opened(browser: Browser, address: str, held: list[Route], **options: object) -> Page:
    """Open an address with Streamlit held back until somebody lets it go on."""
    page = browser.new_page(**options)  # type: ignore[arg-type]
    page.route(STREAMLIT, lambda route: held.append(route))
    page.goto(address, wait_until="commit")
    page.locator(".gr .sheet:not([aria-busy])").wait_for()
    return page


def go_on(page: Page, held: list[Route]) -> None:
    """Let Streamlit start."""
    while held:
        held.pop().continue_()
    page.unroute(STREAMLIT)


@pytest.mark.parametrize("width", [400, 1280, 2560])
def test_the_text_is_there_before_streamlit_and_stays_where_it_is(
    browser: Browser, url: str, chrm_book: Path, width: int
) -> None:
    held: list[Route] = []
    page = opened(browser, f"{url}/read?loc=MT-CO1", held, viewport={"width": width, "height": 900})
    maker = PageMaker(Book.open(chrm_book))
    data = maker.land(*maker.ask("MT-CO1"))
    assert page.locator(".gr .w").all_inner_texts() == data.words.text
    assert page.locator(".gr [data-aa]").count() > 100
    assert page.locator('[data-testid="stApp"]').count() == 0
    assert violations(page) == []
    page.locator(".gr .box").focus()
    before = page.evaluate(PLACES)
    go_on(page, held)
    settle(page)
    assert page.evaluate(PLACES) == before
    assert page.locator('[data-testid="stMain"] .gr').count() == 1
    assert page.evaluate("document.activeElement.className") == "box"
    assert layout_shift(page) < 0.1
    page.close()


def test_what_is_asked_meanwhile_is_answered(browser: Browser, url: str) -> None:
    held: list[Route] = []
    page = opened(browser, f"{url}/read?loc=chrM:1-100", held)
    page.locator(".gr .box").fill("MT-ND5")
    page.keyboard.press("Enter")
    go_on(page, held)
    at(page, "MT-ND5")
    page.close()


def test_the_last_place_is_there_at_once(browser: Browser, url: str, faults: list[str]) -> None:
    page = visit(browser, f"{url}/read?loc=MT-CYB", faults)
    at(page, "MT-CYB")
    page.route(STREAMLIT, lambda route: route.abort())
    page.goto(f"{url}/read", wait_until="commit")
    page.wait_for_url("**/read?loc=MT-CYB")
    page.locator("#gb-early .asked-first").wait_for()
    page.close()


def test_without_the_script_of_the_reader_the_app_starts(browser: Browser, url: str) -> None:
    page = browser.new_page()
    page.route("**/assets/reader.*.js", lambda route: route.abort())
    page.goto(f"{url}/read?loc=MT-CYB", wait_until="commit")
    page.get_by_test_id("stApp").wait_for()
    assert page.locator("#gb-early").count() == 0
    page.close()


def test_a_place_that_is_not_there_is_one_line(browser: Browser, url: str, faults: list[str]) -> None:
    page = visit(browser, f"{url}/read?loc=nowhere:1", faults)
    page.get_by_test_id("stAlert").get_by_text("nowhere").wait_for()
    assert page.locator("#gb-early").count() == 0
    assert faults == []


def test_without_a_script_read_leads_to_the_plain_page(browser: Browser, url: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 400, "height": 860})
    page = context.new_page()
    page.goto(f"{url}/read?loc=MT-ND1")
    page.wait_for_url("**/plain?loc=MT-ND1")
    page.get_by_role("link", name="Next page").first.click()
    page.wait_for_url("**/plain?loc=chrM*")
    page.get_by_label("Go to a place").fill("MT-CYB")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="MT-CYB, chrM").wait_for()
    page.goto(url)
    page.get_by_role("link", name="The text can be read without it").click()
    page.wait_for_url("**/plain")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280, 2560])
def test_the_plain_page_fits_and_is_accessible(browser: Browser, url: str, width: int, scheme: str) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    for query in ("loc=MT-ND1&lines=gloss", "loc=nowhere", "go=TATAWAW"):
        page.goto(f"{url}/plain?{query}")
        assert violations(page, ("minor", "moderate", "serious", "critical")) == []
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    page.close()


def test_the_theme_is_kept_for_the_next_visit_to_any_page(
    browser: Browser, url: str, faults: list[str]
) -> None:
    page = visit(browser, f"{url}/read?loc=MT-CO1", faults)
    at(page, "MT-CO1")
    page.get_by_test_id("stMainMenu").get_by_role("button").click()
    page.get_by_test_id("stMainMenuList").get_by_text("Dark").click()
    ground = "() => getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
    page.wait_for_function(f"({ground})() === 'rgb(22, 24, 27)'")
    page.goto(f"{url}/lexicon")
    settle(page)
    assert page.evaluate(ground) == "rgb(22, 24, 27)"
    held: list[Route] = []
    page.route(STREAMLIT, lambda route: held.append(route))
    page.goto(f"{url}/read?loc=MT-CO1", wait_until="commit")
    page.locator("#gb-early .w").first.wait_for()
    early = "() => getComputedStyle(document.getElementById('gb-early')).backgroundColor"
    assert page.evaluate(early) == "rgb(22, 24, 27)"
    go_on(page, held)
    settle(page)
    assert faults == []
