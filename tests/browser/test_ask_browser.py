"""Ask in a real browser: from the text to an answer and back, an upload, several people, a narrow screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from genomebook.book import Book
from genomebook.language.alphabet import reverse_complement
from tests.support.browser import serve
from tests.support.visit import settle, visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

PLACE = "chrM:6001-6060"
PEOPLE = 4


@pytest.fixture(scope="module")
def url(chrm_book: Path) -> Iterator[str]:
    with serve(chrm_book) as address:
        yield address


@pytest.fixture(scope="module")
def letters(chrm_book: Path) -> str:
    return Book.open(chrm_book)["chrM"].sequence().decode().upper()


def query(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def answered(page: Page, text: str) -> str:
    """Wait until the page shows an answer with this text; returns the answer."""
    answer = page.locator(".ask", has=page.locator(".said")).filter(has_text=text)
    answer.first.wait_for()
    settle(page)
    return str(answer.first.inner_text())


def test_from_the_text_to_an_answer_and_back(
    browser: Browser, url: str, letters: str, faults: list[str]
) -> None:
    page = visit(browser, f"{url}/read?loc={PLACE}", faults)
    page.locator(".gb .dna").first.wait_for()
    page.get_by_role("button", name="More: contents").click()
    page.get_by_role("link", name="Ask about this passage").click()
    page.wait_for_url("**/ask?loc=*")
    page.get_by_role("link", name="reverse complement", exact=True).click()
    turned = reverse_complement(letters[6000:6060].encode()).decode()
    answered(page, turned[:60])
    assert query(page)["loc"] == PLACE
    assert page.get_by_label("Question", exact=True).input_value()
    answer = page.locator(".ask .said").bounding_box()
    assert answer is not None
    assert answer["y"] < 900  # seen without scrolling
    page.reload()
    answered(page, turned[:60])
    page.go_back()
    page.wait_for_url("**/ask?loc=*")
    page.locator(".ask .said").wait_for(state="detached")
    assert faults == []


def test_several_people_get_their_own_answers(
    browser: Browser, url: str, letters: str, faults: list[str]
) -> None:
    pages = [browser.new_page() for _ in range(PEOPLE)]
    wanted = []
    for number, page in enumerate(pages):
        own = letters[100 * number : 100 * number + 40]
        wanted.append(own[::-1])
        page.goto(f"{url}/ask?q=reverse&seq={own}")
    for page, text in zip(pages, wanted, strict=True):
        said = answered(page, text)
        assert not [other for other in wanted if other != text and other in said]
        page.close()


def test_a_file_and_a_batch_on_a_narrow_screen(
    browser: Browser, url: str, letters: str, faults: list[str], tmp_path: Path
) -> None:
    fasta = tmp_path / "own.fa"
    fasta.write_text("".join(f">r{number}\n{letters[number : number + 50]}\n" for number in range(30)))
    page = visit(browser, f"{url}/ask?view=batch&task=gc-content", faults, 400)
    page.locator("input[type=file]").set_input_files(fasta)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save as TSV").click()
    rows = Path(waiting.value.path()).read_text().splitlines()
    assert len(rows) == 31
    assert rows[1].startswith("r0\tgc-content\t")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 400
    assert faults == []
