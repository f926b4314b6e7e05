"""Stage: letters to words. Shares of a volume are spelled in parallel and written in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from genomebook.book.schema import STRIDE, VolumeFiles
from genomebook.book.write import aside
from genomebook.language.alphabet import CODE, GAP, NOT_BASE
from genomebook.language.encode import Encoder

Advance = Callable[[int], None]
T = TypeVar("T")
R = TypeVar("R")


def in_order(pool: ThreadPoolExecutor, work: Callable[[T], R], items: Iterable[T], ahead: int) -> Iterator[R]:
    """Run work on items in a pool, at most ``ahead`` under way, and give the results in the items' order."""
    waiting: deque[Future[R]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def runs(mask: NDArray[np.bool_], offset: int) -> NDArray[np.int64]:
    """Runs of True: int64[2, k] of starts and ends, moved by ``offset``."""
    edges = np.flatnonzero(np.diff(mask, prepend=False, append=False)).astype(np.int64) + offset
    return np.ascontiguousarray(edges.reshape(-1, 2).T)


class RunWriter:
    """Collects the runs of a volume; one that goes on in the next share is joined."""

    def __init__(self) -> None:
        self._blocks: list[NDArray[np.int64]] = []

    def add(self, found: NDArray[np.int64]) -> None:
        """Append runs, int64[2, k], that follow those before."""
        if self._blocks and found.shape[1] and self._blocks[-1][1, -1] == found[0, 0]:
            self._blocks[-1] = self._blocks[-1].copy()
            self._blocks[-1][1, -1] = found[1, 0]
            found = found[:, 1:]
        if found.shape[1]:
            self._blocks.append(found)

    def all(self) -> NDArray[np.int64]:
        """All runs: int64[2, k]."""
        return np.concatenate([np.empty((2, 0), np.int64), *self._blocks], axis=1)


def spell_volume(
    open_letters: Callable[[], NDArray[np.uint8]],
    files: VolumeFiles,
    encoder: Encoder,
    pool: ThreadPoolExecutor,
    shard: int,
    ahead: int,
    advance: Advance,
) -> None:
    """Write words, sparse index, gaps and lower-case runs of one volume.

    Parameters
    ----------
    open_letters : callable
        Maps the volume's letters (uint8[n], ASCII) anew; each share maps its own, so that pages are let go.
    files : VolumeFiles
        Where to; ``words`` is renamed last, so its presence means that the stage is done.
    encoder : Encoder
        Of the vocabulary.
    pool : ThreadPoolExecutor
        Spells shares.
    shard : int
        Letters in a share, about; the files do not depend on it.
    ahead : int
        Shares under way at once.
    advance : callable
        Told the letters done.
    """

    def spell(share: tuple[int, int]) -> tuple[int, NDArray[np.uint16], NDArray[np.int64], NDArray[np.int64]]:
        start, end = share
        low, high = max(0, start - 8), end + 8
        letters = open_letters()[low:high]
        ids = encoder.encode(letters, start - low, min(end - low, len(letters)))
        here = letters[start - low : end - low]
        return end - start, ids, runs(CODE[here] == NOT_BASE, start), runs(here >= ord("a"), start)

    files.folder.mkdir(parents=True, exist_ok=True)
    lengths = encoder.vocabulary.lengths.astype(np.int64)
    gaps, lower = RunWriter(), RunWriter()
    position, number = 0, 0
    shares = encoder.shards(open_letters(), shard)
    with aside(files.words) as words_path, aside(files.index) as index_path:
        with words_path.open("wb") as words, index_path.open("wb") as index:
            for size, ids, gap_runs, lower_runs in in_order(pool, spell, shares, ahead):
                sizes = lengths[ids]
                sizes[ids == GAP] = gap_runs[1] - gap_runs[0]
                starts = position + np.cumsum(sizes) - sizes
                index.write(starts[-number % STRIDE :: STRIDE].astype("<i8").tobytes())
                words.write(ids.astype("<u2").tobytes())
                gaps.add(gap_runs)
                lower.add(lower_runs)
                position += size
                number += len(ids)
                advance(size)
        for path, found in ((files.gaps, gaps.all()), (files.case, lower.all())):
            with aside(path) as temporary:
                temporary.write_bytes(found.astype("<i8").tobytes())


def word_chunks(files: VolumeFiles, size: int = 1 << 20) -> Iterator[NDArray[np.uint16]]:
    """Read a volume's word ids in chunks."""
    with files.words.open("rb") as file:
        while len(ids := np.fromfile(file, "<u2", size)):
            yield ids
