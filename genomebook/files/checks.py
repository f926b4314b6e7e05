"""Files checked block by block: every block is verified when it is first read.

A folder has one file of checksums, ``checksums.u64``: XXH3 (64 bits) of every 64 KiB of its listed files, in
order of name. Its manifest lists the files and the SHA-256 of the checksums.
"""

from __future__ import annotations

import hashlib
import mmap
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np
import xxhash
from numpy.typing import NDArray

from genomebook.errors import DamagedBookError
from genomebook.files.attempts import Attempts
from genomebook.files.manifest import FileEntry

BLOCK_SIZE = 1 << 16
CHECKSUMS = "checksums.u64"
REMEDY = "restore the file or rebuild the book"


def digest_blocks(path: Path) -> tuple[FileEntry, NDArray[np.uint64]]:
    """Size and SHA-256 of a file, and the checksums of its blocks: uint64[ceil(bytes / BLOCK_SIZE)]."""
    sha, sums, size = hashlib.sha256(), [], 0
    with path.open("rb") as file:
        while content := file.read(16 * BLOCK_SIZE):
            sha.update(content)
            view = memoryview(content)
            sums += [
                xxhash.xxh3_64_intdigest(view[at : at + BLOCK_SIZE]) for at in range(0, len(view), BLOCK_SIZE)
            ]
            size += len(content)
    return FileEntry(size, sha.hexdigest()), np.array(sums, "<u8")


class Source(Protocol):
    """Where blocks come from that a folder does not have yet (`genomebook.files.remote`)."""

    def address(self, path: Path) -> str:
        """Name of a file for people."""

    def hold(self, path: Path, size: int) -> AbstractContextManager[int]:
        """Make the file of that size, if need be, and open it; it stays until the end of the context."""

    def fill(self, file: CheckedFile, blocks: list[int]) -> None:
        """Fetch blocks of a file, compare them with their checksums, and write them."""

    def keep(self, sizes: Mapping[Path, int]) -> None:
        """Keep files for good, in bytes by path: their paths are handed out, or they are read whole."""


SOURCES: dict[Path, Source] = {}
"""By folder, of those that are filled as they are read."""


class CheckedFile:
    """A memory-mapped file that checks each block when it is first read.

    Parameters
    ----------
    path : Path
        The file.
    size : int
        Expected bytes.
    sums : uint64[blocks] or None
        Checksums; None for an unfinished file, which is not checked.
    remedy : str
        What to do if it is damaged.
    source : Source, optional
        Where to get blocks that are not there.

    Attributes
    ----------
    descriptor : int
        Of the file, open for writing, with a source; else -1.

    Raises
    ------
    DamagedBookError
        The file is missing, unreadable or of another size.
    """

    def __init__(
        self,
        path: Path,
        size: int,
        sums: NDArray[np.uint64] | None,
        remedy: str = REMEDY,
        source: Source | None = None,
    ) -> None:
        self.path, self.remedy, self.descriptor = path, remedy, -1
        self._sums, self._source, self._attempts = sums, source, Attempts()
        holding = source.hold(path, size) if source and sums is not None else nullcontext(-1)
        try:
            with holding as self.descriptor, path.open("rb") as file:
                there = file.seek(0, 2)
                if there != size:
                    raise self.damaged(f"{there} bytes, {size} expected")
                mapped: Any = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise self.damaged(why) from None
        self.raw: NDArray[np.uint8] = np.frombuffer(mapped, np.uint8)
        self._seen = np.full(-(-size // BLOCK_SIZE), sums is None)

    def damaged(self, why: object) -> DamagedBookError:
        """Error that names the file and the remedy."""
        name = self._source.address(self.path) if self._source else self.path
        return DamagedBookError(f"{name}: {' '.join(str(why).split())}; {self.remedy}")

    def damaged_at(self, block: int) -> DamagedBookError:
        """Error of a block whose checksum differs."""
        return self.damaged(f"damaged near byte {block * BLOCK_SIZE:,} (a checksum differs)")

    def is_intact(self, block: int, content: memoryview | None = None) -> bool:
        """Whether a block, or other content for it, has its checksum."""
        assert self._sums is not None
        content = self.raw[block * BLOCK_SIZE : (block + 1) * BLOCK_SIZE].data if content is None else content
        return xxhash.xxh3_64_intdigest(content) == int(self._sums[block])

    def check(self, low: int, high: int) -> None:
        """Check the blocks of the bytes [low, high) that are not checked yet.

        Raises
        ------
        DamagedBookError
            A checksum differs.
        """
        first, last = low // BLOCK_SIZE, -(-high // BLOCK_SIZE)
        if not self._seen[first:last].all():
            self._check(first + np.flatnonzero(~self._seen[first:last]))

    def check_each(self, offsets: NDArray[np.int64]) -> None:
        """Check the blocks that contain the bytes at these offsets (int64[n])."""
        blocks = offsets // BLOCK_SIZE
        if not self._seen[blocks].all():
            blocks = np.unique(blocks)
            self._check(blocks[~self._seen[blocks]])

    def _check(self, blocks: NDArray[np.int64]) -> None:
        wrong = [block for block in blocks.tolist() if not self.is_intact(block)]
        if wrong and not self._source:
            raise self.damaged_at(wrong[0])
        if wrong and self._source:
            with self._attempts.turn():
                if missing := [block for block in wrong if not self.is_intact(block)]:
                    self._source.fill(self, missing)
        self._seen[blocks] = True

    def __del__(self) -> None:
        """Close the file that blocks are written to; its map stays while arrays of it are in use."""
        if self.descriptor >= 0:
            os.close(self.descriptor)

    def whole(self) -> NDArray[np.uint8]:
        """All bytes, checked."""
        self.check(0, len(self.raw))
        return self.raw


class Flat:
    """Items of a flat file, or of a range of it; checked before they are read.

    Parameters
    ----------
    file : CheckedFile
        The file.
    dtype : str
        Dtype of an item: a number or a row.
    first, items : int
        First item and number of items.
    """

    def __init__(self, file: CheckedFile, dtype: str, first: int, items: int) -> None:
        self.file = file
        self._size = np.dtype(dtype).itemsize
        self._at = first * self._size
        self.raw: NDArray[Any] = file.raw[self._at : self._at + items * self._size].view(dtype)
        """All items, unchecked."""

    def __len__(self) -> int:
        """Number of items."""
        return len(self.raw)

    def __getitem__(self, where: slice) -> NDArray[Any]:
        """Items of a slice with step 1, memory-mapped."""
        first, last, step = where.indices(len(self.raw))
        if step != 1:
            raise ValueError("slices of flat files must have step 1")
        self.file.check(self._at + first * self._size, self._at + last * self._size)
        return self.raw[first:last]

    def take(self, items: NDArray[np.integer[Any]]) -> NDArray[Any]:
        """Copy items by number."""
        begins = self._at + np.asarray(items, np.int64) * self._size
        self.file.check_each(begins)
        if BLOCK_SIZE % self._size:  # an item may lie in two blocks
            self.file.check_each(begins + self._size - 1)
        taken: NDArray[Any] = self.raw[items]
        return taken

    def check_spans(self, first: NDArray[np.int64], last: NDArray[np.int64]) -> None:
        """Check items ``first[i]`` to ``last[i]``, inclusive: int64[n] both."""
        low, high = (self._at + end * self._size for end in (first, last))
        self.file.check_each(low)
        self.file.check_each(high)
        for row in np.flatnonzero(high // BLOCK_SIZE - low // BLOCK_SIZE > 1).tolist():
            self.file.check(int(low[row]), int(high[row]))

    @cached_property
    def all(self) -> NDArray[Any]:
        """All items, memory-mapped."""
        return self[:]

    def part(self, first: int, items: int) -> Flat:
        """Part of this range, from item ``first``."""
        return Flat(self.file, self.raw.dtype.str, self._at // self._size + first, items)


class CheckedFolder:
    """The listed files of a folder; others are ignored.

    Parameters
    ----------
    path : Path
        The folder.
    files : mapping of str to FileEntry, or None
        By name; None for a folder without a manifest yet, in which nothing is checked.
    checksums : str
        SHA-256 of its ``checksums.u64``.
    remedy : str
        What to do if a file is damaged.
    """

    def __init__(
        self, path: Path, files: Mapping[str, FileEntry] | None, checksums: str = "", remedy: str = REMEDY
    ) -> None:
        self.path, self.files, self.remedy = path, files, remedy
        self._checksums = checksums
        self.source = SOURCES.get(path)
        self._open: dict[str, CheckedFile] = {}
        self._lock = Lock()

    def __contains__(self, name: str) -> bool:
        """Whether a file is listed."""
        return (self.path / name).is_file() if self.files is None else name in self.files

    @cached_property
    def sums(self) -> dict[str, NDArray[np.uint64]]:
        """Checksums of the blocks of each listed file."""
        blocks = {name: -(-entry.bytes // BLOCK_SIZE) for name, entry in sorted((self.files or {}).items())}
        file = CheckedFile(self.path / CHECKSUMS, 8 * sum(blocks.values()), None, self.remedy)
        if hashlib.sha256(file.raw.data).hexdigest() != self._checksums:
            raise file.damaged("altered (its SHA-256 differs)")
        sums = np.split(file.raw.view("<u8"), np.cumsum(list(blocks.values()))[:-1])
        return dict(zip(blocks, sums, strict=True))

    def open(self, name: str) -> CheckedFile:
        """Open a listed file, once.

        Raises
        ------
        DamagedBookError
            It is not listed, missing or of another size.
        """
        with self._lock:
            if name not in self._open:
                path = self.path / name
                if self.files is None:
                    size = path.stat().st_size if path.is_file() else 0
                    self._open[name] = CheckedFile(path, size, None, self.remedy)
                elif name not in self.files:
                    raise DamagedBookError(f"{path}: not listed in the manifest; {self.remedy}")
                else:
                    entry, sums = self.files[name], self.sums[name]
                    self._open[name] = CheckedFile(path, entry.bytes, sums, self.remedy, self.source)
            return self._open[name]

    def flat(self, name: str, dtype: str, items: int) -> Flat:
        """Open a flat file of a known number of items.

        Raises
        ------
        DamagedBookError
            It has another number of items.
        """
        file = self.open(name)
        if len(file.raw) != items * np.dtype(dtype).itemsize:
            wanted = items * np.dtype(dtype).itemsize
            raise file.damaged(f"{len(file.raw)} bytes, {wanted} expected")
        return Flat(file, dtype, 0, items)

    def kept(self, name: str, dtype: str, items: int) -> NDArray[Any]:
        """All items of a flat file that every use reads whole; a copy of a remote folder keeps it.

        Raises
        ------
        DamagedBookError
            As `flat`.
        OptionError
            The copy may not be as large.
        """
        self._keep(name)
        return self.flat(name, dtype, items).all

    def _keep(self, *names: str) -> None:
        if self.source:
            listed = self.files or {}
            self.source.keep({self.path / name: listed[name].bytes for name in names if name in listed})

    def checked(self, name: str) -> Path:
        """Path of a listed file after checking all of it, for readers that need a path."""
        self._keep(name)
        self.open(name).whole()
        return self.path / name

    def fetch(self) -> None:
        """Have all listed files here, where they come from elsewhere."""
        if self.source:
            self._keep(*(self.files or {}))
            for name in self.files or {}:
                self.checked(name)

    def content(self, name: str) -> bytes:
        """All bytes of a listed file, checked."""
        return self.open(name).whole().tobytes()
