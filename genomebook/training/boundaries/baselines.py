"""Rules that find the ends of sentences and paragraphs without a language model.

- *random at the same rate*: each word ends one with the probability seen in training;
- *fixed length*: one ends after a fixed number of words, the mean of training;
- *next word*: in training, the share of occurrences of the next word that start one, smoothed by one. With
  capital letters it amounts to "the next word has a capital and is not a name"; with small letters it knows
  the words that often come first;
- *punctuation*: for text that still has it: the word closes with . ! or ?, the next has a capital, and the
  word is no title or initial. The truth was made by similar rules, so it only measures their agreement.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from genomebook.training.corpora.batches import rng_of
from genomebook.training.corpora.labelled_text import ENDS, LabelledText, beginnings

_CLOSED = re.compile(r".*[.!?][\"')\]]*$")
_TITLE = re.compile(r"[\"'(\[]*(?:[A-Z]|Mr|Mrs|Ms|Dr|St|Messrs|Prof|Rev|Capt|Col|Gen)\.$")

Scores = NDArray[np.float64]


def random_scores(text: LabelledText, seed: int) -> Scores:
    """Two random numbers from 0 to 1 for each word: float64[n, 2]."""
    return rng_of(seed, "random ends", len(text.words)).random((len(text.words), len(ENDS)))


def fixed_scores(text: LabelledText, every: NDArray[np.float64]) -> Scores:
    """1 after every ``every``-th word (float64[2], rounded as it goes), else 0: float64[n, 2]."""
    count = np.arange(len(text.words) + 1)[:, None] / every
    scores: Scores = np.diff(np.floor(count), axis=0)
    return scores


def rates(texts: Sequence[LabelledText]) -> NDArray[np.float64]:
    """Share of the words after which a sentence, a paragraph ends: float64[2]."""
    shares: Scores = np.concatenate([text.ends for text in texts]).mean(axis=0)
    return shares


class NextWord:
    """The rule of the next word, tuned on training texts."""

    def __init__(self, texts: Sequence[LabelledText]) -> None:
        self.rates = rates(texts)
        self.counts = beginnings(texts)

    def scores(self, text: LabelledText) -> Scores:
        """Probability that one ends after each word, float64[n, 2]; after the last word it is the rate."""
        unknown = np.zeros(3)
        rows = [self.counts.get(word.rstrip(",;:"), unknown) for word in text.words[1:]]
        counts = np.array([*rows, unknown][: len(text.words)]).reshape(-1, 3)
        scores: Scores = (counts[:, :2] + self.rates) / (counts[:, 2:] + 1)
        return scores


def punctuation_scores(text: LabelledText) -> Scores:
    """1 where punctuation ends a sentence by the usual rule, float64[n, 2]; paragraphs are not scored."""
    ends = np.zeros((len(text.words), len(ENDS)))
    for i, word in enumerate(text.words):
        following = text.words[i + 1].lstrip("\"'([") if i + 1 < len(text.words) else "A"
        ends[i, 0] = bool(_CLOSED.match(word)) and following[:1].isupper() and not _TITLE.match(word)
    return ends
