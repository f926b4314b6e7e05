"""Transparent decompression of gzip, bgzip and bzip2 files and pipes, detected by their first bytes."""

from __future__ import annotations

import bz2
import io
import re
import stat
import warnings
import zlib
from pathlib import Path
from typing import Any, BinaryIO

from genomebook.errors import GenomebookWarning

_BYTES_PER_READ = 1 << 17  # packed bytes read at a time
_HEAD = 18  # bytes of a gzip header needed to recognise bgzip
_GZIP, _BZIP2 = "gzip", "bzip2"
_MAGIC = {_GZIP: b"\x1f\x8b", _BZIP2: b"BZh"}
_BEGIN = {_GZIP: b"\x1f\x8b\x08", _BZIP2: b"BZh"}
# Header of another member after foreign bytes, at most `_LONGEST_SIGN` bytes long.
_SIGN = {
    _GZIP: re.compile(rb"\x1f\x8b\x08[\x00-\x1f].{4}[\x00\x02\x04][\x00-\x0d\xff]", re.DOTALL),
    _BZIP2: re.compile(rb"BZh[1-9]1AY&SY"),
}
_LONGEST_SIGN = 10
_FOREIGN = {
    b"PK\x03\x04": ("a zip archive", "unzip"),
    b"\xfd7zXZ": ("packed by xz", "xz -d"),
    b"\x28\xb5\x2f\xfd": ("packed by zstd", "zstd -d"),
    b"\x1f\x9d": ("packed by compress", "uncompress"),
}


class PackedError(ValueError):
    """Compressed data is damaged, truncated or of an unsupported kind; the message has the remedy."""


class Unpacked(io.RawIOBase):
    """Decompressed content of a stream; wrap it in `io.BufferedReader` to read lines.

    Trailing data is ignored with a warning, as by gzip.

    Parameters
    ----------
    packed : BinaryIO
        Byte stream; only `seek` needs it to be seekable.
    name : str
        Name of the stream, for warnings.

    Attributes
    ----------
    consumed : int
        Bytes read from `packed`.

    Raises
    ------
    PackedError
        On construction if the kind is unsupported, on reading if damaged or truncated.
    """

    def __init__(self, packed: BinaryIO, name: str) -> None:
        super().__init__()
        self._packed, self._name = packed, name
        self._begin()

    def _begin(self) -> None:
        self.consumed = self._position = 0
        self._rest = b""  # read, not yet decompressed
        self._fill(_HEAD)
        for magic, (what, command) in _FOREIGN.items():
            if self._rest.startswith(magic):
                raise PackedError(f"is {what}; unpack it first: {command}")
        kinds = [kind for kind, magic in _MAGIC.items() if self._rest.startswith(magic)]
        self._kind = kinds[0] if kinds else ""
        self._member: Any = None  # decompressor of the current member
        self._is_bgzip = self._is_over = False
        self._is_open = (
            False  # the last bgzip member has content: without an empty one after it, the file is truncated
        )

    def readable(self) -> bool:
        """Always true."""
        return True

    def seekable(self) -> bool:
        """Whether the underlying stream is seekable."""
        return self._packed.seekable()

    def tell(self) -> int:
        """Decompressed bytes returned so far."""
        return self._position

    def seek(self, offset: int, whence: int = 0) -> int:
        """Rewind; other offsets are not supported."""
        if (offset, whence) != (0, 0):
            raise io.UnsupportedOperation("can only seek to the start")
        self._packed.seek(0)
        self._begin()
        return 0

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer; 0 at the end."""
        with memoryview(buffer).cast("B") as room:
            data = self._unpack(len(room)) if self._kind else self._copy(len(room))
            room[: len(data)] = data
        self._position += len(data)
        return len(data)

    def _fill(self, least: int) -> None:
        """Read until at least this many bytes are buffered, or the stream ends."""
        while len(self._rest) < least and (more := self._packed.read(_BYTES_PER_READ)):
            self._rest += more
            self.consumed += len(more)

    def _copy(self, most: int) -> bytes:
        if not self._rest:
            data = self._packed.read(most)
            self.consumed += len(data)
            return data
        data, self._rest = self._rest[:most], self._rest[most:]
        return data

    def _unpack(self, most: int) -> bytes:
        while most and not self._is_over:
            if self._member is None and not self._next_member():
                break
            try:
                data: bytes = self._member.decompress(self._rest, most)
            except (zlib.error, OSError) as error:
                raise self._damage(str(error)) from None
            if self._member.eof:
                self._rest, self._member = self._member.unused_data, None
            else:
                self._rest = getattr(self._member, "unconsumed_tail", b"")
                if not data and not self._rest:
                    self._fill(1)
                    if not self._rest:
                        raise self._damage("it ends in the middle")
            self._is_open = self._is_open or (bool(data) and self._is_bgzip)
            if data:
                return data
        return b""

    def _next_member(self) -> bool:
        """Start the next member; False at the end."""
        self._rest = self._rest.lstrip(b"\0")
        while not self._rest:
            self._fill(1)
            if not self._rest:
                break
            self._rest = self._rest.lstrip(b"\0")
        self._fill(_HEAD)
        if not self._rest.startswith(_MAGIC[self._kind]):
            self._is_over = True
            self._leave_out()
            if self._is_open:
                raise PackedError(
                    "the bgzip data has no end-of-file block, so it is cut short; copy it again"
                )
            return False
        self._member = zlib.decompressobj(wbits=31) if self._kind == _GZIP else bz2.BZ2Decompressor()
        self._is_bgzip = self._kind == _GZIP and _is_bgzip(self._rest)
        self._is_open = False
        return True

    def _leave_out(self) -> None:
        """Skip trailing bytes; if they contain another member, the data is damaged."""
        if not self._rest:
            return
        if _MAGIC[self._kind].startswith(self._rest):
            raise self._damage("it ends in the middle")
        if sum(a == b for a, b in zip(self._rest, _BEGIN[self._kind], strict=False)) == 2:
            raise self._damage("a member of it begins with a wrong byte")
        while not _SIGN[self._kind].search(self._rest):
            tail = self._rest = self._rest[1 - _LONGEST_SIGN :]
            self._fill(len(tail) + 1)
            if len(self._rest) == len(tail):
                self._rest = b""
                note = f"{self._name}: what follows the {self._kind} data is left out"
                warnings.warn(note, GenomebookWarning, stacklevel=2)
                return
        raise self._damage("other bytes lie between its members")

    def _damage(self, how: str) -> PackedError:
        return PackedError(
            f"the {self._kind} data is cut short or damaged ({how}); copy or download the file again"
        )


def _is_bgzip(head: bytes) -> bool:
    """Whether a gzip member is bgzip (SAM specification, section 4.1)."""
    return len(head) >= _HEAD and bool(head[3] & 4) and head[12:14] == b"BC"


PIPE = "stdin"
"""Recorded name of a pipe, whose own name changes from run to run."""


def is_pipe(path: Path) -> bool:
    """Whether a path can be read only once: ``<(command)``, ``/dev/stdin`` or a named pipe."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return (
        path == Path("/dev/stdin")
        or path.is_relative_to("/dev/fd")
        or not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
    )


def name_of(path: Path) -> str:
    """Name of a file, or `PIPE`."""
    return PIPE if is_pipe(path) else path.name
