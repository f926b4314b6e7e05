"""Reading ``book.json``: what it is, whether this program reads it, whether it is as it was written."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from genomebook.book.schema import BOOK_JSON, FORMAT, VERSION
from genomebook.book.write import book_digest, book_text
from genomebook.errors import BookError, BookFormatError, DamagedBookError

_REMEDY = "restore the file or rebuild the book"
_SIGNAL = re.compile("[a-z0-9+_-]+")
_FOLDER = re.compile("volumes/[0-9]+")


def read_meta(book: Path) -> dict[str, Any]:
    """Read ``book.json`` of a book and hold it to its own digest.

    Parameters
    ----------
    book : Path
        Folder of a book.

    Returns
    -------
    dict
        What `genomebook.book.write.finish` wrote.

    Raises
    ------
    BookError
        When there is no book.
    BookFormatError
        When it has another format version.
    DamagedBookError
        When the file is not readable, was altered, or names signals or folders that cannot be.
    """
    file = book / BOOK_JSON
    try:
        meta = json.loads(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise BookError(f"{book}: no book here; make one with genomebook build FASTA -o {book}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise DamagedBookError(f"{file}: not readable ({error}); {_REMEDY}") from None
    if not isinstance(meta, dict) or meta.get("format") != FORMAT:
        raise DamagedBookError(f"{file}: not a book; {_REMEDY}")
    version = meta.get("version")
    if not isinstance(version, int):
        raise DamagedBookError(f"{file}: has no format version; {_REMEDY}")
    if version != VERSION:
        remedy = "update genomebook" if version > VERSION else "rebuild the book from its FASTA"
        raise BookFormatError(f"{file}: book format {version}, this program reads {VERSION}; {remedy}")
    if book_digest(meta) != meta.get("digest"):
        raise DamagedBookError(f"{file}: altered (it does not have its own digest); {_REMEDY}")
    if not _has_signals(meta.get("signals")):
        raise DamagedBookError(f"{file}: its signals are not named as signals are; {_REMEDY}")
    if not all(_FOLDER.fullmatch(str(volume["folder"])) for volume in meta["volumes"]):
        raise DamagedBookError(f"{file}: its volumes are not where volumes are; {_REMEDY}")
    return meta


def _has_signals(signals: Any) -> bool:
    """Whether names of signals are names of files and nothing else, and the one used is among them."""
    names = signals.get("names") if isinstance(signals, dict) else None
    return (
        isinstance(names, list)
        and all(isinstance(name, str) and _SIGNAL.fullmatch(name) for name in names)
        and signals.get("used") in names
    )


def is_as_written(book: Path, meta: dict[str, Any]) -> bool:
    """Whether ``book.json`` has the very bytes that its content is written as."""
    return (book / BOOK_JSON).read_bytes() == book_text(meta).encode()
