"""A server of a folder on 127.0.0.1: it gives parts of files, or forbids, falls silent, gives wrong bytes."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest


class FolderServer(ThreadingHTTPServer):
    """Serves the files of `folder` below ``/x.book``.

    Attributes
    ----------
    ranges : bool
        Whether it gives parts of files.
    status : int
        Answer in the place of any content; 0 for none.
    silent : str
        Ending of the files that get no answer until the server ends.
    silent_from : int
        First byte from where parts of `silent` get no answer.
    wrong : int
        How many of the next parts of large files come with a wrong byte.
    asked : list of str
        Path and range of each request.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), FolderHandler)
        self.folder, self.ranges, self.status, self.silent, self.wrong = folder, True, 0, "", 0
        self.silent_from = 0
        self.asked: list[str] = []
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/x.book"


class FolderHandler(BaseHTTPRequestHandler):
    server: FolderServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        here, file = self.server, self.server.folder / self.path.removeprefix("/x.book/")
        here.asked.append(f"{self.path} {self.headers['Range']}")
        first = int((re.search(r"\d+", self.headers["Range"] or "") or "0")[0])
        if here.silent and self.path.endswith(here.silent) and first >= here.silent_from:
            here.ended.wait(30)
            return
        if here.status or not file.is_file():
            self.send_response(here.status or 404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        content, asked = file.read_bytes(), re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["Range"] or "")
        part = content
        if asked and here.ranges:
            part = content[int(asked[1]) : int(asked[2]) + 1]
        self.send_response(206 if asked and here.ranges else 200)
        if asked and here.ranges:
            self.send_header(
                "Content-Range", f"bytes {asked[1]}-{int(asked[1]) + len(part) - 1}/{len(content)}"
            )
        if here.wrong and file.suffix not in (".json", ".u64"):
            here.wrong -= 1
            part = bytes([part[0] ^ 1]) + part[1:]
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.wfile.write(part)


@contextmanager
def serving(folder: Path) -> Iterator[FolderServer]:
    """Run a server, reached without a proxy."""
    with pytest.MonkeyPatch.context() as patch, FolderServer(folder) as running:
        patch.setenv("no_proxy", "*")
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.ended.set()
        running.shutdown()
        thread.join(timeout=10)
