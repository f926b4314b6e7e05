"""Replicas behind nginx, the log of requests, the health of an app, the Dockerfile, the unit of systemd."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.sync.client import connect

from pages._log import RequestLog
from tests.support import books, cli_page, dockerfile
from tests.support.browser import START_LIMIT_S, STOP_LIMIT_S, free_port, is_healthy
from tests.support.objects import serving

ROOT = Path(__file__).resolve().parents[2]
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
COOKIE = "genomebook_reader"


@contextmanager
def replica(book: Path | str, log: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = free_port()
    with log.open("w") as out:
        process = subprocess.Popen(
            books.command("serve", book, "--log", "--port", str(port)), cwd=ROOT, stdout=out, stderr=out
        )
        try:
            yield process, port
        finally:
            process.terminate()
            process.wait(STOP_LIMIT_S)


@contextmanager
def proxy(folder: Path, ports: tuple[int, int]) -> Iterator[int]:
    """nginx with the shipped configuration, on other ports."""
    port = free_port()
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    for old, new in (("listen 80;", f"listen 127.0.0.1:{port};"), ("8501", ports[0]), ("8502", ports[1])):
        assert text.count(old) == 1
        text = text.replace(old, str(new))
    (folder / "genomebook.conf").write_text(text)
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off;\npid {folder}/pid;\nworker_processes 1;\nevents {{}}\n"
        f"http {{\n{temporary}include {folder}/genomebook.conf;\n}}\n"
    )
    command = [str(NGINX), "-p", str(folder), "-e", str(folder / "errors"), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen(command)
    try:
        yield port
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(STOP_LIMIT_S)


def wait_for(url: str) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while not is_healthy(url):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def asked(url: str, cookie: str = "") -> tuple[str, str]:
    """What is answered, and the cookie that comes with it."""
    request = urllib.request.Request(url, headers={"Cookie": f"{COOKIE}={cookie}"} if cookie else {})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as answer:
        cookies = " ".join(answer.headers.get_all("Set-Cookie") or [])
        return answer.read().decode(), re.findall(rf"{COOKIE}=([0-9a-f]{{32}})", cookies)[0]


def lines(route: str, count: int, *logs: Path) -> list[list[dict[str, object]]]:
    """The lines of a route in each log, once there are so many: a line follows the answer it tells of."""
    deadline = time.monotonic() + STOP_LIMIT_S
    while True:
        whole = [log.read_text().rpartition("\n")[0].splitlines() for log in logs]
        told = [[json.loads(line) for line in each if line.startswith("{")] for each in whole]
        told = [[line for line in each if line["route"] == route] for each in told]
        if sum(map(len, told)) >= count or time.monotonic() > deadline:
            return told
        time.sleep(0.05)


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
def test_a_reader_stays_with_one_replica_and_goes_on_when_it_is_stopped(
    chrm_book: Path, tmp_path: Path
) -> None:
    logs = [tmp_path / "first.log", tmp_path / "second.log"]
    with replica(chrm_book, logs[0]) as first, replica(chrm_book, logs[1]) as second:
        with proxy(tmp_path, (first[1], second[1])) as port:
            url = f"http://127.0.0.1:{port}"
            for each in (first, second):
                wait_for(f"http://127.0.0.1:{each[1]}")
            assert asked(f"{url}/health")[0] == "ok"
            asset = re.findall(r'src="\./?(assets/[\w.-]+\.js)"|"(assets/terms[\w.-]+\.js)"', asked(url)[0])
            with urllib.request.urlopen(f"{url}/{max(asset[0])}", timeout=60) as answer:
                assert answer.headers["Cache-Control"]
                assert answer.headers["Set-Cookie"] is None
            text, cookie = asked(f"{url}/plain?loc=MT-ND1")
            assert "NADH dehydrogenase" in text
            for _ in range(6):
                assert asked(f"{url}/plain?loc=MT-ND1", cookie)[1] == cookie
            answering = [len(each) for each in lines("/plain", 7, *logs)]
            assert sorted(answering) == [0, 7]
            others = {asked(f"{url}/plain?loc=MT-CO1")[1] for _ in range(12)}
            assert len(others) == 12
            assert all(lines("/plain", 7 + 12, *logs))
            stopped, _ = (first, second)[answering.index(7)]
            headers = {"Cookie": f"{COOKIE}={cookie}"}
            stream = f"ws://127.0.0.1:{port}/_stcore/stream"
            with connect(stream, additional_headers=headers, subprotocols=["streamlit"]):
                stopped.send_signal(signal.SIGTERM)
                assert stopped.wait(STOP_LIMIT_S) == 0
            assert "NADH dehydrogenase" in asked(f"{url}/plain?loc=MT-ND1", cookie)[0]
            with connect(stream, additional_headers=headers, subprotocols=["streamlit"]):
                pass
        sessions = [line for each in lines("/_stcore/stream", 2, *logs) for line in each]
        said = "".join(log.read_text() for log in logs)
        assert not [word for word in ("MT-ND1", "MT-CO1", "NADH", cookie, "loc=") if word in said]
        assert [(line["method"], line["status"]) for line in sessions] == [("WS", 101)] * 2
        assert all(set(line) == {"time", "method", "route", "status", "ms"} for line in sessions)
        assert "Traceback" not in said


def test_an_app_whose_book_is_gone_says_so(chrm_book: Path, tmp_path: Path) -> None:
    book = tmp_path / "book"
    shutil.copytree(chrm_book, book)
    with replica(book, tmp_path / "log") as (_, port):
        wait_for(f"http://127.0.0.1:{port}")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{port}/health", timeout=60) as answer:
            assert answer.read() == b"ok"
        book.rename(tmp_path / "elsewhere")
        with pytest.raises(urllib.error.HTTPError) as failed:
            opener.open(f"http://127.0.0.1:{port}/health", timeout=60)
        assert failed.value.code == 503
        assert str(tmp_path) not in failed.value.read().decode()
        ((line,),) = lines("/health", 1, tmp_path / "log")
        assert line["status"] == 503


def test_an_app_whose_server_of_books_forbids_says_so_without_naming_it(
    chrm_book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("aiohttp", reason="needs the extra remote")
    monkeypatch.setenv("GENOMEBOOK_CACHE", str(tmp_path / "cache"))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with serving(chrm_book) as server, replica(server.url, tmp_path / "log") as (_, port):
        wait_for(f"http://127.0.0.1:{port}")
        with opener.open(f"http://127.0.0.1:{port}/health", timeout=60) as answer:
            assert answer.read() == b"ok"
        server.status = 403
        with pytest.raises(urllib.error.HTTPError) as failed:
            opener.open(f"http://127.0.0.1:{port}/health", timeout=60)
        assert failed.value.code == 503
        assert failed.value.read() == b"x.book/book.json: the server forbids it"
        assert (
            f"{server.url}/book.json: the server forbids it; ask its owner" in (tmp_path / "log").read_text()
        )


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/read", "/read"),
        ("/ACGTTTGACA", "/*"),
        ("/patient-7", "/*"),
        ("/", "/"),
        ("/assets/reader.0123.js", "/assets/*"),
        ("/_stcore/upload_file/f3-session/9", "/_stcore/upload_file/*"),
        ("/_stcore/host-config", "/_stcore/host-config"),
        ("/_stcore/GATTACA/x", "/_stcore/*"),
        ("/_stcore/GATTACA", "/_stcore/*"),
        ("/_stcore/stream", "/_stcore/stream"),
        ('/\n{"forged": 1}', "/*"),
    ],
)
def test_a_route_says_nothing_that_a_reader_typed(path: str, route: str) -> None:
    assert RequestLog(lambda *_: None, ["/", "/read"])._route(path) == route  # type: ignore[arg-type,return-value]


def test_the_image_is_made_of_what_there_is_and_runs_as_no_root() -> None:
    steps = dockerfile.steps()
    assert steps[0].name == "FROM"
    assert re.fullmatch(r"python:3\.\d+-slim-\w+", steps[0].rest)
    assert all((ROOT / name).exists() for name in dockerfile.copied())
    assert [step.rest for step in steps if step.name == "USER"] == ["genomebook"]
    installs = [step for step in steps if step.name == "RUN" and "pip" in step.words]
    assert [word for word in installs[0].words if word.startswith(".")] == [".[remote]"]
    assert "constraints.txt" in installs[0].words
    (command,) = (step.words for step in steps if step.name == "CMD")
    assert_options(command)


def test_the_unit_starts_the_command_with_options_that_it_has() -> None:
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(ROOT / "deploy" / "genomebook@.service")
    assert set(unit.sections()) == {"Unit", "Service", "Install"}
    program, *command = unit["Service"]["ExecStart"].split()
    assert program.endswith("/bin/genomebook")
    assert_options(command)
    assert unit["Service"]["KillSignal"] == "SIGTERM"


def assert_options(command: list[str]) -> None:
    assert command[0] == "serve"
    page = cli_page.page().split("genomebook serve")[1]
    for word in command:
        assert not word.startswith("--") or f"`{word}`" in page
