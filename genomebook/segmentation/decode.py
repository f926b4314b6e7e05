"""Boundaries by one optimisation over a whole volume: an online semi-Markov dynamic programme.

Units (words or sentences) are divided into segments to maximise the sum over segments of the log prior of the
length and the strength of the closing boundary (Sarawagi and Cohen 2004). All values are integers, so results
do not depend on the machine or the chunks. A boundary is returned as soon as all possible continuations agree
on it (online Viterbi, Sramek, Brejova and Vinar 2007), so memory does not grow with the volume.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genomebook.compiled import kernel

_NEVER = -(1 << 60)


@kernel(nogil=True)
def _forward(strength, breaks, prior, best, back, done):  # type: ignore[no-untyped-def]
    """Extend ``best`` and ``back`` (index j: the first j units) from j = done + 1 to the end.

    No segment crosses a break: the search over shorter prefixes stops at the last one (breaks are certain at
    once, so the first ``done`` units have none). Ties go to the shortest segment.
    """
    longest = prior.shape[0] - 1
    key = np.empty(longest, np.int64)  # longest first; the low byte is larger for shorter segments
    for i in range(longest):
        key[i] = (prior[longest - i] << 8) + 255 - (longest - i)
    scaled = best << 8
    wall = 0
    for j in range(done + 1, strength.shape[0] + 1):
        before = scaled[max(wall, j - longest) : j]
        keys = key[longest - before.shape[0] :]
        top = np.int64(_NEVER)
        for i in range(before.shape[0]):  # a plain maximum, which is vectorised
            value = before[i] + keys[i]
            top = value if value > top else top
        back[j] = 255 - (top & 255)
        if breaks[j - 1]:
            best[j] = 0
            wall = j
        else:
            best[j] = (top >> 8) + strength[j - 1]
        scaled[j] = best[j] << 8


@kernel(nogil=True)
def _agreed(back, n, longest, breaks):  # type: ignore[no-untyped-def]
    """Longest prefix shared by the best segmentations for all possible continuations; 0 for none."""
    active = np.zeros(n + 1, np.uint8)
    count = 0
    j = n
    while True:  # the next boundary may follow any of the last `longest` prefixes, but none before a break
        active[j] = 1
        count += 1
        if j == 0 or breaks[j - 1] or j == n + 1 - longest:
            break
        j -= 1
    j = n
    while j > 0:
        if active[j]:
            if count == 1:
                return j
            before = j - back[j]
            if active[before]:
                count -= 1
            else:
                active[before] = 1
        j -= 1
    return 0


@kernel(nogil=True)
def _ends(back, n):  # type: ignore[no-untyped-def]
    """Ends of the segments of the first n units, ascending."""
    count = 0
    j = n
    while j > 0:
        count += 1
        j -= back[j]
    ends = np.empty(count, np.int64)
    j = n
    while j > 0:
        count -= 1
        ends[count] = j
        j -= back[j]
    return ends


class Decoder:
    """Divides a stream of units into optimal segments, however it is split into chunks.

    Parameters
    ----------
    prior : int32[longest + 1]
        Log prior of each length, in the unit of the strengths; index 0 is unused.
    """

    def __init__(self, prior: NDArray[np.int32]) -> None:
        if len(prior) < 2 or len(prior) > 256:
            raise ValueError(f"prior: {len(prior) - 1} lengths, wanted 1 to 255")
        self._prior = prior.astype(np.int64)
        self._strength = np.empty(0, np.int32)
        self._breaks = np.empty(0, np.uint8)
        self._best = np.zeros(1, np.int64)
        self._back = np.zeros(1, np.uint8)
        self._offset = 0

    def push(self, strength: NDArray[np.int32], breaks: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Add units and return the boundaries that are now certain.

        Parameters
        ----------
        strength : int32[m]
            Strength of the boundary after each unit.
        breaks : uint8[m]
            1 where a segment must end after the unit.

        Returns
        -------
        int64[k]
            Ends of segments, as numbers of units since the start of the stream, ascending.
        """
        done = len(self._strength)
        self._strength = np.concatenate([self._strength, strength.astype(np.int32)])
        self._breaks = np.concatenate([self._breaks, breaks.astype(np.uint8)])
        n = len(self._strength)
        self._best = np.concatenate([self._best, np.empty(n - done, np.int64)])
        self._back = np.concatenate([self._back, np.empty(n - done, np.uint8)])
        _forward(self._strength, self._breaks, self._prior, self._best, self._back, done)
        return self._give(int(_agreed(self._back, n, len(self._prior) - 1, self._breaks)))

    def finish(self) -> NDArray[np.int64]:
        """End the stream and its last segment; return the remaining boundaries."""
        return self._give(len(self._strength))

    def _give(self, n: int) -> NDArray[np.int64]:
        ends: NDArray[np.int64] = _ends(self._back, n) + self._offset
        self._offset += n
        self._strength, self._breaks = self._strength[n:], self._breaks[n:]
        self._best, self._back = self._best[n:] - self._best[n], self._back[n:].copy()
        return ends


def segment(
    strength: NDArray[np.int32], breaks: NDArray[np.uint8], prior: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Divide a whole run at once; see `Decoder`.

    Returns
    -------
    int64[k]
        Ends of segments, ascending; the last is the number of units.
    """
    decoder = Decoder(prior)
    return np.concatenate([decoder.push(strength, breaks), decoder.finish()])
