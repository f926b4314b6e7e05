"""Exact local alignment with affine gaps (Smith and Waterman 1981, Gotoh 1982), costs as BLASTN 2/-3/5/2.

Scores and ends come from parasail (Daily 2016), which releases Python's lock while it computes. The traceback
is then found in a band that is widened until it holds a path of that score, so the answer is that of the
whole table, and the memory is that of the band: one byte a cell, 1.1 MB for 10,000 letters without long gaps,
and at most 110 MB, the whole table, for 10,000 letters against 11,000.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import parasail
from numpy.typing import NDArray

from genomebook.compiled import kernel

MATCH = 2
MISMATCH = -3
OPEN = 5
EXTEND = 2
"""A gap of k letters costs OPEN + k * EXTEND, as in BLASTN."""

_BAND, _DRIFT = 16, 256
"""Extra diagonals of the first band: a constant, and one more per this many letters."""

_LOWEST = -(1 << 28)
_PAIR, _DELETE, _INSERT = 0, 1, 2
_MORE_DELETE, _MORE_INSERT = 4, 8


def _codes(other: int) -> bytes:
    table = bytearray([other] * 256)
    for code, letter in enumerate(b"ACGT"):
        table[letter] = code
    return bytes(table)


_QUERY = _codes(4)
_TEXT = _codes(5)  # another code than in the query: what is not a base matches nothing, not even itself

_BASE: NDArray[np.bool_] = np.frombuffer(_QUERY, np.uint8) < 4


class Alignment(NamedTuple):
    """One local alignment, 0-based half-open in the two sequences as they were given.

    Attributes
    ----------
    score : int
        0 when no letter matches; everything else is then 0 or empty.
    query_start, query_end, text_start, text_end : int
        The aligned parts.
    matches, columns, gaps : int
        Equal columns, all columns, columns with a gap on either side.
    cigar : str
        Operations ``=``, ``X``, ``I`` (letter of the query only), ``D`` (letter of the text only).
    rows : tuple of str
        Query, bars under which the letters are equal, text; ``-`` for a gap.
    """

    score: int
    query_start: int
    query_end: int
    text_start: int
    text_end: int
    matches: int
    columns: int
    gaps: int
    cigar: str
    rows: tuple[str, str, str]


NO_ALIGNMENT = Alignment(0, 0, 0, 0, 0, 0, 0, 0, "", ("", "", ""))


@cache
def _matrix() -> Any:
    """Scores of pairs; the last row and column are for every letter that is not a base."""
    matrix = parasail.matrix_create("ACGT", MATCH, MISMATCH)
    for letter in range(5):
        matrix[letter, 4] = matrix[4, letter] = MISMATCH
    return matrix


def _profiled(query: bytes, longest: int) -> tuple[Any, Any]:
    """Profile of a query and the function for it: 16-bit lanes unless a score may not fit."""
    narrow = MATCH * min(len(query), longest) < 2**15 - 1
    if narrow:
        return parasail.profile_create_16(query, _matrix()), parasail.sw_striped_profile_16
    return parasail.profile_create_32(query, _matrix()), parasail.sw_striped_profile_32


def _ends(query: bytes, text: bytes) -> tuple[int, int, int]:
    """Score, and the ends of the best local alignment that ends first in the text, then in the query."""
    profile, function = _profiled(query, len(text))
    result = function(profile, text, OPEN + EXTEND, EXTEND)
    return result.score, result.end_query + 1, result.end_ref + 1


def scores(query: bytes, texts: Sequence[bytes]) -> NDArray[np.int32]:
    """Score the best local alignment of a query with each text.

    Parameters
    ----------
    query : bytes
        Upper-case letters, T for U; only A, C, G and T match.
    texts : sequence of bytes
        Likewise; the query is aligned on this strand only.

    Returns
    -------
    int32[len(texts)]
        0 where no letter matches.
    """
    best = np.zeros(len(texts), np.int32)
    if not query or not texts:
        return best
    profile, function = _profiled(query, max(map(len, texts)))
    for number, text in enumerate(texts):
        if text:
            best[number] = function(profile, text, OPEN + EXTEND, EXTEND).score
    return best


@kernel(nogil=True)
def _fill(query, text, low, high):  # type: ignore[no-untyped-def]
    """Global alignment of two sequences within the diagonals ``low`` to ``high`` (text minus query).

    Returns the score and the columns, last first. Of equally good paths, counted from the ends, a pair is
    preferred to a deletion, and that to an insertion.
    """
    m, n, width = len(query), len(text), high - low + 1
    trace = np.zeros((m + 1, width), np.uint8)
    best = np.full(width + 1, _LOWEST, np.int32)  # the row above, overwritten in place; then a sentinel
    insert = np.full(width + 1, _LOWEST, np.int32)
    for i in range(m + 1):
        delete = np.int32(_LOWEST)
        left = np.int32(_LOWEST)
        for d in range(max(0, -low - i), min(width, n - low - i + 1)):
            j = i + low + d
            kind = 0
            if left - OPEN > delete:
                delete = left - OPEN - EXTEND
            else:
                delete -= EXTEND
                kind |= _MORE_DELETE
            if best[d + 1] - OPEN > insert[d + 1]:
                down = best[d + 1] - OPEN - EXTEND
            else:
                down = insert[d + 1] - EXTEND
                kind |= _MORE_INSERT
            if i > 0 and j > 0:
                top = best[d] + (MATCH if query[i - 1] == text[j - 1] else MISMATCH)
            else:
                top = 0 if i == 0 and j == 0 else _LOWEST
            if delete > top:
                top = delete
                kind |= _DELETE
            if down > top:
                top = down
                kind = (kind & ~_DELETE) | _INSERT
            insert[d] = down
            best[d] = left = top
            trace[i, d] = kind
    score = best[n - m - low]
    columns = np.empty(m + n, np.uint8)
    count, i, j, state = 0, m, n, _PAIR
    while i > 0 or j > 0:
        kind = trace[i, j - i - low]
        if state == _PAIR:
            state = kind & 3
        columns[count] = state
        count += 1
        if state == _PAIR:
            i -= 1
            j -= 1
        elif state == _DELETE:
            j -= 1
            state = _DELETE if kind & _MORE_DELETE else _PAIR
        else:
            i -= 1
            state = _INSERT if kind & _MORE_INSERT else _PAIR
    return score, columns[:count]


@kernel(nogil=True)
def _between(query, text, low, high):  # type: ignore[no-untyped-def]
    """`_fill`, for callers in Python.

    A kernel that other kernels call must not be called from Python too: loaded from numba's cache, the one
    loaded second can no longer hand an array to Python.
    """
    return _fill(query, text, low, high)


def _traceback(query: bytes, text: bytes, score: int) -> NDArray[np.uint8]:
    """Traceback of a global alignment of known score: its columns, first to last."""
    q, t = _both(query, text)
    m, n = len(q), len(t)
    band = _BAND + m // _DRIFT
    while True:
        low, high = max(-m, min(0, n - m) - band), min(n, max(0, n - m) + band)
        reached, columns = _between(q, t, low, high)
        if reached == score:
            return np.asarray(columns[::-1])
        if low == -m and high == n:
            raise AssertionError(f"the alignment scores {reached}, not {score}")
        band *= 4


@kernel(nogil=True)
def best_in_band(query, text, low, high):  # type: ignore[no-untyped-def]
    """Score and ends (in query and text) of the best local alignment on the diagonals ``low`` to ``high``.

    Of equally good ones, the one that ends first in the text, then in the query. For kernels only.
    """
    m, n, width = len(query), len(text), high - low + 1
    best = np.zeros(width + 1, np.int32)
    insert = np.full(width + 1, _LOWEST, np.int32)
    found = query_end = text_end = 0
    for i in range(m):
        left, delete = np.int32(0), np.int32(_LOWEST)
        for d in range(max(0, -low - i), min(width, n - low - i)):
            top = best[d] + (MATCH if query[i] == text[i + low + d] else MISMATCH)
            down = max(insert[d + 1], best[d + 1] - OPEN) - EXTEND
            delete = max(delete, left - OPEN) - EXTEND
            top = max(0, top, down, delete)
            insert[d] = down
            best[d] = left = top
            end = i + low + d + 1
            if top > found or (top == found and top > 0 and end < text_end):
                found, query_end, text_end = top, i + 1, end
    return found, query_end, text_end


@kernel(nogil=True)
def _near(query, text, low, high):  # type: ignore[no-untyped-def]
    """Ends and columns of the best local alignment on some diagonals: score, int64[4], uint8 columns."""
    score, query_end, text_end = best_in_band(query, text, low, high)
    ends = np.zeros(4, np.int64)
    if score <= 0:
        return score, ends, np.empty(0, np.uint8)
    turned = text_end - query_end  # minus a diagonal: the same one in the reversed sequences
    backwards = query[:query_end][::-1], text[:text_end][::-1]
    _, query_back, text_back = best_in_band(*backwards, turned - high, turned - low)
    query_start, text_start = query_end - query_back, text_end - text_back
    ends[0], ends[1], ends[2], ends[3] = query_start, query_end, text_start, text_end
    q, t = query[query_start:query_end], text[text_start:text_end]
    m, n, band = len(q), len(t), _BAND
    while True:
        first, last = max(-m, min(0, n - m) - band), min(n, max(0, n - m) + band)
        reached, columns = _fill(q, t, first, last)
        if reached >= score or (first == -m and last == n):  # more on a path off the diagonals
            return reached, ends, columns[::-1]
        band *= 4


@kernel(nogil=True)
def _diagonal(query, text):  # type: ignore[no-untyped-def]
    """Score of the best ungapped segment, and its diagonal; the lowest of equals."""
    m, n = len(query), len(text)
    found, at = 0, 0
    for d in range(1 - m, n):
        run = best = 0
        for i in range(max(0, -d), min(m, n - d)):
            run = max(0, run + (MATCH if query[i] == text[i + d] else MISMATCH))
            best = max(best, run)
        if best > found:
            found, at = best, d
    return found, at


def best_diagonal(query: bytes, text: bytes) -> tuple[int, int]:
    """Find the diagonal (position in the text minus position in the query) of the best ungapped alignment.

    Parameters
    ----------
    query, text : bytes
        As for `align`.

    Returns
    -------
    tuple of int
        The score, and the diagonal; 0 and 0 when no letter matches.
    """
    score, diagonal = _diagonal(*_both(query, text))
    return int(score), int(diagonal)


def align_near(query: bytes, text: bytes, low: int, high: int) -> Alignment:
    """Find the best local alignment on some diagonals in one call that releases Python's lock.

    For short sequences it is slower than parasail, but parasail takes the lock at each of the many calls of
    an alignment, and searches in other threads wait for it.

    Parameters
    ----------
    query, text : bytes
        As for `align`.
    low, high : int
        First and last diagonal, between ``-len(query)`` and ``len(text)``.

    Returns
    -------
    Alignment
        That of `align` when these are all diagonals.
    """
    score, ends, columns = _near(*_both(query, text), low, high)
    if score <= 0:
        return NO_ALIGNMENT
    query_start, query_end, text_start, text_end = ends.tolist()
    return _described(query, text, score, (query_start, query_end, text_start, text_end), columns)


def _both(query: bytes, text: bytes) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Codes of a query and of a text."""
    return (
        np.frombuffer(query.translate(_QUERY), np.uint8),
        np.frombuffer(text.translate(_TEXT), np.uint8),
    )


def align(query: bytes, text: bytes) -> Alignment:
    """Find the best local alignment of a query with a text.

    Of equally good ones it is the one that ends first in the text (then in the query) and begins last, so the
    answer does not depend on the machine. Gaps are as far to the left as possible.

    Parameters
    ----------
    query, text : bytes
        Upper-case letters, T for U; only A, C, G and T match.

    Returns
    -------
    Alignment
        `NO_ALIGNMENT` when no letter matches.
    """
    if not query or not text:
        return NO_ALIGNMENT
    score, query_end, text_end = _ends(query, text)
    if score <= 0:
        return NO_ALIGNMENT
    _, query_back, text_back = _ends(query[:query_end][::-1], text[:text_end][::-1])
    query_start, text_start = query_end - query_back, text_end - text_back
    columns = _traceback(query[query_start:query_end], text[text_start:text_end], score)
    return _described(query, text, score, (query_start, query_end, text_start, text_end), columns)


def _described(
    query: bytes, text: bytes, score: int, ends: tuple[int, int, int, int], columns: NDArray[np.uint8]
) -> Alignment:
    """Alignment with its rows and counts, from its ends and columns."""
    query_start, query_end, text_start, text_end = ends
    query, text = query[query_start:query_end], text[text_start:text_end]
    above = np.full(len(columns), ord("-"), np.uint8)
    below = above.copy()
    above[columns != _DELETE] = np.frombuffer(query, np.uint8)
    below[columns != _INSERT] = np.frombuffer(text, np.uint8)
    equal = (above == below) & _BASE[above]
    kinds = np.frombuffer(b"XDI", np.uint8)[columns]
    kinds[equal] = ord("=")
    cigar = "".join(f"{len(list(run))}{kind}" for kind, run in groupby(kinds.tobytes().decode()))
    bars = np.where(equal, ord("|"), ord(" ")).astype(np.uint8)
    rows = (above.tobytes().decode(), bars.tobytes().decode(), below.tobytes().decode())
    gaps = int(np.count_nonzero(columns))
    return Alignment(score, *ends, int(equal.sum()), len(columns), gaps, cigar, rows)
