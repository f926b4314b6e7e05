"""What journeys in a browser share: open a page, wait until it is at a place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Response


LIMIT_MS = 120_000
"""Far above what a loaded machine needs: it only ends a wait that would never end."""

DRAWN = """document.querySelector('.gb-drawn') && !document.querySelector('#gb-early, .gr [aria-busy],' +
  '[data-stale="true"], [data-testid=stStatusWidget], [data-testid=stSkeleton]')"""
"""Whether the app is there: Streamlit has drawn the page to its end, and nothing is still to come."""

CO1 = "chrM:5904-7445"


def visit(
    browser: Browser, address: str, faults: list[str], width: int = 1280, scheme: str = "light"
) -> Page:
    """Open an address, wait for the app; what the console or the network complains of lands in `faults`."""
    page = browser.new_page(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        accept_downloads=True,
    )
    page.set_default_timeout(LIMIT_MS)

    def answered(response: Response) -> None:
        # Streamlit looks for its own server below the page's path first, then at the root.
        if response.status >= 400 and not re.search(
            r"/(read|lexicon|atlas|search|ask|evidence|class)/_stcore/", response.url
        ):
            faults.append(f"{response.status} {response.url}")

    page.on("response", answered)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console",
        lambda message: (
            faults.append(message.text)
            if message.type == "error" and "Failed to load resource" not in message.text
            else None
        ),
    )
    page.goto(address)
    settle(page)
    return page


def settle(page: Page) -> None:
    """Wait until the app is there (`DRAWN`) and what it drew is on the screen."""
    page.wait_for_function(f"() => {DRAWN}")
    painted(page)


def painted(page: Page) -> None:
    """Wait until what was asked for before is on the screen: for two frames."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def loc(page: Page) -> str:
    """Place that the address bar holds, once it holds one."""
    page.wait_for_function("() => new URLSearchParams(location.search).get('loc')")
    return parse_qs(urlsplit(page.url).query)["loc"][0]


def at(page: Page, address: str) -> None:
    """Wait until the address bar and the box say `address` and the app is there."""
    page.wait_for_function(
        "loc => new URLSearchParams(location.search).get('loc') === loc"
        " && document.querySelector('.gr .box')?.value === loc"
        f" && document.querySelector('.gr .sheet') && {DRAWN}",
        arg=address,
    )
