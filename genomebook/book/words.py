"""Words of a region, and the units at a position."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genomebook.language.alphabet import GAP


@dataclass(frozen=True)
class Words:
    """Consecutive words of a volume.

    Attributes
    ----------
    ids : uint16[m]
        Word ids; 0 is a gap.
    starts, ends : int64[m]
        0-based half-open positions in the volume.
    strength : int8[m]
        Log-odds of a sentence end after each word by the signal used for the book, in 1/16 nat.
    surprisal : uint8[m]
        Surprisal of each word given the previous one, in 1/8 bit.
    letters : bytes
        Letters of the words with case, without gaps.
    signals : dict of str to int8[m, 2]
        Log-odds of a sentence and a paragraph end after each word by every signal, in 1/16 nat.
    """

    ids: NDArray[np.uint16]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    strength: NDArray[np.int8]
    surprisal: NDArray[np.uint8]
    letters: bytes
    signals: dict[str, NDArray[np.int8]]

    def __len__(self) -> int:
        """Count words, gaps included."""
        return len(self.ids)

    def texts(self) -> list[str]:
        """Letters of each word with case; an empty string for a gap."""
        size = np.where(self.ids == GAP, 0, self.ends - self.starts)
        stops = np.cumsum(size).tolist()
        text = self.letters.decode("ascii")
        return [text[stop - n : stop] for stop, n in zip(stops, size.tolist(), strict=True)]


@dataclass(frozen=True)
class Place:
    """Numbers (0-based, in the volume) of the units at a position; -1 in a gap."""

    part: int
    chapter: int
    section: int
    paragraph: int
    sentence: int
