"""How many boundaries a passage keeps when it is read from another start, by signal.

A sequence is divided as a whole, and so are slices of it that start and end anywhere. The boundaries of a
slice are compared with those of the whole in the same place, but for a margin at both ends: those that both
have, of all that either has. *Before*: the windows of the reader stood
on a grid that began with the sequence.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common.data import records
from benchmarks.common.table import table
from genomebook.language.alphabet import CODE, NOT_BASE
from genomebook.language.vocabulary import load_vocabulary
from genomebook.models.anchors import AnchoredPlan
from genomebook.models.checkpoint import open_checkpoint
from genomebook.models.letters import shipped_letters
from genomebook.models.ngram import counted_reader
from genomebook.models.onnx_reader import OnnxReader
from genomebook.models.registry import shipped_folder
from genomebook.models.windows import Window, WindowPlan, WordStream
from genomebook.segmentation.boundaries import Boundaries
from genomebook.segmentation.scorer import BoundaryScorer
from genomebook.segmentation.signals import LEVELS

READER, WORDS = "bilingual-mini", "words-4096"
MARGINS = (0, 2_000, 4_000, 8_000)
"""Letters at both ends of a slice that are not compared."""

LENGTH, SLICE, SLICES, SEED = 200_000, 40_000, 12, 16


class GridReader(OnnxReader):
    """Windows as they were: at multiples of a step from the start of the stream."""

    def windows(self, stream: WordStream, first: int, last: int) -> list[Window]:
        """Windows of the grid that score positions [first, last)."""
        if first >= last:
            return []
        plan = WindowPlan(len(stream), self.window)
        seen = (plan[number] for number in plan.numbers(max(first, 1), last))
        return [window._replace(first=max(window.first, 1)) for window in seen]


def run(quick: bool) -> dict[str, Any]:
    """Divide a sequence and its slices, with both kinds of windows."""
    source, sequences = records(quick)
    letters = _stretch(sequences, 30_000 if quick else LENGTH)
    size, count = (20_000, 2) if quick else (SLICE, SLICES)
    rng = np.random.default_rng(SEED)
    starts = np.sort(rng.integers(1, len(letters) - size, count)).tolist()
    vocabulary = load_vocabulary(WORDS)
    ngram = counted_reader(WORDS, vocabulary)
    if ngram is None:
        raise RuntimeError(f"{WORDS}: no counts of words")
    with shipped_folder(READER) as folder:
        checkpoint = open_checkpoint(folder)
    readers: dict[str, OnnxReader] = {"before": GridReader(checkpoint), "now": OnnxReader(checkpoint)}
    unchanged: dict[str, Any] = {}
    seconds: dict[str, float] = {}
    for when, reader in readers.items():
        scorer = BoundaryScorer(vocabulary, ngram, shipped_letters(), reader)
        whole = scorer.divide(letters)
        parts = {start: scorer.divide(letters[start : start + size]) for start in starts}
        unchanged[when] = {
            name: {level: _shares(whole[name], parts, name, level, size) for level in LEVELS}
            for name in scorer.signals
        }
        ids = checkpoint.scripts.dna(letters[: len(letters) // 4].tobytes())
        began = time.process_time()
        reader.score(ids, hidden=True, surprisal=False)
        seconds[when] = (time.process_time() - began) / len(ids)
    plan = AnchoredPlan(lambda start, end: np.zeros(end - start, np.int64), 1, checkpoint.window)
    return {
        "source": source,
        "letters": len(letters),
        "slice": size,
        "slices": count,
        "unchanged": unchanged,
        "process_seconds_a_word": seconds,
        "margin_words": plan.margin,
    }


def _stretch(sequences: Iterable[NDArray[np.uint8]], size: int) -> NDArray[np.uint8]:
    """The first stretch of so many letters without a gap."""
    for letters in sequences:
        for start in range(0, len(letters) - size + 1, size):
            here: NDArray[np.uint8] = letters[start : start + size]
            if not (CODE[here] == NOT_BASE).any():
                return here
    raise RuntimeError(f"no stretch of {size} letters without a gap")


def _shares(
    whole: Boundaries, parts: dict[int, dict[str, Boundaries]], name: str, level: str, size: int
) -> list[list[int]]:
    """For each margin the boundaries that whole and slices share, and those that either has."""
    found = []
    for margin in MARGINS:
        both, either = 0, 0
        for start, part in parts.items():
            mine, theirs = (
                ends[(ends > start + margin) & (ends < start + size - margin)]
                for ends in (whole.of(level), part[name].of(level) + start)
            )
            both += len(np.intersect1d(mine, theirs))
            either += len(np.union1d(mine, theirs))
        found.append([both, either])
    return found


def lines(result: dict[str, Any]) -> list[str]:
    """Tables for the docs."""
    heads = ["signal", "ends of", "windows", *(f"but {margin:,} letters" for margin in MARGINS)]
    rows = [
        [name, f"{level}s", when, *(f"{100 * both / either:.2f} %" for both, either in shares)]
        for name in result["unchanged"]["now"]
        for level in LEVELS
        for when in ("before", "now")
        for shares in [result["unchanged"][when][name][level]]
    ]
    before, now = (1e6 * result["process_seconds_a_word"][when] for when in ("before", "now"))
    first, last = result["margin_words"]
    return [
        f"Boundaries unchanged in {result['slices']} slices of {result['slice']:,} letters with random "
        f"starts, beside {result['letters']:,} letters as a whole; so many letters at each end are left out.",
        "",
        *table(heads, rows),
        "",
        f"A word's scores are decided by the {first} words before it and the {last} after it. "
        f"Process time a word, boundaries and hidden states: {before:.0f} µs before, {now:.0f} µs now.",
    ]
