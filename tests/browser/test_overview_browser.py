"""The overview in a real browser: by keys, wheel and clicks to the letters; print; accessibility."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from genomebook.pipeline.overview import overview
from tests.support import books, pdf_text
from tests.support.browser import serve
from tests.support.visit import loc, painted, visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, Route

pytestmark = pytest.mark.browser

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Two long volumes, one of a single letter, and many small ones."""
    folder = tmp_path_factory.mktemp("seen")
    records = {
        "chr1": books.letters(600_000, 1),
        "chr2": b"N" * 2000 + books.letters(300_000, 2),
        "dot": b"A",
    }
    records |= {f"c{number}": books.letters(40, number) for number in range(60)}
    (folder / "x.fa").write_bytes(books.fasta(records))
    (folder / "g.gff3").write_text(
        "##gff-version 3\n"
        f"chr1\t.\tgene\t300001\t320000\t.\t+\t.\tName={EVIL.replace('=', '%3D')}\n"
        "chr2\t.\tgene\t5001\t9000\t.\t-\t.\tName=TWO\n"
    )
    book = books.make(folder / "x.fa", folder / "x.book", genes=folder / "g.gff3", title="Seen from afar")
    overview(book.path)
    with serve(book.path) as address:
        yield address


def canvas(page: Page) -> Locator:
    """The overview once it is drawn: before its data have come there is nothing to click on."""
    shown = page.locator(".ov canvas")
    shown.wait_for()
    page.wait_for_function("() => document.querySelector('.ov-text')?.textContent")
    return shown


def said(page: Page, text: str) -> None:
    """Wait until the text alternative says something."""
    page.wait_for_function("text => document.querySelector('.ov-text')?.textContent.includes(text)", arg=text)


def press(page: Page, key: str, times: int = 1) -> None:
    for _ in range(times):
        page.locator(".ov canvas").press(key)


def test_from_all_volumes_to_single_letters_by_keys(browser: Browser, url: str, faults: list[str]) -> None:
    page = visit(browser, url, faults)
    canvas(page).focus()
    said(page, "Whole genome: chr1, chr2")
    assert "the longest of 63" in (page.locator(".ov-where").text_content() or "")
    press(page, "Enter")
    said(page, "chr1:1-600,000")
    said(page, EVIL)
    press(page, "+", 13)
    page.wait_for_function("() => / [4-9][0-9] bases/.test(document.querySelector('.ov-text').textContent)")
    press(page, "ArrowRight")
    press(page, "-", 14)
    said(page, "Whole genome")
    press(page, "ArrowDown")
    said(page, "chr2 is chosen")
    assert not faults


def test_wheel_drag_and_click_lead_into_the_text(browser: Browser, url: str, faults: list[str]) -> None:
    page = visit(browser, url, faults)
    box = canvas(page).bounding_box()
    assert box
    page.locator(".ov canvas").scroll_into_view_if_needed()
    page.locator(".ov canvas").click(position={"x": box["width"] / 2, "y": 8})
    said(page, "chr1:1-600,000")
    page.locator(".ov canvas").hover(position={"x": box["width"] / 2, "y": 120})
    page.mouse.wheel(0, -900)
    text = "document.querySelector('.ov-text').textContent"
    page.wait_for_function(f"() => !{text}.includes('600,000 bases')")
    before = page.locator(".ov-text").text_content()
    page.mouse.down()
    page.mouse.move(200, 300, steps=5)
    page.mouse.up()
    page.wait_for_function(f"before => {text} !== before", arg=before)
    page.locator(".ov canvas").click(position={"x": box["width"] / 2, "y": 120})
    page.wait_for_url("**/read?*")
    assert loc(page).startswith("chr1:")
    assert not faults


def test_two_fingers_zoom(browser: Browser, url: str, faults: list[str]) -> None:
    page = visit(browser, url, faults)
    shown = canvas(page)
    shown.scroll_into_view_if_needed()
    box = shown.bounding_box()
    assert box
    shown.click(position={"x": box["width"] / 2, "y": 8})
    said(page, "chr1:1-600,000")
    fingers = page.context.new_cdp_session(page)
    fingers.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})
    middle, y = box["x"] + box["width"] / 2, box["y"] + 60

    def pinch(*halves: int) -> int:
        """Put two fingers down, move them apart or together, and take them up; bases in view then."""
        for half in halves:
            points = [{"x": middle + side * half, "y": y, "id": side + 1} for side in (-1, 1)]
            kind = "touchStart" if half == halves[0] else "touchMove"
            fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        painted(page)
        bases = re.search(r"([\d,]+) bases", page.locator(".ov-text").text_content() or "")
        assert bases
        return int(bases[1].replace(",", ""))

    near = pinch(50, 80, 120, 200)
    assert 120_000 < near < 180_000  # four times as far apart: a quarter of the bases
    assert near < pinch(200, 150, 100) < 400_000
    assert not faults


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280, 2560])
def test_it_fits_any_screen_and_is_accessible(
    browser: Browser, url: str, faults: list[str], width: int, scheme: str
) -> None:
    page = visit(browser, url, faults, width, scheme)
    canvas(page)
    said(page, "Whole genome")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    seen = Axe().run(page, context=".ov").response["violations"]
    assert [each["id"] for each in seen if each["impact"] in ("serious", "critical")] == []
    assert not faults


def test_a_page_prints_without_controls(browser: Browser, url: str, faults: list[str]) -> None:
    page = visit(browser, f"{url}/read?loc=chr2", faults)
    page.locator(".gr .dna").first.wait_for()
    page.emulate_media(media="print")
    for hidden in (".gr-bar", '[data-testid="stHeader"]'):
        assert not page.locator(hidden).first.is_visible()
    assert page.locator(".gr .dna").first.is_visible()
    for paper, width in (("A4", 595), ("Letter", 612)):
        made = page.pdf(format=paper)
        assert f"/MediaBox [0 0 {width}".encode() in made
    assert not faults


def test_figures_are_saved_from_the_page(
    browser: Browser, url: str, faults: list[str], tmp_path: Path
) -> None:
    page = visit(browser, f"{url}/read?loc=chr2:5,001-5,600", faults)
    page.locator(".gr .dna").first.wait_for()
    page.get_by_role("button", name="Copy or save").click()
    for label, start in (("The page, PDF", b"%PDF"), ("Genes and profiles, SVG", b"<svg")):
        with page.expect_download() as file:
            page.get_by_role("button", name=f"Download {label}").click()
        content = Path(file.value.path()).read_bytes()
        assert content.startswith(start)
        if start == b"%PDF":
            assert "Seen from afar" in pdf_text.pages_text(content)[0]
    assert not faults


def test_room_is_kept_until_the_script_has_come(browser: Browser, url: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/assets/overview.*.js", hold)
    page.goto(url)
    height = "document.querySelector('.ov canvas')?.getBoundingClientRect().height"
    page.wait_for_function(height)
    before = page.evaluate(height)
    for route in held:
        route.continue_()
    page.unroute("**/assets/overview.*.js")
    canvas(page)
    painted(page)
    assert page.evaluate(height) == before > 100
    page.close()
