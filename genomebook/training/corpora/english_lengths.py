"""Measure how long English sentences and paragraphs are (recipe: ``precompute/english_lengths.py``).

Each line of a file is a JSON object with the text of one book under ``text`` or ``content``. Sentences end at
., ! or ? before a capital; paragraphs at empty lines, and only those that end a sentence count. Paragraphs of
one sentence are left out of the prior: most are lines of dialogue and headings.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np

_SENTENCE = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]*[A-Z])")
_ENDED = re.compile(r"[.!?][\"')\]]*$")


def paragraphs(paths: Iterable[str]) -> Iterator[list[int]]:
    """Give the sentence lengths, in words, of each paragraph."""
    for path in paths:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                for block in re.split(r"\n\s*\n", record.get("text") or record.get("content") or ""):
                    text = " ".join(block.split())
                    if _ENDED.search(text):
                        yield [
                            len(sentence.split()) for sentence in _SENTENCE.split(text) if sentence.strip()
                        ]


def log_normal(counts: Counter[int]) -> dict[str, float]:
    """Count, mean, and the mean and standard deviation of the logarithm."""
    value = np.array(sorted(counts))
    weight = np.array([counts[int(v)] for v in value], np.float64)
    mu = float((np.log(value) * weight).sum() / weight.sum())
    spread = float(np.sqrt(((np.log(value) - mu) ** 2 * weight).sum() / weight.sum()))
    return {
        "n": weight.sum(),
        "mean": float((value * weight).sum() / weight.sum()),
        "mu": mu,
        "sigma": spread,
    }
