"""Files that a stage appends to, shelf after shelf, and a journal of what is safely in them.

A *shelf* is a run of volumes that a build works on together: a chromosome, or many small contigs. What a
stage had written of an unfinished shelf when it was stopped is cut off again when it goes on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from genomebook.book.schema import Level
from genomebook.files.atomic import aside

LETTERS_PER_SHELF = 16_000_000
"""Letters of a shelf, about: volumes are put on it until it has as many."""


def shelves(lengths: Sequence[int]) -> list[range]:
    """Divide volumes, by their lengths in letters, into shelves: ranges of their numbers."""
    ranges, first, letters = [], 0, 0
    for number, length in enumerate(lengths):
        letters += length
        if letters >= LETTERS_PER_SHELF:
            ranges.append(range(first, number + 1))
            first, letters = number + 1, 0
    return [*ranges, range(first, len(lengths))] if first < len(lengths) else ranges


@dataclass(frozen=True)
class ShelfFiles:
    """Intermediate files of one shelf."""

    folder: Path
    number: int

    def _path(self, name: str, ending: str) -> Path:
        return self.folder / f"{self.number:06d}.{name}.{ending}"

    def counts(self, stage: str) -> Path:
        """int64[volumes, ...] of what a stage counted in each volume; there when the stage is done."""
        return self._path(stage, "i64")

    def rows(self, level: Level) -> Path:
        """Rows of all volumes, flat."""
        return self._path(level, "rows")

    def table(self, level: Level) -> Path:
        """Parquet table of all volumes."""
        return self._path(level, "parquet")


class ShelfJournal:
    """Files that grow shelf by shelf.

    Parameters
    ----------
    journal : Path
        JSON: shelves that are done, and the bytes of each file after them.
    files : mapping of str to Path
        What is appended to.
    """

    def __init__(self, journal: Path, files: Mapping[str, Path]) -> None:
        self._journal, self._files = journal, files
        self.done = 0
        self._sizes = dict.fromkeys(files, 0)
        if journal.is_file():
            known = json.loads(journal.read_bytes())
            self.done, self._sizes = known["done"], known["sizes"]
        self._out: dict[str, BinaryIO] = {}

    @contextmanager
    def open(self) -> Iterator[dict[str, BinaryIO]]:
        """Open the files at the end of what is done."""
        with ExitStack() as stack:
            for name, path in self._files.items():
                path.touch()
                file = stack.enter_context(path.open("r+b"))
                file.truncate(self._sizes[name])
                file.seek(self._sizes[name])
                self._out[name] = file
            yield self._out

    def shelf_done(self) -> None:
        """Put what was appended to the disk, then say in the journal that another shelf is done."""
        for name, file in self._out.items():
            file.flush()
            os.fsync(file.fileno())
            self._sizes[name] = file.tell()
        self.done += 1
        with aside(self._journal) as temporary:
            temporary.write_text(json.dumps({"done": self.done, "sizes": self._sizes}))
