"""Download over http(s): resumable, verified by checksum, renamed when complete."""

from __future__ import annotations

import hashlib
import http.client
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn
from urllib.parse import unquote, urlsplit

from genomebook.errors import ChecksumError, DownloadError
from genomebook.files.atomic import rename, sync
from genomebook.files.progress import ByteProgress
from genomebook.files.sums import bsd_sum

_BYTES_PER_READ = 1 << 20
_HEADERS = {"User-Agent": "genomebook", "Accept-Encoding": "identity"}
_TIMEOUT = 30.0  # seconds without a byte
_PARTIAL = 206
_RANGE_REFUSED = 416
_WORTH_RETRYING = frozenset({408, 429, 500, 502, 503, 504})


class _Broken(Exception):
    """A connection failure worth retrying."""


class _TooLong(Exception):
    """A file of more bytes than are wanted."""


def fetch(
    url: str,
    target: Path,
    *,
    md5: str | None = None,
    sha256: str | None = None,
    bsd: str | None = None,
    progress: ByteProgress | None = None,
    retries: int = 3,
    pause: float = 1.0,
    max_bytes: int | None = None,
) -> Path:
    """Download `url` to `target`.

    Bytes go to ``target.part``, from which an interrupted download resumes, in this call or the next, if the
    server still has the same file (its ETag or date is in ``target.part.tag``). The file is renamed once it
    is complete and its checksum matches. An existing `target` is kept if its checksums match, else replaced.

    Parameters
    ----------
    url : str
        http or https.
    target : Path
        A file, whose folder is created if missing, or an existing folder, for the file name in the URL.
    md5, sha256 : str, optional
        Expected checksums, hexadecimal.
    bsd : str, optional
        Expected checksum and blocks as ``sum`` prints them (`genomebook.files.sums.bsd_sum`).
    progress : callable, optional
        Called with (bytes on disk, total bytes or 0 if unknown).
    retries : int
        Attempts after the first one.
    pause : float
        Seconds before the second attempt; doubled each time.
    max_bytes : int, optional
        Most bytes of the file; a longer one is refused before, or while, it arrives.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    DownloadError
        Unsupported scheme, no file name in the URL, refused by the server, more than `retries` failures, disk
        full or too long.
    ChecksumError
        Wrong checksum (the bytes are removed).
    OSError
        Writing failed.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise DownloadError(f"{url}: only http and https addresses can be downloaded; check the address")
    if target.is_dir():
        target = target / _name(url)
        if target.is_dir():
            raise DownloadError(f"{target}: is a folder; choose a file to download to: -o FILE")
    expected = {"md5": md5, "sha256": sha256, "sum": bsd}
    if target.is_file() and _mismatch(target, expected) is None:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    part = _beside(target, ".part")
    for attempt in range(retries + 1):
        try:
            _continue(url, target, progress, max_bytes)
            break
        except _Broken as error:
            if attempt == retries:
                kept = part.stat().st_size if part.exists() else 0
                raise DownloadError(
                    f"{url}: {error} after {retries + 1} attempts, {kept} bytes kept; run it again to go on"
                ) from None
            time.sleep(pause * 2**attempt)
    wrong = _mismatch(part, expected)
    if wrong:
        _forget(target)
        raise ChecksumError(f"{url}: {wrong}; the bytes were removed: run it again, or check the address")
    sync(part)
    rename(part, target)
    _forget(target)
    return target


def _name(url: str) -> str:
    """File name in a URL."""
    name = unquote(urlsplit(url).path.rpartition("/")[2])
    if name in ("", ".", "..") or "/" in name or not name.isprintable():
        raise DownloadError(f"{url}: the address ends in no name for a file; choose one: -o FILE")
    return name


def _beside(target: Path, suffix: str) -> Path:
    return target.with_name(target.name + suffix)


def _forget(target: Path) -> None:
    _beside(target, ".part").unlink(missing_ok=True)
    _beside(target, ".part.tag").unlink(missing_ok=True)


def size_of(url: str) -> int:
    """Bytes of a file on the web, as its server says; 0 where it does not say, or does not answer."""
    request = urllib.request.Request(url, headers=_HEADERS, method="HEAD")
    try:
        with _opener().open(request, timeout=_TIMEOUT) as response:
            length = response.headers.get("Content-Length", "")
    except (OSError, ValueError, http.client.HTTPException):
        return 0
    return int(length) if length.isdecimal() else 0


def _mismatch(path: Path, expected: Mapping[str, str | None]) -> str | None:
    """Describe the first checksum mismatch of `path`; None if there is none."""
    for kind, value in expected.items():
        if value is None:
            continue
        if kind == "sum":
            digest = bsd_sum(path)
        else:
            with path.open("rb") as content:
                digest = hashlib.file_digest(content, kind).hexdigest()
        if digest != value.lower():
            return f"the {kind} is {digest}, expected {value.lower()}"
    return None


def _opener() -> urllib.request.OpenerDirector:
    """Opener for http and https only, so a redirect cannot lead to a file or ftp."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _continue(url: str, target: Path, progress: ByteProgress | None, max_bytes: int | None) -> None:
    """Make one attempt to complete the partial file, or to start it."""
    part, tag = _beside(target, ".part"), _beside(target, ".part.tag")
    have = part.stat().st_size if part.exists() and tag.exists() else 0
    request = urllib.request.Request(url, headers=_HEADERS)
    if have:
        request.add_header("Range", f"bytes={have}-")
        request.add_header("If-Range", tag.read_text(encoding="ascii"))
    try:
        response = _opener().open(request, timeout=_TIMEOUT)
    except urllib.error.HTTPError as error:
        with error:
            if error.code == _RANGE_REFUSED and error.headers.get("Content-Range") == f"bytes */{have}":
                return  # already complete
            _refuse(url, target, error)
    except (OSError, http.client.HTTPException) as error:
        raise _Broken(f"no connection ({getattr(error, 'reason', error)})") from None
    with response:
        goes_on = response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        if not (have and response.status == _PARTIAL and goes_on):
            have = 0
            _keep_tag(response, tag)
        try:
            _save(url, response, part, have, progress, max_bytes)
        except _TooLong:
            _forget(target)
            raise DownloadError(f"{url}: more than {max_bytes:,} bytes; check the address") from None


def _refuse(url: str, target: Path, error: urllib.error.HTTPError) -> NoReturn:
    answer = f"the server answered {error.code} {error.reason}"
    if error.code == _RANGE_REFUSED:
        _forget(target)
    if error.code in _WORTH_RETRYING or error.code == _RANGE_REFUSED:
        raise _Broken(answer) from None
    raise DownloadError(f"{url}: {answer}; check the address") from None


def _keep_tag(response: http.client.HTTPResponse, tag: Path) -> None:
    """Save the validator of this version of the file, for a later range request."""
    etag = response.headers.get("ETag", "")
    validator = etag if etag.startswith('"') else response.headers.get("Last-Modified", "")
    tag.unlink(missing_ok=True)
    if validator and validator.isascii():
        tag.write_text(validator, encoding="ascii")


def _save(
    url: str,
    response: http.client.HTTPResponse,
    part: Path,
    have: int,
    progress: ByteProgress | None,
    max_bytes: int | None,
) -> None:
    """Write the body of `response` to `part` after its first `have` bytes."""
    length = response.headers.get("Content-Length", "")
    rest = int(length) if length.isdecimal() else 0
    if max_bytes is not None and have + rest > max_bytes:
        raise _TooLong
    free = shutil.disk_usage(part.parent).free
    if rest > free:
        raise DownloadError(f"{url}: needs {rest} bytes, {part.parent} has {free} free; make room there")
    with part.open("r+b" if have else "wb") as out:
        out.seek(have)
        while True:
            try:
                block = response.read(_BYTES_PER_READ)
            except (OSError, http.client.HTTPException) as error:
                raise _Broken(f"the connection broke ({error})") from None
            if not block:
                break
            have += len(block)
            if max_bytes is not None and have > max_bytes:
                raise _TooLong
            out.write(block)
            rest -= len(block)
            if progress is not None:
                progress(have, have + max(rest, 0) if length else 0)
    if length and rest:
        raise _Broken("the connection broke")
