"""Simple rules for the next k bases: the baselines of the networks that compare vocabularies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.genome.stretches import equal_runs
from genomebook.language.encode import Encoder
from genomebook.training.vocabularies.kmer_places import (
    Runs,
    TokenizedWindows,
    choose_places,
    draw_windows,
    next_kmers,
    tokenize,
)

ORDERS = (2, 4, 6, 8)
"""Letters that the Markov models look back."""

LETTERS_BEFORE = 4
"""Letters that ``same-letters`` looks back: those that a cut depends on."""

RULES = ("commonest", "same-letters", "same-word", *(f"markov-{order}" for order in ORDERS))

_SAMPLE = 100_000
_PRIOR = 4.0
_CHUNK = 1024


class KmerContexts(NamedTuple):
    """Places and what follows them.

    Attributes
    ----------
    before : int64[n]
        Code of the ``max(ORDERS)`` bases before.
    word : int64[n]
        The word that ends there.
    after : dict of int64[n]
        By k, the code of the k bases that follow.
    """

    before: NDArray[np.int64]
    word: NDArray[np.int64]
    after: dict[int, NDArray[np.int64]]


def contexts_at(
    windows: NDArray[np.uint8], tokenized: TokenizedWindows, column: NDArray[np.int64], ks: Sequence[int]
) -> KmerContexts:
    """Read what is before and after the place of each window that has one (column not -1)."""
    rows = np.flatnonzero(column >= 0)
    ends = tokenized.ends[rows, column[rows]]
    back = max(ORDERS)
    return KmerContexts(
        before=next_kmers(windows, rows, ends - back, back),
        word=tokenized.ids[rows, column[rows]],
        after={k: next_kmers(windows, rows, ends, k) for k in ks},
    )


def commonest_after(
    seen: NDArray[np.int64], then: NDArray[np.int64], asked: NDArray[np.int64], k: int
) -> NDArray[np.int64]:
    """Most frequent k-mer after each key.

    Parameters
    ----------
    seen, then : int64[n]
        Keys and the k-mers that followed them in training.
    asked : int64[m]
        Keys to answer for; an unseen one is answered with the most frequent k-mer of all.
    k : int
        Bases of a k-mer.

    Returns
    -------
    int64[m]
        Codes; of equally frequent ones the first.
    """
    pairs, counts = np.unique(seen * 4**k + then, return_counts=True)
    keys, kmers = pairs // 4**k, pairs % 4**k
    order = np.lexsort((-kmers, counts, keys))
    last = equal_runs(keys[order])[:, 1] - 1
    key, best = keys[order][last], kmers[order][last]
    at = np.searchsorted(key, asked).clip(0, len(key) - 1)
    return np.where(key[at] == asked, best[at], np.bincount(then).argmax())


def markov(runs: Runs, order: int) -> list[NDArray[np.float64]]:
    """Fit Markov models of bases up to an order, on both strands.

    Returns
    -------
    list of float64[4 ** j, 4]
        For j = 0 to ``order``, the probability of each base after each j bases, with that of order j - 1
        added as if it had been seen 4 times.
    """
    size = order + 1
    codes = np.zeros(max(len(runs.codes) - order, 0), np.int64)
    for i in range(size):
        codes = codes * 4 + runs.codes[i : i + len(codes)]
    whole = np.ones(len(codes), bool)
    for start in runs.starts[1:]:
        whole[max(start - order, 0) : start] = False  # these cross from one run into the next
    counts = np.bincount(codes[whole], minlength=4**size)
    counts = counts + counts[_reverse_complements(size)]
    tables: list[NDArray[np.float64]] = []
    below = np.full((1, 4), 0.25)
    for j in range(size):
        seen = counts.reshape(-1, 4**j, 4).sum(axis=0)
        prior = below[np.arange(4**j) % len(below)]
        below = (seen + _PRIOR * prior) / (seen.sum(axis=1, keepdims=True) + _PRIOR)
        tables.append(below)
    return tables


def _reverse_complements(k: int) -> NDArray[np.int64]:
    """Code of the reverse complement of each k-mer."""
    codes = np.arange(4**k)
    other = np.zeros_like(codes)
    for _ in range(k):
        other = other * 4 + 3 - codes % 4
        codes = codes // 4
    return other


def markov_answers(
    table: NDArray[np.float64], asked: KmerContexts
) -> dict[int, tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Most likely k-mers under one of the tables of `markov`.

    Returns
    -------
    dict
        By k, codes int64[n], and the bits of the k-mer that did follow, float64[n].
    """
    n, contexts = len(asked.before), len(table)
    bits = -np.log2(table)
    answers = {k: (np.empty(n, np.int64), np.empty(n)) for k in asked.after}
    for first in range(0, n, _CHUNK):
        part = slice(first, first + _CHUNK)
        state = asked.before[part, None] % contexts
        cost: NDArray[np.float64] = np.zeros(state.shape)
        for k in range(1, max(asked.after) + 1):
            cost = (cost[:, :, None] + bits[state]).reshape(len(state), -1)
            state = (state[:, :, None] * 4 + np.arange(4)).reshape(len(state), -1) % contexts
            if k in asked.after:
                answers[k][0][part] = cost.argmin(axis=1)
                answers[k][1][part] = np.take_along_axis(cost, asked.after[k][part, None], axis=1)[:, 0]
    return answers


def rule_rows(
    encoder: Encoder, train: Runs, tests: NDArray[np.uint8], ks: Sequence[int], seed: int
) -> list[dict[str, object]]:
    """Accuracy of every rule at every kind of place, for one vocabulary.

    Parameters
    ----------
    encoder : Encoder
        Encoder of the vocabulary.
    train : Runs
        Training sequence; Markov models see all of it, counted rules 100,000 windows of either strand, or as
        many as there are.
    tests : uint8[n, span]
        Windows to answer for.
    ks, seed
        Numbers of bases to predict; seed of the sample and of the word ends chosen.

    Returns
    -------
    list of dict
        Kind (``positions``), k, n, accuracy of each of `RULES`, and ``bits`` per base of the best Markov
        model. A kind without places is left out.
    """
    most = max(ks)
    size = train.span - most
    sample = draw_windows(train, min(_SAMPLE, 2 * train.windows), np.random.default_rng([seed, 1]))
    places = []
    for number, windows in enumerate((sample, tests)):
        tokenized = tokenize(encoder, windows[:, :size])
        chosen = choose_places(tokenized, windows[:, :size], most, np.random.default_rng([seed, 2, number]))
        places.append({kind: contexts_at(windows, tokenized, column, ks) for kind, column in chosen.items()})
    tables = markov(train, max(ORDERS))
    rows: list[dict[str, object]] = []
    for kind, asked in places[1].items():
        if not (len(asked.word) and len(places[0][kind].word)):
            continue
        chains = {order: markov_answers(tables[order], asked) for order in ORDERS}
        for k in ks:
            right = _counted(places[0][kind], asked, k)
            for order, answers in chains.items():
                right[f"markov-{order}"] = answers[k][0] == asked.after[k]
            accuracy = {rule: _mean(right[rule]) for rule in RULES}
            bits = min(_mean(answers[k][1]) / k for answers in chains.values())
            rows.append({"positions": kind, "k": k, "n": len(asked.word), **accuracy, "bits": bits})
    return rows


def _counted(seen: KmerContexts, asked: KmerContexts, k: int) -> dict[str, NDArray[np.bool_]]:
    """Which answers of the counted rules are right."""
    letters = 4**LETTERS_BEFORE
    keys = {
        "commonest": (np.zeros_like(seen.word), np.zeros_like(asked.word)),
        "same-letters": (seen.before % letters, asked.before % letters),
        "same-word": (seen.word, asked.word),
    }
    return {
        rule: commonest_after(before, seen.after[k], now, k) == asked.after[k]
        for rule, (before, now) in keys.items()
    }


def _mean(values: NDArray[np.bool_] | NDArray[np.float64]) -> float:
    return float(values.mean())
