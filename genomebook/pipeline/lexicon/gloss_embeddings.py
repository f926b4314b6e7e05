"""Embeddings of DNA and English words by a bilingual model: input table, and each layer in context."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genomebook.errors import ReaderError
from genomebook.files.progress import Message
from genomebook.language.bilingual import Bilingual
from genomebook.models.contexts import input_table, layer_states
from genomebook.models.threads import one_thread
from genomebook.pipeline.atlas.embeddings import WordRun

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]
Report = Message

MAX_OCCURRENCES = 64
"""Occurrences of a word that its contextual mean is taken over, at most."""
MIN_OCCURRENCES = {"dna": 6, "english": 3}
"""Occurrences of each word that are read at most; most words occur more often."""
WINDOW = 64
"""Tokens of a window that is read; of a reader that sees fewer, its own."""
ROWS = 64
"""Windows read at once."""


@dataclass(frozen=True)
class TokenPlaces:
    """Occurrences of the words to embed in a token stream.

    Attributes
    ----------
    tokens : uint16[n]
        The stream.
    last : int64[p]
        Position of the last token of an occurrence.
    word : int64[p]
        Number of its word, below ``words``.
    words : int
        Number of words.
    """

    tokens: NDArray[np.uint16]
    last: Ids
    word: Ids
    words: int


@dataclass(frozen=True)
class ContextSample:
    """Sampled windows of a stream, with the occurrences used.

    Attributes
    ----------
    ids : int64[w, window]
        Tokens.
    row, column : int64[q]
        Window and place in it.
    word : int64[q]
        Number of the word.
    words : int
        Number of words.
    """

    ids: Ids
    row: Ids
    column: Ids
    word: Ids
    words: int

    @property
    def counts(self) -> Ids:
        """Occurrences used of each word: int64[words]."""
        return np.bincount(self.word, minlength=self.words).astype(np.int64)


def sample(places: TokenPlaces, window: int, least: int, seed: int = 0) -> ContextSample:
    """Sample random windows, rarest word first, until every word occurs often enough.

    Only the last three quarters of a window are used, where a reader has seen something before.

    Parameters
    ----------
    places : TokenPlaces
        All occurrences.
    window : int
        Tokens that the reader sees at once.
    least : int
        Maximum number of occurrences to read of each word.
    seed : int
        Seed of the choice.

    Returns
    -------
    ContextSample
        Up to `MAX_OCCURRENCES` occurrences of each word.

    Raises
    ------
    ReaderError
        When the stream is shorter than a window.
    """
    count = len(places.tokens) // window
    if not count:
        few = f"{len(places.tokens)} tokens do not fill a window of {window}"
        raise ReaderError(f"{few}; give more text and DNA")
    used = (places.last % window >= window // 4) & (places.last < count * window)
    last, word = places.last[used], places.word[used]
    within = np.searchsorted(last, np.arange(count + 1) * window)
    mixed = np.lexsort((np.random.default_rng(seed).permutation(len(last)), word))
    edges = np.searchsorted(word[mixed], np.arange(places.words + 1))
    seen, taken = np.zeros(places.words, np.int64), np.zeros(count, np.bool_)
    for rarest in np.argsort(np.diff(edges), kind="stable").tolist():
        for number in last[mixed[edges[rarest] : edges[rarest + 1]]] // window:
            if seen[rarest] >= least:
                break
            if not taken[number]:
                taken[number] = True
                np.add.at(seen, word[within[number] : within[number + 1]], 1)
    return _sample(places, window, np.flatnonzero(taken), last[mixed], word[mixed])


def _sample(places: TokenPlaces, window: int, chosen: Ids, last: Ids, word: Ids) -> ContextSample:
    """Up to `MAX_OCCURRENCES` occurrences of each word in the chosen windows."""
    number = np.full(len(places.tokens) // window, -1)
    number[chosen] = np.arange(len(chosen))
    inside = number[last // window] >= 0
    last, word = last[inside], word[inside]
    first = np.searchsorted(word, word)  # of the same word
    few = np.arange(len(word)) - first < MAX_OCCURRENCES
    at = np.flatnonzero(few)[np.argsort(last[few], kind="stable")]
    ids = places.tokens[: len(number) * window].reshape(-1, window)[chosen].astype(np.int64)
    return ContextSample(ids, number[last[at] // window], last[at] % window, word[at], places.words)


def place_dna(scripts: Bilingual, runs: Iterable[WordRun]) -> TokenPlaces:
    """Join runs of DNA words into one stream, as in training; word numbers are ids."""
    end = np.array([scripts.mark("<end>")], np.uint16)
    tokens = np.concatenate([end, *(part for run in runs for part in (run.ids, end))])
    last = np.flatnonzero(tokens < scripts.first_mark)
    return TokenPlaces(tokens, last, tokens[last].astype(np.int64), scripts.first_mark)


def input_means(table: Floats, tokens: list[NDArray[np.uint16]]) -> Floats:
    """Mean input embedding of the tokens of each word: float32[n, d]."""
    return np.stack([table[ids].mean(axis=0) for ids in tokens])


def context_means(model: Any, chosen: ContextSample) -> NDArray[np.float32]:
    """Mean hidden state of each word at its last token, after each layer.

    Parameters
    ----------
    model : GPT2LMHeadModel or BertForMaskedLM
        On the CPU.
    chosen : ContextSample
        What to read.

    Returns
    -------
    float32[layers, words, d]
        0 for a word that was not seen.
    """
    sums: NDArray[np.float64] | None = None
    with one_thread():
        for rows, column, word, states in _states(model, chosen):
            sums = np.zeros((len(states), chosen.words, states[0].shape[-1])) if sums is None else sums
            for layer, state in enumerate(states):
                np.add.at(sums[layer], word, state[rows, column])
    assert sums is not None
    return np.asarray(sums / np.maximum(chosen.counts, 1)[:, None], np.float32)


def _states(model: Any, chosen: ContextSample) -> Iterator[tuple[Ids, Ids, Ids, list[Floats]]]:
    """Rows (of the batch), columns and words of occurrences, and hidden states after each layer, by batch."""
    edges = np.searchsorted(chosen.row, np.arange(0, len(chosen.ids) + ROWS, ROWS))
    for number, start in enumerate(range(0, len(chosen.ids), ROWS)):
        inside = slice(edges[number], edges[number + 1])
        states = layer_states(model, chosen.ids[start : start + ROWS])
        yield chosen.row[inside] - start, chosen.column[inside], chosen.word[inside], states


@dataclass(frozen=True)
class Spaces:
    """Embeddings of both scripts in each space: "input", then each layer.

    Attributes
    ----------
    dna, english : float32[1 + layers, n, d], float32[1 + layers, m, d]
        Input embeddings (the mean over the tokens of an English word), then contextual means.
    """

    dna: Floats
    english: Floats

    @property
    def names(self) -> list[str]:
        """Names of the spaces."""
        return ["input", *(f"layer {number}" for number in range(1, len(self.dna)))]


@dataclass(frozen=True)
class Material:
    """Input for every model of the same vocabulary.

    Attributes
    ----------
    ids : int64[n]
        DNA words to embed.
    dna, english : ContextSample
        Windows; numbers of English words follow the list of words.
    tokens : list of uint16 arrays
        Tokens of each English word.
    """

    ids: Ids
    dna: ContextSample
    english: ContextSample
    tokens: list[NDArray[np.uint16]]

    def read(self, model: Any) -> Spaces:
        """Embed all words by a model."""
        table = input_table(model)
        dna = np.concatenate([table[None, : self.dna.words], context_means(model, self.dna)])
        english = np.concatenate([input_means(table, self.tokens)[None], context_means(model, self.english)])
        return Spaces(dna[:, self.ids], english)
