"""Training batches: a function of (seed, step) alone, so that training resumes exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genomebook.errors import CorpusError
from genomebook.training.corpora.corpus import SCRIPTS, Corpus

MASKED_SHARE = 0.15
"""Share of words to predict in masked training; of these 80 % masked, 10 % random, 10 % kept (BERT)."""


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


@dataclass(frozen=True)
class BatchPlan:
    """Rows of a batch.

    Parameters
    ----------
    rows : int
        Windows in a step, over all devices.
    dna : float
        Share of windows that are DNA, 0 to 1.
    """

    rows: int
    dna: float

    def counts(self, step: int) -> tuple[int, int]:
        """Rows of DNA before this step and after it; the share holds over steps, not in each."""
        return int(step * self.rows * self.dna + 1e-9), int((step + 1) * self.rows * self.dna + 1e-9)


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
    CorpusError, OptionError
        When the plan needs a script that the corpus does not have.
    """

    def __init__(self, corpus: Corpus, plan: BatchPlan, window: int, seed: int) -> None:
        self.plan, self.seed, self.scripts = plan, seed, corpus.scripts
        wanted = {"dna": plan.dna > 0, "english": plan.dna < 1}
        self.streams: dict[str, ScriptWindows] = {}
        for script in SCRIPTS:
            if not wanted[script]:
                continue
            if not corpus.meta.parts[script]["train"].letters:
                share = "0" if script == "dna" else "1"
                raise CorpusError(
                    f"{corpus.folder}: holds no {script}; make it with both, or say --dna-share {share}"
                )
            self.streams[script] = ScriptWindows(corpus.tokens(script, "train"), window, seed, script)

    def step(self, step: int, rank: int = 0, world: int = 1) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Rows of one step for one device: ids int64[rows / world, window], is_dna bool[rows / world]."""
        before, after = self.plan.counts(step)
        dna = after - before
        english_before = step * self.plan.rows - before
        rows = [self.streams["dna"].take(before + i) for i in range(dna)]
        rows += [self.streams["english"].take(english_before + i) for i in range(self.plan.rows - dna)]
        is_dna = np.arange(self.plan.rows) < dna
        mine = slice(rank, None, world)
        return np.stack(rows[mine]).astype(np.int64), is_dna[mine]

    def masked(
        self, ids: NDArray[np.int64], step: int, rank: int = 0
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Mask words (Devlin et al. 2019): input int64[b, t], and the words to predict, bool[b, t]."""
        rng = rng_of(self.seed, "mask", step, rank)
        asked = (rng.random(ids.shape) < MASKED_SHARE) & (ids != self.scripts.mark("<end>"))
        fate = rng.random(ids.shape)
        seen = np.where(asked & (fate < 0.8), self.scripts.mark("<mask>"), ids)
        return np.where(asked & (fate >= 0.9), rng.permuted(ids, axis=1), seen), asked
