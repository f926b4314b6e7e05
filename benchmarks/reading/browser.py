"""Measurements in headless Chromium: first screen, landing, layout shift, page turns, bytes."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Wanted = dict[str, list[str]]
WEB = Path(__file__).parent / "web"
SIZES = {"1280 x 900": (1280, 900), "400 x 860": (400, 860)}
LIMIT_MS = 120_000
SETTLE_MS = 1_500
"""Between two turns: as long as somebody reads at least; the pages around are fetched meanwhile."""


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    """Chromium without a window, with more arguments: that of the system, else that of Playwright."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", *arguments])
        yield browser
        browser.close()


@contextmanager
def app(book: Path) -> Iterator[str]:
    """The app with a book; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "genomebook", "serve", str(book), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/"
    try:
        _wait(address)
        yield address
    finally:
        process.terminate()
        process.wait()


def _wait(address: str, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).read()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
        else:
            return


class Visit:
    """A fresh visitor: no cache, no storage; counts the bytes that arrive."""

    def __init__(self, browser: Browser, size: tuple[int, int], wanted: Wanted) -> None:
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(LIMIT_MS)
        self.page.add_init_script(path=WEB / "watch.js")
        self.page.add_init_script(f"window.watch({json.dumps(wanted)}, 1);")
        self.bytes = 0
        session = self.context.new_cdp_session(self.page)
        session.send("Network.enable")
        session.on("Network.loadingFinished", self._loaded)
        session.on("Network.webSocketFrameReceived", self._received)

    def _loaded(self, event: dict[str, Any]) -> None:
        self.bytes += int(event["encodedDataLength"])

    def _received(self, event: dict[str, Any]) -> None:
        data = event["response"]["payloadData"]
        binary = event["response"]["opcode"] == 2  # then the text is base64
        self.bytes += len(data) * 3 // 4 if binary else len(data.encode())

    def seen(self, *names: str) -> dict[str, float]:
        """Wait until all texts have been on the screen; seconds of each since the start."""
        self.page.wait_for_function("names => names.every((name) => window.seen[name])", arg=list(names))
        seen: dict[str, float] = self.page.evaluate("window.seen")
        return {name: (seen[name] - (seen["began"] if seen["began"] > 1 else 0)) / 1000 for name in names}

    def settle(self) -> None:
        """Wait until the text is drawn, Streamlit is there, and the pages around have come."""
        self.page.wait_for_selector(".gr .text .w")
        self.page.wait_for_function("() => !document.getElementById('gb-early')")
        self.page.wait_for_timeout(2 * SETTLE_MS)

    def close(self) -> None:
        """End the visit."""
        self.context.close()


def first_screen(browser: Browser, address: str, loc: str, size: tuple[int, int]) -> dict[str, Any]:
    """Open a place as a fresh visitor: what its first screen holds, and the bytes until it is quiet."""
    visit = Visit(browser, size, {})
    visit.page.goto(f"{address}read?loc={loc}")
    visit.settle()
    screen: dict[str, Any] = visit.page.evaluate("window.firstScreen()")
    screen["bytes"] = visit.bytes
    visit.close()
    return screen


def turns(browser: Browser, address: str, loc: str, count: int) -> dict[str, list[float]]:
    """Turn pages by a key: seconds from the key to the painted page, and bytes of each turn."""
    visit = Visit(browser, SIZES["1280 x 900"], {})
    visit.page.goto(f"{address}read?loc={loc}")
    visit.settle()
    seconds, sizes = [], []
    following = visit.page.locator(".gr .gr-bar .turn button").last
    for _ in range(count):
        if following.is_disabled():  # the last page
            break
        before = visit.bytes
        visit.page.evaluate("window.turned()")
        visit.page.keyboard.press("ArrowRight")
        visit.page.wait_for_function("() => window.turn.painted")
        turn = visit.page.evaluate("window.turn")
        seconds.append((turn["painted"] - turn["began"]) / 1000)
        visit.page.wait_for_timeout(SETTLE_MS)
        sizes.append(float(visit.bytes - before))
    visit.close()
    return {"seconds": seconds, "bytes": sizes}


def first_place(
    browser: Browser, address: str, wanted: Wanted, then: tuple[str, Wanted] | None
) -> dict[str, Any]:
    """Open a place as a fresh visitor, then go to another.

    Parameters
    ----------
    browser : Browser
        Of the measurement.
    address : str
        Leads to the place.
    wanted : dict of str to list of str
        Texts that have to be on the screen, by name: one of the pieces of each.
    then : (str, dict of str to list of str), optional
        What the page is told to go to, and the texts of that place.

    Returns
    -------
    dict
        ``first`` and ``then``: seconds by text; ``bytes`` until nothing more comes.
    """
    visit = Visit(browser, SIZES["1280 x 900"], wanted)
    visit.page.goto(address)
    first = visit.seen(*wanted)
    visit.page.wait_for_function("() => !document.getElementById('gb-early')")
    visit.page.wait_for_timeout(2 * SETTLE_MS)
    result: dict[str, Any] = {"first": first, "bytes": visit.bytes}
    if then:
        loc, texts = then
        visit.page.evaluate("([texts, loc]) => { window.watch(texts); window.peer.go(loc); }", [texts, loc])
        result["then"] = visit.seen(*texts)
    visit.close()
    return result
