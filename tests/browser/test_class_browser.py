"""The page Class in a browser: the tour by keyboard, on a projector, and a game that lives in its address."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.browser import serve
from tests.support.visit import settle, visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def url(class_book: Path) -> Iterator[str]:
    with serve(class_book) as address:
        yield address


def test_the_tour_by_keyboard(browser: Browser, url: str, faults: list[str]) -> None:
    page = visit(browser, f"{url}/class?tour=2&large=on", faults, width=2560)
    settle(page)
    page.locator("h2", has_text="2. ").wait_for()
    page.keyboard.press("ArrowRight")
    page.locator("h2", has_text="4. ").wait_for()  # the book has no Alu
    assert "tour=4" in page.url
    assert "large=on" in page.url
    answer = page.locator("details.answer")
    assert answer.get_attribute("open") is None
    page.locator("details.answer summary").focus()
    page.keyboard.press("Enter")
    page.locator("details.answer[open]").wait_for()
    assert page.locator("h2").evaluate("node => parseFloat(getComputedStyle(node).fontSize)") > 40
    page.locator("a.term").first.focus()
    shown = page.locator("a.term").first.evaluate("node => getComputedStyle(node, '::after').content")
    assert len(shown) > 40
    page.keyboard.press("ArrowLeft")
    page.locator("h2", has_text="2. ").wait_for()
    assert faults == []


def test_a_game_by_keyboard(browser: Browser, url: str, faults: list[str]) -> None:
    page = visit(browser, f"{url}/class?view=game&seed=17", faults, width=400)
    settle(page)
    page.get_by_text("Round 1 of 20").wait_for()
    page.keyboard.press("1")
    page.get_by_text("Round 2 of 20").wait_for()
    page.keyboard.press("2")
    page.get_by_text("Round 3 of 20").wait_for()
    assert "answers=01" in page.url
    score = page.locator(".gb.class", has_text="of 2 right").inner_text()
    page.reload()
    page.get_by_text("Round 3 of 20").wait_for()
    assert page.locator(".gb.class", has_text="of 2 right").inner_text().split(".")[0] in score
    assert faults == []


def test_the_hand_outs_are_saved(browser: Browser, url: str, faults: list[str], tmp_path: Path) -> None:
    page = visit(browser, f"{url}/class", faults)
    settle(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save the hand-outs as PDF").first.click()
    waiting.value.save_as(tmp_path / "handout.pdf")
    assert (tmp_path / "handout.pdf").read_bytes().startswith(b"%PDF-")
    assert faults == []
