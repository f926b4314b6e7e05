"""Stage: words to scores: how surprising each word is, how each gap between words looks to the signals."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import numpy as np
from numpy.typing import NDArray

from genomebook.book.schema import VolumeFiles
from genomebook.book.write import aside
from genomebook.language.alphabet import GAP
from genomebook.segmentation.marks import BLOCK, Marker, Marks
from precompute.words import Advance, in_order


def mark_volume(
    files: VolumeFiles, marker: Marker, pool: ThreadPoolExecutor, ahead: int, advance: Advance
) -> None:
    """Write the signals and ``surprisal.u8`` of one volume; the latter is renamed last.

    Parameters
    ----------
    files : VolumeFiles
        Holds the words.
    marker : Marker
        Scores them, block by block: blocks are places in the volume, so the files do not depend on the pool.
    pool, ahead, advance
        As in `precompute.words.spell_volume`; ``advance`` is told words.
    """
    size = files.words.stat().st_size
    ids: NDArray[np.uint16] = np.memmap(files.words, "<u2", "r") if size else np.empty(0, np.uint16)
    gaps = np.flatnonzero(ids == GAP)

    def mark(first: int) -> Marks:
        return marker.block(ids, gaps, first)

    with ExitStack() as stack:
        paths = {"": files.surprisal} | {name: files.signal(name) for name in marker.signals}
        aside_paths = {name: stack.enter_context(aside(path)) for name, path in paths.items()}
        out = {name: stack.enter_context(path.open("wb")) for name, path in aside_paths.items()}
        for marks in in_order(pool, mark, range(0, len(ids), BLOCK), ahead):
            out[""].write(marks.surprisal.tobytes())
            for name, odds in marks.signals.items():
                out[name].write(odds.tobytes())
            advance(len(marks.surprisal))
