"""Files shared by all volumes of a book, each opened once, and the slice of each volume."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from genomebook.book.meta import BookMeta
from genomebook.book.schema import (
    COUNTS,
    LEVELS,
    STRIDE,
    VOCABULARY,
    VOLUMES,
    VOLUMES_SCHEMA,
    BookFiles,
    Level,
)
from genomebook.book.tables import TableFile
from genomebook.book.volume import Volume
from genomebook.errors import DamagedBookError, VocabularyError
from genomebook.files.checks import REMEDY, CheckedFolder, Flat
from genomebook.genome.regions import Contig
from genomebook.genome.stretches import prefix_sums
from genomebook.language.vocabulary import Vocabulary


class Contents:
    """Files shared by the volumes of a book.

    Parameters
    ----------
    folder : CheckedFolder
        Folder of the book.
    meta : BookMeta
        ``book.json``.
    """

    def __init__(self, folder: CheckedFolder, meta: BookMeta) -> None:
        self.folder = folder
        self.files = BookFiles(folder.path)
        self._meta = meta
        self.assembly: str = meta.assembly
        self.signal: str = meta.signals.used
        self._tables: dict[str, TableFile] = {}

    @cached_property
    def _table(self) -> pa.Table:
        file = self.folder.open(VOLUMES)
        try:
            source = pa.BufferReader(pa.py_buffer(file.whole()))
            table = pq.ParquetFile(source).read(use_threads=False)  # whose threads may abort a short program
        except (OSError, pa.ArrowException, ValueError) as error:
            raise file.damaged(f"not a readable table ({error})") from None
        if not table.schema.equals(VOLUMES_SCHEMA) or table.num_rows != self._meta.volumes:
            raise file.damaged("other columns or rows than expected")
        return table

    @cached_property
    def _columns(self) -> dict[str, list[Any]]:
        """Columns of `VOLUMES_SCHEMA`, checked against each other and ``book.json``."""
        counts = {name: self._table[name].to_numpy() for name in ("length", *COUNTS)}
        names = self._table["name"].to_pylist()
        wanted = self._meta.counts
        sums = {("letters" if name == "length" else name): int(of.sum()) for name, of in counts.items()}
        if (
            any(of.min() < 0 for of in counts.values())
            or len(set(names)) < len(names)
            or any(sums[name] != getattr(wanted, name) for name in sums)
        ):
            raise DamagedBookError(f"{self.files.volumes}: does not agree with book.json; {REMEDY}")
        return {name: self._table[name].to_pylist() for name in VOLUMES_SCHEMA.names}

    @property
    def names(self) -> list[str]:
        """Names of the volumes, in book order."""
        return self._columns["name"]

    @property
    def lengths(self) -> list[int]:
        """Lengths of the volumes."""
        return self._columns["length"]

    def contigs(self) -> list[Contig]:
        """Genome location of each volume."""
        columns = (self._columns[name] for name in ("name", "length", "contig", "origin"))
        return [Contig(*row) for row in zip(*columns, strict=True)]

    def row(self, number: int) -> dict[str, Any]:
        """Row of a volume in the table of volumes (`VOLUMES_SCHEMA`).

        Raises
        ------
        DamagedBookError
            If the table is inconsistent with itself or ``book.json``.
        """
        return {name: column[number] for name, column in self._columns.items()}

    @cached_property
    def _firsts(self) -> dict[str, NDArray[np.int64]]:
        of = {name: np.array(self._columns[name], np.int64) for name in COUNTS}
        of["entries"] = -(-of["words"] // STRIDE)
        return {name: prefix_sums(counts) for name, counts in of.items()}

    def first(self, what: str, number: int) -> int:
        """Number of items (`COUNTS`, or ``entries`` of the sparse index) in the preceding volumes."""
        return int(self._firsts[what][number])

    def firsts(self, what: str) -> NDArray[np.int64]:
        """`first` of each volume, then the total: int64[volumes + 1]."""
        return self._firsts[what]

    def total(self, what: str) -> int:
        """Number of items in all volumes."""
        return int(self._firsts[what][-1])

    def _flat(self, path: Path, dtype: str, items: int) -> Flat:
        return self.folder.flat(path.name, dtype, items)

    @cached_property
    def words(self) -> Flat:
        """Ids of all words: uint16."""
        return self._flat(self.files.words, "<u2", self.total("words"))

    @cached_property
    def surprisal(self) -> Flat:
        """Surprisal of all words: uint8."""
        return self._flat(self.files.surprisal, "u1", self.total("words"))

    @cached_property
    def signals(self) -> dict[str, Flat]:
        """Values of each signal: two int8 per word, viewed as one uint16."""
        names = self._meta.signals.names
        return {name: self._flat(self.files.signal(name), "<u2", self.total("words")) for name in names}

    @cached_property
    def index(self) -> Flat:
        """Sparse index of all volumes: int64."""
        return self._flat(self.files.index, "<i8", self.total("entries"))

    @cached_property
    def gaps(self) -> Flat:
        """Starts of all gaps, then their ends: int64."""
        return self._flat(self.files.gaps, "<i8", 2 * self.total("gaps"))

    @cached_property
    def case(self) -> Flat:
        """Starts of all lower-case runs, then their ends: int64."""
        return self._flat(self.files.case, "<i8", 2 * self.total("lower_case_runs"))

    def runs(self, flat: Flat, what: str, number: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Starts and ends of the runs of a volume."""
        first, count = self.first(what, number), self.first(what, number + 1) - self.first(what, number)
        return flat.part(first, count).all, flat.part(self.total(what) + first, count).all

    def table(self, level: Level) -> TableFile:
        """Open the table of a level, once."""
        if level not in self._tables:
            assert level in LEVELS
            file = self.folder.open(self.files.table(level).name)
            self._tables[level] = TableFile(file, level, self.total(level))
        return self._tables[level]

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Vocabulary of the book."""
        path = self.folder.checked(VOCABULARY)
        try:
            vocabulary = Vocabulary.open(path)
        except VocabularyError as error:
            raise DamagedBookError(f"{error}; {REMEDY}") from None
        if vocabulary.digest != self._meta.vocabulary.digest:
            raise DamagedBookError(f"{path}: not the vocabulary of this book; restore the file")
        return vocabulary


class Volumes(Mapping[str, Volume]):
    """Volumes by name, in book order, created on first access."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._made: dict[int, Volume] = {}

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self._contents.names)}

    def __getitem__(self, name: str) -> Volume:
        number = self._numbers[name]
        if number not in self._made:
            self._made[number] = Volume(self._contents, number)
        return self._made[number]

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)
