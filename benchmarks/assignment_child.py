"""An assignment in its own process: ``python -m benchmarks.assignment_child N M`` says in JSON what it took.

The words are made up, with real hubs: a part that all have in common, of different strength.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from benchmarks.child import peak_rss
from genomebook.lexicon.assignment import CANDIDATES, assign
from genomebook.lexicon.csls import Floats, Pair, candidates, cosines, csls, hubness, occurrences, unit

WIDTH = 256


def made_up(n: int, m: int) -> tuple[Floats, Floats]:
    """Words of two languages, with hubs: float32[n, 256], float32[m, 256] of length 1."""
    rng = np.random.default_rng(1)
    common = rng.normal(size=WIDTH)
    left = rng.normal(size=(n, WIDTH)) + 0.5 * common
    right = rng.normal(size=(m, WIDTH)) + 0.5 * rng.gamma(1, 1, size=(m, 1)) * common
    return unit(left, centre=False), unit(right, centre=False)


def library(pair: Pair) -> tuple[float, float | None]:
    """Seconds and sum of scores of SciPy's solver over the same first candidates."""
    left, right, score = candidates(pair, CANDIDATES)
    began = time.perf_counter()
    table = csr_array(
        (4.0 - score.astype(np.float64), (left, right)), shape=(len(pair.left), len(pair.right))
    )
    try:
        rows, columns = min_weight_full_bipartite_matching(table)
    except ValueError:  # the candidates allow no complete assignment
        return time.perf_counter() - began, None
    return time.perf_counter() - began, float(pair.of(rows, columns).sum(dtype=np.float64))


def main(n: str, m: str) -> None:
    left, right = made_up(int(n), int(m))
    small = csls(left[:50], right[:60])
    assign(small)  # compiled, or loaded
    began = time.perf_counter()
    pair = csls(left, right)
    local = time.perf_counter() - began
    found = assign(pair)
    seconds = time.perf_counter() - began
    peak = peak_rss()
    theirs, best = library(pair)
    told = {
        "left": int(n),
        "right": int(m),
        "seconds": seconds,
        "seconds_of_csls": local,
        "peak_rss": peak,
        "pairs": found.pairs,
        "rounds": found.rounds,
        "bound": found.bound,
        "sum": float(found.score.sum(dtype=np.float64)),
        "scipy_seconds": theirs,
        "scipy_sum": best,
        "hubness": hubness(occurrences(cosines(left, right))),
        "hubness_csls": hubness(occurrences(pair)),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
