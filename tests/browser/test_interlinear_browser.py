"""Lines under the words in a real browser: what a screen reader meets, what is copied, what fits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from genomebook.book import Book
from tests.support import glossed
from tests.support.browser import serve
from tests.support.visit import painted, settle, visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

PLACE = "chrM:5904-7445"


@pytest.fixture(scope="module")
def book(chrm_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Book:
    return Book.open(glossed.put_all(chrm_book, tmp_path_factory.mktemp("lines") / "a.book"))


@pytest.fixture(scope="module")
def url(book: Book) -> Iterator[str]:
    with serve(book.path) as address:
        yield f"{address}/read?loc={PLACE}&lines=gloss,tag"


def spoken(page: Page) -> list[list[str]]:
    """What the accessibility tree holds of each column on the page, in order, empty lines left out."""
    tree: list[dict[str, Any]] = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")[
        "nodes"
    ]
    by_id = {node["nodeId"]: node for node in tree}
    found: list[list[str]] = []

    def texts(node: dict[str, Any]) -> list[str]:
        name = node.get("name", {}).get("value", "").strip()
        if node.get("role", {}).get("value") == "StaticText":
            return [name] * (not node["ignored"] and bool(name) and not name.startswith("asked "))
        return [text for child in node.get("childIds", []) for text in texts(by_id[child])]

    for node in tree:
        links = [by_id[child] for child in node.get("childIds", [])]
        links = [link for link in links if link.get("role", {}).get("value") == "link"]
        if len(links) == 1 and re.search(r", word \d+", node.get("description", {}).get("value", "")):
            found.append([*texts(node), links[0]["name"]["value"]])
    return found


def colours(page: Page, what: str) -> list[float]:
    """Contrast (WCAG 2.2) of the first few of these texts against the ground of the app."""
    ratio = """elements => {
      const parts = text => text.match(/[\\d.]+/g).map(Number);
      const level = rgb => rgb.slice(0, 3).map(v => v / 255)
        .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
      const ground = level(parts(getComputedStyle(document.querySelector('.stApp')).backgroundColor));
      return elements.slice(0, 5).map(e => level(parts(getComputedStyle(e).color)))
        .map(v => (Math.max(v, ground) + 0.05) / (Math.min(v, ground) + 0.05)) }"""
    found: list[float] = page.locator(what).evaluate_all(ratio)
    return found


def test_word_then_gloss_then_tag_is_what_is_read(
    browser: Browser, url: str, book: Book, faults: list[str]
) -> None:
    page = visit(browser, url, faults)
    columns = spoken(page)
    ids = {word: i for i, word in enumerate(book.vocabulary.words) if word}
    assert len(columns) == page.locator(".gb .c").count() > 100
    for *texts, link in columns:
        # where a mark begins or ends inside a word, its letters are several texts
        word = "".join(text for text in texts if re.fullmatch("[ACGT]+", text))
        lines = [text for text in texts if not re.fullmatch("[ACGT]+", text)]
        known = [text for text in (glossed.gloss(ids[word]), glossed.tag(ids[word])) if text]
        assert lines == known
        assert link.split() == (" ".join(known) or "no gloss or tag").split()
    # the text is one stop of the tab key, and the arrows go on from there
    stops = page.evaluate(
        "() => [...document.querySelectorAll('.gb .dna *')].filter(e => e.tabIndex >= 0).length"
    )
    assert stops == 1


@pytest.mark.parametrize(("width", "scheme"), [(400, "light"), (1280, "dark")])
def test_lines_fit_are_legible_and_aligned(
    browser: Browser, url: str, faults: list[str], width: int, scheme: str
) -> None:
    page = visit(browser, url, faults, width, scheme)
    page.wait_for_function(
        "() => [document.documentElement, document.querySelector('[data-testid=stMain]'),"
        " ...document.querySelectorAll('.gb, .gb .dna')].every(e => e.scrollWidth <= e.clientWidth + 1)"
    )
    for what in (".gb .lines .w", ".gb .lines .g", ".gb .lines .t", ".gb .place", ".gb .running"):
        assert min(colours(page, what)) >= 4.5
    edges = page.locator(".gb .lines .c").evaluate_all(
        "all => all.map(c => ['.w', '.g', '.t'].map(s => c.querySelector(s).getClientRects())"
        ".map(r => r[r.length - 1]).map(r => [r.left, r.top, r.bottom]))"
    )
    assert len(edges) > 100
    for (left, _, bottom), gloss, tag in edges:
        assert abs(gloss[0] - left) < 3
        assert abs(tag[0] - left) < 3
        assert bottom - 4 <= gloss[1] + 4 < tag[1] + 4
    rows: dict[float, set[tuple[float, float]]] = {}
    for word, gloss, tag in edges:
        rows.setdefault(round(word[1]), set()).add((round(gloss[1]), round(tag[1])))
    assert all(len(lines) == 1 for lines in rows.values())


def test_only_words_are_copied_and_lines_lead_to_the_lexicon(
    browser: Browser, url: str, book: Book, faults: list[str]
) -> None:
    page = visit(browser, url, faults)
    copied = page.evaluate(
        "() => { const all = getSelection();"
        " all.selectAllChildren(document.querySelector('.gb .row')); return all.toString() }"
    )
    assert re.fullmatch(r"[ACGT]+( [ACGT]+)+\s*", copied)
    assert copied.replace(" ", "").strip().encode() in book["chrM"].sequence()
    page.evaluate("() => getSelection().removeAllRanges()")
    words = page.locator(".gb .lines .w")
    words.nth(2).evaluate("e => e.scrollIntoView({ block: 'center' })")
    painted(page)
    first, last = words.nth(2).bounding_box(), words.nth(9).bounding_box()
    assert first
    assert last
    page.mouse.move(first["x"] + 1, first["y"] + 8)
    page.mouse.down()
    page.mouse.move(last["x"] + last["width"] - 1, last["y"] + 8, steps=8)
    page.mouse.up()
    dragged = page.evaluate("() => getSelection().toString()")
    assert dragged.split() == [words.nth(i).inner_text() for i in range(2, 10)]
    column = page.locator(".gb .lines .c").nth(3)
    word = column.locator(".w").inner_text()
    column.locator(".g").click()
    page.wait_for_url(re.compile(rf"/lexicon\?word={word}$"))


@pytest.mark.parametrize("lines", ["", "&lines=gloss", "&lines=gloss,tag"])
def test_words_open_the_lexicon_without_a_reload(
    browser: Browser, url: str, faults: list[str], lines: str
) -> None:
    page = visit(browser, url.split("&")[0] + lines, faults)
    word = page.locator(".gb .w").nth(5)
    page.evaluate("window.notReloaded = true")
    text = word.inner_text()
    word.click()
    page.wait_for_url(re.compile(rf"/lexicon\?word={text}$"))
    page.get_by_role("heading", name=text, exact=True).wait_for()
    assert page.evaluate("window.notReloaded")
    page.goto(url.split("&")[0] + lines)
    settle(page)
    first = page.locator(".gb .w").first
    page.evaluate("window.notReloaded = true")
    first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    text = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/lexicon\?word={text}$"))
    assert page.evaluate("window.notReloaded")
