"""Compiled search for a motif in packed text, 64 positions in a machine word.

The text is turned into bit planes: for 64 bases one word of the low and one of the high bits of their codes,
and from these one word for each set of bases that the motif asks for. A letter of the motif is compared with
64 positions by one shift and one AND; mismatches are counted in unary, by one more word each. The loops run
over tiles that fit the first cache and have no branches, so that the compiler makes them vector instructions.
"""

from __future__ import annotations

import numpy as np

from genomebook.compiled import kernel
from genomebook.search.text import letter

TILE = 256
"""Words of 64 positions that are compared at a time."""


@kernel(nogil=True, inline="always")
def _even_bits(x):  # type: ignore[no-untyped-def]
    """The 32 even bits of a word, side by side."""
    x = x & np.uint64(0x5555555555555555)
    x = (x | (x >> np.uint64(1))) & np.uint64(0x3333333333333333)
    x = (x | (x >> np.uint64(2))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    x = (x | (x >> np.uint64(4))) & np.uint64(0x00FF00FF00FF00FF)
    x = (x | (x >> np.uint64(8))) & np.uint64(0x0000FFFF0000FFFF)
    return (x | (x >> np.uint64(16))) & np.uint64(0x00000000FFFFFFFF)


@kernel(nogil=True)
def _split(packed, first, low, high):  # type: ignore[no-untyped-def]
    """Low and high bits of the codes of the bases from 64 * first on; zeros after the end of the text."""
    words = len(low)
    inside = min(words, max((len(packed) >> 1) - first, 0))
    for w in range(inside):
        a, b = packed[2 * (first + w)], packed[2 * (first + w) + 1]
        one = np.uint64(1)
        low[w] = _even_bits(a) | (_even_bits(b) << np.uint64(32))
        high[w] = _even_bits(a >> one) | (_even_bits(b >> one) << np.uint64(32))
    for w in range(inside, words):
        low[w] = high[w] = np.uint64(0)
    if inside < words and len(packed) & 1 and len(packed) >> 1 == first + inside:
        low[inside] = _even_bits(packed[-1])
        high[inside] = _even_bits(packed[-1] >> np.uint64(1))


@kernel(nogil=True)
def _plane(low, high, mask, plane):  # type: ignore[no-untyped-def]
    """Positions whose base is in a set (bits A 1, C 2, G 4, T 8)."""
    full, none = ~np.uint64(0), np.uint64(0)
    a = full if mask & 1 else none
    c = full if mask & 2 else none
    g = full if mask & 4 else none
    t = full if mask & 8 else none
    for w in range(len(plane)):
        x, y = low[w], high[w]
        plane[w] = (~y & ((~x & a) | (x & c))) | (y & ((~x & g) | (x & t)))


@kernel(nogil=True)
def _and_shifted(plane, offset, matches):  # type: ignore[no-untyped-def]
    """Keep the positions that have the base `offset` letters further on."""
    if offset == 0:
        for w in range(len(matches)):
            matches[w] &= plane[w]
        return
    right, left = np.uint64(offset), np.uint64(64 - offset)
    for w in range(len(matches)):
        matches[w] &= (plane[w] >> right) | (plane[w + 1] << left)


@kernel(nogil=True)
def _miss_shifted(plane, offset, missing):  # type: ignore[no-untyped-def]
    """Positions that do not have the base `offset` letters further on."""
    if offset == 0:
        for w in range(len(missing)):
            missing[w] = ~plane[w]
        return
    right, left = np.uint64(offset), np.uint64(64 - offset)
    for w in range(len(missing)):
        missing[w] = ~((plane[w] >> right) | (plane[w + 1] << left))


@kernel(nogil=True)
def _carry(fewer, missing, more):  # type: ignore[no-untyped-def]
    """Add to the positions with more than i mismatches those that had more than i - 1 and miss once again."""
    for w in range(len(more)):
        more[w] |= fewer[w] & missing[w]


@kernel(nogil=True)
def _compare(planes, number_of, masks, over, missing, matches):  # type: ignore[no-untyped-def]
    """Positions at which a motif matches, with at most `len(over) - 1` mismatches.

    Row i of `over` has the positions with more than i mismatches so far.
    """
    matches[:] = ~np.uint64(0)
    over[:] = np.uint64(0)
    for j in range(len(masks)):
        if masks[j] == 15:
            continue
        plane = planes[number_of[masks[j]]]
        if len(over) == 1:
            _and_shifted(plane, j, matches)
            continue
        _miss_shifted(plane, j, missing)
        for i in range(len(over) - 1, 0, -1):
            _carry(over[i - 1], missing, over[i])
        over[0] |= missing
    if len(over) > 1:
        for w in range(len(matches)):
            matches[w] = ~over[len(over) - 1, w]


@kernel(nogil=True, inline="always")
def _ones(x):  # type: ignore[no-untyped-def]
    """Number of ones of a word."""
    x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((x * np.uint64(0x0101010101010101)) >> np.uint64(56))


@kernel(nogil=True, inline="always")
def _inside(base, low, high):  # type: ignore[no-untyped-def]
    """The positions base to base + 63 that lie in [low, high), as bits."""
    bits = ~np.uint64(0)
    if low > base:
        bits &= ~np.uint64(0) << np.uint64(low - base)
    if high < base + 64:
        bits &= ~np.uint64(0) >> np.uint64(base + 64 - high)
    return bits


@kernel(nogil=True)
def _mismatches(packed, at, masks):  # type: ignore[no-untyped-def]
    """Letters of the text from `at` on that the motif does not take."""
    count = 0
    for j in range(len(masks)):
        count += 1 - ((masks[j] >> letter(packed, at + j)) & 1)
    return count


@kernel(nogil=True)
def scan(packed, lows, highs, masks, mismatches, starts, strands, edits):  # type: ignore[no-untyped-def]
    """Find the places of a motif that begin in some stretches of a text.

    Parameters
    ----------
    packed : uint64[n]
        Text, 32 bases in each.
    lows, highs : int64[k]
        Where a place may begin, 0-based half-open in the text; ascending.
    masks : uint8[strands, m]
        Bases that each letter takes, as bits: of the motif, then of its reverse complement unless that is the
        same.
    mismatches : int
        Letters that may differ.
    starts : int64[c]
        Filled with the first places, ascending; of two with one start the + strand comes first.
    strands : uint8[c]
        Filled with the row of `masks` that matched.
    edits : uint8[c]
        Filled with the number of letters that differ.

    Returns
    -------
    int64[strands]
        Count of the places of each row, also of those that did not fit.
    """
    counts = np.zeros(len(masks), np.int64)
    number_of = np.full(16, -1, np.int64)
    sets = 0
    for row in range(len(masks)):
        for mask in masks[row]:
            if mask != 15 and number_of[mask] < 0:
                number_of[mask] = sets
                sets += 1
    low, high = np.empty(TILE + 1, np.uint64), np.empty(TILE + 1, np.uint64)
    planes = np.empty((sets, TILE + 1), np.uint64)
    matches = np.empty((len(masks), TILE), np.uint64)
    over, missing = np.empty((mismatches + 1, TILE), np.uint64), np.empty(TILE, np.uint64)
    written = 0
    for k in range(len(lows)):
        first, end = lows[k] >> 6, (highs[k] + 63) >> 6
        for tile in range(first, end, TILE):
            words = min(TILE, end - tile)
            _split(packed, tile, low[: words + 1], high[: words + 1])
            for mask in range(15):
                if number_of[mask] >= 0:
                    plane = planes[number_of[mask]]
                    _plane(low[: words + 1], high[: words + 1], mask, plane[: words + 1])
            for row in range(len(masks)):
                _compare(
                    planes, number_of, masks[row], over[:, :words], missing[:words], matches[row, :words]
                )  # fmt: skip
            for w in range(words):
                base = (tile + w) << 6
                inside = _inside(base, lows[k], highs[k])
                either = np.uint64(0)
                for row in range(len(masks)):
                    matches[row, w] &= inside
                    counts[row] += _ones(matches[row, w])
                    either |= matches[row, w]
                bit = 0
                while either != 0 and written < len(starts):
                    while not either & np.uint64(1):
                        either >>= np.uint64(1)
                        bit += 1
                    for row in range(len(masks)):
                        if (matches[row, w] >> np.uint64(bit)) & np.uint64(1) and written < len(starts):
                            starts[written], strands[written] = base + bit, row
                            edits[written] = _mismatches(packed, base + bit, masks[row]) if mismatches else 0
                            written += 1
                    either >>= np.uint64(1)
                    bit += 1
    return counts
