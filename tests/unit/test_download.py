from __future__ import annotations

import hashlib
import re
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from genomebook.errors import DownloadError
from genomebook.genome import download, published
from genomebook.genome.addresses import WebAddresses, WebFile
from genomebook.genome.download import fetch
from tests.support.web import BODY, FileServer, serving

MD5 = hashlib.md5(BODY).hexdigest()
SHA256 = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serving() as running:
        yield running


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_fetched_checked_and_reported(server: FileServer, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    target = tmp_path / "new" / "x.fa.gz"
    result = fetch(
        server.url, target, md5=MD5, sha256=SHA256.upper(), progress=lambda a, b: seen.append((a, b))
    )
    assert result == target
    assert target.read_bytes() == BODY
    assert names(target.parent) == ["x.fa.gz"]
    assert seen[-1] == (len(BODY), len(BODY))
    assert {total for _, total in seen} == {len(BODY)}


def test_a_dropped_connection_is_resumed_where_it_broke(server: FileServer, tmp_path: Path) -> None:
    server.drops = [1_000_000, 500_000]
    fetch(server.url, tmp_path / "x", md5=MD5, pause=0)
    assert (tmp_path / "x").read_bytes() == BODY
    assert server.asked == [None, "bytes=1000000-", "bytes=1500000-"]


def test_the_next_call_goes_on_with_what_was_kept(server: FileServer, tmp_path: Path) -> None:
    server.drops = [300_000]
    with pytest.raises(DownloadError, match="after 1 attempts, 300000 bytes kept; run it again"):
        fetch(server.url, tmp_path / "x", md5=MD5, retries=0)
    assert names(tmp_path) == ["x.part", "x.part.tag"]
    fetch(server.url, tmp_path / "x", md5=MD5, retries=0)
    assert (tmp_path / "x").read_bytes() == BODY
    assert server.asked == [None, "bytes=300000-"]
    assert names(tmp_path) == ["x"]


def test_a_file_that_changed_on_the_server_is_not_joined_to_the_old_part(
    server: FileServer, tmp_path: Path
) -> None:
    server.drops = [300_000]
    with pytest.raises(DownloadError):
        fetch(server.url, tmp_path / "x", retries=0)
    server.body, server.tag = BODY[::-1], '"two"'
    fetch(server.url, tmp_path / "x", retries=0)
    assert (tmp_path / "x").read_bytes() == BODY[::-1]


@pytest.mark.parametrize(("tag", "ranges"), [("", True), ('W/"weak"', True), ('"one"', False)])
def test_without_safe_resuming_it_begins_again(
    server: FileServer, tmp_path: Path, tag: str, ranges: bool
) -> None:
    server.tag, server.ranges = tag, ranges
    server.drops = [300_000]
    fetch(server.url, tmp_path / "x", md5=MD5, pause=0)
    assert (tmp_path / "x").read_bytes() == BODY
    assert len(server.asked) == 2
    assert names(tmp_path) == ["x"]


def test_a_whole_part_that_was_never_renamed_is_used(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "x.part").write_bytes(BODY)
    (tmp_path / "x.part.tag").write_text(server.tag)
    fetch(server.url, tmp_path / "x", md5=MD5, retries=0)
    assert (tmp_path / "x").read_bytes() == BODY
    assert server.asked == [f"bytes={len(BODY)}-"]


def test_a_part_longer_than_the_file_is_thrown_away(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "x.part").write_bytes(BODY + b"more")
    (tmp_path / "x.part.tag").write_text(server.tag)
    fetch(server.url, tmp_path / "x", md5=MD5, pause=0)
    assert (tmp_path / "x").read_bytes() == BODY


@pytest.mark.parametrize("wrong", [{"md5": "0" * 32}, {"sha256": "0" * 64}, {"md5": MD5, "sha256": "f" * 64}])
def test_a_wrong_checksum_removes_the_bytes(
    server: FileServer, tmp_path: Path, wrong: dict[str, str]
) -> None:
    (tmp_path / "x").write_bytes(b"what was there")
    with pytest.raises(
        DownloadError, match=r"(md5|sha256) is [0-9a-f]+, expected [0f]+; the bytes were removed"
    ):
        fetch(server.url, tmp_path / "x", **wrong)  # type: ignore[arg-type]
    assert names(tmp_path) == ["x"]
    assert (tmp_path / "x").read_bytes() == b"what was there"


def test_a_file_that_is_there_is_kept_if_right_and_replaced_if_not(
    server: FileServer, tmp_path: Path
) -> None:
    (tmp_path / "x").write_bytes(BODY)
    fetch(server.url, tmp_path / "x", md5=MD5)
    assert server.asked == []
    (tmp_path / "x").write_bytes(b"half")
    fetch(server.url, tmp_path / "x", md5=MD5)
    assert (tmp_path / "x").read_bytes() == BODY


def test_a_missing_file_is_not_tried_twice(server: FileServer, tmp_path: Path) -> None:
    server.statuses = [404, 404]
    with pytest.raises(DownloadError, match="the server answered 404 Not Found; check the address") as caught:
        fetch(server.url, tmp_path / "x", pause=0)
    assert "\n" not in str(caught.value)
    assert len(server.asked) == 1
    assert names(tmp_path) == []


def test_a_busy_server_is_tried_again(server: FileServer, tmp_path: Path) -> None:
    server.statuses = [503, 429]
    fetch(server.url, tmp_path / "x", md5=MD5, pause=0)
    assert len(server.asked) == 3
    server.statuses = [500] * 5
    with pytest.raises(DownloadError, match=r"answered 500 .* after 2 attempts, 0 bytes kept"):
        fetch(server.url, tmp_path / "y", retries=1, pause=0)


def test_an_answer_without_a_length(server: FileServer, tmp_path: Path) -> None:
    server.length = False
    seen: list[tuple[int, int]] = []
    fetch(server.url, tmp_path / "x", md5=MD5, progress=lambda a, b: seen.append((a, b)))
    assert seen[-1] == (len(BODY), 0)


def test_no_room_on_the_disk(server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: usage(10, 0, 1000))
    with pytest.raises(DownloadError, match=f"needs {len(BODY)} bytes, .* has 1000 free; make room"):
        fetch(server.url, tmp_path / "x")
    assert "x" not in names(tmp_path)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x", "file:///etc/hostname", "x.fa", "/x.fa", ""])
def test_only_web_addresses(tmp_path: Path, url: str) -> None:
    with pytest.raises(DownloadError, match="only http and https"):
        fetch(url, tmp_path / "x")


@pytest.mark.parametrize("location", ["file:///etc/hostname", "ftp://127.0.0.1/x"])
def test_a_redirect_cannot_leave_the_web(server: FileServer, tmp_path: Path, location: str) -> None:
    server.location = location
    with pytest.raises(DownloadError):
        fetch(server.url, tmp_path / "x", retries=0)
    assert "x" not in names(tmp_path)


def test_no_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with FileServer() as closed:
        url = closed.url
    with pytest.raises(DownloadError, match=r"no connection .* after 2 attempts, 0 bytes kept"):
        fetch(url, tmp_path / "x", retries=1, pause=0)


def test_the_genome_that_can_be_downloaded_by_name_has_a_checksum() -> None:
    (whole,) = WebAddresses().sequence("GRCh38", "ucsc")
    assert urlsplit(whole.url).scheme == "https"
    assert re.fullmatch("[0-9a-f]{32}", whole.md5)


@pytest.mark.parametrize("target", ["have", "have/", ".", ""])
def test_into_a_folder_under_the_name_of_the_address(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    (tmp_path / "have").mkdir()
    monkeypatch.chdir(tmp_path if target.startswith("have") else tmp_path / "have")
    result = fetch(f"{server.url}?a=b/c#d", Path(target), md5=MD5)
    assert result.resolve() == tmp_path / "have" / "x.fa.gz"
    assert result.read_bytes() == BODY
    assert names(tmp_path) == ["have"]
    assert names(tmp_path / "have") == ["x.fa.gz"]


@pytest.mark.parametrize("end", ["/", "/a/", "/..", "/a%2Fb", "/%2E%2E", "/a%00", "/a%1b"])
def test_an_address_without_a_name_for_a_file_is_refused_before_the_download(
    server: FileServer, tmp_path: Path, end: str
) -> None:
    url = f"http://127.0.0.1:{server.server_port}{end}"
    with pytest.raises(DownloadError, match=r"the address ends in no name for a file; choose one: -o FILE"):
        fetch(url, tmp_path)
    assert server.asked == []
    assert names(tmp_path) == []


def test_a_folder_of_the_name_of_the_file_is_refused_before_the_download(
    server: FileServer, tmp_path: Path
) -> None:
    (tmp_path / "x.fa.gz").mkdir()
    with pytest.raises(DownloadError, match=r"x\.fa\.gz: is a folder; choose a file"):
        fetch(server.url, tmp_path)
    assert server.asked == []


@pytest.mark.parametrize("says_length", [True, False])
def test_a_file_of_too_many_bytes_is_not_kept(says_length: bool, server: FileServer, tmp_path: Path) -> None:
    server.length = says_length
    with pytest.raises(DownloadError, match=r"x\.fa\.gz: more than 1,000,000 bytes; check the address"):
        fetch(server.url, tmp_path / "x", max_bytes=1_000_000, pause=0)
    assert names(tmp_path) == []
    assert len(server.asked) == 1
    fetch(server.url, tmp_path / "x", max_bytes=len(BODY), pause=0)
    assert (tmp_path / "x").read_bytes() == BODY


def test_a_line_of_a_list_that_names_no_file_is_passed_over() -> None:
    file = WebFile("https://host/x.fa.gz", "https://host/md5sum.txt")
    lines = f"{'0' * 32}  //[x\n{'A' * 32}  x.fa.gz\n"
    assert published._listed(file, lines).md5 == "a" * 32


def test_a_list_of_checksums_is_bounded(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(published, "_MAX_LIST", 1000)
    with pytest.raises(DownloadError, match="more than 1,000 bytes"):
        published.published(WebFile(server.url, f"{server.root}/md5sum.txt"), tmp_path)
    assert names(tmp_path) == []
