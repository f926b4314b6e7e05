"""Books on the web: addresses and sizes, waits that are shared, parts that came, what visitors see."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from genomebook.book import Book, remote
from genomebook.errors import BookError, OptionError, RemoteError
from genomebook.files import remote as copies
from genomebook.files import web
from genomebook.files.attempts import Attempts
from genomebook.files.locks import hold
from pages._shared import without_folders
from tests.support import books
from tests.support.objects import serving

pytest.importorskip("aiohttp", reason="needs the extra remote")
pytest.importorskip("fsspec", reason="needs the extra remote")


def test_parts_that_came_are_kept_when_another_part_does_not_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENOMEBOOK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(remote, "_COPIES", {})
    monkeypatch.setattr(copies, "WHOLE", 1 << 16)
    monkeypatch.setattr(copies, "_REQUEST", 1)
    monkeypatch.setattr(web, "READ_S", 0.3)
    fasta = tmp_path / "long.fa"
    fasta.write_bytes(books.fasta({"long": books.letters(500_000, 1)}))
    local = books.make(fasta, tmp_path / "long.book")
    with serving(local.path) as running:
        book = Book.open(running.url)
        used = remote.remote_copy(running.url)._used
        running.silent, running.silent_from = "words.u16", 1 << 16
        with pytest.raises(RemoteError, match="the server stopped answering"):
            book["long"].ids[:]
        assert remote.remote_copy(running.url)._used >= used + (1 << 16)
        running.silent = ""
        running.asked.clear()
        assert (book["long"].ids[:] == local["long"].ids[:]).all()
        assert running.asked
        assert not [line for line in running.asked if "bytes=0-" in line]


def test_who_waits_for_an_attempt_that_fails_gets_its_failure() -> None:
    attempts, tried, started, said = Attempts(), [], threading.Event(), []

    def attempt() -> None:
        try:
            with attempts.turn():
                tried.append(1)
                started.set()
                assert waiting.wait(10)
                raise RemoteError("no answer")
        except RemoteError as error:
            said.append(str(error))

    waiting = threading.Event()
    first = threading.Thread(target=attempt)
    first.start()
    assert started.wait(10)
    others = [threading.Thread(target=attempt) for _ in range(5)]
    for other in others:
        other.start()
    time.sleep(0.2)  # each of them is at the lock
    waiting.set()
    for thread in (first, *others):
        thread.join(10)
    assert said == ["no answer"] * 6
    assert len(tried) == 1
    with attempts.turn():  # later, it is tried again
        pass


def test_an_address_that_ends_like_the_lock_has_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENOMEBOOK_CACHE", str(tmp_path))
    folder, lock = copies._free_copy("https://host/lock")
    copies.os.close(lock)
    assert folder.is_dir()


def test_a_lock_that_is_refused_is_let_go(tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    (tmp_path / "place" / "link").symlink_to(tmp_path)
    for _ in range(2):  # BusyError, had the first kept it
        with pytest.raises(BookError, match="is a symbolic link"):
            hold(tmp_path / "place")


def test_visitors_see_no_server_and_no_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    address = "http://store.internal:9000/shelf/x.book"
    monkeypatch.setenv("GENOMEBOOK_BOOK", f"{address}/")
    said = f"{address}/words.u16: no answer (Cannot connect to host store.internal:9000); name credentials"
    assert without_folders(said) == "x.book/words.u16: no answer"
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "address",
    [
        "ftp://host/x.book",
        "ftp://u:secret@host/x.book",
        "file:///etc",
        "https://",
        "https://u:secret@host/x.book",
        "https://[x/y",
        "https://u:secret@[x/y",
        "s3://b/x?token=secret",
    ],
)
def test_other_addresses_are_refused_without_repeating_a_secret(address: str) -> None:
    with pytest.raises(OptionError) as refused:
        remote.check_remote(address)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("text", ["", "much", "63MB", "-1GB", "1e9", "9" * 40])
def test_sizes_that_are_none(text: str) -> None:
    with pytest.raises(OptionError, match="give at least 64MB"):
        copies.size_in_bytes(text)


def test_sizes() -> None:
    assert [copies.size_in_bytes(text) for text in ("64MB", "2 gb", "100000000", "1TB")] == [
        64 * 10**6,
        2 * 10**9,
        10**8,
        10**12,
    ]
