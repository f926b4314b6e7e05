"""The Atlas in a real browser: points chosen by lasso and keys, linked maps, links that hold, any screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from genomebook.book import Book
from tests.support.browser import find_browser, serve
from tests.support.made_atlas import READER, mapped
from tests.support.visit import LIMIT_MS, settle, visit
from tests.support.visual import violations

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

MODEL = "bilingual-mini"  # it comes with the neighbours of words
NAMELESS = """
    const extension = WebGLRenderingContext.prototype.getExtension;
    WebGLRenderingContext.prototype.getExtension = function (name) {
        return name === 'WEBGL_debug_renderer_info' ? null : extension.call(this, name);
    };
"""  # a renderer that does not say that it is software
PIXELS = """() => {
    const canvas = document.querySelector('.am-points');
    const copy = document.createElement('canvas');
    [copy.width, copy.height] = [canvas.width, canvas.height];
    const flat = copy.getContext('2d');
    flat.drawImage(canvas, 0, 0);
    const bytes = flat.getImageData(0, 0, copy.width, copy.height).data;
    let drawn = 0;
    for (let at = 3; at < bytes.length; at += 4) drawn += bytes[at] > 0;
    return drawn;
}"""


@pytest.fixture(scope="module")
def book(chrm_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Book:
    return mapped(chrm_book, tmp_path_factory.mktemp("atlas"))


@pytest.fixture(scope="module")
def url(book: Book) -> Iterator[str]:
    with serve(book.path) as address:
        yield f"{address}/atlas"


def drawn(page: Page, maps: int = 1) -> None:
    """Wait until the points of so many maps are drawn."""
    page.wait_for_function(
        "(maps) => document.querySelectorAll('.am-stage[data-drawn]').length === maps", arg=maps
    )


def asked(page: Page, name: str) -> str:
    return parse_qs(urlsplit(page.url).query).get(name, [""])[0]


def test_a_lasso_selects_words_and_their_links_lead_on(
    browser: Browser, url: str, book: Book, faults: list[str]
) -> None:
    page = visit(browser, f"{url}?reader={READER}", faults)
    drawn(page)
    assert page.locator(".am-over").get_attribute("aria-label").startswith("Map of words, input")
    page.get_by_role("button", name="Lasso").click()
    box = page.locator(".am-over").bounding_box()
    assert box
    middle, top, high = box["x"] + box["width"] / 2, box["y"], box["height"]
    corners = [(-0.2, 0.3), (0.2, 0.3), (0.2, 0.7), (-0.2, 0.7)]
    places = [(middle + right * high, top + down * high) for right, down in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=5)
    page.mouse.up()
    caption = page.locator(".gb caption").filter(has_text="words selected")
    caption.wait_for()
    count = int(caption.inner_text().split()[0])
    assert 10 < count < 200
    words = page.locator(".gb .figures").first.locator("tbody th").all_inner_texts()
    assert len(words) == count
    assert set(words) <= set(book.lexicon.table["word"])

    page.get_by_text("Random weights", exact=True).click()
    page.wait_for_function("location.search.includes('weights=random')")
    page.get_by_text("Random weights: words, input").wait_for()
    assert caption.inner_text().startswith(f"{count} words selected")
    page.go_back()
    page.wait_for_function("!location.search.includes('weights')")
    page.get_by_text("Trained: words, input").wait_for()
    caption.wait_for()

    link = page.locator(".gb .figures tbody th a").first
    word = link.inner_text()
    link.click()
    page.wait_for_url("**/lexicon?*")
    assert asked(page, "word") == word
    assert faults == []


def test_an_answer_to_a_click_brings_no_points_again(browser: Browser, url: str, faults: list[str]) -> None:
    page = browser.new_page()
    page.set_default_timeout(LIMIT_MS)
    frames: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(len(frame))))
    page.goto(f"{url}?reader={MODEL}&find=GGGG")
    settle(page)
    drawn(page)
    assert max(frames) > 200_000  # the points of all words
    page.locator(".am-over").focus()
    for key in ("Enter", "Escape"):
        frames.clear()
        page.keyboard.press(key)
        done = "includes('sel=')" if key == "Enter" else "includes('sel=') === false"
        page.wait_for_function(f"location.search.{done}")
        button = page.get_by_role("button", name="Clear selection")
        button.wait_for(state="visible" if key == "Enter" else "detached")
        settle(page)
        assert 0 < sum(frames) < 100_000
    page.close()
    assert faults == []


def test_keys_alone_move_choose_and_reach_the_neighbours(
    browser: Browser, url: str, faults: list[str]
) -> None:
    page = visit(browser, f"{url}?reader={MODEL}", faults)
    drawn(page)
    page.locator(".am-over").focus()
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("location.search.includes('at=')")
    x, y, _ = map(float, asked(page, "at").split(","))
    assert x > 0
    assert y == 0
    page.keyboard.press("Enter")
    page.wait_for_function("location.search.includes('sel=')")
    chosen = page.locator(".am-chosen")
    first = chosen.locator("h2").inner_text()
    neighbours = chosen.locator("li button")
    assert neighbours.count() == 10
    for _ in range(12):  # terms that are explained and the link of the word, then its neighbours
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('.am-chosen li') !== null"):
            break
    name = page.evaluate("document.activeElement.querySelector('b').textContent")
    page.keyboard.press("Enter")
    page.wait_for_function("(name) => document.querySelector('.am-chosen h2').textContent === name", arg=name)
    assert name != first
    page.wait_for_timeout(500)  # the answer has been drawn
    assert page.evaluate("document.activeElement.closest('.am-chosen') !== null")
    assert page.locator(".am-said").inner_text() == name
    page.wait_for_function(
        "(word) => [...document.querySelectorAll('.figures th')].some(e => e.textContent === word)", arg=name
    )

    held = asked(page, "at")
    again = visit(browser, page.url, faults)  # a link holds the view and the selection
    drawn(again)
    assert again.locator(".am-chosen h2").inner_text() == name
    again.wait_for_timeout(600)
    assert asked(again, "at") == held
    again.locator(".am-over").focus()
    again.keyboard.press("Escape")
    again.wait_for_function("!location.search.includes('sel=')")
    assert again.locator(".am-chosen").is_hidden()
    assert faults == []


def test_a_gene_leads_to_its_passage_and_to_its_neighbours(
    browser: Browser, url: str, faults: list[str]
) -> None:
    page = visit(browser, f"{url}?reader={READER}&map=sentences", faults)
    drawn(page)
    field = page.get_by_role("textbox", name="Find a passage")
    field.fill("MT-CO1")
    field.press("Enter")
    chosen = page.locator(".am-chosen")
    chosen.locator("li").nth(9).wait_for(state="attached")
    first, key = chosen.locator("h2").inner_text(), int(asked(page, "sel"))
    place = first.removeprefix("chrM:").replace(",", "").split("-")
    assert int(place[1]) > 5_904
    assert int(place[0]) < 7_445
    neighbour = chosen.locator("li").first
    name = neighbour.locator("b").inner_text()
    assert "read?loc=" in neighbour.locator("a").get_attribute("href")
    neighbour.locator("button").click()
    page.wait_for_function("(name) => document.querySelector('.am-chosen h2').textContent === name", arg=name)
    chosen.locator("li").nth(9).wait_for(state="attached")  # they come with the answer
    page.wait_for_function(f"new URLSearchParams(location.search).get('sel') === '{key + 1}'")
    chosen.get_by_role("link", name="Open in Read").click()
    page.wait_for_url("**/read?*")
    assert asked(page, "loc").replace(",", "") == name.replace(",", "")
    assert faults == []


def test_what_one_map_shows_stands_out_on_the_other(browser: Browser, url: str, faults: list[str]) -> None:
    page = visit(browser, f"{url}?reader={MODEL}&weights=both&find=GGG", faults)
    drawn(page, 2)
    before = page.evaluate("[...document.querySelectorAll('.am-over')].map((each) => each.toDataURL())")
    page.locator(".am-over").first.focus()
    for _ in range(3):
        page.keyboard.press("+")
    page.locator(".am-note").filter(has_text="highlighted on the other").wait_for()
    after = page.evaluate("[...document.querySelectorAll('.am-over')].map((each) => each.toDataURL())")
    assert before[0] != after[0]
    assert before[1] != after[1]
    assert len(asked(page, "at").split(",")) == 6
    page.get_by_role("button", name="Whole map").click()
    page.wait_for_function("!location.search.includes('at=')")
    assert faults == []


def test_a_view_outlives_side_by_side_and_comes_back(browser: Browser, url: str, faults: list[str]) -> None:
    page = visit(browser, f"{url}?reader={MODEL}&at=0.25,-0.1,4", faults)
    drawn(page)
    assert asked(page, "at") == "0.25,-0.1,4"
    page.get_by_text("Side by side", exact=True).click()
    drawn(page, 2)
    page.wait_for_function("new URLSearchParams(location.search).get('at').split(',').length === 6")
    assert asked(page, "at").startswith("0.25,-0.1,4,0,0,")
    page.get_by_text("Random weights", exact=True).click()
    page.wait_for_function("!location.search.includes('at=') && location.search.includes('random')")
    page.go_back()
    page.wait_for_function("location.search.includes('weights=both')")
    drawn(page, 2)
    page.locator(".am-over").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("!location.search.includes('at=0.25')")
    assert asked(page, "at").split(",")[1:5] == ["-0.1", "4", "0", "0"]
    assert faults == []


def test_the_wheel_scrolls_the_page_and_a_right_click_chooses_nothing(
    browser: Browser, url: str, faults: list[str]
) -> None:
    page = visit(browser, f"{url}?reader={MODEL}&at=0,0,2", faults)
    drawn(page)
    over = page.locator(".am-over")
    over.hover()
    page.mouse.wheel(0, 200)
    page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollTop > 100")
    assert asked(page, "at") == "0,0,2"
    over.focus()
    over.hover()
    page.mouse.wheel(0, -200)
    page.wait_for_function("!location.search.endsWith('at=0,0,2')")
    page.keyboard.press("Home")
    box = over.bounding_box()
    assert box
    row = page.evaluate("document.querySelector('.am-over').getAttribute('role')")
    assert row == "application"
    page.keyboard.press("Enter")
    page.locator(".am-chosen h2").wait_for()
    page.keyboard.press("Escape")
    page.locator(".am-chosen").wait_for(state="hidden")
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, button="right")
    assert page.locator(".am-chosen").is_hidden()
    assert faults == []


@pytest.mark.parametrize("by", ["webgl", "canvas"])
def test_it_is_drawn_with_and_without_webgl(browser: Browser, url: str, faults: list[str], by: str) -> None:
    flags = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    arguments = ["--no-sandbox", *(flags if by == "webgl" else ["--disable-gpu", "--disable-3d-apis"])]
    own = browser.browser_type.launch(executable_path=find_browser(), args=arguments)
    try:
        page = own.new_page(viewport={"width": 1280, "height": 900})
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.add_init_script(NAMELESS)
        page.goto(f"{url}?reader={MODEL}")
        settle(page)
        drawn(page)
        assert page.locator(".am-stage").get_attribute("data-by") == by
        page.wait_for_function(f"({PIXELS})() > 5000")
        assert ("without a graphics card" in page.locator(".am-note").inner_text()) == (by == "canvas")
    finally:
        own.close()
    assert faults == []


@pytest.mark.parametrize(("width", "scheme"), [(400, "dark"), (1280, "light"), (2560, "dark")])
def test_fits_any_screen(browser: Browser, url: str, faults: list[str], width: int, scheme: str) -> None:
    page = visit(
        browser,
        f"{url}?reader={MODEL}&weights=both&find=GGG&colour=tag&sel=300&english=on",
        faults,
        width,
        scheme,
    )
    drawn(page, 2)
    page.locator(".gb caption").first.wait_for()
    page.locator(".am-chosen li").first.wait_for()
    wide = page.evaluate(
        "() => [document.documentElement, document.querySelector('[data-testid=stMain]'),"
        " ...document.querySelectorAll('.gb, .am-panel, .am-chosen')]"
        ".filter(e => e.scrollWidth > e.clientWidth + 3).length"
    )
    assert wide == 0
    assert violations(page) == []
    assert faults == []
