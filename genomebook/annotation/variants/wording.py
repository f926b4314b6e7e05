"""What an allele does to the text: the words that change, and how expected they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from genomebook.annotation.variants.alleles import VariantAllele
from genomebook.annotation.variants.letters import LetterReader
from genomebook.book.schema import SURPRISAL_UNIT
from genomebook.language.alphabet import CODE, GAP, NOT_BASE
from genomebook.language.cuts import K, cut_table, next_cut
from genomebook.language.encode import Encoder
from genomebook.segmentation.scorer import word_counts

MARGINS = (256, 1024, 4096)
"""Letters to each side in which cuts are looked for, the fewest first: words beyond a cut stay."""

_HALF = K // 2


@dataclass(frozen=True)
class WordingChange:
    """Words before and after a change.

    Attributes
    ----------
    start, end : int
        Letters of the words that change, whole: local, 0-based half-open.
    old, new : tuple of str
        Those words, and the words that replace them, upper case; equal in no word at either end.
    old_bits, new_bits : tuple of float
        Surprisal of each word given the one before, in bits, by the counts of words behind the book; then
        that of the word that follows them, if there is one.
    """

    start: int
    end: int
    old: tuple[str, ...]
    new: tuple[str, ...]
    old_bits: tuple[float, ...]
    new_bits: tuple[float, ...]

    @property
    def before(self) -> float:
        """Surprisal of the words before the change, and of the word that follows, in bits."""
        return sum(self.old_bits)

    @property
    def after(self) -> float:
        """Surprisal of the words after the change, and of the word that follows, in bits."""
        return sum(self.new_bits)


@dataclass(frozen=True)
class Respelled:
    """Words between two cuts, with and without a change.

    Attributes
    ----------
    start, end : int
        The cuts: local positions of the reference.
    old, new : uint16[n], uint16[m]
        Word ids.
    new_lengths : int64[m]
        Letters of the words in ``new``.
    """

    start: int
    end: int
    old: NDArray[np.uint16]
    new: NDArray[np.uint16]
    new_lengths: NDArray[np.int64]


class WordingReader(LetterReader):
    """Words of a book with a change."""

    @cached_property
    def _cuts(self) -> NDArray[np.uint8]:
        return cut_table()

    @cached_property
    def _encoder(self) -> Encoder:
        return Encoder(self.book.vocabulary)

    @cached_property
    def _counts(self) -> NDArray[np.uint8]:
        """Surprisal of each pair of words, uint8[n_ids, n_ids], in `SURPRISAL_UNIT` bits."""
        return word_counts(self.book).tables[0]

    def of(self, allele: VariantAllele) -> WordingChange | None:
        """Words that an allele changes.

        Parameters
        ----------
        allele : VariantAllele
            Assessed; its letters are those of the book.

        Returns
        -------
        WordingChange or None
            None where the sequence has no cut within the last of `MARGINS`.

        Raises
        ------
        ReaderError
            The counts of words that the book was made with are missing or others.
        """
        respelled = self.respelled(allele)
        return None if respelled is None else self._compared(respelled)

    def respelled(self, allele: VariantAllele) -> Respelled | None:
        """Words between the cuts nearest to an allele, with and without it; None without such cuts."""
        length = self.book.volumes[allele.volume].length
        for margin in MARGINS:
            low, high = max(0, allele.start - margin), min(length, allele.end + margin)
            letters = np.frombuffer(self.letters.letters(allele.volume, low, high), np.uint8)
            first = self._left(letters, allele.start - low, low == 0)
            last = self._right(letters, allele.end - low, high == length)
            if first is None or last is None:
                continue
            new = np.concatenate(
                [
                    letters[: allele.start - low],
                    np.frombuffer(allele.alt.encode(), np.uint8),
                    letters[allele.end - low :],
                ]
            )
            growth = len(new) - len(letters)
            texts = ((letters, last), (new, last + growth))
            old_ids, new_ids = (self._encoded(text, first, end) for text, end in texts)
            sizes = self.book.vocabulary.lengths[new_ids].astype(np.int64)
            return Respelled(low + first, low + last, old_ids, new_ids, sizes)
        return None

    def _encoded(self, letters: NDArray[np.uint8], first: int, last: int) -> NDArray[np.uint16]:
        """Tokenize between two cuts; the letters beyond a gap do not matter."""
        if first and CODE[letters[first - 1]] >= NOT_BASE:
            letters, first, last = letters[first:], 0, last - first
        if last < len(letters) and CODE[letters[last]] >= NOT_BASE:
            letters = letters[:last]
        return self._encoder.encode(letters, first, last)

    def _left(self, letters: NDArray[np.uint8], at: int, whole: bool) -> int | None:
        """Last cut but one before a change, or the end of a gap if that is nearer; None without.

        The letters that decide it lie before the change. The word before the last cut is read with the
        others, for the surprisal of the one after it.
        """
        others = np.flatnonzero(CODE[letters[:at]] >= NOT_BASE)
        edge = int(others[-1]) + 1 if len(others) else (0 if whole else None)
        cuts = [] if edge is None else [edge]
        begin = _HALF if edge is None else edge + 1
        while (cut := int(next_cut(letters[:at], begin, CODE, self._cuts))) < at:
            cuts.append(cut)
            begin = cut + 1
        return cuts[-2] if len(cuts) > 1 else edge

    def _right(self, letters: NDArray[np.uint8], at: int, whole: bool) -> int | None:
        """Second cut after a change, or the first gap if that is nearer; None without."""
        tail = letters[at:]
        others = np.flatnonzero(CODE[tail] >= NOT_BASE)
        edge = int(others[0]) if len(others) else len(tail)
        first = int(next_cut(tail[:edge], _HALF, CODE, self._cuts))
        second = int(next_cut(tail[:edge], first + 1, CODE, self._cuts)) if first < edge else edge
        return at + second if second < edge or len(others) or whole else None

    def _compared(self, respelled: Respelled) -> WordingChange:
        """Remove the words that both have at their ends."""
        old, new = respelled.old.tolist(), respelled.new.tolist()
        size = min(len(old), len(new))
        head = next((i for i in range(size) if old[i] != new[i]), size)
        tail = next((i for i in range(size - head) if old[-1 - i] != new[-1 - i]), size - head)
        words, sizes = self.book.vocabulary.words, self.book.vocabulary.lengths
        start = respelled.start + int(sizes[respelled.old[:head]].sum(dtype=np.int64))
        end = respelled.end - int(sizes[respelled.old[len(old) - tail :]].sum(dtype=np.int64))
        previous = old[head - 1] if head else GAP
        following = old[len(old) - tail] if tail else GAP
        shown = [ids[head : len(ids) - tail] for ids in (old, new)]
        texts = [tuple(words[word] for word in ids) for ids in shown]
        bits = [self._bits([previous, *ids, *([following] if following != GAP else [])]) for ids in shown]
        return WordingChange(start, end, texts[0], texts[1], bits[0], bits[1])

    def _bits(self, ids: list[int]) -> tuple[float, ...]:
        table = self._counts
        return tuple(float(table[a, b]) * SURPRISAL_UNIT for a, b in pairwise(ids))
