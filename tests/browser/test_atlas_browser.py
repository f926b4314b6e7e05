"""The Atlas in a real browser: drawn by WebGL, a box selects words, links lead on, it fits any screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from genomebook.book import Book
from tests.support.browser import serve
from tests.support.made_atlas import READER, mapped
from tests.support.visit import visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def book(chrm_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Book:
    return mapped(chrm_book, tmp_path_factory.mktemp("atlas"))


@pytest.fixture(scope="module")
def url(book: Book) -> Iterator[str]:
    with serve(book.path) as address:
        yield f"{address}/atlas?reader={READER}"


def wait_for_points(page: Page) -> None:
    """Wait until a map is drawn: by WebGL some pixel of its canvas has a colour, or plotly says it cannot."""
    page.locator(".nsewdrag").first.wait_for()
    page.wait_for_function(
        """() => [...document.querySelectorAll('.gl-canvas')].some(canvas => {
            const copy = document.createElement('canvas');
            copy.width = canvas.width; copy.height = canvas.height;
            const flat = copy.getContext('2d');
            flat.drawImage(canvas, 0, 0);
            return flat.getImageData(0, 0, copy.width, copy.height).data.some(value => value > 0);
        }) || document.querySelector('.no-webgl')"""
    )


def test_a_box_selects_words_and_their_links_lead_on(
    browser: Browser, url: str, book: Book, faults: list[str]
) -> None:
    page = visit(browser, f"{url}&english=on", faults)
    wait_for_points(page)
    assert page.get_by_role("figure").first.get_attribute("aria-label").startswith("Map of words, input")
    box = page.locator(".nsewdrag").first.bounding_box()
    assert box
    x, y, wide, high = box["x"], box["y"], box["width"], box["height"]
    page.mouse.move(x + 0.4 * wide, y + 0.3 * high)
    page.mouse.down()
    page.mouse.move(x + 0.6 * wide, y + 0.7 * high, steps=8)
    page.mouse.up()
    caption = page.locator(".gb caption").filter(has_text="words selected")
    caption.wait_for()
    count = int(caption.inner_text().split()[0])
    assert 10 < count < 200
    known = set(book.lexicon.table["word"])
    words = page.locator(".gb .figures").first.locator("tbody th").all_inner_texts()
    assert len(words) == count
    assert set(words) <= known

    page.get_by_text("Random weights", exact=True).click()
    page.wait_for_function("location.search.includes('weights=random')")
    page.get_by_text("Random weights: words, input").wait_for()
    assert caption.inner_text().startswith(f"{count} words selected")
    page.go_back()
    page.wait_for_function("!location.search.includes('weights')")
    page.get_by_text("Trained: words, input").wait_for()
    caption.wait_for()

    link = page.locator(".gb .figures a").first
    word = link.inner_text()
    link.click()
    page.wait_for_url("**/lexicon?*")
    assert parse_qs(urlsplit(page.url).query)["word"] == [word]
    assert faults == []


@pytest.mark.parametrize(("width", "scheme"), [(400, "light"), (400, "dark"), (1280, "dark")])
def test_fits_any_screen(browser: Browser, url: str, faults: list[str], width: int, scheme: str) -> None:
    page = visit(browser, f"{url}&weights=both&find=GGG&colour=tag", faults, width, scheme)
    wait_for_points(page)
    page.locator(".gb caption").first.wait_for()
    wide = page.evaluate(
        "() => [document.documentElement, document.querySelector('[data-testid=stMain]'),"
        " ...document.querySelectorAll('.gb, [data-testid=stPlotlyChart]')]"
        ".filter(e => e.scrollWidth > e.clientWidth + 3).length"
    )
    assert wide == 0
    assert faults == []
