"""Words and annotation classes of a volume, laid out for circular shifts.

Places are letters that are not in a gap, numbered over the gaps: the words of a volume tile them, so a word's
place follows from the lengths of the words before it, and only ids are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.compiled import kernel
from genomebook.genome.stretches import Stretches, equal_runs, overlap, overlapping, starts_of
from genomebook.stats import block_borders

MAX_BLOCKS = 100
"""Most blocks of a book; larger books have larger blocks."""

_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Layer:
    """Words and annotation classes of one volume.

    Attributes
    ----------
    name : str
        Contig.
    start, end : int
        Of the volume on its contig, 0-based half-open.
    ids : uint16[m]
        Words in order; those of no letters (gaps) do not count.
    ends : int64[r]
        Where runs of places with the same classes end; the last is the number of places.
    masks : uint64[r]
        Classes of each run: bit k is class k.
    """

    name: str
    start: int
    end: int
    ids: NDArray[np.uint16]
    ends: NDArray[np.int64]
    masks: NDArray[np.uint64]

    @property
    def size(self) -> int:
        """Number of places."""
        return int(self.ends[-1]) if len(self.ends) else 0

    @classmethod
    def of(
        cls,
        name: str,
        start: int,
        end: int,
        ids: NDArray[np.uint16],
        gaps: NDArray[np.int64],
        spans: Sequence[NDArray[np.int64]],
    ) -> Layer:
        """Combine the classes of a volume into runs of places.

        Parameters
        ----------
        name, start, end, ids
            See the attributes.
        gaps : int64[g, 2]
            Runs of N, ascending, local.
        spans : sequence of int64[k, 2]
            Letters of each class, as `genomebook.annotation.classes.AnnotationClasses` has them.
        """
        size = end - start - int((gaps[:, 1] - gaps[:, 0]).sum())
        in_gaps = Stretches.of(gaps)
        numbered = [intervals - in_gaps.rank(intervals) for intervals in spans]
        cuts = np.unique(np.concatenate([[0, size], *(intervals.ravel() for intervals in numbered)]))
        masks = np.zeros(len(cuts), np.uint64)
        for bit, intervals in enumerate(numbered):
            for side in intervals[intervals[:, 0] < intervals[:, 1]].T:
                masks[np.searchsorted(cuts, side)] ^= np.uint64(1 << bit)
        masks = np.bitwise_xor.accumulate(masks)[:-1]
        last = equal_runs(masks)[:, 1] - 1
        return cls(name, start, end, ids, np.ascontiguousarray(cuts[1:][last], np.int64), masks[last])

    def turned(self, by: int) -> Layer:
        """Shift the classes circularly: each place takes the classes of the place ``by`` letters ahead."""
        by %= max(self.size, 1)
        if not by:
            return self
        first = int(np.searchsorted(self.ends, by, "right"))
        ends = np.concatenate([self.ends[first:] - by, self.ends[:first] + (self.size - by), [self.size]])
        masks = np.concatenate([self.masks[first:], self.masks[:first], self.masks[first : first + 1]])
        kept = np.diff(ends, prepend=0) > 0
        return replace(self, ends=ends[kept], masks=masks[kept])


class Piece(NamedTuple):
    """Counts of one stretch of a volume: words by class and letters by class.

    ``ids`` int64[k] are the words that the counts are of: those of the volume where it has fewer than the
    vocabulary, so that a small one costs what it holds. ``hits`` int64[classes, k], ``words`` int64[k],
    ``letters`` float64[classes], ``size`` in places.
    """

    ids: NDArray[np.int64]
    hits: NDArray[np.int64]
    words: NDArray[np.int64]
    letters: NDArray[np.float64]
    size: int


@dataclass(frozen=True)
class Stack:
    """All volumes of a book.

    Attributes
    ----------
    layers : tuple of Layer
        Those with places.
    lengths : uint8[n_ids]
        Letters of each word (a small table: it is looked up for every word).
    n_classes : int
        Bits of the masks that are used.
    """

    layers: tuple[Layer, ...]
    lengths: NDArray[np.uint8]
    n_classes: int

    @cached_property
    def masks(self) -> NDArray[np.uint64]:
        """Sets of classes that occur together (combinations), each once, ascending."""
        return np.unique(np.concatenate([np.empty(0, np.uint64), *(layer.masks for layer in self.layers)]))

    @cached_property
    def combinations(self) -> tuple[NDArray[np.int32], ...]:
        """Number of the combination of each run of each layer: int32[r]."""
        return tuple(np.searchsorted(self.masks, layer.masks).astype(np.int32) for layer in self.layers)

    @cached_property
    def members(self) -> NDArray[np.bool_]:
        """bool[combinations, classes]."""
        bits = np.arange(self.n_classes, dtype=np.uint64)
        return np.asarray((self.masks[:, None] >> bits) & np.uint64(1), bool)

    @property
    def words(self) -> int:
        """Words in all volumes, gaps included."""
        return sum(len(layer.ids) for layer in self.layers)

    def empty(self) -> NDArray[np.uint32]:
        """uint32[combinations, n_ids] of zeros, to count into."""
        return np.zeros((len(self.masks), len(self.lengths)), np.uint32)

    def count(self, layer: int, by: int, counts: NDArray[np.uint32]) -> None:
        """Add the words of a layer, moved ``by`` places against its classes, to ``counts``."""
        chosen = self.layers[layer]
        walk(chosen.ids, 0, by, _NEVER, self.lengths, chosen.ends, self.combinations[layer], counts)

    def blocks(self) -> NDArray[np.int64]:
        """Borders of the blocks, in places counted over all layers: int64[blocks + 1].

        Those of `genomebook.stats.block_borders`, at most `MAX_BLOCKS`; they run over the ends of volumes.
        """
        return block_borders(sum(layer.size for layer in self.layers), MAX_BLOCKS)

    def pieces(self, layer: int, borders: Sequence[int]) -> Iterator[Piece]:
        """Count stretch after stretch of a layer; ``borders`` are where they end, the last its size."""
        chosen = self.layers[layer]
        kept, ids = self._words_of(chosen)
        lengths = np.ascontiguousarray(self.lengths[kept])
        here, numbered = np.unique(self.combinations[layer], return_inverse=True)
        numbers, members = numbered.astype(np.int32), np.ascontiguousarray(self.members[here])
        starts = starts_of(chosen.ends)
        at = place = low = 0
        for high in borders:
            counts = np.zeros((len(here), len(kept)), np.uint32)
            until = high if high < chosen.size else _NEVER
            at, place = walk(ids, at, place, until, lengths, chosen.ends, numbers, counts)
            reached = overlapping(starts, chosen.ends, low, high)
            inside = overlap(starts[reached], chosen.ends[reached], low, high)
            letters = np.asarray(np.bincount(numbers[reached], inside, len(here)) @ members, np.float64)
            yield Piece(kept, fold(counts, members), counts.sum(axis=0, dtype=np.int64), letters, high - low)
            low = high

    def _words_of(self, chosen: Layer) -> tuple[NDArray[np.int64], NDArray[np.uint16]]:
        """Distinct words of a layer, and its words as numbers among them."""
        if len(chosen.ids) >= len(self.lengths):
            return np.arange(len(self.lengths)), chosen.ids
        kept, ids = np.unique(chosen.ids, return_inverse=True)
        return kept.astype(np.int64), ids.astype(np.uint16)


@kernel(nogil=True)
def walk(ids, first, place, until, lengths, ends, combinations, counts):  # type: ignore[no-untyped-def]
    """Count words by the combination of classes at their middle letter; one walk along words and runs.

    Word ``first`` begins at ``place``, which may be beyond the last place: the runs repeat. Ends before the
    word whose middle is at ``until`` or later; gives its number and place.
    """
    size = ends[-1]
    base = (place // size) * size
    run = np.searchsorted(ends, place - base, "right")
    bound = min(base + ends[run], until)
    row = counts[combinations[run]]
    for i in range(first, len(ids)):
        word = ids[i]
        length = np.int64(lengths[word])
        middle = place + (length >> 1)
        if middle >= bound:
            if middle >= until:
                return i, place
            while middle >= bound:
                run += 1
                if run == len(ends):
                    run = 0
                    base += size
                bound = min(base + ends[run], until)
            row = counts[combinations[run]]
        row[word] += np.uint32(1)
        place += length
    return len(ids), place


@kernel(nogil=True)
def fold(counts, members):  # type: ignore[no-untyped-def]
    """Counts by class, int64[classes, n_ids], from counts by combination."""
    total = np.zeros((members.shape[1], counts.shape[1]), np.int64)
    for combination in range(counts.shape[0]):
        for label in range(members.shape[1]):
            if members[combination, label]:
                for word in range(counts.shape[1]):
                    total[label, word] += counts[combination, word]
    return total
