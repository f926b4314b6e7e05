"""Stage: tokenize volumes. Shares are tokenized in parallel and written in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from genomebook.book.schema import STRIDE
from genomebook.files.atomic import aside
from genomebook.files.progress import Advance
from genomebook.genome.stretches import prefix_sums, true_runs
from genomebook.language.alphabet import CODE, GAP, NOT_BASE
from genomebook.language.encode import Encoder

T = TypeVar("T")
R = TypeVar("R")


def in_order(pool: ThreadPoolExecutor, work: Callable[[T], R], items: Iterable[T], ahead: int) -> Iterator[R]:
    """Run work on items in a pool, at most ``ahead`` at a time, and yield the results in order."""
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


class RunWriter:
    """Collects the runs of a volume, joining those that continue in the next share."""

    def __init__(self) -> None:
        self._blocks: list[NDArray[np.int64]] = []

    def add(self, runs: NDArray[np.int64]) -> None:
        """Append runs (int64[2, k]) after those added before."""
        if self._blocks and runs.shape[1] and self._blocks[-1][1, -1] == runs[0, 0]:
            self._blocks[-1] = self._blocks[-1].copy()
            self._blocks[-1][1, -1] = runs[1, 0]
            runs = runs[:, 1:]
        if runs.shape[1]:
            self._blocks.append(runs)

    def all(self) -> NDArray[np.int64]:
        """All runs: int64[2, k]."""
        return np.concatenate([np.empty((2, 0), np.int64), *self._blocks], axis=1)


WORD_COUNTS = ("words", "gaps", "lower_case_runs", "lower_case_letters")
"""Counts of each volume."""


def tokenize_volumes(
    volumes: Sequence[Callable[[], NDArray[np.uint8]]],
    out: Mapping[str, BinaryIO],
    encoder: Encoder,
    pool: ThreadPoolExecutor,
    shard: int,
    ahead: int,
    advance: Advance,
) -> None:
    """Append the words, sparse index, gaps, lower-case runs and counts of some volumes.

    Parameters
    ----------
    volumes : sequence of callable
        Each memory-maps a volume (uint8[n], ASCII); every share maps its own, to release the pages.
    out : mapping of str to file
        ``words`` (uint16), ``index`` (int64), ``gaps`` and ``case`` (int64[k, 2] of start and end),
        ``counts`` (int64, `WORD_COUNTS` of each volume).
    encoder : Encoder
        Encoder of the vocabulary.
    pool : ThreadPoolExecutor
        Tokenizes shares.
    shard : int
        Approximate bases in a share; the files do not depend on it.
    ahead : int
        Shares in progress at once.
    advance : callable
        Called with the number of bases done.
    """

    def shares() -> Iterator[tuple[int, int, int]]:
        for number, open_letters in enumerate(volumes):
            letters = open_letters()
            for start, end in encoder.shards(letters, shard):
                yield number, start, end

    def tokenize(share: tuple[int, int, int]) -> _TokenizedShare:
        number, start, end = share
        low, high = max(0, start - 8), end + 8
        letters = volumes[number]()[low:high]
        ids = encoder.encode(letters, start - low, min(end - low, len(letters)))
        here = letters[start - low : end - low]
        gaps, lower = (true_runs(mask).T + start for mask in (CODE[here] == NOT_BASE, here >= ord("a")))
        return _TokenizedShare(number, end - start, ids, gaps, lower)

    lengths = encoder.vocabulary.lengths.astype(np.int64)
    writer = _VolumeWriter(out, lengths)
    for share in in_order(pool, tokenize, shares(), ahead):
        if share.volume != writer.volume:
            writer.end()
            writer.volume = share.volume
        writer.add(share)
        advance(share.letters)
    writer.end()


class _TokenizedShare(NamedTuple):
    """A share of a volume: its length, ids, gaps and lower-case runs (int64[2, k])."""

    volume: int
    letters: int
    ids: NDArray[np.uint16]
    gaps: NDArray[np.int64]
    lower: NDArray[np.int64]


class _VolumeWriter:
    """Appends the shares of a volume, then its runs and counts."""

    def __init__(self, out: Mapping[str, BinaryIO], lengths: NDArray[np.int64]) -> None:
        self._out, self._lengths = out, lengths
        self.volume = 0
        self._begin()

    def _begin(self) -> None:
        self._gaps, self._lower = RunWriter(), RunWriter()
        self._position, self._number = 0, 0

    def add(self, share: _TokenizedShare) -> None:
        sizes = self._lengths[share.ids]
        sizes[share.ids == GAP] = share.gaps[1] - share.gaps[0]
        starts = self._position + prefix_sums(sizes)[:-1]
        self._out["index"].write(starts[-self._number % STRIDE :: STRIDE].astype("<i8").tobytes())
        self._out["words"].write(share.ids.astype("<u2").tobytes())
        self._gaps.add(share.gaps)
        self._lower.add(share.lower)
        self._position += share.letters
        self._number += len(share.ids)

    def end(self) -> None:
        gaps, lower = self._gaps.all(), self._lower.all()
        for name, pairs in (("gaps", gaps), ("case", lower)):
            self._out[name].write(np.ascontiguousarray(pairs.T, "<i8").tobytes())
        counts = [self._number, gaps.shape[1], lower.shape[1], int((lower[1] - lower[0]).sum())]
        self._out["counts"].write(np.array(counts, "<i8").tobytes())
        self._begin()


def write_runs(pairs: Path, path: Path) -> None:
    """Rewrite int64[k, 2] of starts and ends as all starts, then all ends."""
    runs = np.fromfile(pairs, "<i8").reshape(-1, 2)
    with aside(path) as temporary, temporary.open("wb") as file:
        for column in (0, 1):
            file.write(np.ascontiguousarray(runs[:, column]).tobytes())
