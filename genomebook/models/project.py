"""Scores of a foreign model's tokens, carried over to the words of the book.

Both spell the same letters, so both are given by where they end. A token's surprisal is spread evenly over
its letters and summed over the letters of each word: the total over a stretch stays the same. A word's
boundary log-odds are those of the token that holds its last letter: the one that ends there, if one does.
A word's hidden state is the mean of its letters' states, each letter having that of its token.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Overlap:
    """How the tokens and the words of one passage lie over each other.

    Parameters
    ----------
    token_ends, word_ends : integer[k], integer[n]
        Ends in letters, increasing, counted from the start of the stretch.
    token_start, word_start : int
        Letter at which the first token, the first word starts.

    Raises
    ------
    ValueError
        When the tokens do not cover the words.
    """

    def __init__(
        self,
        token_ends: NDArray[np.integer],
        word_ends: NDArray[np.integer],
        *,
        token_start: int = 0,
        word_start: int = 0,
    ) -> None:
        tokens, words = token_ends.astype(np.int64), word_ends.astype(np.int64)
        if words.size and (not tokens.size or token_start > word_start or tokens[-1] < words[-1]):
            raise ValueError("the tokens do not cover the words")
        last = words[-1] if words.size else word_start
        inside = tokens[(tokens > word_start) & (tokens < last)]
        ends = np.union1d(inside, words)
        lengths = np.diff(ends, prepend=word_start).astype(np.float64)
        self._token = np.searchsorted(tokens, ends)
        self._word = np.searchsorted(words, ends)
        self._of_token = lengths / np.diff(tokens, prepend=token_start)[self._token]
        self._of_word = lengths / np.diff(words, prepend=word_start)[self._word]
        self._last = np.searchsorted(tokens, words)
        self._n = words.size

    def surprisal(self, bits: NDArray[np.floating]) -> NDArray[np.float64]:
        """Spread and sum: token surprisals [k] give word surprisals float64[n], with the same total."""
        total: NDArray[np.float64] = np.zeros(self._n)
        np.add.at(total, self._word, self._of_token * bits[self._token])
        return total

    def boundary(self, odds: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take the log-odds [k, 2] of the token that holds the last letter of each word: [n, 2]."""
        return odds[self._last]

    def hidden(self, states: NDArray[np.float32]) -> NDArray[np.float32]:
        """Mean of token states [k, width] over the letters of each word: float32[n, width]."""
        out = np.zeros((self._n, states.shape[1]), np.float64)
        np.add.at(out, self._word, self._of_word[:, None] * states[self._token])
        return out.astype(np.float32)
