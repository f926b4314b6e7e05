"""Where the words of a book occur, from its index of counts by block: only blocks that hold a word are read.

The *ordinal* of a word is its number in the book, counted from 0 over all volumes in order, gaps included.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from genomebook.book.read import Book, Volume
from genomebook.book.schema import OCCURRENCE_BLOCK, OCCURRENCES
from genomebook.errors import DamagedBookError, OptionError
from genomebook.genome.stretches import prefix_sums

EXACT = 64
"""Blocks of the longest volume along which words are counted to the letter."""


class Occurrences:
    """The occurrences of every word of a book; use `Occurrences.open`.

    Every method that takes a word takes its id, 0 (gaps) and ambiguous letters included.
    """

    def __init__(self, book: Book) -> None:
        self._book = book
        self._index = book.occurrences
        self._volumes = list(book)
        self._firsts = book.first_words
        self._numbers = {volume.name: number for number, volume in enumerate(self._volumes)}

    @classmethod
    def open(cls, book: Book) -> Occurrences:
        """Map the index of a book.

        Raises
        ------
        DamagedBookError
            When ``occurrences.u16`` is missing or has another size than the words say.
        """
        return cls(book)

    def count(self, word: int, volume: str | None = None) -> int:
        """Count the occurrences of a word in the book, or in one volume (name or alias), exactly.

        Raises
        ------
        OptionError
            For an id that the book does not have.
        RegionError
            For a volume that it does not have.
        """
        return int(self._counts(word, *self._range(volume))[1].sum())

    def ordinals(self, word: int, first: int, most: int, volume: str | None = None) -> NDArray[np.int64]:
        """List occurrences of a word, in order.

        Parameters
        ----------
        word : int
            Id.
        first : int
            The occurrence to begin with, from 0, of those in the book or the volume.
        most : int
            How many at most.
        volume : str, optional
            Name or alias.

        Returns
        -------
        int64[k]
            Ordinals; k is less than ``most`` where there are no more.

        Raises
        ------
        OptionError
            For an id that the book does not have; for a negative ``first`` or ``most``.
        DamagedBookError
            When the words are not as the index says.
        RegionError
            For a volume that the book does not have.
        """
        if first < 0 or most < 0:
            raise OptionError(f"occurrences {first} and the {most} that follow: ask for numbers from 0")
        start, end = self._range(volume)
        block, counts = self._counts(word, start, end)
        through = np.cumsum(counts)
        at = int(np.searchsorted(through, first, "right"))
        skip = first - int(through[at - 1]) if at else first
        found = [np.empty(0, np.int64)]
        left = most
        while left > 0 and at < len(counts):
            if counts[at]:
                low = max(start, (block + at) * OCCURRENCE_BLOCK)
                high = min(end, (block + at + 1) * OCCURRENCE_BLOCK)
                here = self._in_words(word, low, high)
                if len(here) != counts[at]:
                    path = self._book.path / OCCURRENCES
                    raise DamagedBookError(
                        f"{path}: does not agree with the words; restore the file or rebuild the book"
                    )
                found.append(here[skip : skip + left])
                left -= len(found[-1])
                skip = 0
            at += 1
        return np.concatenate(found)

    def along(
        self, word: int, bins: int, volumes: Sequence[str] | None = None
    ) -> dict[str, NDArray[np.int64]]:
        """Count a word along each volume.

        Parameters
        ----------
        word : int
            Id.
        bins : int
            Bins of a volume; bin k holds the words that begin in the letters from ``k * length // bins`` on.
        volumes : sequence of str, optional
            Names or aliases; by default all volumes.

        Returns
        -------
        dict of str to int64[bins]
            By volume name, in book order or the order asked for. Each sums to `count` in that volume. Exact
            in volumes of up to `EXACT` blocks; in longer ones the edges of bins are taken to the nearest
            entry of the sparse index, and occurrences of a block that an edge divides are shared out evenly.

        Raises
        ------
        OptionError
            For an id that the book does not have; for less than one bin.
        RegionError
            For a volume that it does not have.
        """
        if bins < 1:
            raise OptionError(f"{bins} bins: ask for 1 or more")
        chosen = self._volumes if volumes is None else [self._book[name] for name in volumes]
        return {volume.name: self._along(word, volume, bins) for volume in chosen}

    def by_volume(self, word: int) -> NDArray[np.int64]:
        """Count the occurrences of a word in each volume, in book order, exactly: int64[volumes].

        A block of the index is read from the words only where it is of several volumes.

        Raises
        ------
        OptionError
            For an id that the book does not have.
        """
        total = int(self._firsts[-1])
        found = np.zeros(len(self._volumes), np.int64)
        counts = self._counts(word, 0, total)[1]
        blocks = np.flatnonzero(counts)
        low, high = blocks * OCCURRENCE_BLOCK, np.minimum((blocks + 1) * OCCURRENCE_BLOCK, total)
        first, last = (np.searchsorted(self._firsts, at, "right") - 1 for at in (low, high - 1))
        whole = first == last
        np.add.at(found, first[whole], counts[blocks[whole]])
        for start, end in zip(low[~whole].tolist(), high[~whole].tolist(), strict=True):
            places = self._in_words(word, start, end)
            np.add.at(found, np.searchsorted(self._firsts, places, "right") - 1, 1)
        return found

    def number_of(self, volume: str, number: int) -> int:
        """Ordinal of a volume's word (number from 0 in the volume; name or alias).

        Raises
        ------
        OptionError
            For a number that the volume does not have.
        RegionError
            For a volume that the book does not have.
        """
        start, end = self._range(volume)
        if not 0 <= number < end - start:
            raise OptionError(f"word {number} of {volume}: it has words 0 to {end - start - 1}")
        return start + number

    def volume_of(self, ordinal: int) -> tuple[str, int]:
        """Name of the volume that holds a word of the book, and the word's number in it, from 0.

        Raises
        ------
        OptionError
            For an ordinal that the book does not have.
        """
        at, number = volume_of(self._book, ordinal)
        return self._volumes[at].name, number

    def _range(self, volume: str | None) -> tuple[int, int]:
        """Ordinals of the words of a volume, or of the book."""
        if volume is None:
            return 0, int(self._firsts[-1])
        number = self._numbers[self._book[volume].name]
        return int(self._firsts[number]), int(self._firsts[number + 1])

    def _counts(self, word: int, start: int, end: int) -> tuple[int, NDArray[np.int64]]:
        """Number of the first block of [start, end), and the counts in it and those that follow."""
        ids = self._book.meta.vocabulary.ids
        if not 0 <= word < ids:
            raise OptionError(f"word id {word}: this book has ids 0 to {ids - 1}")
        block = start // OCCURRENCE_BLOCK
        row = word * self._book.blocks
        counts = self._index[row + block : row - (-end // OCCURRENCE_BLOCK)].astype(np.int64)
        if start == end:
            return block, counts[:0]
        total = int(self._firsts[-1])
        for at in {0, len(counts) - 1}:
            low, high = (block + at) * OCCURRENCE_BLOCK, min((block + at + 1) * OCCURRENCE_BLOCK, total)
            if counts[at] and (low < start or end < high):  # shared with another volume
                counts[at] = len(self._in_words(word, max(low, start), min(high, end)))
        return block, counts

    def _in_words(self, word: int, start: int, end: int) -> NDArray[np.int64]:
        """Ordinals of a word in [start, end), from the words themselves."""
        found = [np.empty(0, np.int64)]
        number = int(np.searchsorted(self._firsts, start, "right")) - 1
        while start < end:
            first, following = self._firsts[number : number + 2].tolist()
            stop = min(end, following)
            found.append(
                start + np.flatnonzero(self._volumes[number].ids[start - first : stop - first] == word)
            )
            start, number = stop, number + 1
        return np.concatenate(found)

    def _along(self, word: int, volume: Volume, bins: int) -> NDArray[np.int64]:
        start, end = self._range(volume.name)
        edges = [bin_ * volume.length // bins for bin_ in range(1, bins)]
        block, counts = self._counts(word, start, end)
        if len(counts) <= EXACT:
            numbers = [0, *(volume.number_at(edge) for edge in edges), end - start]
            here = self.ordinals(word, 0, end - start, volume.name) - start
            return np.diff(np.searchsorted(here, numbers)).astype(np.int64)
        known = np.append(np.arange(block, block + len(counts)) * OCCURRENCE_BLOCK, end)
        known[0] = start
        before = prefix_sums(counts)
        numbers = [start, *(start + volume.near(edge) for edge in edges), end]
        through: NDArray[np.int64] = np.diff(np.rint(np.interp(numbers, known, before)).astype(np.int64))
        return through


def volume_of(book: Book, ordinal: int) -> tuple[int, int]:
    """Place of the volume that holds a word of the book, from 0, and the word's number in it, from 0.

    Raises
    ------
    OptionError
        For an ordinal that the book does not have.
    """
    firsts = book.first_words
    if not 0 <= ordinal < firsts[-1]:
        raise OptionError(f"word {ordinal} of the book: it has words 0 to {firsts[-1] - 1}")
    at = int(np.searchsorted(firsts, ordinal, "right")) - 1
    return at, int(ordinal - firsts[at])
