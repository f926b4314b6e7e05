"""From seeds to places worth aligning: diagonals, extension without gaps, and what lies close together.

The first stages of BLAST (Altschul et al. 1990) over an index, so that a search costs the places of the seeds
of the query and not the length of the book. The rarest seeds are looked up first, and no more places than a
budget allows: a query out of a repeat of a million copies costs no more than another.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genomebook.compiled import kernel
from genomebook.search.alignment.align import EXTEND, MATCH, MISMATCH, OPEN
from genomebook.search.alignment.seeds import Seeds, seed_in
from genomebook.search.schema import PLACES, SEEDS
from genomebook.search.text import PackedText, damaged, letter, word

BUDGET = 30_000
"""Places looked at for a strand of a query of up to `SHORT` letters; longer ones get more in proportion."""

SHORT = 400

DROP = 22
"""An extension ends where the score has fallen so far below its best: BLASTN's 20 bits."""

MAX_DIFFERENCES = 13
"""Of the 32 letters around a hit: of random ones, 11 of which are alike, nine in ten differ in more."""

MIN_SCORE = 20
"""Segments below this are dropped: ten letters."""

LANES = 16
"""Candidates that are scored at a time, at most."""

_NO_QUERY, _NO_TEXT = 90, 91  # codes that equal no other
_DIAGONAL_BITS = 11
_QUERY_BITS = 14

BAND = 12
"""Diagonals on either side of what was joined that gaps may lead to."""

MAX_GAP = 500
"""Letters of the text between two segments that are joined, at most."""

MARGIN = 200
"""Letters of the query on either side of what was joined that are aligned with it."""


@kernel(nogil=True)
def _seeds_of(codes, masked, span, blocks):  # type: ignore[no-untyped-def]
    """Seeds of a query and where each begins; none that sees a masked letter."""
    n = codes.shape[0]
    seeds = np.empty(max(n - span + 1, 0), np.int64)
    at = np.empty(max(n - span + 1, 0), np.int64)
    window = np.int64(0)
    clean = found = 0
    for i in range(n):
        window = (window >> 2) | (np.int64(codes[i] & 3) << (2 * (span - 1)))
        clean = 0 if masked[i] or codes[i] > 3 else clean + 1
        if clean >= span:
            seeds[found] = seed_in(window, blocks)
            at[found] = i - span + 1
            found += 1
    return seeds[:found], at[:found]


@kernel(nogil=True)
def _chosen(seeds, offsets, most, budget):  # type: ignore[no-untyped-def]
    """How many places of each seed are looked at: those of the rarest first, as far as the budget goes.

    One count of -1 when the offsets do not ascend, or lead beyond the ``most`` places that there are.
    """
    counts = np.empty(seeds.shape[0], np.int64)
    for i in range(seeds.shape[0]):
        counts[i] = np.int64(offsets[seeds[i] + 1]) - np.int64(offsets[seeds[i]])
        if counts[i] < 0 or offsets[seeds[i] + 1] > most:
            return np.full(1, -1, np.int64)
    if counts.sum() <= budget:
        return counts
    left = budget
    for i in np.argsort(counts, kind="mergesort"):
        counts[i] = min(counts[i], left)
        left -= counts[i]
    return counts


@kernel(nogil=True)
def _hits_of(seeds, at, counts, offsets, places, length, end):  # type: ignore[no-untyped-def]
    """Places of the seeds: int64 of (diagonal << 14 | query position), sorted by diagonal, then position.

    One key of -1 when a place lies at ``end`` or beyond.
    """
    total = counts.sum()
    keys = np.empty(total, np.int64)
    n = 0
    for i in range(seeds.shape[0]):
        first = np.int64(offsets[seeds[i]])
        for j in range(first, first + counts[i]):
            if places[j] >= end:
                return np.full(1, -1, np.int64)
            diagonal = np.int64(places[j]) - at[i] + length
            keys[n] = (diagonal << _QUERY_BITS) | at[i]
            n += 1
    other = np.empty(total, np.int64)
    for digit in range(3):  # of the diagonal, 33 bits: a stable sort keeps the order of query positions
        shift = _QUERY_BITS + digit * _DIAGONAL_BITS
        edges = np.zeros((1 << _DIAGONAL_BITS) + 1, np.int64)
        for key in keys:
            edges[((key >> shift) & ((1 << _DIAGONAL_BITS) - 1)) + 1] += 1
        for d in range(1 << _DIAGONAL_BITS):
            edges[d + 1] += edges[d]
        for key in keys:
            d = (key >> shift) & ((1 << _DIAGONAL_BITS) - 1)
            other[edges[d]] = key
            edges[d] += 1
        keys, other = other, keys
    return keys


@kernel(nogil=True)
def _reach(codes, packed, i, p, step, i_end, p_end):  # type: ignore[no-untyped-def]
    """Extend from (i, p) by steps: best score, letters of it, letters looked at."""
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
    """Letters [i, i + 32) of the query, packed, for each i: uint64[max(n - 31, 0)]."""
    n = codes.shape[0]
    out = np.empty(max(n - 31, 0), np.uint64)
    window = np.uint64(0)
    for i in range(n):
        window = (window >> np.uint64(2)) | (np.uint64(codes[i] & 3) << np.uint64(62))
        if i >= 31:
            out[i - 31] = window
    return out


@kernel(nogil=True, inline="always")
def _differences(one, other):  # type: ignore[no-untyped-def]
    """How many of 32 packed letters differ."""
    x = one ^ other
    x = (x | (x >> np.uint64(1))) & np.uint64(0x5555555555555555)
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((x * np.uint64(0x0101010101010101)) >> np.uint64(56))


@kernel(nogil=True)
def _segments(keys, codes, packed, bounds, before):  # type: ignore[no-untyped-def]
    """Extend the hits of each diagonal without gaps: int64[s, 4] of score, text and query start, length.

    A hit is passed over when of the 32 letters from ``before`` letters before it too many differ.
    """
    n = codes.shape[0]
    windows = _windows(codes)
    out = np.empty((keys.shape[0], 4), np.int64)
    found = run = 0
    last = np.int64(-1)
    looked_to = np.int64(0)
    for key in keys:
        diagonal = (key >> _QUERY_BITS) - n
        i = key & ((1 << _QUERY_BITS) - 1)
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
            out[found, 0] = left + right
            out[found, 1] = p - left_n
            out[found, 2] = i - left_n
            out[found, 3] = left_n + right_n
            found += 1
    return out[:found]


@kernel(nogil=True)
def _grouped(segments, order, length, bounds):  # type: ignore[no-untyped-def]
    """Join segments, in the order of the text, that a few gaps would join: int64[g, 5], see `candidates`.

    A gap that costs more than what it joins is not worth it.
    """
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
    """Scores of the best local alignments of some pairs at once, each on the diagonals of its band.

    Gaps as in `genomebook.search.alignment.align`. Letter r of a query may pair with letters r to r + width -
    1 of its text. All is float32, which a processor works on side by side, and whole numbers, so exact.

    Parameters
    ----------
    queries, texts : float32[rows, lanes], float32[rows + width, lanes]
        Codes.
    inside : float32[width, lanes]
        1 on the diagonals of a band, then 0.

    Returns
    -------
    float32[lanes]
    """
    rows, width, lanes = queries.shape[0], inside.shape[0], queries.shape[1]
    zero, opened, further = np.float32(0), np.float32(OPEN), np.float32(EXTEND)
    best = np.zeros((width + 1, lanes), np.float32)
    skip = np.full((width + 1, lanes), -opened, np.float32)  # letters of the query against a gap
    gap, left, found = np.empty(lanes, np.float32), np.empty(lanes, np.float32), np.zeros(lanes, np.float32)
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
                found[lane] = max(found[lane], here)
    return found


@kernel(nogil=True)
def _score(groups, codes, packed, bounds):  # type: ignore[no-untyped-def]
    """Give each group the score of an alignment within `BAND` diagonals and `MARGIN` letters around it."""
    n, k = codes.shape[0], groups.shape[0]
    spans = np.empty(
        (k, 4), np.int64
    )  # letters of the query; the lowest diagonal, text minus query; how many
    for row in range(k):
        _, start, end, first, last = groups[row]
        low, high = min(start - first, end - last) - BAND, max(start - first, end - last) + BAND
        spans[row] = np.array([max(0, first - MARGIN), min(n, last + MARGIN), low, high - low + 1])
    order = np.argsort(spans[:, 1] - spans[:, 0], kind="mergesort")
    for at in range(0, k, LANES):
        lanes = order[at : at + LANES]
        rows, width = (spans[lanes, 1] - spans[lanes, 0]).max(), spans[lanes, 3].max()
        queries = np.full((rows, lanes.shape[0]), _NO_QUERY, np.float32)
        texts = np.full((rows + width, lanes.shape[0]), _NO_TEXT, np.float32)
        inside = np.zeros((width, lanes.shape[0]), np.float32)
        for lane in range(lanes.shape[0]):
            first, last, low, size = spans[lanes[lane]]
            run = np.searchsorted(bounds, groups[lanes[lane], 1], side="right") - 1
            for i in range(first, last):
                queries[i - first, lane] = codes[i]
            for i in range(max(bounds[run], first + low), min(bounds[run + 1], last + low + size - 1)):
                texts[i - first - low, lane] = letter(packed, i)
            inside[:size, lane] = 1
        found = _banded(queries, texts, inside)
        for lane in range(lanes.shape[0]):
            groups[lanes[lane], 0] = np.int64(found[lane])


@kernel(nogil=True)
def _looked_up(codes, masked, index, budget):  # type: ignore[no-untyped-def]
    """Seeds of a query, where each begins, and how many places of each are looked at."""
    offsets, places, blocks, span = index
    seeds, at = _seeds_of(codes, masked, span, blocks)
    return seeds, at, _chosen(seeds, offsets, places.shape[0], budget)


@kernel(nogil=True)
def _candidates(codes, chosen, index, text, least, strong, most):  # type: ignore[no-untyped-def]
    """As `candidates`, from what was looked up; and whether a place lies beyond the text."""
    offsets, places, _, span = index
    packed, bounds = text
    seeds, at, counts = chosen
    n = codes.shape[0]
    keys = _hits_of(seeds, at, counts, offsets, places, n, bounds[-1] - span + 1)
    if keys.shape[0] and keys[0] < 0:
        return np.empty((0, 5), np.int64), True
    segments = _segments(keys, codes, packed, bounds, (32 - span) // 2)
    order = np.argsort(segments[:, 1], kind="mergesort")
    groups = _grouped(segments, order, n, bounds)
    order = np.argsort(-groups[:, 0], kind="mergesort")
    kept = min(least, groups.shape[0])
    while kept < min(most, groups.shape[0]) and groups[order[kept], 0] >= strong:
        kept += 1
    groups = groups[order[:kept]]
    _score(groups, codes, packed, bounds)
    return groups[np.argsort(-groups[:, 0], kind="mergesort")], False


def candidates(
    codes: NDArray[np.uint8],
    masked: NDArray[np.bool_],
    seeds: Seeds,
    text: PackedText,
    least: int,
    strong: int = 0,
    most: int = 0,
) -> NDArray[np.int64]:
    """Find the stretches of the text most like one strand of a query, outside Python's lock.

    Parameters
    ----------
    codes : uint8[n]
        Of the query, 0 to 3; anything above is no base.
    masked : bool[n]
        Letters at which no seed is looked up (low complexity); extensions pass over them.
    seeds, text
        The index.
    least : int
        Stretches wanted, when there are as many.
    strong, most : int
        More than ``least``, but not more than ``most``, are given when they score so much without gaps.

    Returns
    -------
    int64[k, 5]
        Score of an alignment within `BAND` diagonals, then what was joined without one of the text and of the
        query, 0-based half-open; best first.

    Raises
    ------
    DamagedBookError
        When the index leads to where there is nothing, or what is read of it is not as it was written.
    """
    index = (seeds.offsets, seeds.places, seeds.blocks, len(seeds.shape))
    budget = BUDGET * max(1, len(codes) // SHORT)
    chosen = _looked_up(codes, masked, index, budget)
    which, _, counts = chosen
    if len(counts) and counts[0] < 0:
        raise damaged(seeds.folder / SEEDS, "places that do not ascend")
    seeds.check(which, counts)
    found, beyond = _candidates(codes, chosen, index, (text.packed, text.bounds), least, strong, most)
    if beyond:
        raise damaged(seeds.folder / PLACES, "a place beyond the text")
    return np.asarray(found)
