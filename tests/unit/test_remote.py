"""Books on the web and in object storage: what is fetched, what is kept, and servers that fail."""

from __future__ import annotations

import errno
import gc
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from genomebook.book import Book, remote
from genomebook.book.annex import writing
from genomebook.book.verify import verify
from genomebook.errors import BookError, DamagedBookError, GenomebookError, OptionError, RemoteError
from genomebook.files import remote as copies
from genomebook.files import web
from genomebook.pipeline.search.index import search_index
from genomebook.render.page.make import PageMaker
from genomebook.search.searcher import Searcher
from tests.support import books
from tests.support.objects import FolderServer, serving

pytest.importorskip("aiohttp", reason="needs the extra remote")
pytest.importorskip("fsspec", reason="needs the extra remote")

PLACES = ("chrM:1-400", "chrM:8000-8400", "chrM:16200-16569")


@pytest.fixture
def server(chrm_book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FolderServer]:
    """A server of the book; this process has no copy of it yet."""
    monkeypatch.setenv("GENOMEBOOK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(remote, "_COPIES", {})
    with serving(chrm_book) as running:
        yield running


def pages(book: Book) -> list[object]:
    maker = PageMaker(book)
    return [maker.land(*maker.ask(place)) for place in PLACES]


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """As another process, later."""
    for copy in remote._COPIES.values():
        copies.os.close(copy._hold)
    monkeypatch.setattr(remote, "_COPIES", {})


def test_pages_are_those_of_the_book_and_a_later_process_fetches_only_manifests(
    server: FolderServer, chrm_book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = Book.open(server.url)
    assert pages(book) == pages(Book.open(chrm_book))
    before = len(server.asked)
    assert [book.read(place) for place in PLACES] == [Book.open(chrm_book).read(place) for place in PLACES]
    assert len(server.asked) == before  # all of it is here
    forget(monkeypatch)
    server.asked.clear()
    assert pages(Book.open(server.url)) == pages(book)
    assert {line.split()[0].rpartition("/")[2] for line in server.asked} <= {
        "book.json",
        "manifest.json",
        "checksums.u64",
    }


def test_only_the_blocks_of_a_place_are_fetched_of_large_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENOMEBOOK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(remote, "_COPIES", {})
    monkeypatch.setattr(copies, "WHOLE", 1 << 17)
    fasta = tmp_path / "long.fa"
    fasta.write_bytes(books.fasta({"long": books.letters(500_000, 1)}))
    local = books.make(fasta, tmp_path / "long.book")
    with serving(local.path) as running:
        book = Book.open(running.url)
        assert book.read("long:250000-250100") == local.read("long:250000-250100")
        asked = [line.split()[1] for line in running.asked if "words.u16" in line]
        size = local.meta.files["words.u16"].bytes
        assert len(asked) == 1
        first, last = (int(end) for end in asked[0].removeprefix("bytes=").split("-"))
        assert 0 < first < last < size - 1
        assert book.read("long") == local.read("long")
        assert len([line for line in running.asked if "words.u16" in line]) == 3  # before it and behind it


def test_a_bad_annex_closes_only_itself_as_in_a_local_book(
    server: FolderServer, chrm_book: Path, tmp_path: Path
) -> None:
    server.folder = tmp_path / "upload"
    shutil.copytree(chrm_book, server.folder)
    (server.folder / "senses").mkdir(exist_ok=True)
    (server.folder / "senses" / "manifest.json").write_text('{"format": "genomebook-annex", "version": 99}')
    book = Book.open(server.url)
    assert len(book.read("chrM:1-40")) == 40
    with pytest.raises(BookError, match=r"senses/manifest\.json: format 99"):
        book.annex("senses")


def test_another_book_at_the_address_is_refused_by_who_has_read_the_first(
    server: FolderServer, tmp_path: Path
) -> None:
    Book.open(server.url)
    server.folder = books.make(fasta_of(tmp_path), tmp_path / "new.book").path
    with pytest.raises(BookError, match=r"x\.book/book\.json: another book now; start this command again"):
        Book.open(server.url)


def fasta_of(folder: Path) -> Path:
    (folder / "new.fa").write_bytes(books.fasta({"new": books.letters(5_000, 2)}))
    return folder / "new.fa"


def test_the_server_of_an_open_book_is_asked_whether_it_is_still_there(server: FolderServer) -> None:
    Book.open(server.url)
    remote.check_there(server.url)
    server.status = 500
    with pytest.raises(RemoteError, match="answered 500"):
        remote.check_there(server.url)


def test_a_silent_server_is_known_within_seconds(
    server: FolderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    Book.open(server.url)
    server.silent = "book.json"
    monkeypatch.setattr(remote, "_PROBE_S", 0.2)
    began = threading.active_count()
    with pytest.raises(RemoteError, match="stopped answering"):
        remote.check_there(server.url)
    assert threading.active_count() <= began + 1


def test_a_cache_that_cannot_be_written_is_one_line(
    server: FolderServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GENOMEBOOK_CACHE", str(tmp_path / "file"))
    with pytest.raises(BookError, match=r"file: .*; make room there, or name another folder in GENOMEBOOK_"):
        Book.open(server.url)


def test_a_disk_that_is_full_is_one_line(server: FolderServer, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Book.open(server.url)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(copies.os, "pwrite", full)
    with pytest.raises(BookError, match=r": No space left on device; make room there"):
        book.read("chrM:1-40")


def test_a_size_in_a_manifest_that_no_disk_has_is_one_line(server: FolderServer) -> None:
    copy = remote.remote_copy(server.url)
    with pytest.raises(BookError, match=r"large\.u64: .*; make room there"):
        copy.lay_out("", {"large.u64": 1 << 62})


def test_wrong_bytes_are_asked_for_once_more_and_never_kept(server: FolderServer) -> None:
    server.wrong = 1
    book = Book.open(server.url)
    assert len(book) == 1
    assert len([line for line in server.asked if "volumes.parquet" in line]) == 2
    server.wrong = 2
    with pytest.raises(
        DamagedBookError, match=r"^http://\S+/x\.book/words\.u16: damaged near byte 0 .*rebuild"
    ):
        book["chrM"].ids[0:1]
    assert len(book.read("chrM:1-40")) == 40  # the server is well again: it goes on


@pytest.mark.parametrize(
    ("status", "says"), [(403, "forbids it; ask its owner"), (404, "not there"), (500, "answered 500")]
)
def test_a_server_that_refuses_is_one_line_and_ends_the_command_with_2(
    status: int, says: str, server: FolderServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.status = status
    for command in (("read", server.url, "chrM:1-40"), ("serve", server.url, "--port", "1")):
        assert says in books.program(capsys, *command).error


def test_a_bound_for_a_local_book_is_refused(chrm_book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = books.program(capsys, "serve", chrm_book, "--cache-size", "4GB", "--port", "1").error
    assert "--cache-size: for a book at an address" in said


def test_a_server_that_falls_silent_does_not_hold_anybody_and_the_reader_goes_on_after_it(
    server: FolderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "READ_S", 0.2)
    book = Book.open(server.url)
    server.silent = "words.u16"
    with pytest.raises(RemoteError, match=r"words\.u16: the server stopped answering; .* goes on from here"):
        book.read("chrM:1-40")
    server.silent = ""
    assert len(book.read("chrM:1-40")) == 40


def test_a_server_without_ranges_is_refused_before_anything_large_is_asked_for(server: FolderServer) -> None:
    server.ranges = False
    with pytest.raises(RemoteError, match="gives whole files only"):
        Book.open(server.url)
    assert [line.split()[0] for line in server.asked] == ["/x.book/book.json"]


def test_nobody_there_is_one_line(server: FolderServer) -> None:
    nobody = "http://127.0.0.1:9/x.book"
    with pytest.raises(RemoteError, match=r"^http://127\.0\.0\.1:9/x\.book/book\.json: no answer \("):
        Book.open(nobody)


def test_the_copy_stays_within_its_bound_and_a_book_in_use_stays_right(
    server: FolderServer, chrm_book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "WHOLE", 0)
    monkeypatch.setattr(remote, "_copy_size", lambda: 400_000)
    local = pages(Book.open(chrm_book))
    book = Book.open(server.url)
    assert pages(book) == local
    assert remote.generation(server.url) > 0
    copy = remote.remote_copy(server.url)
    for _ in range(3):  # as the app does, which lets the book before the last go
        last, book = book, Book.open(server.url)
        assert pages(book) == local
        assert pages(last) == local
        del last
        gc.collect()
        kept = sum(map(copies._taken, copy._kept))
        assert kept <= 400_000
        assert taken_below(copy.folder) <= kept + 400_000


def taken_below(folder: Path) -> int:
    """Bytes on the disk of the files of a folder and of those that are removed but open in this process."""
    states = [path.stat() for path in folder.rglob("*") if path.is_file()]
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            if os.readlink(link).startswith(f"{folder}/"):
                states.append(link.stat())
    return sum({state.st_ino: state.st_blocks * 512 for state in states}.values())


def test_files_that_are_read_whole_stay_or_are_refused_in_one_line(
    server: FolderServer, chrm_book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "WHOLE", 0)
    server.folder = tmp_path / "upload"
    shutil.copytree(chrm_book, server.folder)
    search_index(server.folder, workers=1)
    book = Book.open(server.url)
    copy = remote.remote_copy(server.url)
    Searcher.open(book)
    assert {path.name for path in copy._kept} >= {"text.u64", "seeds.u32"}
    smaller = sum(copy._kept.values()) - 1
    copy._kept.clear()
    copy.size = smaller
    with pytest.raises(OptionError, match=f"read whole are .* may have {smaller:,}; set GENOMEBOOK_CACHE"):
        Searcher.open(Book.open(server.url))


def test_two_processes_have_a_copy_each(server: FolderServer) -> None:
    first, second = (copies.RemoteCopy(server.url, 1 << 30) for _ in range(2))
    assert first.folder != second.folder


def test_verify_fetches_all_of_it_where_there_is_room(
    server: FolderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert verify(Book.open(server.url), raise_errors=True)
    monkeypatch.setattr(remote, "_COPIES", {})
    monkeypatch.setattr(remote, "_copy_size", lambda: 1000)
    with pytest.raises(GenomebookError, match="may have 1,000; set GENOMEBOOK_CACHE_SIZE"):
        verify(Book.open(server.url), raise_errors=True)


def test_a_copy_is_only_read(server: FolderServer) -> None:
    with (
        pytest.raises(BookError, match=r"x\.book: a book on the web is only read"),
        writing(Book.open(server.url).path),
    ):
        pass


def test_a_book_in_a_bucket(chrm_book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("s3fs", reason="needs the extra remote")
    server = pytest.importorskip("moto.server", reason="needs moto's server")
    monkeypatch.setenv("GENOMEBOOK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(remote, "_COPIES", {})
    monkeypatch.setenv("no_proxy", "*")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "made-up")
    running = server.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    running.start()
    try:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://{}:{}".format(*running.get_host_and_port()))
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        import s3fs

        bucket = s3fs.S3FileSystem(skip_instance_cache=True)
        bucket.mkdir("shelf")
        bucket.put(f"{chrm_book}/", "shelf/chrM.book", recursive=True)
        book = Book.open("s3://shelf/chrM.book")
        assert pages(book) == pages(Book.open(chrm_book))
        with pytest.raises(RemoteError, match=r"s3://shelf/none\.book/book\.json: not there"):
            Book.open("s3://shelf/none.book")
        with pytest.raises(RemoteError, match=r"s3://no-shelf/x\.book/book\.json: not there"):
            Book.open("s3://no-shelf/x.book")
    finally:
        running.stop()
