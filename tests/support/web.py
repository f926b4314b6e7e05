"""A server of files on 127.0.0.1 that breaks connections, refuses ranges, redirects, answers with errors."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

BODY = bytes(range(256)) * 8_000


class FileServer(ThreadingHTTPServer):
    """Serves `files` by path, or `body` for every path when there are none.

    Attributes
    ----------
    drops : list of int
        Each breaks one answer off after so many bytes.
    statuses : list of int
        Answers to give before any real one.
    asked : list of str or None
        The Range header of each request for content.
    paths : list of str
        The path of each request for content.
    moved : dict of str to str
        Paths that are redirected.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), FileHandler)
        self.body, self.tag = BODY, '"one"'
        self.files: dict[str, bytes] = {}
        self.drops: list[int] = []
        self.statuses: list[int] = []
        self.ranges = True
        self.length = True
        self.asked: list[str | None] = []
        self.paths: list[str] = []
        self.location = ""
        self.moved: dict[str, str] = {}

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def url(self) -> str:
        return f"{self.root}/x.fa.gz"


class FileHandler(BaseHTTPRequestHandler):
    server: FileServer

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        content = self.server.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()

    def do_GET(self) -> None:
        here, wanted = self.server, self.headers["Range"]
        here.asked.append(wanted)
        here.paths.append(self.path)
        if here.statuses:
            self.send_error(here.statuses.pop(0))
            return
        location = here.moved.get(self.path, here.location)
        if location:
            self.send_response(302)
            self.send_header("Location", location)
            self.end_headers()
            return
        content = here.files.get(self.path) if here.files else here.body
        if content is None:
            self.send_error(404)
            return
        self._send(content, wanted)

    def _send(self, content: bytes, wanted: str | None) -> None:
        here, start = self.server, 0
        if wanted and here.ranges and self.headers["If-Range"] == here.tag:
            start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1])  # type: ignore[index]
        if start >= len(content) > 0:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if here.length:
            self.send_header("Content-Length", str(len(content) - start))
        if here.tag:
            self.send_header("ETag", here.tag)
        self.end_headers()
        end = start + here.drops.pop(0) if here.drops else len(content)
        self.wfile.write(content[start:end])


@contextmanager
def serving() -> Iterator[FileServer]:
    """Run a server, reached without a proxy."""
    with pytest.MonkeyPatch.context() as patch, FileServer() as running:
        patch.setenv("no_proxy", "*")
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join(timeout=10)
