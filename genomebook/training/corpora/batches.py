"""Training batches: a function of (seed, step) alone, so that training resumes exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genomebook.errors import CorpusError, OptionError
from genomebook.training.corpora.corpus import PAIRS, Corpus
from genomebook.training.corpora.pairs import token_scripts

MASKED_SHARE = 0.15
"""Share of words to predict in masked training; of these 80 % masked, 10 % random, 10 % kept (BERT)."""

_ROUNDING = 1e-9
"""By how much shares miss a sum of 1 that they have on paper."""

STREAMS = {"dna": "--dna-share 0", "english": "--dna-share 1", PAIRS: "--pairs-share 0"}
"""Streams of a corpus, and the option that does without."""


def rng_of(seed: int, *what: int | str) -> np.random.Generator:
    """Generator seeded by what is drawn: the same draw at any time, rank and batch size."""
    words = [seed, *(int.from_bytes(w.encode(), "little") if isinstance(w, str) else w for w in what)]
    return np.random.default_rng(np.random.SeedSequence(words))


class ScriptWindows:
    """Windows of one script: each epoch uses all of them once, in a new order and from a new offset.

    Parameters
    ----------
    tokens : uint16[n]
        Tokens of one script.
    window : int
        Tokens in a window.
    seed, name
        Decide the order.

    Raises
    ------
    CorpusError
        When there are fewer tokens than two windows.
    """

    def __init__(self, tokens: NDArray[np.uint16], window: int, seed: int, name: str) -> None:
        self.tokens, self.window, self.seed, self.name = tokens, window, seed, name
        self.windows = (len(tokens) - window) // window
        if self.windows < 1:
            raise CorpusError(
                f"{len(tokens)} tokens of {name} are less than two windows of {window}; give more"
            )
        self._epoch = -1
        self._order: NDArray[np.int64] = np.empty(0, np.int64)
        self._offset = 0

    def take(self, number: int) -> NDArray[np.uint16]:
        """Window ``number`` of training, counted from the first step: uint16[window]."""
        epoch, place = divmod(number, self.windows)
        if epoch != self._epoch:
            rng = rng_of(self.seed, self.name, epoch)
            self._order, self._epoch = rng.permutation(self.windows), epoch
            self._offset = int(rng.integers(self.window))
        start = self._offset + int(self._order[place]) * self.window
        return self.tokens[start : start + self.window]


class PairWindows:
    """Windows that begin with a document of pairs: each epoch uses all of them once, in a new order.

    Parameters
    ----------
    tokens : uint16[n]
        Documents, ``<end>`` before the first and after each.
    end : int
        Id of ``<end>``.
    window, seed : int
        Tokens in a window; decides the order.

    Raises
    ------
    CorpusError
        When there are fewer tokens than a window.
    """

    def __init__(self, tokens: NDArray[np.uint16], end: int, window: int, seed: int) -> None:
        self.tokens, self.window, self.seed = tokens, window, seed
        ends = np.flatnonzero(tokens == end)
        self.starts = ends[ends + window <= len(tokens)]
        if not len(self.starts):
            raise CorpusError(f"{len(tokens)} tokens of pairs are less than a window of {window}; give more")
        self._epoch = -1
        self._order: NDArray[np.int64] = np.empty(0, np.int64)

    def take(self, number: int) -> NDArray[np.uint16]:
        """Window ``number`` of training, counted from the first step: uint16[window]."""
        epoch, place = divmod(number, len(self.starts))
        if epoch != self._epoch:
            self._order = rng_of(self.seed, PAIRS, epoch).permutation(len(self.starts))
            self._epoch = epoch
        start = int(self.starts[self._order[place]])
        return self.tokens[start : start + self.window]


@dataclass(frozen=True)
class BatchPlan:
    """Rows of a batch.

    Parameters
    ----------
    rows : int
        Windows in a step, over all devices.
    dna, pairs : float
        Share of windows that are DNA, and that are pairs, 0 to 1; the others are English.

    Raises
    ------
    OptionError
        When the shares exceed 1.
    """

    rows: int
    dna: float
    pairs: float = 0.0

    def __post_init__(self) -> None:
        if self.dna + self.pairs > 1 + _ROUNDING:
            raise OptionError(
                f"shares of DNA {self.dna} and of pairs {self.pairs} exceed 1; lower one of them"
            )

    @property
    def shares(self) -> dict[str, float]:
        """Share of the rows of each stream; of English 0 where DNA and pairs are all but rounding."""
        rest = 1 - self.dna - self.pairs
        return {"dna": self.dna, "english": rest if rest > _ROUNDING else 0.0, PAIRS: self.pairs}

    def counts(self, step: int) -> dict[str, tuple[int, int]]:
        """Rows of each stream before this step and after it; the shares hold over steps, not in each."""
        before, after = self._until(step * self.rows), self._until((step + 1) * self.rows)
        return {stream: (before[stream], after[stream]) for stream in STREAMS}

    def _until(self, rows: int) -> dict[str, int]:
        """Rows of each stream among the first ones: DNA its share, then pairs theirs of what is left."""
        shares = self.shares
        dna = int(rows * shares["dna"] + _ROUNDING)
        rest = rows - dna
        pairs = rest
        if shares["english"]:
            pairs = int(rest * shares[PAIRS] / (shares[PAIRS] + shares["english"]) + _ROUNDING)
        elif not shares[PAIRS]:
            dna, pairs = rows, 0
        return {"dna": dna, PAIRS: pairs, "english": rows - dna - pairs}


class Batches:
    """The batches of a training run on the part "train" of a corpus.

    Parameters
    ----------
    corpus, plan
        Tokens; rows of a batch.
    window, seed : int
        Tokens in a row; decides the order.

    Raises
    ------
    CorpusError
        When the plan needs a stream that the corpus does not have.
    """

    def __init__(self, corpus: Corpus, plan: BatchPlan, window: int, seed: int) -> None:
        self.plan, self.seed, self.scripts = plan, seed, corpus.scripts
        self.streams: dict[str, ScriptWindows | PairWindows] = {}
        for stream, option in STREAMS.items():
            if not plan.shares[stream]:
                continue
            if stream not in corpus.meta.parts or not corpus.meta.parts[stream]["train"].letters:
                raise CorpusError(f"{corpus.folder}: holds no {stream}; make it with them, or say {option}")
            tokens = corpus.tokens(stream, "train")
            if stream == PAIRS:
                self.streams[stream] = PairWindows(tokens, corpus.scripts.mark("<end>"), window, seed)
            else:
                self.streams[stream] = ScriptWindows(tokens, window, seed, stream)

    def step(self, step: int, rank: int = 0, world: int = 1) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Rows of one step for one device: ids int64[rows / world, window], is_dna bool of the same shape."""
        rows, is_dna = [], []
        for stream, (before, after) in self.plan.counts(step).items():
            for number in range(before, after):
                row = self.streams[stream].take(number)
                rows.append(row)
                is_dna.append(
                    token_scripts(self.scripts, row)
                    if stream == PAIRS
                    else np.full(len(row), stream == "dna")
                )
        mine = slice(rank, None, world)
        return np.stack(rows[mine]).astype(np.int64), np.stack(is_dna[mine])

    def masked(
        self, ids: NDArray[np.int64], step: int, rank: int = 0
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Mask words (Devlin et al. 2019): input int64[b, t], and the words to predict, bool[b, t]."""
        rng = rng_of(self.seed, "mask", step, rank)
        asked = (rng.random(ids.shape) < MASKED_SHARE) & (ids != self.scripts.mark("<end>"))
        fate = rng.random(ids.shape)
        seen = np.where(asked & (fate < 0.8), self.scripts.mark("<mask>"), ids)
        return np.where(asked & (fate >= 0.9), rng.permuted(ids, axis=1), seen), asked
