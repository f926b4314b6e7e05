"""Search in a real browser: from the text to its like and back, a batch that is stopped, files, screens."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest

from genomebook.book import Book
from genomebook.language.alphabet import reverse_complement
from genomebook.pipeline.search.index import search_index
from tests.support.browser import serve
from tests.support.visit import DRAWN, settle, visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

PLACE = "chrM:6001-6120"


@pytest.fixture(scope="module")
def book(chrm_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("search") / "chrM.book"
    shutil.copytree(chrm_book, folder)
    search_index(folder, encoder=None, workers=1)
    return Book.open(folder)


@pytest.fixture(scope="module")
def url(book: Book) -> Iterator[str]:
    with serve(book.path) as address:
        yield address


def hits(page: Page) -> list[str]:
    """Places of the hits, read in the moment in which the page is at rest and has some.

    Waiting for hits and then for rest is not enough: those of an earlier search may be drawn until the next
    run of the page takes them away.
    """
    handle = page.wait_for_function(
        f"""() => {{
            if (!({DRAWN})) return null;
            const links = [...document.querySelectorAll('.sr .hits tbody td:nth-child(2) > a')];
            return links.length ? links.map((link) => link.innerText) : null;
        }}"""
    )
    places: list[str] = handle.json_value()
    return places


def query(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def test_from_a_sentence_to_its_like_and_back(
    browser: Browser, url: str, book: Book, faults: list[str]
) -> None:
    page = visit(browser, f"{url}/read?loc={PLACE}", faults)
    page.get_by_role("link", name="Find sentences like this").first.wait_for()
    sentence = page.locator(".gb .sentence", has=page.locator("a.like")).first
    letters = re.sub(r"\s", "", sentence.inner_text())
    sentence.hover()
    sentence.locator("a.like").click()
    first = hits(page)[0]
    assert urlsplit(page.url).path == "/search"
    start, end = (int(number.replace(",", "")) for number in first.removeprefix("chrM:").split("-"))
    assert book["chrM"].sequence(start - 1, end).decode() == letters
    page.go_back()
    page.locator(".gb .dna").first.wait_for()
    page.get_by_role("button", name="More").click()
    page.get_by_role("link", name="Find sentences like the one in view").click()
    viewed = hits(page)[0]
    page.reload()
    assert hits(page)[0] == viewed
    page.locator(".sr .hits tbody td:nth-child(2) > a").first.click()
    page.locator(".gb .dna").first.wait_for()
    assert query(page)["loc"] == viewed.replace(",", "")
    assert faults == []


def test_pasted_letters_their_shuffle_and_files(
    browser: Browser, url: str, book: Book, faults: list[str]
) -> None:
    page = visit(browser, f"{url}/search", faults)
    box = page.get_by_label("DNA or RNA, a motif, a place, or a gene")
    letters = reverse_complement(book["chrM"].sequence(9000, 9140)).decode()
    box.fill(letters.lower())
    page.get_by_role("button", name="Search", exact=True).click()
    assert hits(page)[0] == "chrM:9,001-9,140"
    assert query(page)["q"] == letters.lower()
    block = page.locator(".sr .pair pre").first.inner_text().split("\n")
    assert block[0].split() == ["query", "1", letters[:60], "60"]
    assert block[2].split() == ["chrM", "9,140", letters[:60], "9,081"]
    page.get_by_text("Shuffle my query").click()
    page.locator(".sr .hits.control").wait_for()
    assert query(page)["shuffle"] == "1"
    settle(page)
    for button, suffix, begins in (
        ("Hits .tsv", ".tsv", "query\t"),
        ("Hits .bed", ".bed", "#chrom"),
        ("Hits .fa", ".fa", ">chrM:9001-9140(-)"),
        ("Hits .sam", ".sam", "@HD"),
        ("Alignments .txt", ".txt", "query"),
    ):
        page.get_by_role("button", name="Save").click()
        with page.expect_download() as download:
            page.get_by_role("button", name=button).click()
        assert download.value.suggested_filename.endswith(suffix)
        saved = Path(download.value.path()).read_text()
        assert saved.startswith(begins)
        if suffix == ".tsv":
            table = pd.read_csv(download.value.path(), sep="\t")
            assert table.loc[0, ["contig", "start", "end", "strand"]].tolist() == ["chrM", 9001, 9140, "-"]
        page.keyboard.press("Escape")
    box.fill("<img src=x onerror=alert(1)>")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("alert").wait_for()
    assert page.locator("img[src=x]").count() == 0
    page.locator(".sr .hits").wait_for(state="detached")
    box.fill(letters)
    page.get_by_role("button", name="Search", exact=True).click()
    assert hits(page)[0] == "chrM:9,001-9,140"
    assert faults == []


def test_a_batch_can_be_stopped_and_gone_on_with(
    browser: Browser, url: str, book: Book, faults: list[str]
) -> None:
    letters = book["chrM"].sequence().decode()
    records = "".join(f">r{i}\n{letters[200 * i : 200 * i + 4000]}\n" for i in range(50))
    page = visit(browser, f"{url}/search", faults)
    page.get_by_role("button", name="Upload FASTA").click()
    page.locator("input[type=file]").set_input_files(
        {"name": "batch.fa", "mimeType": "text/plain", "buffer": records.encode()}
    )
    # Streamlit has a Stop of its own in the corner; this one is of the page
    stop = page.get_by_test_id("stMain").get_by_role("button", name="Stop")
    stop.click()
    page.get_by_text(re.compile(r"Stopped: \d+ of 50 records not searched")).wait_for()
    settle(page)
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("50 records searched, each with its best hit.").wait_for()
    assert hits(page)
    assert page.get_by_text("not searched").count() == 0
    assert faults == []


@pytest.mark.parametrize(("width", "scheme"), [(400, "light"), (400, "dark"), (1280, "dark")])
def test_fits_any_screen(browser: Browser, url: str, faults: list[str], width: int, scheme: str) -> None:
    page = visit(browser, f"{url}/search?loc={PLACE}&shuffle=1", faults, width, scheme)
    page.locator(".sr .pair").first.wait_for()
    page.wait_for_function(
        "() => [document.documentElement, document.querySelector('[data-testid=stMain]'),"
        " ...document.querySelectorAll('.gb')].every(e => e.scrollWidth <= e.clientWidth + 1)"
    )
    inner = page.locator(".sr .pair .wide").first.evaluate("e => [e.scrollWidth, e.clientWidth]")
    assert (inner[0] > inner[1]) == (width == 400)
    ink, paper = page.locator(".sr .pair pre").first.evaluate(
        "e => [getComputedStyle(e).color, getComputedStyle(document.querySelector('.stApp')).backgroundColor]"
    )
    light = [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in (ink, paper)]
    assert (light[0] > light[1]) == (scheme == "dark")
    assert faults == []
