"""Evidence and the log-odds track in a real browser: drawn, reached by keyboard, kept by back and links."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from genomebook.annotation.evidence import CONTROLS
from genomebook.book import Book
from genomebook.render.evidence.text import CONTROLS as EXPLAINED
from genomebook.render.signals import look
from tests.support.browser import serve
from tests.support.figures import made_up, put
from tests.support.visit import CO1, at, loc, visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

OPENED = """document.querySelector('details[open]').getAnimations({ subtree: true })
  .every(({ playState }) => playState !== 'running')"""


@pytest.fixture(scope="module")
def book(chrm_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("evidence") / "own.book"
    shutil.copytree(chrm_book, folder)
    put(folder, made_up())
    return Book.open(folder)


@pytest.fixture(scope="module")
def url(book: Book) -> Iterator[str]:
    with serve(book.path) as address:
        yield address


def test_from_the_text_to_its_evidence_and_back(
    browser: Browser, url: str, book: Book, faults: list[str]
) -> None:
    page = visit(browser, f"{url}/read?loc={CO1}", faults)
    at(page, CO1)
    assert page.locator(".odds").count() == 0
    page.get_by_role("button", name="Lines and tracks").click()
    page.get_by_text("Boundary strength").click()
    page.locator(".odds .slots i[title]").first.wait_for()
    shown = page.locator(".odds .slots").first.bounding_box()
    bar = page.locator(".odds .slots i[title]").nth(20).bounding_box()
    assert shown
    assert bar
    assert shown["x"] <= bar["x"] <= shown["x"] + shown["width"]
    assert bar["width"] >= 1

    mark = page.locator(".gb .stop").first
    page.locator(".gb .sentence").first.locator(".w").last.evaluate("e => { e.tabIndex = 0; e.focus() }")
    page.keyboard.press("ArrowRight")
    assert mark.evaluate("e => e === document.activeElement")
    said = mark.evaluate("e => [getComputedStyle(e, '::before').content, e.title]")
    assert f"({look(book.signal).label})" in said[1]
    assert said[1] in said[0]

    page.keyboard.press("Escape")
    page.locator(".gb .notes a").first.click()
    page.wait_for_function("before => new URLSearchParams(location.search).get('loc') !== before", arg=CO1)
    page.locator(".odds .slots i[title]").first.wait_for()
    here = loc(page)
    page.get_by_role("button", name="Lines and tracks").click()
    page.get_by_role("link", name="How far to trust").click()
    page.get_by_role("heading", name="Evidence", exact=True).wait_for()
    page.go_back()
    at(page, here)
    page.locator(".odds .slots i[title]").first.wait_for()
    assert faults == []


def test_evidence_is_plotted_listed_and_saved(
    browser: Browser, url: str, book: Book, faults: list[str]
) -> None:
    page = visit(browser, f"{url}/evidence", faults)
    for control in EXPLAINED.values():
        page.get_by_role("heading", name=control.heading).wait_for()
    page.locator(".js-plotly-plot .points path").first.wait_for()
    page.wait_for_function(
        "n => document.querySelectorAll('.js-plotly-plot .points').length >= n", arg=len(CONTROLS)
    )
    row = page.locator(".figures").nth(1)  # the first is the one of all at a glance
    assert not row.is_visible()
    page.get_by_text("The same figures as a table").first.click()
    row.wait_for()
    assert "0.5 (0.48 to 0.53)" in row.inner_text()
    page.wait_for_function(OPENED)  # what still moves slips away between the press and the release
    with page.expect_download() as download:
        page.get_by_role("button", name="Plot for print").first.click()
    assert Path(download.value.path()).read_text().startswith("<svg")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download .json").click()
    assert json.loads(Path(download.value.path()).read_text()) == json.loads(
        (book.path / "evidence" / "evidence.json").read_text()
    )
    page.get_by_role("button", name="unexpected words", exact=True).click()
    page.wait_for_function("new URLSearchParams(location.search).get('signals') === 'shift,switch'")
    page.reload()
    page.locator(".js-plotly-plot").first.wait_for()
    chosen = page.get_by_role("button", name="unexpected words", exact=True)
    chosen.wait_for()
    assert "unexpected words" not in str(page.locator(".js-plotly-plot .legend").first.text_content())
    assert faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("path", [f"read?loc={CO1}&track=on", "evidence"])
def test_fits_any_screen(
    browser: Browser, url: str, faults: list[str], path: str, width: int, scheme: str
) -> None:
    page = visit(browser, f"{url}/{path}", faults, width, scheme)
    page.locator("[data-testid=stMain] .odds, .js-plotly-plot").first.wait_for()
    wide = page.evaluate(
        "() => [document.documentElement, document.querySelector('[data-testid=stMain]'),"
        " ...document.querySelectorAll('.gb, .odds, .slots, [data-testid=stPlotlyChart]')]"
        ".filter(e => e.scrollWidth > e.clientWidth + 3).length"
    )
    assert wide == 0
    if "read" in path:
        thinnest = page.locator(".odds .slots i[title]").evaluate_all(
            "all => Math.min(...all.map(e => e.getBoundingClientRect().width))"
        )
        assert thinnest > 0.5
        ink, paper = page.locator(".odds .slots i[title]").first.evaluate(
            "e => [getComputedStyle(e, '::before').backgroundColor,"
            " getComputedStyle(document.querySelector('.stApp')).backgroundColor]"
        )
        light = [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in (ink, paper)]
        assert (light[0] > light[1]) == (scheme == "dark")
    assert faults == []
