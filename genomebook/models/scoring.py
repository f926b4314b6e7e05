"""From windows to scores: what the readers of every runtime share.

A runtime only runs calls; this module plans the calls for a share of a run and puts their rows in place. A
call always holds one whole window, whose start is decided by content (`genomebook.models.anchors`), so its
result is the same in every share and at every position.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.errors import ReaderError
from genomebook.models.anchors import AnchoredPlan
from genomebook.models.checkpoint import Checkpoint
from genomebook.models.reader import Scores
from genomebook.models.windows import Window, WordStream, end_of

Precision = Literal["float32", "bfloat16"]
"""Of the layers of a model that torch runs."""

MASKS = 8
"""A masked reader hides every eighth word, in as many passes."""


class Call(NamedTuple):
    """One window for a model.

    Attributes
    ----------
    ids : int64[t]
        What the model sees.
    first : int
        Rows before it are not needed.
    asked, answers : int64[m]
        Rows, counted from ``first``, whose surprisal is computed, and the id expected there.
    """

    ids: NDArray[np.int64]
    first: int
    asked: NDArray[np.int64]
    answers: NDArray[np.int64]


class CallScores(NamedTuple):
    """Scores of a call: hidden and boundary of rows ``first`` to t, m surprisals; None when not requested."""

    hidden: NDArray[np.float32] | None
    boundary: NDArray[np.float32] | None
    surprisal: NDArray[np.float32] | None


class WindowReader(ABC):
    """A reader that runs a checkpoint window by window.

    Parameters
    ----------
    checkpoint : Checkpoint
        Opened and checked.
    runs : str
        SHA-256 of the file that the runtime runs.
    """

    def __init__(self, checkpoint: Checkpoint, runs: str) -> None:
        self.checkpoint = checkpoint
        self.name = checkpoint.name
        self.digest = checkpoint.digest(runs)
        self.width = checkpoint.shape.width
        self.window = checkpoint.window
        self.gives = checkpoint.gives
        scripts = checkpoint.scripts  # a unified id space reads no words of a book
        self.words = scripts.words.digest if scripts.kind == "two-script" else scripts.digest
        self._causal = checkpoint.kind == "causal"
        self._end = checkpoint.scripts.mark("<end>")
        self._mask = checkpoint.scripts.mark("<mask>")

    @abstractmethod
    def run(self, calls: Sequence[Call], want: frozenset[str]) -> Iterator[tuple[int, CallScores]]:
        """Run calls in any order; yield the number of each with what is wanted of it.

        Parameters
        ----------
        calls : sequence of Call
            All of a share; a call has the same scores, bit for bit, whatever others are there.
        want : frozenset of str
            Of "hidden", "boundary" and "surprisal".
        """

    def last_state(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """Hidden state float32[width] at the last of some ids, which fit a window.

        Raises
        ------
        ReaderError
            When the runtime gives no hidden states.
        """
        none = np.empty(0, np.int64)
        _, scores = next(self.run([Call(ids, len(ids) - 1, none, none)], frozenset({"hidden"})))
        if scores.hidden is None:
            raise ReaderError(f"{self.name}: gives no hidden states; export its graph anew")
        last: NDArray[np.float32] = scores.hidden[-1]
        return last

    def score(
        self,
        run: NDArray[np.uint16],
        first: int = 0,
        last: int | None = None,
        *,
        hidden: bool = False,
        surprisal: bool = True,
    ) -> Scores:
        """Score the words [first, last) of a run; see `genomebook.models.reader.Reader.score`."""
        last = end_of(run, first, last)
        checkpoint, count = self.checkpoint, last - first
        ahead = checkpoint.lookahead
        stream = WordStream(run, checkpoint.says, self._end, ahead)
        asked = (("hidden", hidden), ("boundary", True), ("surprisal", surprisal))
        want = self.gives & {name for name, wanted in asked if wanted}
        out = Scores(
            np.empty(count, np.float32) if surprisal else None,
            np.empty((count, 2), np.float32) if "boundary" in self.gives else None,
            np.empty((count, self.width), np.float32) if hidden else None,
        )
        # word i stands at position i + 1 of the stream; its boundary is answered `ahead` positions later
        end = last + 1 + (ahead if out.boundary is not None else 0)
        windows = self.windows(stream, first + 1, end if count else 0)
        places = _alike(windows, stream)
        for number, rows in self._rows([(twins[0], ids) for twins, ids in places], want):
            for window in places[number][0]:
                _put(out.surprisal, rows.surprisal, first + 1, window.first, window.last)
                _put(out.hidden, rows.hidden, first + 1, window.first, window.last)
                _put(out.boundary, rows.boundary, first + 1 + ahead, window.first, window.last)
        return out

    def windows(self, stream: WordStream, first: int, last: int) -> list[Window]:
        """Give the windows that score positions [first, last) of a stream."""
        after = 0 if self._causal else self.window // 4
        return AnchoredPlan(stream.ids, len(stream), self.window, after).windows(first, last)

    def _rows(
        self, windows: Sequence[tuple[Window, NDArray[np.int64]]], want: frozenset[str]
    ) -> Iterator[tuple[int, CallScores]]:
        """Scores of the positions that each window scores, by its number."""
        if self._causal:
            calls = [_causal_call(window, ids, "surprisal" in want) for window, ids in windows]
            for number, (hidden, boundary, surprisal) in self.run(calls, want):
                after = slice(1, 1 + windows[number][0].last - windows[number][0].first)
                yield (
                    number,
                    CallScores(
                        None if hidden is None else hidden[after],
                        None if boundary is None else boundary[after],
                        surprisal,
                    ),
                )
            return
        if "hidden" in want:
            calls = [_masked_call(window, ids, None, self._mask, self._end) for window, ids in windows]
            for number, rows in self.run(calls, frozenset({"hidden"})):
                count = windows[number][0].last - windows[number][0].first
                yield number, CallScores(None if rows.hidden is None else rows.hidden[:count], None, None)
        if "surprisal" in want:
            calls = [
                _masked_call(window, ids, turn, self._mask, self._end)
                for window, ids in windows
                for turn in range(MASKS)
            ]
            bits = [np.zeros(window.last - window.first, np.float32) for window, _ in windows]
            for call, rows in self.run(calls, frozenset({"surprisal"})):
                bits[call // MASKS][calls[call].asked] = rows.surprisal
            for number, values in enumerate(bits):
                yield number, CallScores(None, None, values)


def _alike(windows: Sequence[Window], stream: WordStream) -> list[tuple[list[Window], NDArray[np.int64]]]:
    """Windows that hold the same ids and score the same of them, as in exact repeats, with those ids."""
    groups: dict[tuple[bytes, int, int], tuple[list[Window], NDArray[np.int64]]] = {}
    for window in windows:
        ids = stream.ids(window.start, window.end)
        key = ids.tobytes(), window.first - window.start, window.last - window.start
        groups.setdefault(key, ([], ids))[0].append(window)
    return list(groups.values())


def _causal_call(window: Window, ids: NDArray[np.int64], surprisal: bool) -> Call:
    """Compute at each row the surprisal of the next id."""
    first = window.first - 1 - window.start
    count = window.last - window.first if surprisal else 0
    return Call(ids, first, np.arange(count), ids[first + 1 : first + 1 + count])


def _masked_call(window: Window, ids: NDArray[np.int64], turn: int | None, mask: int, end: int) -> Call:
    """Mask every eighth word of a window, but for ``<end>``, and score those that the window scores."""
    first, last = window.first - window.start, window.last - window.start
    if turn is None:
        return Call(ids, first, np.arange(0), ids[:0])
    places = np.arange(len(ids))
    hide = (places % MASKS == turn) & (ids != end)
    asked = np.flatnonzero(hide & (places >= first) & (places < last))
    return Call(np.where(hide, mask, ids), first, asked - first, ids[asked])


def _put(
    out: NDArray[np.float32] | None, rows: NDArray[np.float32] | None, origin: int, start: int, end: int
) -> None:
    """Copy rows of positions [start, end) to their places in ``out``, whose row 0 is position ``origin``."""
    if out is None or rows is None:
        return
    low, high = max(start, origin), min(end, origin + len(out))
    if low < high:
        out[low - origin : high - origin] = rows[low - start : high - start]
