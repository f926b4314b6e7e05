"""Stage: words to scores. The reader says how surprising each word is and how strong each boundary."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from genomebook.book.schema import VolumeFiles
from genomebook.book.write import aside
from genomebook.models.ngram import NgramReader
from precompute.words import Advance, in_order, word_chunks

CHUNK = 1 << 20


def with_neighbours(files: VolumeFiles) -> Iterator[tuple[int, NDArray[np.uint16], int]]:
    """Chunks of ids, each with the id before and the id after it (0 at the ends)."""
    before, waiting = 0, None
    for ids in word_chunks(files, CHUNK):
        if waiting is not None:
            yield before, waiting, int(ids[0])
            before = int(waiting[-1])
        waiting = ids
    if waiting is not None:
        yield before, waiting, 0


def score_volume(
    files: VolumeFiles, reader: NgramReader, pool: ThreadPoolExecutor, ahead: int, advance: Advance
) -> None:
    """Write ``surprisal.u8`` and ``strength.i8`` of one volume; the latter is renamed last.

    Parameters
    ----------
    files : VolumeFiles
        Holds the words.
    reader : NgramReader
        Scores them.
    pool, ahead, advance
        As in `precompute.words.spell_volume`; ``advance`` is told words.
    """

    def score(chunk: tuple[int, NDArray[np.uint16], int]) -> tuple[NDArray[np.uint8], NDArray[np.int8]]:
        before, ids, after = chunk
        return reader.score(ids, before, after)

    with (
        aside(files.strength) as strength_path,
        aside(files.surprisal) as surprisal_path,
        strength_path.open("wb") as strengths,
        surprisal_path.open("wb") as surprisals,
    ):
        for surprisal, strength in in_order(pool, score, with_neighbours(files), ahead):
            surprisals.write(surprisal.tobytes())
            strengths.write(strength.tobytes())
            advance(len(strength))
