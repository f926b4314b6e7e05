"""Scores of the tokens of a foreign model, projected onto the words of a book.

Tokens and words cover the same bases. The surprisal of a token is spread evenly over its bases and summed
over the bases of each word, so that the total of a stretch is unchanged. A word takes the boundary log-odds
of the token that holds its last base. Its hidden state is the mean over its bases of the states of their
tokens.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Overlap:
    """The overlap of the tokens and the words of one passage.

    Parameters
    ----------
    token_ends, word_ends : integer[k], integer[n]
        Ends in bases, increasing, counted from the start of the stretch.
    token_start, word_start : int
        Base at which the first token, the first word starts.

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
        """Surprisal of words, float64[n], from that of tokens [k]; the total is the same."""
        total: NDArray[np.float64] = np.zeros(self._n)
        np.add.at(total, self._word, self._of_token * bits[self._token])
        return total

    def boundary(self, odds: NDArray[np.float32]) -> NDArray[np.float32]:
        """Log-odds [n, 2] of the tokens that hold the last base of each word, from those of tokens [k, 2]."""
        return odds[self._last]

    def hidden(self, states: NDArray[np.float32]) -> NDArray[np.float32]:
        """Mean of token states [k, width] over the bases of each word: float32[n, width]."""
        out = np.zeros((self._n, states.shape[1]), np.float64)
        np.add.at(out, self._word, self._of_word[:, None] * states[self._token])
        return out.astype(np.float32)
