"""Gapped lambda, K and H of Karlin and Altschul from islands in random tables; E-values tried out.

An island is the set of cells of a local alignment table that start at one cell. The number of islands with
a peak of at least c in a table of area A is K * A * exp(-lambda * c) on average, so islands give far more
peaks a cell than the best score of each pair does (Altschul, Bundschuh, Olsen and Hwa 2001).
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common.table import table
from genomebook.compiled import kernel
from genomebook.search.alignment.align import EXTEND, MATCH, MISMATCH, OPEN, scores
from genomebook.search.alignment.significance import (
    GAPPED,
    GC,
    PUBLISHED,
    composition,
    evalue,
    gapped,
    ungapped,
)

SIDE = 3000
"""Letters on each side of a table."""

MARGIN = 300
"""Islands that start in this many last rows or columns are not counted: the table may cut them short."""

CUTS = (14, 16, 18, 20)
"""Least peaks; lambda must no longer change with it."""

CONTENTS = {0.35: 300, 0.41: 1500, 0.5: 800, 0.6: 300}
"""GC content, and tables."""

MAX_SCORE = 200
TRIED = [(20, 0.41), (50, 0.41), (100, 0.41), (300, 0.41), (1000, 0.41), (100, 0.3), (100, 0.55)]
"""Letters of the query, and its GC content; the text has that of the human genome."""

PAIRS = 2000

TEXT = 100_000
LIMITS = (0.01, 0.1, 1.0)


@kernel(nogil=True)
def _islands(query, text, margin, counts, spans):  # type: ignore[no-untyped-def]
    """Add the islands of one table to ``counts[peak]`` the letters of text up to the peak to ``spans``."""
    m, n = len(query), len(text)
    best, best_of = np.zeros(n + 1, np.int32), np.zeros(n + 1, np.int32)
    down, down_of = np.full(n + 1, -1000, np.int32), np.zeros(n + 1, np.int32)
    room = m * n // 3
    peak, span, begin = np.zeros(room, np.int16), np.zeros(room, np.int16), np.zeros(room, np.int16)
    used = 0
    for i in range(m):
        corner, corner_of = np.int32(0), np.int32(0)
        left, left_of = np.int32(0), np.int32(0)
        right, right_of = np.int32(-1000), np.int32(0)
        for j in range(1, n + 1):
            if left - OPEN > right:
                right, right_of = np.int32(left - OPEN), left_of
            right = np.int32(right - EXTEND)
            if best[j] - OPEN > down[j]:
                down[j], down_of[j] = best[j] - OPEN, best_of[j]
            down[j] -= EXTEND
            top = np.int32(corner + (MATCH if query[i] == text[j - 1] else MISMATCH))
            of = corner_of
            if top > 0 and corner == 0:
                of = np.int32(used)
                begin[used] = j if i < m - margin and j < n - margin else 0
                used += 1
            if right > top:
                top, of = right, right_of
            if down[j] > top:
                top, of = down[j], down_of[j]
            if top <= 0:
                top = np.int32(0)
            elif top > peak[of]:
                peak[of] = top
                span[of] = j - begin[of] + 1
            corner, corner_of = best[j], best_of[j]
            best[j], best_of[j] = top, of
            left, left_of = top, of
    for island in range(used):
        if begin[island] > 0:
            counts[peak[island]] += 1
            spans[peak[island]] += span[island]


def letters(rng: np.random.Generator, gc: float, n: int) -> NDArray[np.uint8]:
    """Give n random letters, codes 0 to 3."""
    return rng.choice(4, n, p=composition(gc)).astype(np.uint8)


def _tables(gc: float, number: int, side: int, threads: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count the islands of many tables by peak, and add up the letters up to the peak."""

    def one(seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        rng = np.random.default_rng([round(100 * gc), seed])
        counts, spans = np.zeros(MAX_SCORE, np.int64), np.zeros(MAX_SCORE, np.int64)
        _islands(letters(rng, gc, side), letters(rng, gc, side), MARGIN, counts, spans)
        return counts, spans

    with ThreadPoolExecutor(threads) as pool:
        counts, spans = zip(*pool.map(one, range(number)), strict=True)
    return np.sum(counts, axis=0), np.sum(spans, axis=0)


def fitted(counts: NDArray[np.int64], spans: NDArray[np.int64], area: float, cut: int) -> dict[str, float]:
    """Fit lambda (maximum likelihood), K and H to the peaks of at least ``cut``, with standard errors.

    A match is worth 2, so even and odd peaks differ in number: peaks are taken in pairs (cut and cut + 1, and
    so on), whose numbers are geometric with ratio exp(-2 lambda); K is the mean of those that the islands of
    at least cut, and of at least cut + 1, give. H is lambda over the letters of text that one more point of
    score takes (slope by weighted least squares).
    """
    peaks = np.arange(cut, MAX_SCORE)
    n = int(counts[cut:].sum())
    more = float((counts[cut:] * ((peaks - cut) // 2)).sum() / n)
    share = more / (1 + more)
    lam = -float(np.log(share)) / 2
    lam_error = float((1 - share) / np.sqrt(share * n)) / 2
    k = (n * np.exp(lam * cut) + counts[cut + 1 :].sum() * np.exp(lam * (cut + 1))) / 2 / area
    seen = counts[cut:] > 9
    mean = spans[cut:][seen] / counts[cut:][seen]
    slope, base = np.polyfit(peaks[seen], mean, 1, w=np.sqrt(counts[cut:][seen]))
    return {
        "cut": cut,
        "islands": n,
        "lam": lam,
        "lam_error": lam_error,
        "k": float(k),
        "k_error": float(k * np.sqrt(1 / n + (cut * lam_error) ** 2)),
        "h": float(lam / slope),
        "slope": float(slope),
        "base": float(base),
    }


def tried(query_length: int, gc: float, pairs: int, text_length: int = TEXT) -> dict[str, float]:
    """Score random pairs and count those whose best E-value, one strand, is under each of ``LIMITS``.

    The best of a pair has E under x with probability 1 - exp(-E(s)), s the least score with E(s) under x.
    """
    rng = np.random.default_rng([query_length, round(100 * gc)])
    bases = np.frombuffer(b"ACGT", np.uint8)
    best = np.empty(pairs, np.int64)
    for pair in range(pairs):
        query, text = (bases[letters(rng, *one)].tobytes() for one in ((gc, query_length), (GC, text_length)))
        best[pair] = scores(query, [text])[0]
    stats = gapped(gc, GC)
    chance = [evalue(score, query_length, text_length, stats) / 2 for score in range(MAX_SCORE)]
    found: dict[str, float] = {"query": query_length, "gc": gc, "pairs": pairs}
    for most in LIMITS:
        least = next(score for score, e in enumerate(chance) if e < most)
        found[f"expected {most:g}"] = pairs * float(-np.expm1(-chance[least]))
        found[f"found {most:g}"] = int((best >= least).sum())
    return found


def run(quick: bool = False) -> dict[str, Any]:
    """Simulate at several GC contents, then try the E-values that come of it.

    Returns
    -------
    dict
        ``contents``: for each GC content ``area`` (cells that islands may start in), ``ungapped`` (solved),
        ``fits`` at each cut; ``tried``: for each query length pairs counted, and expected, by E-value.
    """
    side, threads = (1000, 1) if quick else (SIDE, max(1, (os.cpu_count() or 2) - 1))
    contents = {}
    for gc, number in CONTENTS.items():
        number = 20 if quick else number
        counts, spans = _tables(gc, number, side, threads)
        area = number * float(side - MARGIN) ** 2
        fits = [fitted(counts, spans, area, cut) for cut in (CUTS[:1] if quick else CUTS)]
        solved = ungapped(composition(gc), MATCH, MISMATCH)
        contents[str(gc)] = {"area": area, "ungapped": [solved.lam, solved.k, solved.h], "fits": fits}
    pairs = [tried(length, gc, 100 if quick else PAIRS) for length, gc in TRIED]
    return {"source": "random letters", "contents": contents, "tried": pairs}


def lines(result: dict[str, Any]) -> list[str]:
    """Put the result into tables."""
    rows = []
    for gc, found in result["contents"].items():
        solved = found["ungapped"]
        for fit in found["fits"]:
            lam, k = (f"{fit[x]:.4f} ± {1.96 * fit[x + '_error']:.4f}" for x in ("lam", "k"))
            gapless = f"{solved[0]:.3f}, {solved[1]:.3f}, {solved[2]:.3f}"
            rows.append([gc, gapless, str(fit["cut"]), f"{fit['islands']:,}", lam, k, f"{fit['h']:.3f}"])
    checks = [
        [f"{one['query']:,}", f"{one['gc']:g}", f"{one['pairs']:,}"]
        + [f"{one[f'found {most:g}']:,} / {one[f'expected {most:g}']:,.0f}" for most in LIMITS]
        for one in result["tried"]
    ]
    used, published = (f"lambda {one.lam:.3f}, K {one.k:.3f}, H {one.h:.3f}" for one in (GAPPED, PUBLISHED))
    return [
        f"Match {MATCH}, mismatch {MISMATCH}, a gap of k letters {OPEN} + {EXTEND}k. NCBI's published, for "
        f"equal frequencies: {published}; used at a GC content of {GC}: {used}. ± is half of "
        "a 95 % interval.",
        "",
        *table(["GC", "without gaps: lambda, K, H", "least peak", "islands", "lambda", "K", "H"], rows),
        "",
        f"Random pairs, a text of {TEXT:,} letters with GC {GC}: pairs whose best alignment has E below "
        "a limit, counted / expected.",
        "",
        *table(["letters of the query", "GC", "pairs", *(f"E < {most:g}" for most in LIMITS)], checks),
    ]
