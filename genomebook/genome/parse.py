"""Streaming FASTA parser: validates, counts, digests and rewrites sequences block by block."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn

import numpy as np

from genomebook.errors import FastaError
from genomebook.genome.digests import SequenceDigest
from genomebook.genome.names import split_slice
from genomebook.genome.regions import MAX_NAME

_LONGEST_HEADER = 1 << 20
_WHITESPACE = b" \t\r\n\v\f"
_PROTEIN_ONLY = b"EFILPQZJOefilpqzjo"
_SHORTEST_JUDGED = 20  # letters; shorter sequences are not tested for protein

# Kind of each byte: 0 for ACGTU, 1 for N, 2 for other IUPAC nucleotide codes, 3 for anything else.
_OTHER_CODE, _REFUSED = 2, 3
_KIND = bytearray([_REFUSED]) * 256
for _letters, _kind in ((b"ACGTU", 0), (b"N", 1), (b"RYSWKMBDHV", _OTHER_CODE)):
    for _byte in _letters + _letters.lower():
        _KIND[_byte] = _kind
_KIND_OF_BYTE = bytes(_KIND)


@dataclass(frozen=True)
class Record:
    """A FASTA record.

    Attributes
    ----------
    name, description : str
        First word of the header, and the rest.
    length, gap_letters : int
        Number of letters, and of N or n among them.
    refget, md5 : str
        GA4GH refget identifier and SAM M5.
    contig, origin : str, int
        Location: a record named ``chr21:11-20`` with exactly 10 letters is a slice of ``chr21`` with 0-based
        origin 10; any other record is a whole contig with origin 0.
    """

    name: str
    description: str
    length: int
    refget: str
    md5: str
    gap_letters: int
    contig: str
    origin: int


class FastaPass:
    """Streaming parser of one file: call `feed` for each block, then `finish`."""

    def __init__(self, source: Path, out: BinaryIO, pool: Executor) -> None:
        self.source, self.out, self.pool = source, out, pool
        self.records: list[Record] = []
        self.seen: set[str] = set()
        self.header: bytearray | None = None  # of an incomplete header line
        self.at_line_start = True
        self.name, self.description = "", ""  # of the current record; empty between records
        self.length = self.gap_letters = self.other_codes = 0
        self.digest = SequenceDigest(pool)

    def fail(self, what: str, letter: int | None = None) -> NoReturn:
        """Raise FastaError with file, record, 1-based letter if given, and message."""
        place = f"record {self.name!r}" if self.name else ""
        place += f", letter {letter}" if place and letter else ""
        place += ": " if place else ""
        raise FastaError(f"{self.source}: {place}{what}") from None

    def feed(self, block: bytes) -> None:
        """Parse the next block, which may end anywhere."""
        position = 0
        while position < len(block):
            if self.header is not None:
                position = self._read_header(block, position)
            else:
                end = self._next_header(block, position)
                if end > position:
                    self._read_letters(block[position:end])
                if end < len(block):
                    self._end_record()
                    self.header = bytearray()
                position = end + 1
        self.at_line_start = block[-1:] in b"\r\n"

    def _next_header(self, block: bytes, start: int) -> int:
        """Offset of the next '>' at a line start, or the length of the block."""
        at = block.find(b">", start)
        while at != -1:
            if block[at - 1] in b"\r\n" if at else self.at_line_start:
                return at
            at = block.find(b">", at + 1)
        return len(block)

    def _read_header(self, block: bytes, start: int) -> int:
        """Read header bytes up to the line end; return the offset after it."""
        assert self.header is not None
        limit = min(len(block), start + _LONGEST_HEADER + 1)
        line_feed = block.find(b"\n", start, limit)
        end = line_feed if line_feed != -1 else limit
        carriage_return = block.find(b"\r", start, end)
        end = carriage_return if carriage_return != -1 else end
        self.header += block[start:end]
        if len(self.header) > _LONGEST_HEADER:
            where = f"after record {self.records[-1].name!r}" if self.records else "at the start"
            self.fail(f"a header line {where} is longer than 1 MiB; put the letters on lines of their own")
        if end == limit:
            return end
        self._begin_record(bytes(self.header))
        self.header = None
        return end + 1

    def _begin_record(self, header: bytes) -> None:
        try:
            text = header.decode("utf-8")
        except UnicodeDecodeError:
            text = header.decode("latin-1")
        name, _, description = text.expandtabs(1).partition(" ")
        number = len(self.records) + 1
        if not name:
            self.fail(f"record {number} has no name; write one directly after its '>'")
        if len(name) > MAX_NAME:
            shown = f"{name[:40]}…"
            self.fail(f"record {number}, {shown!r}: a name has {MAX_NAME:,} characters at most; shorten it")
        if not name.isprintable():
            self.fail(f"record {number}, {name!r}: a name may not hold control characters; rename it")
        if name in self.seen:
            self.fail(f"record {number}: the name {name!r} is there twice; rename or remove one of the two")
        self.seen.add(name)
        self.name = name
        self.description = "".join(c if c.isprintable() else " " for c in description).strip()
        self.length = self.gap_letters = self.other_codes = 0
        self.digest = SequenceDigest(self.pool)
        self.out.write(b">" + name.encode() + b"\n")

    def _read_letters(self, lines: bytes) -> None:
        letters = lines.replace(b"\n", b"")
        if any(space in letters for space in (b"\r", b" ", b"\t", b"\v", b"\f")):
            letters = letters.translate(None, _WHITESPACE)
        if not self.name:
            if letters.startswith(b"\xef\xbb\xbf"):
                self.fail("starts with a byte-order mark; save it as plain UTF-8 or ASCII text")
            if letters:
                self.fail(
                    f"not FASTA: text {_shown(letters[:12])} before the first '>'{_format_hint(letters)}"
                )
            return
        kinds = letters.translate(_KIND_OF_BYTE)
        bad = kinds.find(_REFUSED)
        if bad != -1:
            self._refuse_letter(letters, bad)
        kind = np.frombuffer(kinds, dtype=np.uint8)
        self.gap_letters += int(np.count_nonzero(kind == 1))
        self.other_codes += int(np.count_nonzero(kind == _OTHER_CODE))
        self.length += len(letters)
        self.out.write(letters)
        self.digest.update(letters)

    def _refuse_letter(self, letters: bytes, bad: int) -> NoReturn:
        wrong = letters[bad : bad + 1]
        place = self.length + bad + 1
        near = letters[max(0, bad - 500) : bad + 500]
        if any(byte in _PROTEIN_ONLY for byte in near):
            self.fail(f"{_shown(wrong)} is not a nucleotide: this looks like protein; give DNA or RNA", place)
        if wrong == b">":
            self.fail("'>' inside a line of letters; begin a header on a line of its own", place)
        self.fail(
            f"{_shown(wrong)} is not a nucleotide code; accepted are ACGTUNRYSWKMBDHV in either case: "
            "remove it, or write N for an unknown base",
            place,
        )

    def _end_record(self) -> None:
        if not self.name:
            return
        if self.length == 0:
            self.fail("has no letters; remove its header or add the sequence")
        if self.length >= _SHORTEST_JUDGED and 2 * self.other_codes > self.length:
            self.fail("fewer than half of its letters are ACGTUN: this looks like protein; give DNA or RNA")
        place = split_slice(self.name)
        if place is None or place[2] - place[1] != self.length:
            place = (self.name, 0, self.length)
        self.out.write(b"\n")
        self.records.append(
            Record(
                self.name,
                self.description,
                self.length,
                self.digest.refget,
                self.digest.md5,
                self.gap_letters,
                contig=place[0],
                origin=place[1],
            )
        )
        self.name = ""

    def finish(self) -> list[Record]:
        """End the last record; return all of them."""
        if self.header is not None:
            self._begin_record(bytes(self.header))
        self._end_record()
        if not self.records:
            self.fail("is empty; give a FASTA file with at least one record")
        return self.records


def _shown(raw: bytes) -> str:
    return repr(raw.decode("latin-1"))


def _format_hint(letters: bytes) -> str:
    if letters.startswith(b"@"):
        return "; it looks like FASTQ: convert it (seqtk seq -A)"
    if b"\0" in letters:
        return "; this is binary: unpack an archive first (tar -xf), give plain, gzip, bgzip or bzip2 FASTA"
    if letters[:1].isalpha() or letters.startswith((b";", b"#")):
        return "; write a '>name' line first"
    return "; give plain, gzip, bgzip or bzip2 FASTA"
