"""What has been done for a book, in the folder ``BOOK.make`` beside it: ``make.json`` and ``now.json``."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any, Literal

import msgspec

from genomebook import __version__
from genomebook.errors import BookError
from genomebook.files.atomic import aside
from genomebook.files.digests import file_digest, manifest_text
from genomebook.files.jobs import read_object, real_folder
from genomebook.files.manifest import Count, Sha256, read_json, validated
from genomebook.pipeline.make.options import RecordedOptions

STATE, NOW = "make.json", "now.json"
DOWNLOADS, CUT = "downloads", "cut"
FORMAT, VERSION = "genomebook-make", 1
_REMEDY = "remove it; the same genomebook make then looks anew at what is there"
_SECONDS_BETWEEN = 1.0
"""Between two notes of how far a step is."""


class FileRecord(msgspec.Struct):
    """A downloaded file: address, digest, what it was checked against, and how it lay on the disk."""

    url: str
    sha256: Sha256
    bytes: Count
    mtime_ns: int
    checked: str


class StepRecord(msgspec.Struct):
    """A step that was begun: how it ended, from which inputs, how long it took, and what was wrong."""

    state: Literal["done", "failed", "left out", "begun"]
    key: str
    seconds: float = 0.0
    error: str = ""
    made: str = ""


class MakeRecord(msgspec.Struct):
    """Content of ``make.json``."""

    format: Literal["genomebook-make"] = "genomebook-make"
    version: int = VERSION
    program: str = __version__
    options: RecordedOptions | None = None
    letters: Count = 0
    files: dict[str, FileRecord] = {}
    steps: dict[str, StepRecord] = {}


def folder_of(book: Path) -> Path:
    """``BOOK.make``, beside the book."""
    return Path(f"{real_folder(book)}.make")


class MakeState:
    """The state of a book in the making.

    Parameters
    ----------
    book : Path
        Folder of the book, which need not be there yet.

    Attributes
    ----------
    folder, downloads : Path
        Folders beside the book.
    record : MakeRecord
        Content of ``make.json``.
    resumes : bool
        Whether the step that runs was begun before, from the same inputs.

    Raises
    ------
    BookError
        When ``make.json`` is damaged or of another version.
    """

    def __init__(self, book: Path) -> None:
        self.folder = folder_of(book)
        self.downloads = self.folder / DOWNLOADS
        file = self.folder / STATE
        try:
            body = read_json(file, _REMEDY, BookError)
        except (FileNotFoundError, NotADirectoryError):
            self.record = MakeRecord()
        else:
            if body.get("version") != VERSION:
                raise BookError(
                    f"{file}: version {body.get('version')!r}, this program has {VERSION}; {_REMEDY}"
                )
            self.record = validated(file, body, MakeRecord, _REMEDY, BookError)
        self.resumes = False
        self._noted = 0.0

    def save(self) -> None:
        """Write ``make.json``."""
        self.record.program = __version__
        with aside(self.folder / STATE) as path:
            path.write_text(manifest_text(msgspec.to_builtins(self.record)))

    def note(self, step: str, share: float, left: float | None) -> None:
        """Note how far a step is, at most once a second: for `genomebook status` alone."""
        now = time.monotonic()
        if now - self._noted < _SECONDS_BETWEEN:
            return
        self._noted = now
        temporary = self.folder / (NOW + ".tmp")
        temporary.write_text(json.dumps({"step": step, "share": share, "left": left}))
        os.replace(temporary, self.folder / NOW)

    def forget_now(self) -> None:
        """Remove the note of how far a step is."""
        (self.folder / NOW).unlink(missing_ok=True)

    def now(self) -> dict[str, Any]:
        """What `note` wrote last; empty if nothing."""
        return read_object(self.folder / NOW)

    def place(self, name: str) -> Path:
        """Where a downloaded file lies."""
        return self.downloads / name

    def is_here(self, name: str, url: str) -> bool:
        """Whether a file of this address was downloaded and is still as it was."""
        known, path = self.record.files.get(name), self.place(name)
        if known is None or known.url != url or not path.is_file():
            return False
        stat = path.stat()
        return (stat.st_size, stat.st_mtime_ns) == (known.bytes, known.mtime_ns)

    def known(self, name: str, url: str) -> str | None:
        """Digest of a file of this address that was once downloaded; None if it was not."""
        record = self.record.files.get(name)
        return record.sha256 if record is not None and record.url == url else None

    def downloaded(self, name: str, url: str, checked: str) -> None:
        """MakeRecord a downloaded file."""
        path = self.place(name)
        stat = path.stat()
        self.record.files[name] = FileRecord(url, file_digest(path), stat.st_size, stat.st_mtime_ns, checked)
        self.save()
