"""Find candidate regions for alignment: seed hits, ungapped extension and grouping by diagonal.

The first stages of BLAST (Altschul et al. 1990) over a seed index.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genomebook.compiled import kernel
from genomebook.search.alignment.align import EXTEND, MATCH, MISMATCH, OPEN
from genomebook.search.alignment.lookup import QUERY_BITS, hits_of, selected
from genomebook.search.alignment.order import ascending
from genomebook.search.alignment.seeds import Seeds
from genomebook.search.schema import PLACES
from genomebook.search.text import PackedText, damaged, letter, word

DROP = 22
"""X-drop of the ungapped extension: BLASTN's 20 bits."""

MAX_DIFFERENCES = 13
"""Maximum mismatches in the 32 bases around a hit; 9 in 10 random hits with 11 matching bases have more."""

MIN_SCORE = 20
"""Minimum segment score: ten matches."""

LANES = 16
"""Maximum number of candidates scored together."""

_NO_QUERY, _NO_TEXT = 90, 91  # codes that equal no other

BAND = 12
"""Extra diagonals on either side of a group for gapped scoring."""

MAX_GAP = 500
"""Maximum distance in the text between two joined segments."""
MARGIN = 200
"""Extra query bases on either side of a group for gapped scoring."""


@kernel(nogil=True)
def _reach(codes, packed, i, p, step, i_end, p_end):  # type: ignore[no-untyped-def]
    """Ungapped X-drop extension from (i, p): best score, its length, bases examined."""
    score = best = best_at = looked = 0
    while i != i_end and p != p_end:
        looked += 1
        score += MATCH if codes[i] == letter(packed, p) else MISMATCH
        if score > best:
            best = score
            best_at = looked
        elif score < best - DROP:
            break
        i += step
        p += step
    return best, best_at, looked


@kernel(nogil=True)
def _windows(codes):  # type: ignore[no-untyped-def]
    """Packed bases [i, i + 32) of the query for each i: uint64[max(n - 31, 0)]."""
    n = codes.shape[0]
    out = np.empty(max(n - 31, 0), np.uint64)
    window = np.uint64(0)
    for i in range(n):
        window = (window >> np.uint64(2)) | (np.uint64(codes[i] & 3) << np.uint64(62))
        if i >= 31:
            out[i - 31] = window
    return out


@kernel(nogil=True, inline="always")
def _differences(a, b):  # type: ignore[no-untyped-def]
    """Number of mismatches between two words of 32 packed bases."""
    x = a ^ b
    x = (x | (x >> np.uint64(1))) & np.uint64(0x5555555555555555)
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((x * np.uint64(0x0101010101010101)) >> np.uint64(56))


@kernel(nogil=True)
def _segments(keys, codes, packed, bounds, before):  # type: ignore[no-untyped-def]
    """Ungapped segments from seed hits: int64[s, 4] of score, text start, query start and length.

    Skips hits with too many mismatches in the 32 bases that begin ``before`` bases upstream.
    """
    n = codes.shape[0]
    windows = _windows(codes)
    out = np.empty((keys.shape[0], 4), np.int64)
    count = run = 0
    last = np.int64(-1)
    looked_to = np.int64(0)
    for key in keys:
        diagonal = (key >> QUERY_BITS) - n
        i = key & ((1 << QUERY_BITS) - 1)
        if diagonal == last and i < looked_to:
            continue
        p = diagonal + i
        if not bounds[run] <= p < bounds[run + 1]:
            run = np.searchsorted(bounds, p, side="right") - 1
        at = min(max(i - before, 0), n - 32)
        within = at >= 0 and bounds[run] <= at + diagonal and at + diagonal + 32 <= bounds[run + 1]
        if within and _differences(windows[at], word(packed, at + diagonal)) > MAX_DIFFERENCES:
            continue
        right, right_n, looked = _reach(codes, packed, i, p, np.int64(1), n, bounds[run + 1])
        left, left_n, _ = _reach(codes, packed, i - 1, p - 1, np.int64(-1), np.int64(-1), bounds[run] - 1)
        last = diagonal
        looked_to = i + looked
        if left + right >= MIN_SCORE:
            out[count, 0] = left + right
            out[count, 1] = p - left_n
            out[count, 2] = i - left_n
            out[count, 3] = left_n + right_n
            count += 1
    return out[:count]


@kernel(nogil=True)
def _grouped(segments, order, length, bounds):  # type: ignore[no-untyped-def]
    """Group nearby segments, taken in text order, where the gap costs less than it gains: int64[g, 5]."""
    out = np.empty((segments.shape[0], 5), np.int64)
    last = np.empty(segments.shape[0], np.int64)  # diagonal of the last segment of each group
    n = first = 0
    reach, apart = max(np.int64(16), length // 10), min(length, np.int64(MAX_GAP))
    for k in order:
        score, start, at, size = segments[k]
        while first < n and out[first, 2] + apart < start:
            first += 1
        joined = False
        for g in range(n - 1, max(first, n - 16) - 1, -1):
            shift = abs(start - at - last[g])
            worth = shift <= BAND or OPEN + EXTEND * shift < min(score, out[g, 0])
            near = worth and shift <= reach and start - out[g, 2] <= apart
            same_run = np.searchsorted(bounds, start, side="right") == np.searchsorted(
                bounds, out[g, 1], side="right"
            )
            if near and same_run and at + size > out[g, 4]:
                fresh = min(size, at + size - out[g, 4])
                out[g, 0] += score * fresh // size
                out[g, 2] = max(out[g, 2], start + size)
                out[g, 3] = min(out[g, 3], at)
                out[g, 4] = at + size
                last[g] = start - at
                joined = True
                break
        if not joined:
            out[n, 0] = score
            out[n, 1] = start
            out[n, 2] = start + size
            out[n, 3] = at
            out[n, 4] = at + size
            last[n] = start - at
            n += 1
    return out[:n]


@kernel(nogil=True, fastmath=True)
def _banded(queries, texts, inside):  # type: ignore[no-untyped-def]
    """Scores of the best banded local alignments of several pairs, vectorised over pairs.

    Gap costs as in `genomebook.search.alignment.align`. Base r of a query may pair with bases r to
    r + width - 1 of its text. Scores are whole numbers, so float32 is exact.

    Parameters
    ----------
    queries, texts : float32[rows, lanes], float32[rows + width, lanes]
        Base codes.
    inside : float32[width, lanes]
        1 on the diagonals of the band, else 0.

    Returns
    -------
    float32[lanes]
    """
    rows, width, lanes = queries.shape[0], inside.shape[0], queries.shape[1]
    zero, opened, further = np.float32(0), np.float32(OPEN), np.float32(EXTEND)
    best = np.zeros((width + 1, lanes), np.float32)
    skip = np.full((width + 1, lanes), -opened, np.float32)  # query bases against a gap
    gap, left, scores = np.empty(lanes, np.float32), np.empty(lanes, np.float32), np.zeros(lanes, np.float32)
    for r in range(rows):
        gap[:] = -opened
        left[:] = zero
        for d in range(width):
            for lane in range(lanes):
                pair = np.float32(MATCH) if queries[r, lane] == texts[r + d, lane] else np.float32(MISMATCH)
                down = max(skip[d + 1, lane], best[d + 1, lane] - opened) - further
                across = max(gap[lane], left[lane] - opened) - further
                here = max(max(best[d, lane] + pair, down), max(across, zero)) * inside[d, lane]
                skip[d, lane] = down
                gap[lane] = across
                best[d, lane] = left[lane] = here
                scores[lane] = max(scores[lane], here)
    return scores


@kernel(nogil=True)
def _score(groups, codes, packed, bounds):  # type: ignore[no-untyped-def]
    """Rescore each group by banded alignment, extended by `BAND` diagonals and `MARGIN` bases."""
    n, k = codes.shape[0], groups.shape[0]
    # Query start and end, lowest diagonal (text minus query), number of diagonals, query length.
    spans = np.empty((k, 5), np.int64)
    for row in range(k):
        _, start, end, first, last = groups[row]
        low, high = min(start - first, end - last) - BAND, max(start - first, end - last) + BAND
        spans[row, 0], spans[row, 1] = max(0, first - MARGIN), min(n, last + MARGIN)
        spans[row, 2], spans[row, 3] = low, high - low + 1
        spans[row, 4] = spans[row, 1] - spans[row, 0]
    order = ascending(spans, np.int64(4), np.int64(1))
    for at in range(0, k, LANES):
        lanes = order[at : at + LANES]
        rows = width = np.int64(0)
        for lane in lanes:
            rows, width = max(rows, spans[lane, 4]), max(width, spans[lane, 3])
        queries = np.full((rows, lanes.shape[0]), _NO_QUERY, np.float32)
        texts = np.full((rows + width, lanes.shape[0]), _NO_TEXT, np.float32)
        inside = np.zeros((width, lanes.shape[0]), np.float32)
        for lane in range(lanes.shape[0]):
            first, last, low, size, _ = spans[lanes[lane]]
            run = np.searchsorted(bounds, groups[lanes[lane], 1], side="right") - 1
            for i in range(first, last):
                queries[i - first, lane] = codes[i]
            for i in range(max(bounds[run], first + low), min(bounds[run + 1], last + low + size - 1)):
                texts[i - first - low, lane] = letter(packed, i)
            inside[:size, lane] = 1
        scores = _banded(queries, texts, inside)
        for lane in range(lanes.shape[0]):
            groups[lanes[lane], 0] = np.int64(scores[lane])


@kernel(nogil=True)
def groups_of(codes, chosen, index, text):  # type: ignore[no-untyped-def]
    """Grouped segments from the selected seeds, and whether a position lies beyond the text."""
    span = index[3]
    packed, bounds = text
    seeds, at, counts = chosen
    n = codes.shape[0]
    keys = hits_of(seeds, at, counts, index, n, bounds[-1] - span + 1)
    if keys.shape[0] and keys[0] < 0:
        return np.empty((0, 5), np.int64), True
    segments = _segments(keys, codes, packed, bounds, (32 - span) // 2)
    order = ascending(segments, np.int64(1), np.int64(1))
    return _grouped(segments, order, n, bounds), False


@kernel(nogil=True)
def _candidates(codes, chosen, index, text, least, strong, most):  # type: ignore[no-untyped-def]
    """Candidates from the selected seeds, and whether a position lies beyond the text."""
    packed, bounds = text
    groups, beyond = groups_of(codes, chosen, index, text)
    if beyond:
        return groups, True
    order = ascending(groups, np.int64(0), np.int64(-1))
    kept = min(least, groups.shape[0])
    while kept < min(most, groups.shape[0]) and groups[order[kept], 0] >= strong:
        kept += 1
    groups = groups[order[:kept]]
    _score(groups, codes, packed, bounds)
    return groups[ascending(groups, np.int64(0), np.int64(-1))], False


def candidates(
    codes: NDArray[np.uint8],
    masked: NDArray[np.bool_],
    seeds: Seeds,
    text: PackedText,
    least: int,
    strong: int = 0,
    most: int = 0,
) -> NDArray[np.int64]:
    """Find the text regions most similar to one strand of a query; releases the GIL.

    Parameters
    ----------
    codes : uint8[n]
        Query codes: 0 to 3 for bases, anything else above.
    masked : bool[n]
        Low-complexity positions: not seeded, but extended through.
    seeds, text
        The index.
    least : int
        Number of candidates to return, if there are as many.
    strong, most : int
        Up to ``most`` are returned if their ungapped score is at least ``strong``.

    Returns
    -------
    int64[k, 5]
        Banded alignment score, then start and end of the grouped segments in the text and in the query,
        0-based half-open; best first.

    Raises
    ------
    DamagedBookError
        If the index is inconsistent or was altered.
    """
    chosen, _ = selected(codes, masked, seeds)
    regions, beyond = _candidates(codes, chosen, seeds.compiled, text.compiled, least, strong, most)
    if beyond:
        raise damaged(seeds.folder / PLACES, "a place beyond the text")
    return np.asarray(regions)
