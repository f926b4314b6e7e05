"""Boundary scorer: the log-odds, by every signal, that a sentence or a paragraph ends after each word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.book.read import Book
from genomebook.book.schema import READER, SURPRISAL_UNIT
from genomebook.errors import ReaderError
from genomebook.genome.stretches import between
from genomebook.language.alphabet import GAP
from genomebook.language.encode import Encoder
from genomebook.language.vocabulary import Vocabulary, load_vocabulary
from genomebook.models.letters import UNIT, Letters, shipped_letters
from genomebook.models.ngram import NgramReader, counted_reader
from genomebook.models.reader import Reader
from genomebook.models.registry import load_reader
from genomebook.segmentation import signals
from genomebook.segmentation.boundaries import Boundaries, decode, word_ends
from genomebook.segmentation.switch import switch

WORDS_PER_BLOCK = 1 << 16
"""Words scored at once. Blocks begin at multiples of it, so a book does not depend on the shares of work."""

HALO = 1024
"""Words read on both sides of a block: about 5,000 letters, beyond which the signals have forgotten."""


class BoundaryScores(NamedTuple):
    """Scores of consecutive words.

    Attributes
    ----------
    surprisal : uint8[n]
        In `SURPRISAL_UNIT` bits, by the counts of words; 0 for gaps.
    signals : dict of str to int8[n, 2]
        Log-odds of a sentence end, a paragraph end after each word, in 1/16 nat; 0 beside gaps.
    """

    surprisal: NDArray[np.uint8]
    signals: dict[str, NDArray[np.int8]]


class BoundaryScorer:
    """Scores the gaps between words by every signal that its readers allow.

    Parameters
    ----------
    vocabulary : Vocabulary
        Vocabulary of the words.
    ngram : NgramReader
        Counts of words.
    letters : Letters
        Counts of letters.
    reader : Reader, optional
        Neural reader; adds the signals of `genomebook.segmentation.signals.NEURAL` that it supports. The
        shipped constants belong to ``bilingual-mini``: another reader gives longer or shorter sentences.
    calibration : Calibration, optional
        Turns raw values into log-odds; the shipped one by default.

    Raises
    ------
    ReaderError
        The neural reader has another vocabulary.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        ngram: NgramReader,
        letters: Letters,
        reader: Reader | None = None,
        calibration: signals.Calibration | None = None,
    ) -> None:
        if reader is not None and reader.words != vocabulary.digest:
            raise ReaderError(
                f"{reader.name}: does not read {vocabulary.name}; "
                "build the book with the model's words, or use another reader"
            )
        self.vocabulary, self.ngram, self.letters, self.reader = vocabulary, ngram, letters, reader
        gives = frozenset() if reader is None else reader.gives
        able = {"surprise", "switch", "combined"}
        able |= {"transfer"} if "boundary" in gives else set()
        able |= {"shift"} if "hidden" in gives else set()
        self.signals = tuple(name for name in signals.SIGNALS if name in able)
        self._calibration = calibration or signals.shipped_calibration()
        self._combination = "combined+" if set(signals.NEURAL) <= able else "combined"
        self._tables: Encoder | None = None

    def readers(self) -> dict[str, dict[str, str]]:
        """Name and digest of each model behind the signals, as a book records them."""
        found: dict[str, Reader | NgramReader | Letters | None]
        found = {"words": self.ngram, "letters": self.letters, "neural": self.reader}
        return {what: {"name": r.name, "digest": r.digest} for what, r in found.items() if r is not None}

    def constants(self) -> dict[str, Any]:
        """Slopes, offsets and weights behind the signals, as a book records them."""
        used = {self._combination if name == "combined" else name: name for name in self.signals}
        scales = {used[key]: asdict(scale) for key, scale in self._calibration.scales.items() if key in used}
        return {"scales": scales, "weights": dict(self._calibration.weights[self._combination])}

    def score(self, ids: NDArray[np.uint16]) -> dict[str, NDArray[np.int8]]:
        """Score all words of a volume by every signal, int8[n, 2] each; see `BoundaryScores`."""
        gaps = np.flatnonzero(ids == GAP)
        blocks = [self.score_block(ids, gaps, at).signals for at in range(0, len(ids), WORDS_PER_BLOCK)]
        empty = np.empty((0, 2), np.int8)
        return {name: np.concatenate([empty, *(b[name] for b in blocks)]) for name in self.signals}

    def score_block(self, ids: NDArray[np.uint16], gaps: NDArray[np.int64], first: int) -> BoundaryScores:
        """Score one block.

        Parameters
        ----------
        ids : uint16[n]
            All words of the volume; a memory map will do.
        gaps : int64[g]
            Which of them are gaps.
        first : int
            A multiple of `WORDS_PER_BLOCK`.

        Returns
        -------
        BoundaryScores
            Of the words from ``first`` to the end of the block or the volume.
        """
        last = min(first + WORDS_PER_BLOCK, len(ids))
        low, high = max(0, first - HALO), min(len(ids), last + HALO)
        surprisal, raw = self.raw(ids, gaps, low, high)
        found = self.units(raw)
        following = int(ids[high]) if high < len(ids) else GAP
        is_gap = ids[low:high] == GAP
        beside = is_gap | np.append(is_gap[1:], following == GAP)
        for units in found.values():
            units[beside] = 0
        inside = slice(first - low, last - low)
        return BoundaryScores(surprisal[inside], {name: found[name][inside] for name in self.signals})

    def units(self, raw: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.int8]]:
        """Turn raw signals into log-odds int8[m, 2] in 1/16 nat, the combined one among them."""
        scales = self._calibration.scales
        found = {name: scales[name].units(values) for name, values in raw.items()}
        total = signals.combined(found, self._calibration.weights[self._combination])
        return found | {"combined": scales[self._combination].units(total)}

    def raw(
        self, ids: NDArray[np.uint16], gaps: NDArray[np.int64], low: int, high: int
    ) -> tuple[NDArray[np.uint8], dict[str, NDArray[np.float64]]]:
        """Surprisal (uint8, by counts of words) and raw signals (float64[m, 2]) of the words [low, high)."""
        here = np.array(ids[low:high])
        is_gap = here == GAP
        before = int(ids[low - 1]) if low else GAP
        surprisal, strength = self.ngram.score(here, before, int(ids[high]) if high < len(ids) else GAP)
        odds = switch(self.letters.explain(here, self.vocabulary), is_gap, UNIT)
        bits = surprisal.astype(np.float64) * SURPRISAL_UNIT
        return surprisal, {
            "surprise": signals.surprise(strength, bits, is_gap),
            "switch": np.stack([odds, odds], axis=1),
            **self._neural(ids, gaps, low, high, is_gap),
        }

    def _neural(
        self, ids: NDArray[np.uint16], gaps: NDArray[np.int64], low: int, high: int, is_gap: NDArray[np.bool_]
    ) -> dict[str, NDArray[np.float64]]:
        """Raw signals of the neural reader for the words [low, high)."""
        reader = self.reader
        if reader is None:
            return {}
        boundary = np.zeros((high - low, 2), np.float32)
        hidden = np.zeros((high - low, reader.width), np.float32)
        for start, end in between(gaps, len(ids), low, high):
            a, b = max(start, low), min(end, high)
            scores = reader.score(
                ids[start:end], a - start, b - start, hidden="shift" in self.signals, surprisal=False
            )
            if scores.boundary is not None:
                boundary[a - low : b - low] = scores.boundary
            if scores.hidden is not None:
                hidden[a - low : b - low] = scores.hidden
        raw = {}
        if "transfer" in self.signals:
            raw["transfer"] = signals.transfer(boundary)
        if "shift" in self.signals:
            raw["shift"] = signals.shift(hidden, is_gap)
        return raw

    def divide(self, letters: NDArray[np.uint8]) -> dict[str, Boundaries]:
        """Tokenize, score and decode a text.

        Parameters
        ----------
        letters : uint8[n]
            ASCII, any case; runs of N are gaps.

        Returns
        -------
        dict of str to Boundaries
            For each signal.
        """
        if self._tables is None:
            self._tables = Encoder(self.vocabulary)
        ids = self._tables.encode(letters)
        ends = word_ends(ids, letters, self.vocabulary)
        is_gap = ids == GAP
        inner = ~(is_gap | np.append(is_gap[1:], True))
        scores = self.score(ids)
        found: dict[str, Boundaries] = {}
        for name in self.signals:
            sentences, paragraphs = decode(scores[name], is_gap)
            kept, closing = sentences[inner[sentences - 1]], paragraphs[inner[paragraphs - 1]]
            found[name] = Boundaries(ends[kept - 1], ends[closing - 1])
        return found


def open_scorer(reader: str = "", words: str = "words-4096", threads: int = 1) -> BoundaryScorer:
    """Open the shipped counts and, if named, a neural reader.

    Parameters
    ----------
    reader : str
        As `genomebook.models.registry.load_reader` takes it; none when empty.
    words : str
        Vocabulary that the counts go with.
    threads : int
        Threads of the neural reader.

    Raises
    ------
    ReaderError
        When there are no counts for the vocabulary, or the reader does not fit.
    """
    vocabulary = load_vocabulary(words)
    ngram = counted_reader(words, vocabulary)
    if ngram is None:
        raise ReaderError(f"{words}: no counts of words beside it; make them with genomebook train-words")
    neural = load_reader(reader, threads=threads) if reader else None
    return BoundaryScorer(vocabulary, ngram, shipped_letters(), neural)


def scorer_of(book: Book, reader: str = "", threads: int = 1) -> BoundaryScorer:
    """Open the scorer that a book was made with.

    Parameters
    ----------
    book : Book
        Opened.
    reader : str
        Folder of its neural reader, if not a shipped one.
    threads : int
        Threads of the neural reader.

    Raises
    ------
    ReaderError
        When one of its readers is missing or differs from the book's.
    """
    made = book.meta.signals.readers
    vocabulary = book.vocabulary
    ngram = _word_counts(book)
    neural = None
    if "neural" in made:
        neural = load_reader(reader or made["neural"].name, threads=threads, words=vocabulary)
    found = {"words": ngram, "letters": shipped_letters(), "neural": neural}
    for what in made:
        _check_reader(book, what, found[what])
    return BoundaryScorer(vocabulary, ngram, shipped_letters(), neural)  # type: ignore[arg-type]


def statistical_scorer(book: Book) -> BoundaryScorer | None:
    """Open the scorer of the signal that divides a book, without a neural reader.

    Returns
    -------
    BoundaryScorer or None
        None where the signal needs the neural reader of the book.

    Raises
    ------
    ReaderError
        One of its models is missing or differs from the book's.
    """
    used, made = book.meta.signals.used, book.meta.signals.readers
    if used in signals.NEURAL or (used == "combined" and "neural" in made):
        return None
    letters = shipped_letters()
    _check_reader(book, "letters", letters)
    return BoundaryScorer(book.vocabulary, word_counts(book), letters)


def word_counts(book: Book) -> NgramReader:
    """Open the counts of words that a book was made with.

    Raises
    ------
    ReaderError
        They are missing or differ from the book's.
    """
    ngram = _word_counts(book)
    _check_reader(book, "words", ngram)
    assert ngram is not None
    return ngram


def _word_counts(book: Book) -> NgramReader | None:
    """Counts of words in the book, or else those that go with its vocabulary."""
    if READER in book.folder:
        return NgramReader.open(book.folder.checked(READER), book.vocabulary)
    return counted_reader(book.vocabulary.name, book.vocabulary)


def _check_reader(book: Book, what: str, here: Reader | NgramReader | Letters | None) -> None:
    """Raise ReaderError unless this is the model that the book was made with."""
    known = book.meta.signals.readers[what]
    if here is None or here.digest != known.digest:
        raise ReaderError(
            f"{book.path}: made with the model {known.name} ({known.digest[:16]}), not with the one "
            "here; give --reader the one it was made with, or build the book anew"
        )
