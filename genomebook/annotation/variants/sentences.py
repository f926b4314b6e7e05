"""Sentence ends that an allele moves, from scores and one optimisation around it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from genomebook.annotation.variants.alleles import VariantAllele
from genomebook.annotation.variants.letters import LetterReader
from genomebook.annotation.variants.wording import Respelled, WordingReader
from genomebook.book.volume import Volume
from genomebook.language.alphabet import GAP
from genomebook.segmentation.boundaries import decode
from genomebook.segmentation.scorer import HALO, BoundaryScorer, statistical_scorer

CONTEXT = 2 * HALO
"""Words read on each side."""


@dataclass(frozen=True)
class SentenceChange:
    """Ends of sentences with and without a change, near it.

    Attributes
    ----------
    start, end : int
        Where they were compared: local, 0-based half-open.
    lost, gained : tuple of int
        Ends that go and that come, in positions of the reference; inside inserted letters, their place.
    """

    start: int
    end: int
    lost: tuple[int, ...]
    gained: tuple[int, ...]


class SentenceReader(LetterReader):
    """Sentence ends of a book with a change.

    Parameters
    ----------
    wording : WordingReader
        Of the book.
    """

    def __init__(self, wording: WordingReader) -> None:
        super().__init__(wording.book, wording.letters)
        self._wording = wording

    @cached_property
    def _scorer(self) -> BoundaryScorer | None:
        return statistical_scorer(self.book)

    def of(self, allele: VariantAllele) -> SentenceChange | None:
        """Sentence ends within `HALO` words of an allele.

        Parameters
        ----------
        allele : VariantAllele
            Assessed; its letters are those of the book.

        Returns
        -------
        SentenceChange or None
            None where that is not known: a neural reader divides the book, there is no cut near the allele,
            or the optimum of this window is not that of the whole volume.
        """
        respelled = self._wording.respelled(allele)
        if self._scorer is None or respelled is None:
            return None
        volume = self.book.volumes[allele.volume]
        first = volume.number_at(respelled.start)
        low, high = max(0, first - CONTEXT), min(len(volume.ids), first + len(respelled.old) + CONTEXT)
        words = volume.numbered(low, high)
        core = slice(max(first - HALO, low) - low, min(first + len(respelled.old) + HALO, high) - low)
        start, end = int(words.starts[core.start]), int(words.ends[core.stop - 1])
        old = self._ends(words.ids, words.ends)
        if not np.array_equal(_inside(old, start, end), _inside(_book_ends(volume, start, end), start, end)):
            return None
        new = self._ends(*_changed(words.ids, words.ends, first - low, respelled))
        before, after = _inside(old, start, end), _inside(_on_reference(new, allele), start, end)
        lost, gained = np.setdiff1d(before, after), np.setdiff1d(after, before)
        return SentenceChange(start, end, tuple(lost.tolist()), tuple(gained.tolist()))

    def _ends(self, ids: NDArray[np.uint16], ends: NDArray[np.int64]) -> NDArray[np.int64]:
        """Ends of the sentences of some words, int64[k], given those of the words."""
        assert self._scorer is not None
        signal = self._scorer.score(ids)[self.book.meta.signals.used]
        return ends[decode(signal, ids == GAP)[0] - 1]


def _changed(
    ids: NDArray[np.uint16], ends: NDArray[np.int64], at: int, respelled: Respelled
) -> tuple[NDArray[np.uint16], NDArray[np.int64]]:
    """Ids and ends of words with a change, in positions of the changed sequence."""
    after = at + len(respelled.old)
    inner = respelled.start + np.cumsum(respelled.new_lengths)
    growth = int(inner[-1]) - respelled.end if len(inner) else respelled.start - respelled.end
    fresh = np.concatenate([ids[:at], respelled.new, ids[after:]])
    return fresh, np.concatenate([ends[:at], inner, ends[after:] + growth])


def _on_reference(ends: NDArray[np.int64], allele: VariantAllele) -> NDArray[np.int64]:
    """Positions of the changed sequence on the reference."""
    last = allele.start + len(allele.alt)
    growth = len(allele.alt) - (allele.end - allele.start)
    inside = (ends > allele.start) & (ends < last)
    return np.where(ends >= last, ends - growth, np.where(inside, allele.end, ends))


def _inside(ends: NDArray[np.int64], start: int, end: int) -> NDArray[np.int64]:
    return ends[(ends > start) & (ends < end)]


def _book_ends(volume: Volume, start: int, end: int) -> NDArray[np.int64]:
    return volume.sentences(start, end)["end"].to_numpy(np.int64)
