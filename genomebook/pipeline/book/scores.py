"""Stage: score words: the surprisal of each, and the boundary signals after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from genomebook.files.progress import Advance
from genomebook.language.alphabet import GAP
from genomebook.pipeline.book.words import in_order
from genomebook.segmentation.scorer import WORDS_PER_BLOCK, BoundaryScorer, BoundaryScores

SURPRISAL = "surprisal"
"""Name of the file of surprisal among those that are written, beside the signals."""

Block = tuple[NDArray[np.uint16], NDArray[np.int64], int]


def score_volumes(
    volumes: Iterable[NDArray[np.uint16]],
    out: Mapping[str, BinaryIO],
    scorer: BoundaryScorer,
    pool: ThreadPoolExecutor,
    ahead: int,
    advance: Advance,
) -> None:
    """Append signals and surprisal of some volumes.

    Parameters
    ----------
    volumes : iterable of uint16[n]
        Words of each, memory-mapped.
    out : mapping of str to file
        One for each signal of the scorer, and `SURPRISAL`.
    scorer : BoundaryScorer
        Scores them, block by block: blocks are places in the volume, so the files do not depend on the pool.
    pool, ahead, advance
        As in `genomebook.pipeline.book.words.tokenize_volumes`; ``advance`` is called with words.
    """

    def blocks() -> Iterator[Block]:
        for ids in volumes:
            gaps = np.flatnonzero(ids == GAP)
            for first in range(0, len(ids), WORDS_PER_BLOCK):
                yield ids, gaps, first

    def score(block: Block) -> BoundaryScores:
        return scorer.score_block(*block)

    for scores in in_order(pool, score, blocks(), ahead):
        out[SURPRISAL].write(scores.surprisal.tobytes())
        for name, odds in scores.signals.items():
            out[name].write(odds.tobytes())
        advance(len(scores.surprisal))
