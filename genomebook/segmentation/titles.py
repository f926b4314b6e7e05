"""Extractive titles: the most typical sentence of a unit, and its most distinctive words.

As in `genomebook.segmentation.hierarchy`, a sentence or unit has a vector, the weighted sum of the directions
of its words. The sentence nearest to the unit by cosine is quoted (the centroid method of Radev et al. 2004),
which favours long sentences. Its words that are most overused in the unit are shown.
Sums are of integers, exact in any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.compiled import kernel
from genomebook.segmentation.hierarchy import DIMENSIONS

MAX_WORDS = 6
MAX_LETTERS = 60
"""Bases in a title; the first word is always shown, truncated if it is longer."""

ELLIPSIS = "…"
UNIT = 16
"""Word weights are in 1/16 bit."""

_AGAIN = -(1 << 62)
"""Gain of a word that is chosen or repeated."""


class Extracts(NamedTuple):
    """What to quote from each of k units.

    Attributes
    ----------
    sentence : int64[k]
        Number of the sentence; -1 for a unit that is all gap.
    words : int64[k, MAX_WORDS]
        Indices of the words in ``ids``, ascending; -1 after the last.
    """

    sentence: NDArray[np.int64]
    words: NDArray[np.int64]


@kernel(nogil=True)
def _sums(ids, sentences, table, out):  # type: ignore[no-untyped-def]
    sums = np.zeros(DIMENSIONS, np.int32)
    for s in range(sentences.shape[0]):
        sums[:] = 0
        for i in range(sentences[s, 0], sentences[s, 1]):
            word = ids[i]
            for d in range(DIMENSIONS):
                sums[d] += table[word, d]
        for d in range(DIMENSIONS):
            out[s, d] = sums[d]


def sentence_profiles(
    ids: NDArray[np.uint16],
    sentences: NDArray[np.int64],
    weight: NDArray[np.int32],
    signs: NDArray[np.int8],
) -> NDArray[np.int32]:
    """Sum the directions of the words of each sentence.

    Parameters
    ----------
    ids : uint16[m]
        Consecutive words, such as those of a part.
    sentences : int64[s, 2]
        Words [first, end) of each sentence, counted in ``ids``; gaps lie in none.
    weight : int32[n_ids]
        16 log2(1 / share of the word), see `genomebook.pipeline.book.chapters.word_weights`.
    signs : int8[n_ids, DIMENSIONS]
        `genomebook.segmentation.hierarchy.projection`.

    Returns
    -------
    int32[s, DIMENSIONS]
        Sums, exact for sentences of up to a million words.
    """
    out = np.empty((len(sentences), DIMENSIONS), np.int32)
    _sums(ids, sentences, weight[:, None] * signs.astype(np.int32), out)
    return out


@kernel(nogil=True, fastmath={"reassoc", "nsz"})
def _nearest(profile, first, end):  # type: ignore[no-untyped-def]
    """Sentence of [first, end) nearest to the sum of all; the first of equals.

    Products and sums are integers below 2**53 in a part, exact in any order: the loops may be vectorised.
    """
    centre = np.zeros(DIMENSIONS, np.float64)
    for s in range(first, end):
        for d in range(DIMENSIONS):
            centre[d] += profile[s, d]
    best, found = -np.inf, first
    for s in range(first, end):
        dot, square = 0.0, 0.0
        for d in range(DIMENSIONS):
            dot += centre[d] * profile[s, d]
            square += np.float64(profile[s, d]) * profile[s, d]
        nearness = dot / np.sqrt(square) if square > 0 else -np.inf
        if nearness > best:
            best, found = nearness, s
    return found


@kernel(nogil=True)
def _telling(ids, first, end, counts, total, weight, lengths, out):  # type: ignore[no-untyped-def]
    """Choose distinct words of [first, end) that fit, by decreasing gain; write their indices to ``out``."""
    size = end - first
    gain = np.zeros(size, np.int64)
    for i in range(size):
        word = ids[first + i]
        usual = total * 2.0 ** (-weight[word] / UNIT)
        more = counts[word] - usual
        gain[i] = round(UNIT * (counts[word] * np.log(counts[word] / usual) - more)) if more > 0 else 0
        for j in range(i):
            if ids[first + j] == word:
                gain[i] = _AGAIN
                break
    letters = n = 0
    while n < out.shape[0]:
        best = 0
        for i in range(1, size):
            if gain[i] > gain[best]:
                best = i
        if gain[best] == _AGAIN:
            break
        gain[best] = _AGAIN
        length = lengths[ids[first + best]]
        if n == 0 or letters + length <= MAX_LETTERS:
            at = n
            while at > 0 and out[at - 1] > first + best:
                out[at] = out[at - 1]
                at -= 1
            out[at] = first + best
            letters += length
            n += 1


@kernel(nogil=True)
def _extract(ids, sentences, profile, units, weight, lengths, chosen, words):  # type: ignore[no-untyped-def]
    counts = np.zeros(weight.shape[0], np.int64)
    for u in range(units.shape[0]):
        first, end = units[u]
        if end <= first:
            continue
        counts[:] = 0
        total = np.int64(0)
        for s in range(first, end):
            for i in range(sentences[s, 0], sentences[s, 1]):
                counts[ids[i]] += 1
                total += 1
        s = _nearest(profile, first, end)
        chosen[u] = s
        _telling(ids, sentences[s, 0], sentences[s, 1], counts, total, weight, lengths, words[u])


def extracts(
    ids: NDArray[np.uint16],
    sentences: NDArray[np.int64],
    profile: NDArray[np.int32],
    units: NDArray[np.int64],
    weight: NDArray[np.int32],
    lengths: NDArray[np.uint8],
) -> Extracts:
    """Choose what to quote from each unit.

    Words that the unit overuses rank by half the log-likelihood ratio of Dunning (1993),
    count ln(count / usual) - (count - usual).

    Parameters
    ----------
    ids, sentences, weight
        As for `sentence_profiles`.
    profile : int32[s, DIMENSIONS]
        From `sentence_profiles`.
    units : int64[k, 2]
        Sentences [first, end) of each unit; units may overlap, as sections and their chapters do.
    lengths : uint8[n_ids]
        Bases of each word.

    Returns
    -------
    Extracts
        The sentence and up to `MAX_WORDS` of its words, with `MAX_LETTERS` bases, for each unit.
    """
    chosen = np.full(len(units), -1, np.int64)
    words = np.full((len(units), MAX_WORDS), -1, np.int64)
    _extract(ids, sentences, profile, units, weight, lengths.astype(np.int64), chosen, words)
    return Extracts(chosen, words)


def extract_texts(
    chosen: Extracts, ids: NDArray[np.uint16], sentences: NDArray[np.int64], words: Sequence[str]
) -> list[str]:
    """Write titles: the words in order, with an ellipsis for words left out.

    Parameters
    ----------
    chosen : Extracts
        From `extracts` with these ``ids`` and ``sentences``.
    ids, sentences
        As for `sentence_profiles`.
    words : sequence of str
        Bases of each word id.

    Returns
    -------
    list of str
        ``""`` for a unit without sentences.
    """
    word_ids = ids[chosen.words].tolist() if len(ids) else []
    titles = []
    for number, places, these in zip(chosen.sentence.tolist(), chosen.words.tolist(), word_ids, strict=False):
        if number < 0:
            titles.append("")
            continue
        follows, end = sentences[number].tolist()
        parts = []
        for place, word in zip(places, these, strict=True):
            if place < 0:
                break
            parts += [ELLIPSIS] if place > follows else []
            letters = words[word]
            parts.append(letters if len(letters) <= MAX_LETTERS else letters[:MAX_LETTERS] + ELLIPSIS)
            follows = place + 1
        titles.append(" ".join([*parts, *([ELLIPSIS] if follows < end else [])]))
    return titles or [""] * len(chosen.sentence)
