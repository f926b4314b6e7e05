"""Helpers of the browser tests: find a browser, start the app as a person would, take it down again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BROWSER_NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER_ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Far above what a loaded machine needs: it only ends a wait that would never end.
START_LIMIT_S = 180.0
STOP_LIMIT_S = 20.0


class AppDidNotStart(Exception):
    """The served app ended, or never answered; the message carries the end of its output."""


def find_browser() -> str | None:
    """Path of an installed Chromium or Chrome: the variable CHROME first, then the usual names."""
    names = (os.environ["CHROME"],) if os.environ.get("CHROME") else BROWSER_NAMES
    return next((path for name in names if (path := shutil.which(name))), None)


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_healthy(url: str) -> bool:
    """Whether the app at `url` answers."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/_stcore/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the process, and with it only what it started itself (it leads its own process group)."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@contextmanager
def served(command: list[str], port: int, *, env: dict[str, str] | None = None) -> Iterator[str]:
    """Run a command that serves a Streamlit app on 127.0.0.1:`port`; yield its URL once it answers.

    Raises
    ------
    AppDidNotStart
        The command ended first, or did not answer in `START_LIMIT_S`.
    """
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, start_new_session=True
        )
        try:
            deadline = time.monotonic() + START_LIMIT_S
            while not is_healthy(url):
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    tail = log.read()[-2000:].decode(errors="replace")
                    raise AppDidNotStart(f"{' '.join(command)}: exit code {process.returncode}\n{tail}")
                time.sleep(0.1)
            yield url
        finally:
            _stop(process)


@contextmanager
def serve(book: Path) -> Iterator[str]:
    """Serve a book with ``python -m genomebook serve`` on a free port; yield the URL of the app."""
    port = free_port()
    command = [sys.executable, "-m", "genomebook", "serve", str(book), "--port", str(port)]
    with served([*command, "--host", "127.0.0.1"], port) as url:
        yield url
