"""The box in a real browser, the same on every page: suggestions while one types, chosen by keys or mouse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.browser import serve
from tests.support.visit import visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def url(chrm_book: Path) -> Iterator[str]:
    with serve(chrm_book) as address:
        yield address


@pytest.mark.parametrize("name", ["", "read", "lexicon", "atlas", "search", "evidence"])
def test_suggestions_are_chosen_by_keys(browser: Browser, url: str, faults: list[str], name: str) -> None:
    page = visit(browser, f"{url}/{name}", faults)
    box = page.get_by_role("combobox", name="Go to a place")
    options = page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    box.wait_for()
    page.keyboard.press("/")
    page.keyboard.type("mt-nd")
    options.first.wait_for()
    assert box.get_attribute("aria-expanded") == "true"
    first = options.first.inner_text()
    page.keyboard.press("ArrowUp")  # from the text to the last
    assert options.last.get_attribute("aria-selected") == "true"
    page.keyboard.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    page.keyboard.press("Escape")
    assert options.count() == 0
    assert box.input_value() == "mt-nd"
    page.keyboard.type("1")
    options.first.wait_for()
    assert "MT-ND1" in first
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/read?loc=MT-ND1")
    page.locator(".gr .w").first.wait_for()
    assert faults == []
    page.close()


def test_a_click_chooses_and_a_motif_leads_to_search(browser: Browser, url: str, faults: list[str]) -> None:
    page = visit(browser, f"{url}/lexicon", faults, width=400)
    box = page.get_by_role("combobox", name="Go to a place")
    box.fill("RGGTCANN")
    box.press("Enter")
    page.wait_for_url("**/search?motif=RGGTCANN")
    page.get_by_role("combobox", name="Go to a place").fill("mt-co1")
    page.get_by_role("option").first.click()
    page.wait_for_url("**/read?loc=MT-CO1")
    assert faults == []
    page.close()
