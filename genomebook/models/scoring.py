"""From windows to scores: what the readers of every runtime share.

A runtime only runs calls; this module plans the calls for a share of a run and puts their rows in place. A
call always holds one whole window of its stream, so its result is the same in every share.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.models.checkpoint import Checkpoint
from genomebook.models.reader import Scores
from genomebook.models.windows import Window, WindowPlan, WordStream, end_of

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


class Batch(NamedTuple):
    """Calls that run together.

    Attributes
    ----------
    calls : dict
        Calls by their row in the batch, which follows from the window alone.
    size, most : int
        Rows of the batch; maximum of rows asked in a call. The same for every share of a run.
    want : frozenset of str
        Of "hidden", "boundary" and "surprisal".
    """

    calls: dict[int, Call]
    size: int
    most: int
    want: frozenset[str]


class WindowReader(ABC):
    """A reader that runs a checkpoint window by window.

    Parameters
    ----------
    checkpoint : Checkpoint
        Opened and checked.
    runs : str
        SHA-256 of the file that the runtime runs.
    batch, threads : int
        Windows in a call; calls at once.
    """

    def __init__(self, checkpoint: Checkpoint, runs: str, batch: int = 1, threads: int = 1) -> None:
        self.checkpoint = checkpoint
        self.name = checkpoint.name
        self.digest = checkpoint.digest(runs)
        self.width = checkpoint.shape.width
        self.window = checkpoint.window
        self.gives = checkpoint.gives
        scripts = checkpoint.scripts  # a unified id space reads no words of a book
        self.words = scripts.words.digest if scripts.kind == "two-script" else scripts.digest
        self.batch, self.threads = batch, threads
        self._causal = checkpoint.kind == "causal"
        self._end = checkpoint.scripts.mark("<end>")
        self._mask = checkpoint.scripts.mark("<mask>")

    @abstractmethod
    def run(self, batch: Batch) -> dict[int, CallScores]:
        """Run calls and return their scores by row of the batch."""

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
        plan = WindowPlan(len(stream), self.window, 0 if self._causal else self.window // 4)
        want = frozenset(
            name
            for name, wanted in (("hidden", hidden), ("boundary", True), ("surprisal", surprisal))
            if wanted
        )
        out = Scores(
            np.empty(count, np.float32) if surprisal else None,
            np.empty((count, 2), np.float32) if "boundary" in self.gives else None,
            np.empty((count, self.width), np.float32) if hidden else None,
        )
        # word i stands at position i + 1 of the stream; its boundary is answered `ahead` positions later
        numbers = plan.numbers(first + 1, last + 1 + (ahead if out.boundary is not None else 0))

        def fill(group: list[int]) -> None:
            for number, rows in self._group(stream, plan, group, want & self.gives):
                window = plan[number]
                start, end = max(window.first, 1), window.last
                _put(out.surprisal, rows.surprisal, first + 1, start, end)
                _put(out.hidden, rows.hidden, first + 1, start, end)
                _put(out.boundary, rows.boundary, first + 1 + ahead, start, end)

        groups = [list(group) for _, group in groupby(numbers, lambda number: -(-number // self.batch))]
        if self.threads > 1 and len(groups) > 1:
            with ThreadPoolExecutor(self.threads) as pool:
                list(pool.map(fill, groups))
        else:
            for group in groups:
                fill(group)
        return out

    def _group(
        self, stream: WordStream, plan: WindowPlan, numbers: Sequence[int], want: frozenset[str]
    ) -> Iterator[tuple[int, CallScores]]:
        """Scores of the positions that each window scores, except the ``<end>`` at 0."""
        slots = {number: (number - 1) % self.batch if number else 0 for number in numbers}
        size = self.batch if numbers[0] else 1  # the first window scores more than others: it stays alone
        seen = {number: stream.ids(plan[number].start, plan[number].end) for number in numbers}
        if self._causal:
            calls = {slots[n]: _causal_call(plan[n], seen[n], "surprisal" in want) for n in numbers}
            scores = self.run(Batch(calls, size, self.window // (2 if numbers[0] else 1), want))
            for number in numbers:
                hidden, boundary, surprisal = scores[slots[number]]
                count = plan[number].last - max(plan[number].first, 1)
                after = slice(1, 1 + count)
                yield (
                    number,
                    CallScores(
                        None if hidden is None else hidden[after],
                        None if boundary is None else boundary[after],
                        surprisal,
                    ),
                )
            return
        hidden_rows: dict[int, CallScores] = {}
        if "hidden" in want:
            calls = {slots[n]: _masked_call(plan[n], seen[n], None, self._mask, 0) for n in numbers}
            hidden_rows = self.run(Batch(calls, size, 0, frozenset({"hidden"})))
        surprisals = {
            n: np.zeros(plan[n].last - max(plan[n].first, 1), np.float32) if "surprisal" in want else None
            for n in numbers
        }
        for turn in range(MASKS if "surprisal" in want else 0):
            words = len(stream.run) + 1
            calls = {slots[n]: _masked_call(plan[n], seen[n], turn, self._mask, words) for n in numbers}
            scores = self.run(Batch(calls, size, self.window // MASKS, frozenset({"surprisal"})))
            for number in numbers:
                values = surprisals[number]
                if values is not None:
                    values[calls[slots[number]].asked] = scores[slots[number]].surprisal
        for number in numbers:
            rows = hidden_rows.get(slots[number])
            count = plan[number].last - max(plan[number].first, 1)
            hidden = None if rows is None or rows.hidden is None else rows.hidden[:count]
            yield number, CallScores(hidden, None, surprisals[number])


def _causal_call(window: Window, ids: NDArray[np.int64], surprisal: bool) -> Call:
    """Compute at each row the surprisal of the next id."""
    first = max(window.first, 1) - 1 - window.start
    count = window.last - max(window.first, 1) if surprisal else 0
    return Call(ids, first, np.arange(count), ids[first + 1 : first + 1 + count])


def _masked_call(window: Window, ids: NDArray[np.int64], turn: int | None, mask: int, words: int) -> Call:
    """Mask every eighth word and score those inside the window; ``words`` is where the words end."""
    start = max(window.first, 1)
    first = start - window.start
    if turn is None:
        return Call(ids, first, np.arange(0), ids[:0])
    places = np.arange(window.start, window.end)
    hide = (places % MASKS == turn) & (places >= 1) & (places < words)
    asked = np.flatnonzero(hide & (places >= start) & (places < window.last))
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
