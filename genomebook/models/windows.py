"""Overlapping windows of a stream: each position is scored once, with at least half a window before it.

Windows start at multiples of one step from the start of the stream, so the window in which a position is
scored does not depend on shares, batches or threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.errors import ReaderError


class Window(NamedTuple):
    """One call of a model: it sees [start, end) of the stream and scores [first, last)."""

    start: int
    end: int
    first: int
    last: int


@dataclass(frozen=True)
class WindowPlan:
    """The windows of a stream.

    Parameters
    ----------
    length : int
        Positions of the stream, at least 1.
    window : int
        Positions that the model sees at once; a multiple of 4.
    after : int
        Positions that the model sees after a scored one (fewer at the end of the stream): 0 for a causal
        model, a quarter of a window for a bidirectional one.
    """

    length: int
    window: int
    after: int = 0

    @property
    def step(self) -> int:
        """Positions between the starts of neighbouring windows."""
        return self.window // 2 - self.after

    def __len__(self) -> int:
        """Count windows."""
        return 1 + max(0, -(-(self.length - self.window) // self.step))

    def __getitem__(self, number: int) -> Window:
        """Give a window by its number."""
        start = number * self.step
        end = min(start + self.window, self.length)
        first = start + self.window // 2 if number else 0
        last = self.length if number == len(self) - 1 else start + self.window - self.after
        return Window(start, end, first, last)

    def numbers(self, first: int, last: int) -> range:
        """Numbers of the windows that score positions [first, last)."""
        if first >= last:
            return range(0)
        return range(self._of(first), self._of(last - 1) + 1)

    def _of(self, position: int) -> int:
        return min(max(0, (position - self.window // 2) // self.step), len(self) - 1)


@dataclass(frozen=True)
class WordStream:
    """A run of words as a model reads it: ``<end>``, the words, then ``ahead`` times ``<end>``.

    Parameters
    ----------
    run : uint16[m]
        Words.
    size : int
        Number of ids that the model knows.
    end : int
        Id of ``<end>``.
    ahead : int
        Number of ``<end>`` after the last word.
    """

    run: NDArray[np.uint16]
    size: int
    end: int
    ahead: int

    def __len__(self) -> int:
        """Count positions."""
        return len(self.run) + 1 + self.ahead

    def ids(self, start: int, end: int) -> NDArray[np.int64]:
        """Ids at positions [start, end): int64[end - start].

        Raises
        ------
        ReaderError
            When a gap (id 0) or an id that the model does not know is among them.
        """
        out = np.full(end - start, self.end, np.int64)
        low, high = max(start - 1, 0), min(end - 1, len(self.run))
        if low < high:
            words = self.run[low:high]
            wrong = np.flatnonzero((words == 0) | (words >= self.size))
            if len(wrong):
                word_id, place = int(words[wrong[0]]), low + int(wrong[0]) + 1
                what = f"the reader knows ids 1 to {self.size - 1}; score each stretch between gaps by itself"
                raise ReaderError(f"word {place} of the run has id {word_id}: {what}, in the reader's words")
            out[low + 1 - start : high + 1 - start] = words
        return out


def end_of(run: NDArray[np.uint16], first: int, last: int | None) -> int:
    """Return the end of the share [first, last) of a run; raise ReaderError when it is not inside the run."""
    last = len(run) if last is None else last
    if not 0 <= first <= last <= len(run):
        raise ReaderError(f"words {first} to {last} are not inside a run of {len(run)}; give a share of it")
    return last
