"""Lines of an annotation file, in chunks of bounded size."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

import numpy as np

from genomebook.errors import AnnotationError

BYTES_PER_CHUNK = 1 << 22
"""Bytes of a chunk."""

MAX_LINE_BYTES = 1 << 20
"""Longest allowed line, in bytes."""

COMMENT = r"#|track(?:\s|$)|browser(?:\s|$)"
"""Start of a line that is not data."""

_COMMENTS_KEPT = 1000
_BOM = b"\xef\xbb\xbf"
_FASTA = re.compile(rb"^(?:>|##FASTA)", re.M)
_EMPTY_COLUMNS = re.compile(rb"(?<!\t)\t++(?=\r?(?:\n|\Z))")
_COMMENT_LINES = re.compile(rb"^#[^\n]*", re.M)


class ReadableFile(Protocol):
    """What can be read in pieces."""

    def read(self, size: int, /) -> bytes: ...  # noqa: D102


class AnnotationLines:
    """Lines of an open file: first those above the data, then the data in chunks.

    Parameters
    ----------
    file : binary file
        Decompressed; read once, from its start.
    what : str
        Name of the file in messages: its path.
    kind : str
        GFF3, GTF, BED or TSV. GFF3 and GTF end where FASTA begins: at ``##FASTA``, or at a ``>``.

    Attributes
    ----------
    comments : list of str
        The first lines above the data: comments, track and browser lines, empty lines.
    last_comment : str
        The last line above the data.
    above : int
        Number of lines above the data.
    first : str
        First line of data, ``""`` for none.

    Raises
    ------
    AnnotationError
        A line has more than `MAX_LINE_BYTES` bytes.
    """

    def __init__(self, file: ReadableFile, what: str, kind: str) -> None:
        self._file, self._what, self._kind = file, what, kind
        self.comments: list[str] = []
        self.last_comment = self.first = ""
        self.above = 0
        self._blocks = self._whole_lines()
        self._waiting = b""
        for piece in self._blocks:
            at = 0
            while at < len(piece) and not self.first:
                end = piece.find(b"\n", at) + 1 or len(piece)
                text = piece[at:end].decode().rstrip("\r\n")
                if text.strip() and not re.match(COMMENT, text):
                    self.first, self._waiting = text, piece[at:]
                else:
                    self._comment(text)
                    at = end
            if self.first:
                return

    def _comment(self, text: str) -> None:
        self.above += 1
        self.last_comment = text
        if len(self.comments) < _COMMENTS_KEPT:
            self.comments.append(text)

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        """Yield chunks with the number of their first line, without comments and trailing empty columns."""
        number = self.above + 1
        while self._waiting:
            piece, count = self._waiting, self._waiting.count(b"\n")
            self._waiting = next(self._blocks, b"")
            if b"\t\n" in piece or b"\t\r" in piece or piece.endswith(b"\t"):
                piece = _EMPTY_COLUMNS.sub(b"", piece)
            yield number, _COMMENT_LINES.sub(b"", piece)
            number += count

    def _whole_lines(self) -> Iterator[bytes]:
        """Yield about `BYTES_PER_CHUNK` bytes of whole lines at a time, up to the FASTA part."""
        number, rest, ended = 1, b"", False
        while not ended:
            block = self._file.read(BYTES_PER_CHUNK)
            ended = not block
            if number == 1 and not rest:
                block = block.removeprefix(_BOM)
            piece = rest + block
            end = len(piece) if ended else piece.rfind(b"\n") + 1
            piece, rest = piece[:end], piece[end:]
            fasta = _FASTA.search(piece) if self._kind in ("GFF3", "GTF") else None
            if fasta:
                piece, rest, ended = piece[: fasta.start()], b"", True
            self._check(number, piece, rest)
            if piece:
                number += piece.count(b"\n")
                yield piece

    def _check(self, number: int, piece: bytes, rest: bytes) -> None:
        """Refuse a line that is too long."""
        ends = np.flatnonzero(np.frombuffer(piece, np.uint8) == ord("\n"))
        sizes = np.diff(ends, prepend=-1, append=len(piece) if rest == b"" else len(piece) + len(rest))
        long = np.flatnonzero(sizes > MAX_LINE_BYTES + 1)
        if len(long):
            raise AnnotationError(
                f"{self._what}: line {number + int(long[0])} is longer than {MAX_LINE_BYTES >> 20} MiB, "
                f"so this is not {self._kind} as the name says; give a file with a line for each row"
            )
