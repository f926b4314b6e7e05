"""Windows whose starts are decided by content, so that a passage is scored alike wherever it stands.

Each position is scored in a window that starts at one of `AnchoredPlan.step` candidates before it, chosen by
the smallest hash of `SPAN` consecutive ids nearby: the mod-minimizer (Groot Koerkamp and Pibiri, WABI 2024),
with which neighbours nearly always share a window. The choice looks at `AnchoredPlan.margin` positions and at
nothing else: neither at the start of the stream nor at shares, batches or threads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from genomebook.language.cuts import mix
from genomebook.models.windows import Window

SPAN = 32
"""Ids that are hashed together: the same span stands twice within a margin only in exact repeats."""

TURNS = 4
"""The smallest hash is looked for among so many times the candidates: more, fewer windows, a wider margin."""

SCHEME: Final = f"anchored-span{SPAN}-turns{TURNS}-v1"
"""Name of the rule, a part of the digest of a reader."""

_FACTOR = 0x9E3779B97F4A7C15
_AT_ONCE = 1 << 14


@dataclass(frozen=True)
class AnchoredPlan:
    """The windows of a stream.

    Parameters
    ----------
    ids : callable
        Gives the ids at positions [start, end) of the stream: int64[end - start].
    length : int
        Positions of the stream, at least 1. Position 0 is a mark, which is seen but never scored.
    window : int
        Positions that the model sees at once; a multiple of 4.
    after : int
        Positions that the model sees after a scored one (fewer at the end of the stream): 0 for a causal
        model, a quarter of a window for a bidirectional one.
    """

    ids: Callable[[int, int], NDArray[np.int64]]
    length: int
    window: int
    after: int = 0

    @property
    def step(self) -> int:
        """Candidates for the start of a window, and the longest stretch that it scores inside a stream."""
        return self.window // 2 - self.after

    @property
    def margin(self) -> tuple[int, int]:
        """Positions before and after a scored one beyond which nothing changes a bit of its scores."""
        choice = TURNS * self.step + SPAN - 2 - self._before
        return self._before, max(choice, self.window // 2) + self.step

    @property
    def _before(self) -> int:
        """From a scored position back to the first span that is hashed for it."""
        return self.window - self.after - 1 + (TURNS - 2) * self.step

    def windows(self, first: int, last: int) -> list[Window]:
        """Give the windows that score positions [first, last) of the stream, whole and in order.

        Each scores at least one of the positions, and as many others as it would in any other share.
        """
        first, last = max(first, 1), min(last, self.length)
        if first >= last:
            return []
        low, high = max(first - self.window, 1), min(last + self.window, self.length)
        starts = np.concatenate(
            [self._starts(at, min(at + _AT_ONCE, high)) for at in range(low, high, _AT_ONCE)]
        )
        changes = np.flatnonzero(np.diff(starts)) + 1
        edges = [low, *(changes + low).tolist(), high]
        windows = []
        for begin, end in pairwise(edges):
            if begin < last and end > first:
                start = int(starts[begin - low])
                seen = min(start + self.window, self.length) if self.after else end
                windows.append(Window(start, seen, begin, end))
        return windows

    def _starts(self, low: int, high: int) -> NDArray[np.int64]:
        """Start of the window of each position in [low, high): int64[high - low]."""
        earliest = np.arange(low, high) - (self.window - self.after - 1)
        reach = TURNS * self.step
        first = low - self._before
        hashes = self._hashes(first, high - low + reach - 1)
        smallest = np.lib.stride_tricks.sliding_window_view(hashes, reach).argmin(axis=1)
        return np.where(earliest > 0, earliest + smallest % self.step, 0)

    def _hashes(self, first: int, count: int) -> NDArray[np.uint64]:
        """Hash of the span at each of ``count`` positions; those that hold no whole span lose."""
        last = first + count + SPAN - 1
        seen = np.zeros(last - first, np.uint64)
        low, high = max(first, 0), min(last, self.length)
        if low < high:
            seen[low - first : high - first] = self.ids(low, high).astype(np.uint64) + np.uint64(1)
        total = np.zeros(count, np.uint64)
        with np.errstate(over="ignore"):
            each = mix(seen * np.uint64(_FACTOR))
            for place in range(SPAN):
                total = total * np.uint64(_FACTOR) + each[place : place + count]
            hashes = mix(total)
        hashes[: max(0, 1 - first)] = np.iinfo(np.uint64).max
        return hashes
