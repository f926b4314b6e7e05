"""A volume of a book: sequence, words and units by position."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genomebook.book.schema import COUNTS, LEVELS, STRIDE, Level
from genomebook.book.tables import SortedTable
from genomebook.book.words import Place, Words
from genomebook.errors import DamagedBookError, RegionError
from genomebook.files.checks import Flat
from genomebook.genome.names import contig_names
from genomebook.genome.stretches import overlapping, true_runs
from genomebook.language.alphabet import GAP
from genomebook.language.encode import decode
from genomebook.options import check_choice

if TYPE_CHECKING:
    from genomebook.book.contents import Contents


class Volume:
    """A chromosome or contig of a book; positions are local, 0-based half-open.

    Parameters
    ----------
    contents : Contents
        Shared files of the book.
    number : int
        Number of the volume in book order, from 0.
    """

    def __init__(self, contents: Contents, number: int) -> None:
        row = contents.row(number)
        self._of = contents
        self.number = number
        self.name: str = row["name"]
        self.length: int = row["length"]
        self.contig: str = row["contig"]
        self.origin: int = row["origin"]
        self.description: str = row["description"]
        self.refget: str = row["refget"]
        self.md5: str = row["md5"]
        self.counts: dict[str, int] = {"letters": self.length, **{name: row[name] for name in COUNTS}}
        self.files = contents.files
        self._tables: dict[str, SortedTable] = {}

    @cached_property
    def aliases(self) -> tuple[str, ...]:
        """All names of the contig."""
        whole = self.length if self.name == self.contig else None
        return contig_names(self.contig, whole, self._of.assembly)

    @property
    def is_soft_masked(self) -> bool:
        """Whether it has lower-case letters; a volume without any was never masked: repeats are unknown."""
        return self.counts["lower_case_runs"] > 0

    def lower_share(self, start: int, end: int) -> float | None:
        """Share of the letters of [start, end) that are lower-case; None if it is not soft-masked."""
        if not self.is_soft_masked:
            return None
        runs = np.clip(self.lower_case(start, end), start, end)
        return float(np.diff(runs).sum() / (end - start))

    @cached_property
    def ids(self) -> Flat:
        """Word ids, memory-mapped, read by slices: uint16[counts["words"]]; 0 is a gap."""
        return self._of.words.part(self._of.first("words", self.number), self.counts["words"])

    @cached_property
    def surprisal(self) -> Flat:
        """Surprisal of the words in 1/8 bit, read by slices: uint8[counts["words"]]."""
        return self._of.surprisal.part(self._of.first("words", self.number), self.counts["words"])

    @cached_property
    def signals(self) -> dict[str, Flat]:
        """Log-odds of a sentence and a paragraph end after each word, by signal: two int8 as one uint16."""
        first = self._of.first("words", self.number)
        return {name: flat.part(first, self.counts["words"]) for name, flat in self._of.signals.items()}

    @cached_property
    def _index(self) -> NDArray[np.int64]:
        return self._of.index.part(
            self._of.first("entries", self.number), -(-self.counts["words"] // STRIDE)
        ).all

    @cached_property
    def _gaps(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return self._of.runs(self._of.gaps, "gaps", self.number)

    @cached_property
    def _lower(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return self._of.runs(self._of.case, "lower_case_runs", self.number)

    def table(self, level: Level) -> SortedTable:
        """Open the table of a level: parts, chapters, sections, paragraphs or sentences."""
        check_choice("level", level, LEVELS)
        if level not in self._tables:
            first = self._of.first(level, self.number)
            self._tables[level] = SortedTable(self._of.table(level), first, self.counts[level])
        return self._tables[level]

    def _damaged(self, what: str, why: str) -> DamagedBookError:
        return DamagedBookError(
            f"{self.files.folder / what}: {why} ({self.name}); restore the file or rebuild the book"
        )

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
        return _within(self._gaps, *self._clip(start, end))

    def lower_case(self, start: int = 0, end: int | None = None) -> NDArray[np.int64]:
        """Lower-case runs that overlap [start, end): int64[k, 2] of (start, end)."""
        return _within(self._lower, *self._clip(start, end))

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
        """Words and gaps ``first`` to ``end`` (exclusive, from 0), as far as they exist."""
        first, end = max(0, first), min(end, len(self.ids))
        if first >= end:
            return self.words(0, 0)
        block = first // STRIDE
        ids, starts, ends = self._blocks(block, -(-end // STRIDE))
        here = slice(first - block * STRIDE, end - block * STRIDE)
        return self._words(first, ids[here], starts[here], ends[here])

    def number_at(self, position: int) -> int:
        """Number of words and gaps that begin before a position (0-based)."""
        first, _, starts, _ = self._ids_in(*self._clip(position - 1, position))
        return first + len(starts)

    def near(self, position: int) -> int:
        """Approximate `number_at`, to within `STRIDE` words, from the sparse index alone."""
        return max(0, int(np.searchsorted(self._index, position, "right")) - 1) * STRIDE

    def _words(
        self, first: int, ids: NDArray[np.uint16], starts: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> Words:
        here = slice(first, first + len(ids))
        letters = b"".join(
            self._in_case(stretch, position).tobytes()
            for position, stretch in self._between_gaps(ids, starts)
        )
        signals = {name: odds[here].view(np.int8).reshape(-1, 2) for name, odds in self.signals.items()}
        strength = signals[self._of.signal][:, 0]
        return Words(ids, starts, ends, strength, self.surprisal[here], letters, signals)

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
        here = overlapping(starts, ends, start, end)
        return block * STRIDE + here.start, ids[here], starts[here], ends[here]

    def _blocks(
        self, block: int, following: int
    ) -> tuple[NDArray[np.uint16], NDArray[np.int64], NDArray[np.int64]]:
        """Ids, starts and ends of the words between two entries of the sparse index."""
        ids = self.ids[max(block, 0) * STRIDE : following * STRIDE]
        starts, ends = self._positions(ids, int(self._index[block]))
        reach = self.length if following == len(self._index) else int(self._index[following])
        if block < 0 or not len(ids) or ends[-1] != reach:
            raise self._damaged(self.files.index.name, "does not agree with the words")
        return ids, starts, ends

    def _positions(self, ids: NDArray[np.uint16], start: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Starts and ends of consecutive words, the first of which begins at ``start``."""
        known = self._of.vocabulary.lengths
        if len(ids) and int(ids.max()) >= len(known):
            raise self._damaged(self.files.words.name, "holds a word that is not in the vocabulary")
        size = known[ids].astype(np.int64)
        is_gap = ids == GAP
        count = int(np.count_nonzero(is_gap))
        if count:
            first = int(np.searchsorted(self._gaps[0], start, "left"))
            starts, ends = (side[first : first + count] for side in self._gaps)
            if len(starts) != count:
                raise self._damaged(self.files.gaps.name, "fewer gaps than the words say")
            size[is_gap] = ends - starts
        ends = start + np.cumsum(size)
        return ends - size, ends

    def _between_gaps(
        self, ids: NDArray[np.uint16], starts: NDArray[np.int64]
    ) -> list[tuple[int, NDArray[np.uint8]]]:
        """Start and upper-case letters of each run of words without a gap."""
        runs = true_runs(ids != GAP).tolist()
        none = np.empty(0, np.int64)
        return [(int(starts[a]), decode(self._of.vocabulary, ids[a:b], none)) for a, b in runs]

    def _in_case(self, letters: NDArray[np.uint8], start: int) -> NDArray[np.uint8]:
        """Restore lower case in place, for letters that begin at ``start``."""
        for low, high in _within(self._lower, start, start + len(letters)).tolist():
            letters[max(low - start, 0) : high - start] |= 32
        return letters

    def sequence(self, start: int = 0, end: int | None = None) -> bytes:
        """Reference sequence of [start, end), with case and N.

        Returns
        -------
        bytes
            end - start letters.

        Raises
        ------
        RegionError
            If the interval is not within the volume.
        """
        end = self.length if end is None else end
        if not 0 <= start <= end <= self.length:
            raise RegionError(
                f"positions {start}-{end} (0-based) are not within {self.name}, which has "
                f"{self.length:,} letters; choose a start below the end, inside it"
            )
        _, ids, starts, _ = self._ids_in(start, end)
        out = np.full(end - start, ord("N"), np.uint8)
        for position, letters in self._between_gaps(ids, starts):
            begin = position - start
            out[max(begin, 0) : begin + len(letters)] = letters[max(-begin, 0) : len(out) - begin]
        return self._in_case(out, start).tobytes()

    def locate(self, position: int) -> Place:
        """Find the units that hold a position (0-based)."""
        numbers = []
        for level in LEVELS:
            rows = self.table(level).overlapping(position, position + 1)
            numbers.append(int(rows.index[0]) if len(rows) else -1)
        return Place(*numbers)


def _within(runs: tuple[NDArray[np.int64], NDArray[np.int64]], start: int, end: int) -> NDArray[np.int64]:
    """Sorted runs (starts, ends) that overlap [start, end): int64[k, 2]."""
    here = overlapping(*runs, start, end)
    return np.stack([side[here] for side in runs], axis=1)
