"""A file of one's own on Read, in a real browser: shown in the text, stepped through, refused in one line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.browser import serve
from tests.support.track_files import written
from tests.support.visit import visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

PADDING = "#\n" * 2_000_000
"""4 MB: more than a server took once."""
BED = "".join(f"MT\t{n}\t{n + 40}\t<b>mine{n}</b>\t0\t+\n" for n in range(6_000, 12_000, 500))


@pytest.fixture(scope="module")
def url(chrm_book: Path) -> Iterator[str]:
    with serve(chrm_book) as address:
        yield f"{address}/read?loc=chrM:5904-7445"


def opened(browser: Browser, url: str, faults: list[str], width: int = 1280) -> Page:
    page = visit(browser, url, faults, width)
    page.get_by_label("More: contents", exact=False).click()
    page.get_by_label("Show a file of your own").click()
    page.locator("input[type=file]").wait_for(state="attached")
    return page


@pytest.mark.parametrize("width", [400, 1280])
def test_a_file_is_shown_and_stepped_through(
    browser: Browser, url: str, faults: list[str], tmp_path: Path, width: int
) -> None:
    page = opened(browser, url, faults, width)
    assert page.locator(".f-other").count() == 0
    page.locator("input[type=file]").set_input_files(written(tmp_path, "mine.bed", PADDING + BED))
    page.get_by_text("mine, your file: 12 rows").wait_for()
    page.locator(".sheet .f-other").first.wait_for()
    assert page.get_by_text("<b>mine6000</b>").first.count() == 1
    page.get_by_label("More: contents", exact=False).click()
    for place in ("6001-6040", "6501-6540"):
        page.get_by_label("Next of mine, your file").click()
        page.wait_for_url(f"**loc=chrM%3A{place}**")
    page.get_by_label("Previous of mine, your file").click()
    page.wait_for_url("**loc=chrM%3A6001-6040**")
    page.get_by_label("More: contents", exact=False).click()
    page.get_by_role("button", name="Remove").click()
    page.locator(".sheet .f-other").first.wait_for(state="detached")
    assert faults == []
    page.close()


def test_a_bad_file_is_refused_and_the_page_stays(
    browser: Browser, url: str, faults: list[str], tmp_path: Path
) -> None:
    page = opened(browser, url, faults)
    page.locator("input[type=file]").set_input_files(written(tmp_path, "bad.bed", "chrM\t1\t99999\n"))
    page.get_by_text("lie beyond the end").wait_for()
    assert page.locator(".gr .w").count() > 100
    assert faults == []
    page.close()
