"""Opening and reading a book: by memory map and by row group, at the same cost for 16 kb and for 3.1 Gb."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from genomebook.book.annotation import GROUNDING, Annotation
from genomebook.book.flat import open_flat
from genomebook.book.genes import GeneNames
from genomebook.book.lexicon import Lexicon
from genomebook.book.meta import read_meta
from genomebook.book.schema import (
    ANNOTATION,
    GENES,
    LEVELS,
    OCCURRENCE_BLOCK,
    OCCURRENCES,
    STRIDE,
    VOCABULARY,
    VolumeFiles,
)
from genomebook.book.tables import SortedTable
from genomebook.book.words import Place, Words
from genomebook.errors import BookError, DamagedBookError, RegionError, VocabularyError
from genomebook.genome.names import contig_names
from genomebook.genome.regions import Addresses, Contig
from genomebook.language.alphabet import GAP
from genomebook.language.encode import decode
from genomebook.language.vocabulary import Vocabulary

__all__ = ["Book", "Place", "Volume", "Words"]


class Volume:
    """One chromosome or contig of a book; all positions are 0-based half-open letters of it."""

    def __init__(self, book: Book, meta: dict[str, Any]) -> None:
        self._book = book
        self.name: str = meta["name"]
        self.length: int = meta["length"]
        self.contig: str = meta["contig"]
        self.origin: int = meta["origin"]
        self.description: str = meta["description"]
        self.refget: str = meta["refget"]
        self.md5: str = meta["md5"]
        self.counts: dict[str, int] = meta["counts"]
        self.files = VolumeFiles(book.path / meta["folder"])
        self._tables: dict[str, SortedTable] = {}

    @cached_property
    def aliases(self) -> tuple[str, ...]:
        """All names of the contig."""
        whole = self.length if self.name == self.contig else None
        return contig_names(self.contig, whole, self._book.assembly)

    @cached_property
    def ids(self) -> NDArray[np.uint16]:
        """Ids of all words, memory-mapped: uint16[counts["words"]]; 0 is a gap."""
        return open_flat(self.files.words, "<u2", self.counts["words"])

    @cached_property
    def _index(self) -> NDArray[np.int64]:
        return open_flat(self.files.index, "<i8", -(-self.counts["words"] // STRIDE))

    @cached_property
    def _gaps(self) -> NDArray[np.int64]:
        return open_flat(self.files.gaps, "<i8", 2 * self.counts["gaps"]).reshape(2, -1)

    @cached_property
    def _lower(self) -> NDArray[np.int64]:
        return open_flat(self.files.case, "<i8", 2 * self.counts["lower_case_runs"]).reshape(2, -1)

    @cached_property
    def _signals(self) -> dict[str, NDArray[np.int8]]:
        count = self.counts["words"]
        return {
            name: open_flat(self.files.signal(name), "i1", 2 * count).reshape(-1, 2)
            for name in self._book.signals
        }

    @cached_property
    def _surprisal(self) -> NDArray[np.uint8]:
        return open_flat(self.files.surprisal, "u1", self.counts["words"])

    def table(self, level: str) -> SortedTable:
        """Open the table of a level: parts, chapters, sections, paragraphs or sentences."""
        if level not in LEVELS:
            raise BookError(f"{level}: no such level; levels are {', '.join(LEVELS)}")
        if level not in self._tables:
            self._tables[level] = SortedTable(self.files.table(level), self.counts[level])
        return self._tables[level]

    @staticmethod
    def _damaged(path: Path, why: str) -> DamagedBookError:
        return DamagedBookError(f"{path}: {why}; restore the file or rebuild the book")

    def _clip(self, start: int, end: int | None) -> tuple[int, int]:
        end = self.length if end is None else end
        return max(0, min(start, self.length)), max(0, min(end, self.length))

    def parts(self, start: int = 0, end: int | None = None) -> pd.DataFrame:
        """Parts that overlap [start, end); the index is the number in the volume."""
        return self.table("parts").overlapping(*self._clip(start, end))

    def chapters(self, start: int = 0, end: int | None = None) -> pd.DataFrame:
        """Chapters that overlap [start, end)."""
        return self.table("chapters").overlapping(*self._clip(start, end))

    def sections(self, start: int = 0, end: int | None = None) -> pd.DataFrame:
        """Sections that overlap [start, end)."""
        return self.table("sections").overlapping(*self._clip(start, end))

    def paragraphs(self, start: int = 0, end: int | None = None) -> pd.DataFrame:
        """Paragraphs that overlap [start, end); they do not cover gaps."""
        return self.table("paragraphs").overlapping(*self._clip(start, end))

    def sentences(self, start: int = 0, end: int | None = None) -> pd.DataFrame:
        """Sentences that overlap [start, end); they do not cover gaps."""
        return self.table("sentences").overlapping(*self._clip(start, end))

    def gaps(self, start: int = 0, end: int | None = None) -> NDArray[np.int64]:
        """Runs of N that overlap [start, end): int64[g, 2] of (start, end)."""
        start, end = self._clip(start, end)
        first, last = self._between(self._gaps, start, end)
        return self._gaps[:, first:last].T.copy()

    @staticmethod
    def _between(runs: NDArray[np.int64], start: int, end: int) -> tuple[int, int]:
        """Numbers of the sorted runs (starts, ends) that overlap [start, end)."""
        return int(np.searchsorted(runs[1], start, "right")), int(np.searchsorted(runs[0], end, "left"))

    def words(self, start: int = 0, end: int | None = None) -> Words:
        """Words and gaps that overlap [start, end).

        Returns
        -------
        Words
            Whole words, so the first may begin before ``start`` and the last end after ``end``.
        """
        first, ids, starts, ends = self._ids_in(*self._clip(start, end))
        return self._words(first, ids, starts, ends)

    def numbered(self, first: int, end: int) -> Words:
        """Words and gaps from number ``first`` to before number ``end`` (from 0), as far as there are."""
        first, end = max(0, first), min(end, len(self.ids))
        if first >= end:
            return self.words(0, 0)
        block = first // STRIDE
        ids, starts, ends = self._blocks(block, -(-end // STRIDE))
        here = slice(first - block * STRIDE, end - block * STRIDE)
        return self._words(first, ids[here], starts[here], ends[here])

    def number_at(self, position: int) -> int:
        """Count the words and gaps that begin before a position (0-based)."""
        first, _, starts, _ = self._ids_in(*self._clip(position - 1, position))
        return first + len(starts)

    def near(self, position: int) -> int:
        """Number of the entry of the sparse index before a position: `number_at` to within `STRIDE` words."""
        return max(0, int(np.searchsorted(self._index, position, "right")) - 1) * STRIDE

    def _words(
        self, first: int, ids: NDArray[np.uint16], starts: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> Words:
        here = slice(first, first + len(ids))
        letters = b"".join(self._spell(ids, starts))
        signals = {name: odds[here] for name, odds in self._signals.items()}
        strength = signals[self._book.signal][:, 0]
        return Words(ids, starts, ends, strength, self._surprisal[here], letters, signals)

    def _ids_in(
        self, start: int, end: int
    ) -> tuple[int, NDArray[np.uint16], NDArray[np.int64], NDArray[np.int64]]:
        """Number of the first word that overlaps [start, end); ids, starts and ends of all that do."""
        if start >= end or not len(self.ids):
            none = np.empty(0, np.int64)
            return 0, self.ids[:0], none, none
        block = int(np.searchsorted(self._index, start, "right")) - 1
        following = int(np.searchsorted(self._index, end, "left"))
        ids, starts, ends = self._blocks(block, following)
        a = int(np.searchsorted(ends, start, "right"))
        b = int(np.searchsorted(starts, end, "left"))
        return block * STRIDE + a, ids[a:b], starts[a:b], ends[a:b]

    def _blocks(
        self, block: int, following: int
    ) -> tuple[NDArray[np.uint16], NDArray[np.int64], NDArray[np.int64]]:
        """Ids, starts and ends of the words between two entries of the sparse index."""
        ids = self.ids[max(block, 0) * STRIDE : following * STRIDE]
        starts, ends = self._positions(ids, int(self._index[block]))
        reach = self.length if following == len(self._index) else int(self._index[following])
        if block < 0 or not len(ids) or ends[-1] != reach:
            raise self._damaged(self.files.index, "does not agree with the words")
        return ids, starts, ends

    def _positions(self, ids: NDArray[np.uint16], start: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Starts and ends of consecutive words, the first of which begins at ``start``."""
        known = self._book.vocabulary.lengths
        if len(ids) and int(ids.max()) >= len(known):
            raise self._damaged(self.files.words, "holds a word that is not in the vocabulary")
        size = known[ids].astype(np.int64)
        is_gap = ids == GAP
        count = int(np.count_nonzero(is_gap))
        if count:
            first = int(np.searchsorted(self._gaps[0], start, "left"))
            gaps = self._gaps[:, first : first + count]
            if gaps.shape[1] != count:
                raise self._damaged(self.files.gaps, "fewer gaps than the words say")
            size[is_gap] = gaps[1] - gaps[0]
        ends = start + np.cumsum(size)
        return ends - size, ends

    def _spell(self, ids: NDArray[np.uint16], starts: NDArray[np.int64]) -> Iterator[bytes]:
        """Letters, in their case, of each run of words between gaps."""
        edges = np.flatnonzero(np.diff(ids == GAP, prepend=True, append=True))
        for first, last in edges.reshape(-1, 2):
            letters = decode(self._book.vocabulary, ids[first:last], np.empty(0, np.int64))
            yield self._in_case(letters, int(starts[first])).tobytes()

    def _in_case(self, letters: NDArray[np.uint8], start: int) -> NDArray[np.uint8]:
        """Lower the letters that are lower-case in the reference, in place; the first is at ``start``."""
        first, last = self._between(self._lower, start, start + len(letters))
        for low, high in self._lower[:, first:last].T:
            letters[max(low - start, 0) : high - start] |= 32
        return letters

    def sequence(self, start: int = 0, end: int | None = None) -> bytes:
        """Give the reference back: letters of [start, end), case and N kept.

        Returns
        -------
        bytes
            end - start letters.

        Raises
        ------
        RegionError
            When the interval is not inside the volume.
        """
        end = self.length if end is None else end
        if not 0 <= start <= end <= self.length:
            raise RegionError(
                f"positions {start}-{end} (0-based) are not within {self.name}, which has "
                f"{self.length:,} letters; choose a start below the end, inside it"
            )
        _, ids, starts, _ = self._ids_in(start, end)
        out = np.full(end - start, ord("N"), np.uint8)
        edges = np.flatnonzero(np.diff(ids == GAP, prepend=True, append=True))
        for first, last in edges.reshape(-1, 2):
            letters = decode(self._book.vocabulary, ids[first:last], np.empty(0, np.int64))
            begin = int(starts[first]) - start
            out[max(begin, 0) : begin + len(letters)] = letters[max(-begin, 0) : len(out) - begin]
        return self._in_case(out, start).tobytes()

    def locate(self, position: int) -> Place:
        """Find the units that hold a position (0-based)."""
        numbers = []
        for level in LEVELS:
            rows = self.table(level).overlapping(position, position + 1)
            numbers.append(int(rows.index[0]) if len(rows) else -1)
        return Place(*numbers)


class Book:
    """A book on disk.

    Use `Book.open`; ``book["chrM"]`` is a `Volume`, under any of the contig's names.
    """

    def __init__(self, path: Path, meta: dict[str, Any]) -> None:
        self.path = path
        self.meta = meta
        self.title: str = meta["title"]
        self.assembly: str = meta["assembly"]
        self.digest: str = meta["digest"]
        self.signal: str = meta["signals"]["used"]
        self.signals: tuple[str, ...] = tuple(meta["signals"]["names"])
        self.volumes = {item["name"]: Volume(self, item) for item in meta["volumes"]}

    @classmethod
    def open(cls, path: Path | str) -> Book:
        """Open a book.

        Parameters
        ----------
        path : Path or str
            Its folder.

        Raises
        ------
        BookError
            When there is no book.
        BookFormatError
            When it has another format version.
        DamagedBookError
            When ``book.json`` is not readable or altered. Of other files, what makes them readable is checked
            when they are used, and every byte by `genomebook.book.verify`.
        """
        path = Path(path)
        return cls(path, read_meta(path))

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words it is spelled in."""
        path = self.path / VOCABULARY
        try:
            vocabulary = Vocabulary.open(path)
        except VocabularyError as error:
            raise DamagedBookError(f"{error}; restore the file or rebuild the book") from None
        if vocabulary.digest != self.meta["vocabulary"]["digest"]:
            raise DamagedBookError(f"{path}: not the vocabulary of this book; restore the file")
        return vocabulary

    @cached_property
    def lexicon(self) -> Lexicon:
        """What is known of its words."""
        return Lexicon(self.path, self.meta["files"], self.meta["parameters"]["shuffle"]["copies"])

    @cached_property
    def first_words(self) -> NDArray[np.int64]:
        """Number in the book of the first word of each volume, then of all words: int64[volumes + 1]."""
        return np.cumsum([0, *(volume.counts["words"] for volume in self)], dtype=np.int64)

    @cached_property
    def occurrences(self) -> NDArray[np.uint16]:
        """Count of each id in each block of `OCCURRENCE_BLOCK` words of the book: uint16[n_ids, n_blocks]."""
        n_ids = int(self.meta["vocabulary"]["ids"])
        n_blocks = -(-int(self.first_words[-1]) // OCCURRENCE_BLOCK)
        return open_flat(self.path / OCCURRENCES, "<u2", n_ids * n_blocks).reshape(n_ids, n_blocks)

    def __getitem__(self, name: str) -> Volume:
        """Volume by name or alias; RegionError when there is none."""
        if name in self.volumes:
            return self.volumes[name]
        known = self.addresses.volume(name)
        return self.volumes[known] if known else self.volumes[self.addresses.parse(name).volume]

    def __iter__(self) -> Iterator[Volume]:
        """Volumes in karyotype order."""
        return iter(self.volumes.values())

    def __len__(self) -> int:
        """Count volumes."""
        return len(self.volumes)

    @property
    def has_genes(self) -> bool:
        """Whether genes came with the book."""
        return GENES in self.meta["files"]

    @cached_property
    def genes(self) -> GeneNames:
        """Genes by name; none when they did not come with the book."""
        if not self.has_genes:
            return GeneNames(pd.DataFrame(columns=["name", "gene_id", "volume", "start", "end"], dtype="str"))
        types = {
            "name": pa.large_string(),
            "gene_id": pa.large_string(),
            "start": pa.int64(),
            "end": pa.int64(),
        }
        path = self.path / GENES
        try:
            table = pq.read_table(path, columns=["volume", *types], page_checksum_verification=True)
            genes = table.cast(pa.schema({"volume": pa.string(), **types})).to_pandas()
        except (OSError, pa.ArrowException, ValueError) as error:
            reason = " ".join(str(error).split())
            raise DamagedBookError(
                f"{path}: not readable ({reason}); restore the file or rebuild the book"
            ) from None
        return GeneNames(genes)

    @cached_property
    def annotation(self) -> Annotation | None:
        """Classes of annotation by place; None before `precompute.ground.ground`."""
        if ANNOTATION not in self.meta["files"]:
            return None
        return Annotation(self.path, self.meta[GROUNDING], {v.name: v.length for v in self})

    @cached_property
    def addresses(self) -> Addresses:
        """Reads and writes region strings of this book, gene names included."""
        contigs = [Contig(v.name, v.length, v.contig, v.origin) for v in self]
        return Addresses(contigs, self.genes.find, self.genes.names, self.assembly)
