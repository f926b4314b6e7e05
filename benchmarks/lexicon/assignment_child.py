"""Time and memory of an assignment, in a process of its own.

``python -m benchmarks.lexicon.assignment_child N M`` prints them as JSON.

The words are made up, with real hubs: a part that all have in common, of different strength.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np

from benchmarks.common.child import peak_rss
from genomebook.lexicon.assignment import assign
from genomebook.lexicon.csls import Floats, cosines, csls, hubness, occurrences, unit

WIDTH = 256


def made_up(n: int, m: int) -> tuple[Floats, Floats]:
    """Words of two languages, with hubs: float32[n, 256], float32[m, 256] of length 1."""
    rng = np.random.default_rng(1)
    common = rng.normal(size=WIDTH)
    left = rng.normal(size=(n, WIDTH)) + 0.5 * common
    right = rng.normal(size=(m, WIDTH)) + 0.5 * rng.gamma(1, 1, size=(m, 1)) * common
    return unit(left, centre=False), unit(right, centre=False)


def main(n: str, m: str) -> None:
    left, right = made_up(int(n), int(m))
    csls(left[:50], right[:60])  # compiled, or loaded
    began = time.perf_counter()
    pair = csls(left, right)
    local = time.perf_counter() - began
    assigned = assign(pair)
    seconds = time.perf_counter() - began
    peak = peak_rss()
    print(
        json.dumps(
            {
                "left": int(n),
                "right": int(m),
                "seconds": seconds,
                "seconds_of_csls": local,
                "peak_rss": peak,
                "sum": float(assigned.score.sum(dtype=np.float64)),
                "hubness": hubness(occurrences(cosines(left, right))),
                "hubness_csls": hubness(occurrences(pair)),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
