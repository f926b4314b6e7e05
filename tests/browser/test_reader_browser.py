"""The reader in a real browser: what is on the first screen, where one lands, turning, selecting, keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from genomebook.book import Book
from genomebook.genome.regions import Region
from genomebook.render.page.data import PageData
from genomebook.render.page.make import PageMaker
from tests.support.browser import serve
from tests.support.visit import at, settle, visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

SHIFTS = """window.shifts = 0; new PerformanceObserver(list => { for (const entry of list.getEntries())
  if (!entry.hadRecentInput) window.shifts += entry.value
}).observe({ type: 'layout-shift', buffered: true })"""
ON_SCREEN = """() => {
  const words = [...document.querySelectorAll('.gr .w')];
  const seen = words.filter(w => {
    const r = w.getBoundingClientRect();
    return r.top >= 0 && r.bottom <= innerHeight && r.left >= 0 && r.right <= innerWidth;
  });
  return [words[0].getBoundingClientRect().top, seen.map(w => w.textContent).join('').length] }"""


@pytest.fixture(scope="module")
def url(chrm_book: Path) -> Iterator[str]:
    with serve(chrm_book) as address:
        yield address


@pytest.fixture(scope="module")
def first(chrm_book: Path) -> PageData:
    """The first page of the book."""
    maker = PageMaker(Book.open(chrm_book))
    return maker.land(*maker.ask("chrM"))


def read(browser: Browser, url: str, loc: str, faults: list[str], width: int = 1280) -> Page:
    page = visit(browser, f"{url}/read?loc={loc}", faults, width)
    at(page, loc)
    return page


@pytest.mark.parametrize(("width", "height", "top", "letters"), [(1280, 900, 130, 900), (400, 860, 190, 160)])
def test_the_first_screen_is_text(
    browser: Browser, url: str, first: PageData, width: int, height: int, top: int, letters: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": height})
    page.add_init_script(SHIFTS)
    page.goto(f"{url}/read?loc={first.address}")
    settle(page)
    start, seen = page.evaluate(ON_SCREEN)
    assert start <= top
    assert seen >= letters
    assert page.locator(".gr-bar").bounding_box()["height"] <= 48  # type: ignore[index]
    assert page.evaluate("window.shifts") < 0.1


@pytest.mark.parametrize(("width", "height", "top"), [(1280, 900, 130), (400, 860, 190)])
def test_a_line_over_the_first_paragraph_leaves_the_text_on_top(
    browser: Browser, url: str, chrm_book: Path, width: int, height: int, top: int
) -> None:
    maker = PageMaker(Book.open(chrm_book))
    volume = maker.book["chrM"]
    first = next(
        data
        for unit in volume.table("paragraphs").spans(3107, volume.length)
        if (data := maker.page(Region("chrM", unit[0], volume.length))).paragraphs[0].head and data.residues
    )
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(f"{url}/read?loc={first.address}")
    page.locator(".gr .is").first.wait_for()
    settle(page)
    assert page.evaluate(ON_SCREEN)[0] <= top


@pytest.mark.parametrize("width", [400, 1280, 2560])
@pytest.mark.parametrize(
    ("loc", "position"), [("chrM:5904-7445", 5903), ("MT-ND6", 14672), ("chrM:9000-9000", 8999)]
)
def test_one_lands_at_the_place(
    browser: Browser, url: str, faults: list[str], loc: str, position: int, width: int, chrm_book: Path
) -> None:
    page = read(browser, url, loc, faults, width)
    marked = page.locator(".gr .asked, .gr .asked-first, .gr .asked-last")
    landed = marked.last if loc == "MT-ND6" else marked.first
    assert landed.inner_text() == Book.open(chrm_book)["chrM"].sequence(position, position + 1).decode()
    box = landed.bounding_box()
    assert box
    assert 80 < box["y"] < 900
    if loc == "chrM:9000-9000" and width < 2560:
        assert 300 < box["y"] < 600  # in the middle of the screen
    assert faults == []


def test_the_screen_is_drawn_at_once_and_the_page_whole_after_it(
    browser: Browser, url: str, first: PageData, faults: list[str]
) -> None:
    page = read(browser, url, first.address, faults)
    turned = """() => {
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
      const words = [...document.querySelectorAll('.gr .w')];
      return [words.length, words.at(-1).getBoundingClientRect().bottom > innerHeight]}"""
    drawn, is_full = page.evaluate(turned)
    assert is_full
    page.locator(".gr .sheet:not([aria-busy])").wait_for()
    assert page.locator(".gr .w").count() > drawn  # a paragraph of 5,408 bases
    assert faults == []


def test_a_turn_is_painted_before_python_answers(
    browser: Browser, url: str, first: PageData, faults: list[str]
) -> None:
    page = read(browser, url, first.address, faults)
    label = """key => { document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
      return document.querySelector('.gr .sheet').ariaLabel }"""
    assert first.around.next
    assert page.evaluate(label, "ArrowRight").replace(",", "") == first.around.next.address
    at(page, first.around.next.address)
    assert page.evaluate(label, "ArrowLeft").replace(",", "").startswith("chrM:1-")
    at(page, first.address)
    assert faults == []


def test_the_tab_key_passes_box_turn_text(
    browser: Browser, url: str, first: PageData, faults: list[str]
) -> None:
    page = read(browser, url, first.address, faults)
    page.keyboard.press("/")
    focused = "[document.activeElement.className, document.activeElement.ariaLabel]"
    assert page.evaluate(focused)[0] == "box"
    page.keyboard.press("Tab")
    assert page.evaluate(focused)[1].startswith("Next page")  # there is none before the first
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate(focused)[0] == "w":
            break
    assert page.evaluate("document.activeElement.dataset.n") == "0"


def test_what_is_selected_can_be_taken_and_the_strand_turned(
    browser: Browser, url: str, first: PageData, faults: list[str], chrm_book: Path
) -> None:
    page = read(browser, url, first.address, faults)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sequence = Book.open(chrm_book)["chrM"].sequence(first.start, first.end).decode()
    reverse = sequence[::-1].translate(str.maketrans("ACGT", "TGCA"))

    def copied(name: str) -> str:
        page.evaluate(
            "() => { const words = [...document.querySelectorAll('.gr .w')]"
            ".filter(w => w.firstChild.nodeType === 3 && w.textContent.length > 2);"
            " getSelection().setBaseAndExtent(words[1].firstChild, 1, words[6].firstChild, 2) }"
        )
        page.locator(".chosen").get_by_role("button", name=name).click()
        page.get_by_text("Copied").wait_for()
        text: str = page.evaluate("navigator.clipboard.readText()")
        return text

    dna = copied("Copy the DNA of the selection")
    assert len(dna) > 10
    assert dna in sequence
    assert copied("Copy the reverse complement") in reverse
    page.keyboard.press("r")
    page.locator(".gr .sheet:not([aria-busy])").wait_for()
    shown = page.locator(".gr .w").all_inner_texts()
    assert "".join(shown) == reverse
    assert copied("Copy the DNA of the selection") in reverse
    assert faults == []


def test_place_and_size_are_kept_for_the_next_visit(browser: Browser, url: str, faults: list[str]) -> None:
    page = read(browser, url, "MT-CO1", faults)
    page.get_by_role("button", name="Lines and tracks").click()
    page.get_by_role("button", name="Larger text").click()
    page.goto(f"{url}/read")
    at(page, "MT-CO1")
    assert float(page.locator(".gr").evaluate("e => e.style.getPropertyValue('--size')")) > 1
    assert faults == []
