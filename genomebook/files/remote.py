"""A copy of a folder on the web that is filled block by block as it is read, within a bound on the disk.

A file of the copy has its full size from the start and takes no room until its blocks arrive. Whether a block
has arrived is told by its checksum alone, so a copy that was left in the middle, or damaged, goes on.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from genomebook.errors import BookError, BusyError, OptionError, RemoteError
from genomebook.files.checks import BLOCK_SIZE, SOURCES, CheckedFile
from genomebook.files.locks import LOCK, hold
from genomebook.files.web import WebFolder

DEFAULT_SIZE = "2GB"
"""Room for the copy of a book, unless GENOMEBOOK_CACHE_SIZE says otherwise."""

WHOLE = 1 << 20
"""Bytes of the largest file that is fetched whole at its first use."""

_UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_SMALLEST_SIZE = 64 * 10**6
_REQUEST = 16
"""Most blocks of one request."""

_TOGETHER = 4
"""Most requests at the same time: 4 MB come within `genomebook.files.web.WHOLE_S` on a slow line too."""

_COPIES = 64


def size_in_bytes(text: str) -> int:
    """Bytes of a size such as ``500MB`` or ``2 GB``.

    Raises
    ------
    OptionError
        It is none, or less than 64 MB.
    """
    match = re.fullmatch(r"\s*([0-9]{1,15})\s*([KMGT]?B)?\s*", text.upper())
    size = int(match[1]) * _UNITS[match[2] if match[2] not in (None, "B") else ""] if match else 0
    if size < _SMALLEST_SIZE:
        raise OptionError(f"cache size {text[:40]!r}: give at least 64MB, as in 500MB or 2GB")
    return size


def cache_folder() -> Path:
    """Where copies are: GENOMEBOOK_CACHE, or ``genomebook`` in the cache of the user."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("GENOMEBOOK_CACHE") or Path(base) / "genomebook")


class RemoteCopy:
    """The copy of a folder on the web that belongs to this process; a `genomebook.files.checks.Source`.

    Processes do not share copies: each takes the first that no other one holds, with what is in it.

    Parameters
    ----------
    address : str
        Address of the folder (`WebFolder`).
    size : int
        Most bytes on the disk of a book that is opened anew whenever `generation` has changed, and as many
        of files that are kept. When half of them are used, files begin anew: the book in use keeps its half,
        and what else is read of it, until it is no longer read.

    Attributes
    ----------
    folder : Path
        The copy.
    web : WebFolder
        What it is a copy of.
    generation : int
        How often its files have begun anew.
    digest : str
        Of the book that this process has laid out; empty before.
    """

    def __init__(self, address: str, size: int) -> None:
        self.web = WebFolder(address)
        self.size, self.generation, self._used, self.digest = size, 0, 0, ""
        self._filled: set[Path] = set()
        self._kept: dict[Path, int] = {}
        self._lock = RLock()
        with _one_line(cache_folder()):
            self.folder, self._hold = _free_copy(self.web.address)

    def address(self, path: Path) -> str:
        """Address of a file of the copy, or of the folder itself."""
        name = path.relative_to(self.folder).as_posix()
        return self.web.address if name == "." else f"{self.web.address}/{name}"

    def write(self, name: str, content: bytes) -> None:
        """Put a small file in its place."""
        path = self.folder / name
        with _one_line(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            aside = path.with_name(path.name + ".part")
            aside.write_bytes(content)
            aside.replace(path)

    def lay_out(self, below: str, sizes: Mapping[str, int]) -> None:
        """Make the files of a folder of the copy, without content, and fill it from now on.

        Parameters
        ----------
        below : str
            Its path in the copy; empty for the copy itself.
        sizes : mapping of str to int
            Bytes of each file.
        """
        folder = self.folder / below
        for name, size in sizes.items():
            with _one_line(folder / name), self.hold(folder / name, size) as descriptor:
                os.close(descriptor)
        SOURCES[folder] = self

    def leave_out(self, below: str) -> None:
        """Remove a folder that is no longer there."""
        SOURCES.pop(self.folder / below, None)
        shutil.rmtree(self.folder / below, ignore_errors=True)

    @contextmanager
    def hold(self, path: Path, size: int) -> Iterator[int]:
        """Open a file of the copy for writing, made if it is missing or of another size; not closed here."""
        with self._lock:
            self._filled.add(path)
            if path.exists() and path.stat().st_size != size:
                path.unlink()
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            try:
                os.ftruncate(descriptor, size)
            except OSError:
                os.close(descriptor)
                raise
            yield descriptor

    def keep(self, sizes: Mapping[Path, int]) -> None:
        """Keep files for good.

        Parameters
        ----------
        sizes : mapping of Path to int
            Bytes by path.

        Raises
        ------
        OptionError
            With those kept already they are larger than the copy may be.
        """
        with self._lock:
            size = sum((self._kept | dict(sizes)).values())
            if size > self.size:
                raise OptionError(
                    f"{self.web.address}: files read whole are {size:,} bytes together, and the copy here "
                    f"may have {self.size:,}; set GENOMEBOOK_CACHE_SIZE to more, as in 20GB"
                )
            self._kept.update(sizes)

    def fill(self, file: CheckedFile, blocks: list[int]) -> None:
        """Fetch blocks; wrong ones are never written, and asked for once more.

        Raises
        ------
        RemoteError
            The server does not give them.
        DamagedBookError
            What it gives has another checksum.
        BookError
            It cannot be written.
        """
        if len(file.raw) <= WHOLE:
            blocks = [block for block in range(-(-len(file.raw) // BLOCK_SIZE)) if not file.is_intact(block)]
        wrong = self._fetch(file, blocks)
        if wrong and (still := self._fetch(file, wrong)):
            raise file.damaged_at(still[0])

    def _fetch(self, file: CheckedFile, blocks: list[int]) -> list[int]:
        """Fetch and write blocks; those that came wrong."""
        name, size = file.path.relative_to(self.folder).as_posix(), len(file.raw)
        wrong: list[int] = []
        runs = _runs(blocks)
        for at in range(0, len(runs), _TOGETHER):
            now = runs[at : at + _TOGETHER]
            spans = [(first * BLOCK_SIZE, min(last * BLOCK_SIZE, size)) for first, last in now]
            failures = []
            for (first, last), content in zip(now, self.web.ranges(name, spans), strict=True):
                if isinstance(content, RemoteError):
                    failures.append(content)
                else:
                    wrong += self._put(file, range(first, last), content)
            if failures:
                raise failures[0]
        return wrong

    def _put(self, file: CheckedFile, blocks: range, content: bytes) -> list[int]:
        """Write neighbouring blocks; those that came wrong."""
        view, wrong = memoryview(content), []
        for number, block in enumerate(blocks):
            part = view[number * BLOCK_SIZE :][:BLOCK_SIZE]
            if file.is_intact(block, part):
                with _one_line(file.path):
                    _write(file.descriptor, part, block * BLOCK_SIZE)
            else:
                wrong.append(block)
        self._count(BLOCK_SIZE * (len(blocks) - len(wrong)))
        return wrong

    def count_anew(self) -> None:
        """Count the bytes that the copy takes on the disk."""
        self._used = sum(_taken(path) for path in self.folder.rglob("*") if path.is_file())
        self._count(0)

    def _count(self, more: int) -> None:
        """Count what was written; begin anew when half of the room is taken.

        Files are removed by name only: whoever has one open reads and fills it to the end.
        """
        with self._lock:
            self._used += more
            if self._used - sum(map(_taken, self._kept)) <= self.size // 2:
                return
            large = [path for path in self._filled - self._kept.keys() if _taken(path) > WHOLE]
            for path in large:
                self._used -= _taken(path)
                path.unlink()
            self.generation += bool(large)


@contextmanager
def _one_line(path: Path) -> Iterator[None]:
    """One line for a disk that is full, or that cannot be written to."""
    try:
        yield
    except OSError as error:
        raise BookError(
            f"{path}: {error.strerror or error}; make room there, or name another folder in GENOMEBOOK_CACHE"
        ) from None


def _taken(path: Path) -> int:
    """Bytes that a file takes on the disk."""
    return path.stat().st_blocks * 512 if path.exists() else 0


def _write(descriptor: int, content: Any, at: int) -> None:
    while content:
        written = os.pwrite(descriptor, content, at)
        content, at = content[written:], at + written


def _runs(blocks: list[int]) -> list[tuple[int, int]]:
    """Runs of neighbouring blocks, first to last (exclusive), none longer than a request."""
    runs: list[tuple[int, int]] = []
    for block in blocks:
        if runs and runs[-1][1] == block and block - runs[-1][0] < _REQUEST:
            runs[-1] = runs[-1][0], block + 1
        else:
            runs.append((block, block + 1))
    return runs


def _free_copy(address: str) -> tuple[Path, int]:
    """The first copy of an address that no process holds, and its lock."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", address.rpartition("/")[2])[:40].strip(".-") or "book"
    name = "book" if name == LOCK else name
    base = cache_folder() / f"{name}-{hashlib.sha256(address.encode()).hexdigest()[:16]}"
    for number in range(_COPIES):
        place = base / str(number)
        try:
            lock = hold(place)
        except BusyError:
            continue
        (place / name).mkdir(exist_ok=True)
        return place / name, lock
    raise BookError(f"{base}: {_COPIES} processes read this book; end some of them, or set GENOMEBOOK_CACHE")
