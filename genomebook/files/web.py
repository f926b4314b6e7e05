"""Files of a folder on the web or in object storage, read whole or by ranges, with an end to every wait."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from genomebook.errors import OptionError, RemoteError
from genomebook.options import require_extra

SCHEMES = {"http": ("aiohttp",), "https": ("aiohttp",), "s3": ("s3fs",)}
"""Schemes of addresses that can be read, and what each needs beside fsspec."""

CONNECT_S, READ_S, WHOLE_S = 5, 10, 60
"""Longest wait in seconds: for a connection, for the next bytes, for a request as a whole."""

_FORBIDDEN, _ABSENT = (401, 403), (404, 410)


def is_address(text: str) -> bool:
    """Whether a text is an address (``https://…``) and no path."""
    scheme, separator, _ = text.partition("://")
    return bool(separator) and scheme.isalnum()


class WebFolder:
    """A folder of files behind an address.

    Parameters
    ----------
    address : str
        ``https://host/path`` or ``s3://bucket/path``. For S3, credentials and endpoint are those of the
        environment (``AWS_…``) and of ``~/.aws``; without any, the bucket is read anonymously.

    Attributes
    ----------
    address : str
        Without a slash at its end.
    fetched : int
        Bytes received so far.
    requests : int
        Ranges and files asked for so far.

    Raises
    ------
    OptionError
        The address is not one that can be read.
    MissingExtraError
        The packages are not installed.
    """

    def __init__(self, address: str) -> None:
        try:
            parts = urlsplit(address)
        except ValueError:
            raise _no_address(f"{address.partition(':')[0]}://…") from None
        if parts.scheme not in SCHEMES or not parts.netloc:
            raise _no_address(f"{parts.scheme}://{parts.hostname or ''}")
        if parts.query or parts.fragment or "@" in parts.netloc:
            raise OptionError(
                f"{parts.scheme}://{parts.hostname}{parts.path}: an address with a password, ? or # "
                "cannot be read; give the address of the folder alone"
            )
        require_extra(f"a book at {parts.scheme}://", "remote", "fsspec", *SCHEMES[parts.scheme])
        self.address = address.rstrip("/")
        self.fetched = self.requests = 0
        self._is_s3 = parts.scheme == "s3"
        self._open(anonymous=False)

    def _open(self, anonymous: bool) -> None:
        import fsspec
        from aiohttp import ClientError, ClientTimeout

        self._refusals: tuple[type[BaseException], ...] = (OSError, TimeoutError, ClientError, ValueError)
        options: dict[str, Any]
        if self._is_s3:
            from botocore.exceptions import BotoCoreError
            from botocore.exceptions import ClientError as S3Error

            self._refusals += (BotoCoreError, S3Error)
            waits = {"connect_timeout": CONNECT_S, "read_timeout": READ_S, "retries": {"max_attempts": 1}}
            options = {"anon": anonymous, "config_kwargs": waits}
        else:
            options = {
                "client_kwargs": {
                    "timeout": ClientTimeout(total=WHOLE_S, sock_connect=CONNECT_S, sock_read=READ_S),
                    "headers": {"Accept-Encoding": "identity", "User-Agent": "genomebook"},
                    "trust_env": True,
                }
            }
        scheme = "s3" if self._is_s3 else "http"
        self._files = fsspec.filesystem(scheme, skip_instance_cache=True, **options)
        if self._is_s3:
            self._files.retries = 2

    def probe(self, name: str, wait: float = 2 * WHOLE_S) -> None:
        """Check that the server gives parts of files, by the first bytes of one, within ``wait`` seconds.

        Raises
        ------
        RemoteError
            It has no such file, forbids it, does not answer, or gives whole files only.
        """
        for part in self.ranges(name, [(0, 1)], wait):
            if isinstance(part, RemoteError):
                raise part

    def whole(self, names: Sequence[str], limit: int) -> list[bytes | None]:
        """Read small files whole, at the same time.

        Parameters
        ----------
        names : sequence of str
            Names below the address.
        limit : int
            Most bytes of each.

        Returns
        -------
        list of bytes or None
            None for a file that is not there; S3 also says "forbidden" of those.

        Raises
        ------
        RemoteError
            The server does not answer, or a file is longer.
        """
        contents: list[bytes | None] = []
        for name, got in zip(names, self._cat([(name, 0, limit + 1) for name in names]), strict=True):
            status = _status(got)
            if isinstance(got, FileNotFoundError) or status in _ABSENT or self._is_forbidden(got):
                contents.append(None)
            elif isinstance(got, BaseException):
                raise self._refused(name, got)
            elif len(got) > limit:
                raise RemoteError(f"{self.address}/{name}: more than {limit:,} bytes; check the address")
            else:
                contents.append(got)
        return contents

    def ranges(
        self, name: str, spans: Sequence[tuple[int, int]], wait: float = 2 * WHOLE_S
    ) -> list[bytes | RemoteError]:
        """Read the bytes [start, end) of a file for each of some spans, at the same time.

        Returns
        -------
        list of bytes or RemoteError
            The error says why the server does not give a span, or not within ``wait`` seconds.
        """
        asked = [(name, start, end) for start, end in spans]
        return [
            self._part(name, start, end, got)
            for (start, end), got in zip(spans, self._cat(asked, wait), strict=True)
        ]

    def _part(self, name: str, start: int, end: int, got: Any) -> bytes | RemoteError:
        """What came for a span, if it is that, else why not."""
        if isinstance(got, BaseException):
            return self._refused(name, got)
        if len(got) > end - start:
            return RemoteError(
                f"{self.address}/{name}: the server gives whole files only, not parts of them (no range "
                "requests); serve it by nginx or S3, or copy the book to this machine"
            )
        if len(got) < end - start:
            return RemoteError(
                f"{self.address}/{name}: cut short, or another book now ({len(got):,} of {end - start:,} "
                f"bytes from {start:,}); open it again"
            )
        return bytes(got)

    def _cat(self, asked: Sequence[tuple[str, int, int]], wait: float = 2 * WHOLE_S) -> list[Any]:
        """Bytes, or the exception, of each span of a file."""
        got = self._ask(asked, wait)
        if self._is_s3 and any(type(one).__name__ == "NoCredentialsError" for one in got):
            self._open(anonymous=True)
            got = self._ask(asked, wait)
        broken = [number for number, one in enumerate(got) if self._is_worth_retrying(one)]
        if broken:  # as a kept connection that the server has closed meanwhile
            again = self._ask([asked[number] for number in broken], wait)
            for number, one in zip(broken, again, strict=True):
                got[number] = one
        self.requests += len(asked)
        self.fetched += sum(len(one) for one in got if isinstance(one, bytes))
        return got

    def _ask(self, asked: Sequence[tuple[str, int, int]], wait: float) -> list[Any]:
        from fsspec.asyn import sync

        paths = [f"{self.address}/{name}" for name, _, _ in asked]
        starts, ends = ([one[side] for one in asked] for side in (1, 2))
        try:
            got: list[Any] = sync(
                self._files.loop,
                self._files._cat_ranges,
                paths,
                starts,
                ends,
                on_error="return",
                timeout=wait,
            )
        except self._refusals as error:
            return [error] * len(asked)
        return got

    def _is_worth_retrying(self, got: Any) -> bool:
        status = _status(got)
        is_final = isinstance(got, FileNotFoundError | PermissionError | TimeoutError) or 400 <= status < 500
        return isinstance(got, self._refusals) and not is_final

    def _is_forbidden(self, got: Any) -> bool:
        return isinstance(got, PermissionError) or _status(got) in _FORBIDDEN

    def _refused(self, name: str, error: BaseException) -> RemoteError:
        """One line for what a server did instead of answering; other exceptions are the program's."""
        file, status = f"{self.address}/{name}", _status(error)
        if isinstance(error, FileNotFoundError) or status in _ABSENT:
            return RemoteError(f"{file}: not there; check the address of the book")
        if self._is_forbidden(error):
            keys = "; name credentials: AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            return RemoteError(f"{file}: the server forbids it{keys if self._is_s3 else '; ask its owner'}")
        if status:
            return RemoteError(f"{file}: the server answered {status}; try again later")
        if isinstance(error, TimeoutError) or "timeout" in type(error).__name__.lower():
            return RemoteError(f"{file}: the server stopped answering; the same command goes on from here")
        if not isinstance(error, self._refusals):
            raise error
        why = " ".join(str(error).split())[:200] or type(error).__name__
        return RemoteError(f"{file}: no answer ({why}); the same command goes on from here")


def _no_address(what: str) -> OptionError:
    return OptionError(f"{what}: not an address of a book; give a folder, https://… or s3://…")


def _status(error: Any) -> int:
    """HTTP status behind an exception; 0 if there is none."""
    status = getattr(error, "status", 0)
    return status if isinstance(status, int) else 0
