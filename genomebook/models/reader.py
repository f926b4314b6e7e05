"""The interface of readers: models that score every word of a stretch of DNA."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray


class Scores(NamedTuple):
    """Scores of n consecutive words; None for what was not requested or the reader does not give.

    Attributes
    ----------
    surprisal : float32[n] or None
        Bits: -log2 of the probability of each word among the words of DNA, given the words before it (causal
        reader) or around it (masked reader).
    boundary : float32[n, 2] or None
        Log-odds, natural logarithm, that a sentence (column 0), a paragraph (column 1) ends after each word.
    hidden : float32[n, width] or None
        Hidden states at each word, after the last layer norm.
    """

    surprisal: NDArray[np.float32] | None
    boundary: NDArray[np.float32] | None
    hidden: NDArray[np.float32] | None


class Reader(Protocol):
    """Scores the words between two gaps.

    Attributes
    ----------
    name : str
        Shown to people.
    digest : str
        SHA-256 of everything that determines the scores.
    width : int
        Width of the hidden states.
    window : int
        Words that the model sees at once.
    gives : frozenset of str
        Of "surprisal", "boundary" and "hidden".
    words : str
        Digest of the vocabulary whose ids it reads.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def digest(self) -> str: ...  # noqa: D102
    @property
    def width(self) -> int: ...  # noqa: D102
    @property
    def window(self) -> int: ...  # noqa: D102
    @property
    def gives(self) -> frozenset[str]: ...  # noqa: D102
    @property
    def words(self) -> str: ...  # noqa: D102

    def score(
        self,
        run: NDArray[np.uint16],
        first: int = 0,
        last: int | None = None,
        *,
        hidden: bool = False,
        surprisal: bool = True,
    ) -> Scores:
        """Score the words [first, last) of a run.

        Parameters
        ----------
        run : uint16[m]
            All words between two gaps; of a memory map only what is needed is read.
        first, last : int
            0-based half-open share; a word has the same scores, bit for bit, in every share that holds it.
        hidden, surprisal : bool
            Scores to compute besides boundaries; each takes time.

        Raises
        ------
        ReaderError
            When the run holds ids that the model does not know, or the share is not inside the run.
        """
        ...
