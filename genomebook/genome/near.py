"""Names that are spelled nearly like another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

_ECHO = 60
_CANDIDATES = 150
_HEAD = 8
_SHORT, _MIDDLE = 5, 8


def edit_distance(a: str, b: str, limit: int) -> int:
    """Letters to change, insert, delete or swap with a neighbour to make one name of another.

    The optimal string alignment distance (Boytsov 2011).

    Parameters
    ----------
    a, b : str
        The names.
    limit : int
        Distances above it are all given as ``limit + 1``.
    """
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        previous, before, row = before, row, [i]
        for j, other in enumerate(b, 1):
            cost = min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, previous[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return min(row[-1], limit + 1)


def _tolerance(length: int) -> int:
    """Edits within which a name of this length is near."""
    return 1 if length <= _SHORT else 2 if length <= _MIDDLE else 3


def _shared_beginning(a: str, b: str) -> int:
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


class NearNames:
    """A set of names, ready to be compared with others.

    Parameters
    ----------
    names : iterable of str
        Compared without regard to case; only the first 60 characters count.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names: Sequence[str] = list(names)
        self._keys = [name[:_ECHO].casefold() for name in self._names]
        self._lengths = np.fromiter(map(len, self._keys), np.int16, len(self._keys))
        self._letters = np.fromiter(map(_letters_of, self._keys), np.uint64, len(self._keys))
        heads = b"".join(map(_head_of, self._keys))
        self._heads = np.frombuffer(heads, np.uint8).reshape(-1, _HEAD)

    def find(self, text: str, n: int = 3) -> list[str]:
        """At most `n` names within one to three edits of `text`, by its length; the nearest first.

        Of equally near ones, first those that share the longest beginning, then the shorter.
        """
        wanted = text[:_ECHO].casefold()
        limit = _tolerance(len(wanted))
        near = []
        for number in self._candidates(wanted, limit):
            key = self._keys[number]
            distance = edit_distance(wanted, key, limit)
            if distance <= limit and distance < len(wanted):
                near.append((distance, -_shared_beginning(wanted, key), len(key), key, number))
        return list(dict.fromkeys(self._names[number] for *_, number in sorted(near)))[:n]

    def _candidates(self, wanted: str, limit: int) -> list[int]:
        """Rows whose length and letters allow so few edits; the likeliest where there are many."""
        near = np.flatnonzero(np.abs(self._lengths - len(wanted)) <= limit)
        differ = np.bitwise_count(self._letters[near] ^ np.uint64(_letters_of(wanted))).astype(np.int8)
        near, differ = near[differ <= 2 * limit], differ[differ <= 2 * limit]
        same = np.count_nonzero(self._heads[near] == np.frombuffer(_head_of(wanted), np.uint8), axis=1)
        order = np.argsort(differ - same, kind="stable")
        return [int(number) for number in near[order[:_CANDIDATES]]]


def near_names(text: str, names: Iterable[str], n: int = 3) -> list[str]:
    """At most `n` of the `names` most like `text` (`NearNames.find`)."""
    return NearNames(names).find(text, n)


def _head_of(key: str) -> bytes:
    """First bytes of a name, filled with zeros."""
    return key.encode()[:_HEAD].ljust(_HEAD, b"\0")


def _letters_of(key: str) -> int:
    """Set of the characters of a name, as bits."""
    bits = 0
    for code in key.encode():
        bits |= 1 << (code & 63)
    return bits
