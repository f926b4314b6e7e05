"""The longest exact copy: how many letters in a row of a text stand in a book, on either strand.

A suffix automaton of the text (Blumer et al., The smallest automaton recognizing the subwords of a text,
Theoretical Computer Science 1985) reads the book once, whatever the length of the text.
"""

from __future__ import annotations

from threading import Event

import numpy as np
from numpy.typing import NDArray

from genomebook.book.read import Book
from genomebook.compiled import kernel
from genomebook.language.alphabet import CODE, NOT_BASE, reverse_complement

MAX_READ = 20_000_000
"""Letters of a book that are read at most, from its beginning."""

_BLOCK = 4_000_000


@kernel(nogil=True)
def _build(codes, following, link, depth):  # type: ignore[no-untyped-def]
    """Fill the automaton of a text: following int32[states, 4], link and depth int32[states]."""
    following[0, :] = -1
    link[0], depth[0] = -1, 0
    states, last = 1, 0
    for i in range(codes.shape[0]):
        letter = codes[i]
        state = states
        states += 1
        following[state, :] = -1
        depth[state] = depth[last] + 1
        at = last
        while at != -1 and following[at, letter] == -1:
            following[at, letter] = state
            at = link[at]
        if at == -1:
            link[state] = 0
        else:
            after = following[at, letter]
            if depth[at] + 1 == depth[after]:
                link[state] = after
            else:
                copy = states
                states += 1
                following[copy, :] = following[after, :]
                depth[copy], link[copy] = depth[at] + 1, link[after]
                while at != -1 and following[at, letter] == after:
                    following[at, letter] = copy
                    at = link[at]
                link[after] = link[state] = copy
        last = state


@kernel(nogil=True)
def _longest(codes, following, link, depth, state, length):  # type: ignore[no-untyped-def]
    """Read letters; return the longest match, and state and length after the last letter."""
    best = length
    for i in range(codes.shape[0]):
        letter = codes[i]
        if letter >= NOT_BASE:
            state, length = 0, 0
            continue
        while state and following[state, letter] == -1:
            state = link[state]
            length = depth[state]
        if following[state, letter] != -1:
            state = following[state, letter]
            length += 1
        best = max(best, length)
    return best, state, length


class CopyFinder:
    """Finds the longest piece of a text that another text has, on either strand.

    Parameters
    ----------
    text : str
        Letters of A, C, G and T.
    """

    def __init__(self, text: str) -> None:
        self._automata = []
        for letters in (text.encode(), reverse_complement(text.encode())):
            codes = CODE[np.frombuffer(letters, np.uint8)]
            size = 2 * len(codes) + 1
            tables = np.empty((size, 4), np.int32), np.empty(size, np.int32), np.empty(size, np.int32)
            _build(codes, *tables)
            self._automata.append(tables)

    def longest(self, *blocks: NDArray[np.uint8]) -> int:
        """Longest match in letters (uint8 ASCII) that are given in consecutive blocks."""
        best = 0
        for tables in self._automata:
            state = length = 0
            for block in blocks:
                longest, state, length = _longest(CODE[block], *tables, state, length)
                best = max(best, longest)
        return best


def longest_copies(texts: list[str], book: Book, stopped: Event | None = None) -> tuple[list[int], int]:
    """Longest exact copy of each text in a book, and the letters of the book that were read.

    Parameters
    ----------
    texts : list of str
        Letters of A, C, G and T.
    book : Book
        Its first `MAX_READ` letters are read.
    stopped : Event, optional
        Ends the reading early when it is set.
    """
    finders = [CopyFinder(text) for text in texts]
    best, read = [0] * len(texts), 0
    longest = max(map(len, texts), default=0)
    for volume in book:
        for start in range(0, volume.length, _BLOCK):
            if read >= MAX_READ or (stopped is not None and stopped.is_set()):
                return best, read
            end = min(start + _BLOCK + longest, volume.length)
            letters = np.frombuffer(volume.sequence(start, end), np.uint8)
            best = [max(seen, one.longest(letters)) for seen, one in zip(best, finders, strict=True)]
            read += min(_BLOCK, volume.length - start)
    return best, read
