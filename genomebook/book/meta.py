"""Read and validate ``book.json``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from genomebook.book.schema import BOOK_JSON, FORMAT, VERSION
from genomebook.errors import BookError, BookFormatError, DamagedBookError
from genomebook.files.checks import REMEDY
from genomebook.files.digests import manifest_text
from genomebook.files.manifest import Count, Files, Positive, Sha256, check_own_digest, read_json, validated

SignalName = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_+-]+\Z", max_length=40)]


class SourceRecord(msgspec.Struct, forbid_unknown_fields=True):
    """Names of the input files."""

    name: str
    genes: str


class VocabularyMeta(msgspec.Struct, forbid_unknown_fields=True):
    """Vocabulary and number of ids."""

    name: str
    digest: Sha256
    ids: Annotated[int, msgspec.Meta(ge=20, le=65_536)]


class Made(msgspec.Struct):
    """A model that the book was made with."""

    name: str
    digest: Sha256


class Signals(msgspec.Struct, forbid_unknown_fields=True):
    """Boundary signals: the one used and all available."""

    used: SignalName
    names: Annotated[list[SignalName], msgspec.Meta(min_length=1, max_length=40)]
    readers: dict[str, Made]
    calibration: dict[str, Any]


class Shuffle(msgspec.Struct):
    """Shuffled copies behind the expected counts."""

    copies: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    block_letters: Positive


class Parameters(msgspec.Struct):
    """Build parameters."""

    shuffle: Shuffle


class Counts(msgspec.Struct):
    """Totals over all volumes."""

    letters: Count
    words: Count
    gaps: Count
    gap_letters: Count
    lower_case_runs: Count
    lower_case_letters: Count
    parts: Count
    chapters: Count
    sections: Count
    paragraphs: Count
    sentences: Count


class BookMeta(msgspec.Struct, forbid_unknown_fields=True):
    """``book.json``."""

    format: Literal["genomebook-book"]
    version: int
    title: str
    assembly: str
    source: SourceRecord
    vocabulary: VocabularyMeta
    glosses: dict[str, str] | None
    reader: Made
    signals: Signals
    parameters: Parameters
    volumes: Annotated[int, msgspec.Meta(ge=1)]
    counts: Counts
    files: Files
    checksums: Sha256
    digest: Sha256


def read_body(book: Path) -> tuple[dict[str, Any], BookMeta]:
    """Read ``book.json``, check its digest and validate every field.

    Parameters
    ----------
    book : Path
        Folder of a book.

    Returns
    -------
    dict, BookMeta
        Raw and typed content.

    Raises
    ------
    BookError
        If there is no book.
    BookFormatError
        When it has another format version.
    DamagedBookError
        If the file is unreadable, altered or has an invalid field.
    """
    file = book / BOOK_JSON
    try:
        meta = read_json(file, REMEDY)
    except (FileNotFoundError, NotADirectoryError):
        raise BookError(f"{book}: no book here; make one with genomebook build FASTA -o {book}") from None
    if meta.get("format") != FORMAT:
        raise DamagedBookError(f"{file}: not a book; {REMEDY}")
    version = meta.get("version")
    if not isinstance(version, int):
        raise DamagedBookError(f"{file}: has no format version; {REMEDY}")
    if version != VERSION:
        remedy = "update genomebook" if version > VERSION else "rebuild the book from its FASTA"
        raise BookFormatError(f"{file}: book format {version}, this program reads {VERSION}; {remedy}")
    check_own_digest(file, meta, REMEDY)
    typed = validated(file, meta, BookMeta, REMEDY)
    if typed.signals.used not in typed.signals.names:
        raise DamagedBookError(f"{file}: signal {typed.signals.used!r} is not among its signals; {REMEDY}")
    return meta, typed


def read_meta(book: Path) -> BookMeta:
    """Read ``book.json`` as `read_body` does; typed content only."""
    return read_body(book)[1]


def is_as_written(book: Path) -> bool:
    """Whether ``book.json`` is byte-identical to its canonical form."""
    return (book / BOOK_JSON).read_bytes() == manifest_text(read_body(book)[0]).encode()
