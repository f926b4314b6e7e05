"""English text made up for tests."""

from __future__ import annotations

import numpy as np


def made_up(seed: int, count: int = 120) -> str:
    """Text whose sentences end with "stop", its paragraphs with "age stop"."""
    rng = np.random.default_rng(seed)
    found: list[list[str]] = [[]]
    sentence = 0
    while sentence < count:
        words = rng.choice(["was", "of", "the", "best", "times", "it"], int(rng.integers(3, 9))).tolist()
        last = rng.random() < 0.3
        words[0] = words[0].capitalize()
        found[-1].append(" ".join([*words, "age stop." if last else "worst stop."]))
        found += [[]] if last else []
        sentence += 1
    return "\n\n".join(" ".join(one) for one in found if one)
