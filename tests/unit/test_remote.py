"""Books on the web and in object storage: what is fetched, what is kept, and servers that fail."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from genomebook.book import Book, remote
from genomebook.book.annex import writing
from genomebook.book.verify import verify
from genomebook.errors import BookError, DamagedBookError, GenomebookError, OptionError, RemoteError
from genomebook.files import remote as copies
from genomebook.files import web
from genomebook.render.page.make import PageMaker
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


@pytest.mark.parametrize(
    "address",
    ["ftp://host/x.book", "file:///etc", "https://", "https://u:secret@host/x.book", "s3://b/x?token=secret"],
)
def test_other_addresses_are_refused_without_repeating_a_secret(address: str) -> None:
    with pytest.raises(OptionError) as refused:
        remote.check_remote(address)
    assert "secret" not in str(refused.value)


def test_the_copy_stays_within_its_bound_and_a_book_in_use_stays_right(
    server: FolderServer, chrm_book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "WHOLE", 0)
    monkeypatch.setattr(remote, "_copy_size", lambda: 100_000)
    local = pages(Book.open(chrm_book))
    book = Book.open(server.url)
    assert pages(book) == local
    assert remote.generation(server.url) > 0
    again = Book.open(server.url)
    assert pages(again) == local
    assert pages(book) == local
    copy = remote.remote_copy(server.url)
    gc.collect()
    kept = sum(map(copies._taken, copy._kept))
    assert sum(copies._taken(path) for path in copy.folder.rglob("*") if path.is_file()) <= kept + 100_000


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
