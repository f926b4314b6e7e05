"""Windows of tokenized sequence, and the three kinds of places where the next k bases are predicted.

Vocabularies end their words at different positions, and a word end reveals something of what follows: the
next bases did not merge with those before. So word ends do not compare vocabularies fairly, and there are
three kinds:

- ``alone``: the end of a window that is tokenized by itself, so that later bases had no influence. The places
  are the same for every vocabulary. This is the question of Sanabria et al. (2024).
- ``words``: a word end in running text, different in each vocabulary, which reveals part of what follows.
- ``pieces``: the ends of content-defined pieces (`genomebook.language.cuts`), word ends in every vocabulary.
  The places are the same for all, but special: a cut depends on the four bases on each side of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.genome.stretches import prefix_sums, true_runs
from genomebook.language.alphabet import BASES, CODE, GAP, NOT_BASE
from genomebook.language.cuts import K, cut_table
from genomebook.language.encode import Encoder

KINDS = ("alone", "words", "pieces")

_ASCII = np.frombuffer(f"{BASES}N".encode(), np.uint8)


class Runs(NamedTuple):
    """Concatenated runs of bases, each long enough for a window.

    Attributes
    ----------
    codes : uint8[n]
        A, C, G, T as 0 to 3.
    starts : int64[r]
        Start of each run in ``codes``.
    before : int64[r + 1]
        Windows in the runs before each, and in all of them.
    span : int
        Bases of a window.
    """

    codes: NDArray[np.uint8]
    starts: NDArray[np.int64]
    before: NDArray[np.int64]
    span: int

    @property
    def windows(self) -> int:
        """Number of windows, one at each position where one fits."""
        return int(self.before[-1])


class TokenizedWindows(NamedTuple):
    """Windows in the words of a vocabulary, each tokenized by itself.

    Attributes
    ----------
    ids : int64[n, t]
        Words, then at least one gap (id 0) to the end of the row.
    ends : int64[n, t]
        Bases of the window up to the end of each word; of the gaps, all of them.
    counts : int64[n]
        Words of each window.
    """

    ids: NDArray[np.int64]
    ends: NDArray[np.int64]
    counts: NDArray[np.int64]


def find_runs(records: Iterable[NDArray[np.uint8]], span: int) -> Runs:
    """Collect the runs of at least ``span`` bases from records (uint8[n], ASCII in either case)."""
    runs: list[NDArray[np.uint8]] = []
    for letters in records:
        codes = CODE[letters]
        runs += [codes[a:b] for a, b in true_runs(codes < NOT_BASE).tolist() if b - a >= span]
    sizes = np.array([len(run) for run in runs], np.int64)
    return Runs(
        codes=np.concatenate([np.empty(0, np.uint8), *runs]),
        starts=prefix_sums(sizes)[:-1],
        before=prefix_sums(sizes - span + 1),
        span=span,
    )


def windows_at(runs: Runs, which: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Windows by number, 0 to ``runs.windows`` - 1: codes uint8[n, span]."""
    run = np.searchsorted(runs.before, which, side="right") - 1
    first = runs.starts[run] + which - runs.before[run]
    windows: NDArray[np.uint8] = runs.codes[first[:, None] + np.arange(runs.span)]
    return windows


def draw_windows(runs: Runs, n: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Windows at random, of either strand: codes uint8[n, span]."""
    windows = windows_at(runs, rng.integers(runs.windows, size=n))
    other = rng.random(n) < 0.5
    windows[other] = 3 - windows[other, ::-1]
    return windows


def spread_windows(runs: Runs, n: int) -> NDArray[np.uint8]:
    """At most n windows, evenly spaced, of the forward strand: codes uint8[n, span]."""
    n = min(n, runs.windows)
    return windows_at(runs, np.arange(n, dtype=np.int64) * runs.windows // max(n, 1))


def tokenize(encoder: Encoder, contexts: NDArray[np.uint8]) -> TokenizedWindows:
    """Tokenize each row of codes 0 to 3, uint8[n, c], by itself."""
    n, size = contexts.shape
    apart = np.full((n, size + 1), len(_ASCII) - 1, np.uint8)  # a gap after each: nothing crosses it
    apart[:, :size] = contexts
    ids = encoder.encode(_ASCII[apart].ravel()).astype(np.int64)
    stops = np.flatnonzero(ids == GAP)
    counts = np.diff(stops, prepend=-1) - 1
    row = np.repeat(np.arange(n), counts + 1)
    column = np.arange(len(ids)) - np.repeat(stops - counts, counts + 1)
    table = np.full((n, int(counts.max(initial=0)) + 1), GAP, np.int64)
    table[row, column] = ids
    ends = np.cumsum(encoder.vocabulary.lengths[table], axis=1, dtype=np.int64)
    return TokenizedWindows(table, ends, counts)


def word_ends(
    tokenized: TokenizedWindows, first: int, last: int, each: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Choose ``each`` word ends at random, with replacement, between two positions of each window.

    Returns
    -------
    int64[n, each]
        Columns of ``tokenized.ids``; -1 where a window has no such end.
    """
    inside = np.arange(tokenized.ids.shape[1]) < tokenized.counts[:, None]
    fits: NDArray[np.bool_] = np.asarray(inside & (tokenized.ends >= first) & (tokenized.ends <= last))
    lot = rng.random((len(fits), each, fits.shape[1]))
    lot[np.broadcast_to(~fits[:, None, :], lot.shape)] = -1
    any_fits = np.logical_or.reduce(fits, axis=1, keepdims=True)
    return np.where(any_fits, lot.argmax(axis=2), -1)


def piece_ends(
    tokenized: TokenizedWindows, contexts: NDArray[np.uint8], first: int, last: int
) -> NDArray[np.int64]:
    """Find the first content-defined cut between two positions of each window.

    Returns
    -------
    int64[n]
        Column of the word of ``tokenized.ids`` that ends there; -1 where a window has no cut.
    """
    eights = np.lib.stride_tricks.sliding_window_view(contexts, K, axis=1)
    cut = cut_table()[eights @ 4 ** np.arange(K - 1, -1, -1)] > 0
    at = np.arange(cut.shape[1]) + K // 2
    cut &= (at >= first) & (at <= last)
    position = cut.argmax(axis=1) + K // 2
    return np.where(cut.any(axis=1), (tokenized.ends == position[:, None]).argmax(axis=1), -1)


def choose_places(
    tokenized: TokenizedWindows, contexts: NDArray[np.uint8], most: int, rng: np.random.Generator
) -> dict[str, NDArray[np.int64]]:
    """Choose one place of each kind in the second half of each window, ``most`` bases before its end.

    Returns
    -------
    dict of int64[n]
        By kind, a column of ``tokenized.ids`` or -1.
    """
    size = contexts.shape[1]
    return {
        "alone": tokenized.counts - 1,
        "words": word_ends(tokenized, size // 2, size - most, 1, rng)[:, 0],
        "pieces": piece_ends(tokenized, contexts, size // 2, size - most),
    }


def next_kmers(
    windows: NDArray[np.uint8], rows: NDArray[np.int64], ends: NDArray[np.int64], k: int
) -> NDArray[np.int64]:
    """Codes (first base highest) of the k bases after ``ends`` bases of the given windows."""
    letters = windows[rows[:, None], ends[:, None] + np.arange(k)]
    codes: NDArray[np.int64] = letters @ 4 ** np.arange(k - 1, -1, -1)
    return codes
