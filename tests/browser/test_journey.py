"""One journey in a real browser: open, go to a gene, read on, share the link, take the letters home."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.support.browser import serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page
from tests.support.visit import CO1, at, loc, visit

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def url(chrm_book: Path) -> Iterator[str]:
    with serve(chrm_book) as address:
        yield address


def moved(page: Page, before: str) -> str:
    """Wait until the address bar has left `before` and the page has followed; return where it is."""
    page.wait_for_function("old => new URLSearchParams(location.search).get('loc') !== old", arg=before)
    at(page, loc(page))
    return loc(page)


def text(page: Page) -> str:
    return "\n".join(page.locator(".gb .dna").all_inner_texts())


def box(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Go to a place")


def letters(fasta: str) -> str:
    return "".join(line for line in fasta.splitlines() if not line.startswith(">"))


def test_journey(browser: Browser, url: str, chrm_fasta: Path, faults: list[str]) -> None:
    page = visit(browser, url, faults)
    page.get_by_text("set as a book").wait_for()
    page.get_by_role("link", name="Read", exact=True).click()
    page.wait_for_function(  # the box of Library goes when Read is drawn
        "() => [...document.querySelectorAll('.gb input')].some((input) => input.value.startsWith('chrM:1-'))"
    )
    page.locator(".gb .dna").first.wait_for()

    page.keyboard.press("/")
    page.keyboard.type("mt-co1")
    page.keyboard.press("Enter")
    at(page, "MT-CO1")
    assert page.title().startswith("MT-CO1")
    shown = text(page)
    reference = letters(chrm_fasta.read_text())
    gene = reference[5903:7445]
    assert gene in re.sub(r"\s", "", shown)

    with page.expect_download() as download:
        page.get_by_role("button", name="Copy or save").click()
        page.get_by_role("button", name="Download FASTA", exact=True).click()
    assert download.value.suggested_filename == "chrM_5904-7445.fa"
    saved = Path(download.value.path()).read_text()
    assert saved.startswith(f">{CO1}\n")
    assert letters(saved) == gene
    page.keyboard.press("Escape")

    other = visit(browser, page.url, faults)
    at(other, "MT-CO1")
    assert text(other) == shown

    page.reload()
    at(page, "MT-CO1")
    assert text(page) == shown

    box(page).fill("MT-RNR1")
    box(page).press("Enter")
    at(page, "MT-RNR1")
    shown = text(page)
    page.get_by_role("button", name="Next page (Right)").click()
    following = moved(page, "MT-RNR1")
    assert text(page) != shown
    page.keyboard.press("Shift+ArrowRight")
    third = moved(page, following)
    page.go_back()
    at(page, following)
    page.get_by_role("button", name="Forward", exact=True).click()
    at(page, third)
    assert faults == []


def test_the_first_visitor_of_a_server_may_come_by_a_link(
    browser: Browser, chrm_book: Path, faults: list[str]
) -> None:
    with serve(chrm_book) as fresh:
        page = visit(browser, f"{fresh}/read?loc={CO1}", faults)
        at(page, CO1)
        page.get_by_role("link", name="Library", exact=True).wait_for()
        assert urlsplit(page.url).path == "/read"
        assert page.get_by_role("link", name="shared").count() == 0
        steps = page.evaluate("history.length")
        page.close()
        page = visit(browser, f"{fresh}/read?loc={CO1}", faults)
        at(page, CO1)
        page.get_by_role("link", name="Library", exact=True).wait_for()
        assert page.evaluate("history.length") == steps  # the first came straight, too
        page.close()
    assert not [fault for fault in faults if "WebSocket" not in fault]


def test_selecting_the_page_copies_words(
    browser: Browser, url: str, chrm_fasta: Path, faults: list[str]
) -> None:
    page = visit(browser, f"{url}/read?loc={CO1}", faults)
    at(page, CO1)
    copied = page.evaluate(
        "() => { const all = getSelection();"
        " all.selectAllChildren(document.querySelector('.gb .row')); return all.toString() }"
    )
    assert re.fullmatch(r"[ACGTN\s]+", copied)
    assert re.sub(r"\s", "", copied) in letters(chrm_fasta.read_text())
    assert " " in copied.strip()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280, 2560])
@pytest.mark.parametrize("path", ["", f"read?loc={CO1}"])
def test_fits_any_screen(
    browser: Browser, url: str, faults: list[str], path: str, width: int, scheme: str
) -> None:
    page = visit(browser, f"{url}/{path}", faults, width, scheme)
    page.locator(".gb .dna").first.wait_for()
    page.locator("[data-testid=stMain]").wait_for()
    # once the page is laid out for good: a table may still be shrinking to its place
    page.wait_for_function(
        "() => [document.documentElement, document.querySelector('[data-testid=stMain]'),"
        " ...document.querySelectorAll('.gb')].every(e => e.scrollWidth <= e.clientWidth + 1)"
    )
    measure = page.locator(".gb .dna").first.evaluate(
        "e => e.clientWidth / parseFloat(getComputedStyle(e).fontSize)"
    )
    assert measure <= 50
    ground = page.locator(".stApp").evaluate("e => getComputedStyle(e).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", ground)[:3])) < 200) == (scheme == "dark")
    assert faults == []


def test_html_in_a_link_stays_text(browser: Browser, url: str, faults: list[str]) -> None:
    page = visit(browser, f"{url}/read?loc=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", faults)
    page.on("dialog", lambda dialog: faults.append(dialog.message))
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "<img src=x onerror=alert(1)>" in alert.inner_text().replace("\u2060", "")
    assert page.locator("img[src=x]").count() == 0
    assert faults == []
