"""Read search queries from pasted sequence, FASTA or files, and reject invalid ones."""

from __future__ import annotations

import io
import re
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn

from genomebook.errors import SearchError
from genomebook.files.progress import Message
from genomebook.genome.packed import PackedError, Unpacked

MIN_LETTERS = 20
"""Minimum query length, and minimum number of A, C, G and T in it."""

MAX_UNCUT = 10_000
"""Longest query searched in one piece; longer ones are split and their hits chained."""

MAX_LETTERS = 1_000_000
"""Maximum query length."""

MAX_RECORDS = 1_000
"""Maximum number of queries per call."""

MAX_TOTAL = 5_000_000
"""Maximum total length of all queries."""

MAX_NAME = 200
"""Maximum name length; longer names are truncated."""

_STEM = MAX_NAME - 8  # of a name that a suffix may shorten
_ROOM = 4  # characters of text allowed per base: line ends, numbers, headers
_BASES = b"ACGT"
_CODES = b"ACGTNRYSWKMBDHV"
_PROTEIN_ONLY = b"EFILPQZJOX*"
_SKIPPED = b" \t\r\n\v\f0123456789"
_SPACES = (
    b"\xc2\xa0",
    b"\xe2\x80\x8b",
    b"\xe2\x80\xa8",
    b"\xe2\x80\xa9",
    b"\xef\xbb\xbf",
)  # found in text copied from web pages
_UPPER = bytes(range(256)).upper().replace(b"U", b"T")
_GENBANK = re.compile(rb"\nORIGIN[^\n]*\n")
_NEAR = 500


@dataclass(frozen=True)
class Query:
    """A query sequence.

    Attributes
    ----------
    name : str
        First word of its header; unique among queries read together.
    letters : bytes
        IUPAC codes in upper case, U as T.
    """

    name: str
    letters: bytes

    def __len__(self) -> int:
        """Query length."""
        return len(self.letters)


def read_queries(
    text: str | bytes,
    source: str = "query",
    *,
    max_records: int = MAX_RECORDS,
    max_letters: int = MAX_TOTAL,
    min_letters: int = MIN_LETTERS,
    tell: Message | None = None,
) -> list[Query]:
    """Read bare sequence, FASTA with one or more records, or a GenBank entry.

    Accepts IUPAC codes in either case and any line ending; ignores white space and digits.

    Parameters
    ----------
    text : str or bytes
        Pasted text or file content.
    source : str
        Name used in errors.
    max_records, max_letters : int
        Limits; text that is far too long is rejected before it is parsed.
    min_letters : int
        Length of the shortest query, and how many of its letters are A, C, G or T at least.
    tell : callable, optional
        Called with a one-line message for each invalid record, which is then skipped. If it is not given,
        or if no record is valid, an invalid record is an error.

    Raises
    ------
    SearchError
        One line with the record, the 1-based position and the remedy.
    """
    if len(text) > _ROOM * max_letters:
        raise _too_much(source, max_letters)
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    if len(data) > _ROOM * max_letters:
        raise _too_much(source, max_letters)
    if data.startswith((b"\x1f\x8b", b"\xff\xfe", b"\xfe\xff")) or b"\0" in data[:_NEAR]:
        raise SearchError(f"{source}: this is not text; give plain FASTA, or the name of a .gz file")
    for space in _SPACES:
        data = data.replace(space, b" ") if space in data else data
    data = data.replace(b"\r", b"\n") if b"\r" in data else data
    data = b"\n" + data.strip()
    if data.startswith(b"\n@"):
        raise SearchError(f"{source}: this looks like FASTQ; convert it to FASTA (seqtk seq -A)")
    return _records(data, source, (max_records, max_letters, min_letters), tell)


def _too_much(source: str, max_letters: int) -> SearchError:
    return SearchError(f"{source}: too long to search at once; give at most {max_letters:,} letters")


def _records(data: bytes, source: str, limits: tuple[int, int, int], tell: Message | None) -> list[Query]:
    """Split normalised text, which begins with a line feed, into records."""
    max_records, max_letters, min_letters = limits
    bare, *parts = data.split(b"\n>", max_records + 1)
    if bare.strip():
        parts.insert(0, b"\n" + (_sequence_of_entry(bare) if not parts else bare))
    if not parts:
        raise SearchError(f"{source}: nothing to look for; give DNA or RNA letters, or FASTA")
    if len(parts) > max_records:
        raise SearchError(f"{source}: more than {max_records:,} records; give fewer at a time")
    queries: list[Query] = []
    refused: list[str] = []
    taken: dict[str, int] = {}
    total = 0
    for number, part in enumerate(parts, 1):
        header, _, body = part.partition(b"\n")
        name = _apart(_name(header, number), taken)
        try:
            letters = _letters(body, f"{source}: record {name!r}: ", min_letters)
        except SearchError as error:
            refused.append(str(error))
            if tell is None or len(refused) == len(parts):
                raise SearchError(refused[0]) from None
            continue
        total += len(letters)
        if total > max_letters:
            raise _too_much(source, max_letters)
        queries.append(Query(name, letters))
    if tell is not None:
        for line in refused:
            tell(line)
    return queries


def _sequence_of_entry(text: bytes) -> bytes:
    """Text between ORIGIN and // of a GenBank entry; other text unchanged."""
    origin = _GENBANK.search(text)
    return text[origin.end() :].split(b"\n//")[0] if origin else text.removesuffix(b"\n//")


def _name(header: bytes, number: int) -> str:
    """First word of a header, without control characters, or ``query <number>``."""
    text = header[: 16 * MAX_NAME].decode("utf-8", "replace")
    words = "".join(c if c.isprintable() else " " for c in text).split(maxsplit=1)
    return words[0][:MAX_NAME] if words else f"query {number}"


def _apart(name: str, taken: dict[str, int]) -> str:
    """Make a name unique with a suffix from 2, and add it to ``taken``, with the last suffix of each stem."""
    stem = name[:_STEM]
    unique, number = name, taken.get(stem, 1) if name in taken else 1
    while unique in taken:
        number += 1
        end = f".{number}"
        unique = name[: MAX_NAME - len(end)] + end
    taken.setdefault(unique, 1)
    if unique != name:
        taken[stem] = number
    return unique


def _letters(body: bytes, place: str, shortest: int) -> bytes:
    """Parse and validate the sequence of a record."""
    letters = body.translate(_UPPER, _SKIPPED)
    wrong = letters.translate(None, _CODES)
    if wrong:
        _refuse(letters, wrong[0], place)
    if not letters:
        raise SearchError(f"{place}has no letters; give DNA or RNA letters")
    if len(letters) > MAX_LETTERS:
        raise SearchError(
            f"{place}{len(letters):,} letters; give at most {MAX_LETTERS:,}, or several parts of it"
        )
    if len(letters) < shortest:
        raise SearchError(f"{place}length {len(letters)} is too short; give at least {shortest}")
    known = len(letters) - len(letters.translate(None, _BASES))
    if not known:
        raise SearchError(f"{place}no letter of it is A, C, G or T; give known letters")
    if 2 * (len(letters) - known - letters.count(b"N")) > len(letters):
        raise SearchError(
            f"{place}fewer than half of its letters are A, C, G, T, U or N: this looks like protein; "
            "give DNA or RNA letters"
        )
    if known < shortest:
        raise SearchError(f"{place}only {known} of its letters are A, C, G or T; give at least {shortest}")
    return letters


def _refuse(letters: bytes, byte: int, place: str) -> NoReturn:
    """Raise an error for an invalid letter, with its likely cause."""
    at = letters.index(byte)
    raw = letters[at : at + 4]
    shown = raw.decode("utf-8", "ignore")[:1] or raw[:1].decode("latin-1")
    problem = f"{place}position {at + 1:,} is {shown!r}, which is not a nucleotide"
    near = letters[max(0, at - _NEAR) : at + _NEAR]
    if shown == ">":
        raise SearchError(f"{problem}; begin a header on a line of its own")
    if shown in "-.":
        raise SearchError(f"{problem}; give letters without gaps, or N where they are unknown")
    if any(letter in _PROTEIN_ONLY for letter in near):
        raise SearchError(f"{problem}: this looks like protein; give DNA or RNA letters")
    raise SearchError(f"{problem}; give DNA or RNA letters")


def read_query_stream(
    stream: BinaryIO,
    source: str,
    tell: Message | None = None,
    *,
    max_records: int = MAX_RECORDS,
    max_letters: int = MAX_TOTAL,
    min_letters: int = MIN_LETTERS,
) -> list[Query]:
    """Read queries from a plain, gzip or bzip2 stream, up to the size limit; see `read_queries`."""
    try:
        data = io.BufferedReader(Unpacked(stream, source)).read(_ROOM * max_letters + 1)
    except PackedError as error:
        raise SearchError(f"{source}: {error}") from None
    return read_queries(
        data, source, max_records=max_records, max_letters=max_letters, min_letters=min_letters, tell=tell
    )


def read_query_file(
    path: Path,
    tell: Message | None = None,
    *,
    max_records: int = MAX_RECORDS,
    max_letters: int = MAX_TOTAL,
    min_letters: int = MIN_LETTERS,
) -> list[Query]:
    """Read queries from a plain, gzip or bzip2 file; see `read_queries`.

    Raises
    ------
    SearchError
        As for `read_queries`, or if the file is unreadable or too large.
    """
    with ExitStack() as stack:
        try:
            if path.is_file() and path.stat().st_size > _ROOM * max_letters:
                raise _too_much(str(path), max_letters)
            file = stack.enter_context(path.open("rb"))
        except FileNotFoundError:
            raise SearchError(f"{path}: no such file; check the path") from None
        except IsADirectoryError:
            raise SearchError(f"{path}: is a folder; name a FASTA file") from None
        except PermissionError:
            raise SearchError(f"{path}: may not be read; change its permissions (chmod +r)") from None
        return read_query_stream(
            file, str(path), tell, max_records=max_records, max_letters=max_letters, min_letters=min_letters
        )
