"""The running server: whom it answers, how much it takes, what it shows of a fault, how it ends."""

from __future__ import annotations

import http.client
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from genomebook.cli.serving import answered_names, is_loopback
from tests.support import books
from tests.support.browser import START_LIMIT_S, STOP_LIMIT_S, free_port, is_healthy

ROOT = Path(__file__).resolve().parents[2]
MB = 1 << 20
PAGES = ("", "read", "lexicon", "atlas", "search", "ask", "evidence", "class")


class Server(NamedTuple):
    """A command that serves, and the file that holds what it said."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def running(folder: Path, *command: str, cwd: Path = ROOT) -> Iterator[Server]:
    """Run a command that serves on the port that it is given as its last argument."""
    port = free_port()
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([*command, str(port)], cwd=cwd, stdout=log, stderr=log)
        server = Server(process, port, folder / "log")
        try:
            deadline = time.monotonic() + START_LIMIT_S
            while not is_healthy(server.url):
                assert process.poll() is None, server.log.read_text()
                assert time.monotonic() < deadline
                time.sleep(0.1)
            yield server
        finally:
            process.terminate()
            process.wait(STOP_LIMIT_S)


@pytest.fixture(scope="module")
def server(chrm_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("served"), *books.command("serve", chrm_book, "--port")) as found:
        yield found


def handshake(server: Server, name: str) -> int:
    """Ask for the WebSocket as a page of this name does; return the HTTP status (101: it is open)."""
    host = f"{name}:{server.port}"
    lines = [
        "GET /_stcore/stream HTTP/1.1",
        f"Host: {host}",
        f"Origin: http://{host}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
        client.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return int(client.recv(100).split()[1])


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_the_app_answers_to_names_of_this_machine(server: Server, name: str) -> None:
    assert handshake(server, name) == 101


@pytest.mark.parametrize("name", ["evil.example", "127.0.0.1.evil.example", "a@localhost", "10.9.8.7", ""])
def test_dns_rebinding_is_refused(server: Server, name: str) -> None:
    assert handshake(server, name) in (400, 403)


@pytest.mark.parametrize(("name", "is_served"), [("localhost", True), ("evil.example", False)])
def test_pages_of_text_hold_to_the_same_names(server: Server, name: str, is_served: bool) -> None:
    for path in ("/plain?loc=MT-ND1", "/read?loc=MT-ND1"):
        asking = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        asking.request("GET", path, headers={"Host": f"{name}:{server.port}"})
        text = asking.getresponse().read().decode()
        assert ("NADH dehydrogenase" in text) == is_served


def test_scripts_of_components_have_names_that_change_with_them(server: Server) -> None:
    with urllib.request.urlopen(f"{server.url}/read?loc=MT-ND1", timeout=60) as answer:
        name = re.findall(r'src="(assets/reader\.[0-9a-f]{16}\.js)"', answer.read().decode())[0]
    with urllib.request.urlopen(f"{server.url}/{name}", timeout=60) as answer:
        assert "immutable" in answer.headers["Cache-Control"]
        assert b"export default" in answer.read()
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{server.url}/assets/reader.0000000000000000.js", timeout=60)


@contextmanager
def session(server: Server) -> Iterator[list[ForwardMsg]]:
    """Open a session; yields what the first run of the page sends."""
    asked = BackMsg()
    asked.rerun_script.query_string = ""
    messages: list[ForwardMsg] = []
    with connect(
        f"ws://127.0.0.1:{server.port}/_stcore/stream", max_size=None, subprotocols=["streamlit"]
    ) as visitor:
        visitor.send(asked.SerializeToString())
        while not messages or messages[-1].WhichOneof("type") != "script_finished":
            messages.append(ForwardMsg.FromString(visitor.recv(timeout=120)))
        yield messages


def upload(server: Server, messages: list[ForwardMsg], number: int, size: int, *, chunked: bool) -> int:
    """Put a file as a page does; return the HTTP status, 413 when the server hangs up while it is sent."""
    name = next(m.new_session.initialize.session_id for m in messages if m.HasField("new_session"))
    asking = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    asking.request("GET", "/_stcore/health")
    answer = asking.getresponse()
    answer.read()
    token = str(answer.getheader("Set-Cookie")).split("=", 1)[1].split(";")[0]
    head = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f.fa"\r\n\r\n'
    parts = (head, *[b"A" * MB] * (size // MB), b"\r\n--x--\r\n")
    headers = {
        "Content-Type": "multipart/form-data; boundary=x",
        "Cookie": f"_streamlit_xsrf={token}",
        "X-Xsrftoken": token,
    }
    if not chunked:
        headers["Content-Length"] = str(sum(map(len, parts)))
    try:
        path = f"/_stcore/upload_file/{name}/{number}"
        asking.request("PUT", path, body=iter(parts), headers=headers, encode_chunked=chunked)
        return asking.getresponse().status
    except (BrokenPipeError, ConnectionResetError):
        return 413
    finally:
        asking.close()


def test_the_server_itself_limits_uploads(server: Server) -> None:
    (app,) = psutil.Process(server.process.pid).children()
    with session(server) as messages:
        for number, (megabytes, status) in enumerate([(1, 204), (48, 204), (52, 413)]):
            for chunked in (False, True):
                assert upload(server, messages, number, megabytes * MB, chunked=chunked) == status
        before = app.memory_info().rss
        for number in range(8):
            assert upload(server, messages, 9 + number, 190 * MB, chunked=number % 2 == 1) == 413
        assert app.memory_info().rss - before < 150 * MB
    assert is_healthy(server.url)


def test_messages_are_limited_before_they_are_in_memory(server: Server) -> None:
    parts = [bytes(1_000_000)] * 64  # as much as is taken; hanging up on much more would lose the answer
    address = f"ws://127.0.0.1:{server.port}/_stcore/stream"
    with connect(address, max_size=None, subprotocols=["streamlit"]) as visitor:
        visitor.send([*parts, b"\0"])
        with pytest.raises(ConnectionClosedError, match="exceeds limit of 64000000 bytes"):
            visitor.recv(timeout=60)
    assert is_healthy(server.url)


def test_a_fault_shows_no_visitor_a_path_or_a_value(tmp_path: Path) -> None:
    source = "import streamlit as st\nst.write('begin')\nraise ValueError('secret')\n"
    (tmp_path / "app.py").write_text(source)
    shutil.copytree(ROOT / ".streamlit", tmp_path / ".streamlit")
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port"]
    with running(tmp_path, *command, cwd=tmp_path) as server, session(server) as messages:
        shown = [m.delta.new_element for m in messages if m.WhichOneof("type") == "delta"]
        assert any(element.HasField("markdown") for element in shown)
        (fault,) = (element.exception for element in shown if element.HasField("exception"))
        said = str(fault)
        assert not [word for word in ("secret", "ValueError", str(tmp_path), "app.py") if word in said]
        assert "secret" in server.log.read_text()  # for who runs it


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_an_app_that_ends_by_itself_is_an_error(chrm_book: Path, tmp_path: Path, number: int) -> None:
    with running(tmp_path, *books.command("serve", chrm_book, "--port")) as server:
        (app,) = psutil.Process(server.process.pid).children()
        app.send_signal(number)
        assert server.process.wait(60) == 2
        said = server.log.read_text()
    assert f"error: the app on port {server.port} ended " in said
    assert "Traceback" not in said


def test_serving_others_is_warned_of_and_has_its_names(chrm_book: Path, tmp_path: Path) -> None:
    options = ("--host", "0.0.0.0", "--allow-name", "*.lab.example", "--port")
    with running(tmp_path, *books.command("serve", chrm_book, *options)) as server:
        assert handshake(server, "book.lab.example") == 101
        assert handshake(server, socket.gethostname()) == 101
        assert handshake(server, "evil.example") in (400, 403)
        said = server.log.read_text()
    assert f"warning: whoever can reach 0.0.0.0:{server.port} can read this book" in said
    assert "*.lab.example" in said


def test_serving_this_machine_alone_warns_of_nothing(server: Server) -> None:
    assert "warning:" not in server.log.read_text()


def test_names_that_are_answered() -> None:
    own = ["localhost", "127.0.0.1", "::1"]
    assert answered_names("127.0.0.1") == own
    assert answered_names("192.0.2.7", ["Lab.example", "*"]) == [*own, "192.0.2.7", "lab.example", "*"]
    assert socket.gethostname().lower() in answered_names("0.0.0.0")
    assert "0.0.0.0" not in answered_names("0.0.0.0")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_addresses_of_this_machine_alone(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "2001:db8::1"])
def test_addresses_that_others_reach(host: str) -> None:
    assert not is_loopback(host)


def test_the_frame_of_every_page_has_its_styles_and_title(server: Server) -> None:
    for page in (*PAGES, "library", "no-such-page"):
        with urllib.request.urlopen(f"{server.url}/{page}", timeout=60) as answer:
            frame = answer.read().decode()
        head = frame.split("</head>")[0]
        assert head.count("<title>") == 1
        assert "<title>genomebook</title>" in head
        assert ".gb .lede" in head
        assert "stMainBlockContainer" in head
