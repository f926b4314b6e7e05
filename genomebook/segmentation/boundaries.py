"""Boundaries of a volume: sentence and paragraph ends, decoded from boundary scores."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.genome.stretches import starts_of, true_runs
from genomebook.language.alphabet import CODE, GAP, NOT_BASE
from genomebook.language.vocabulary import Vocabulary
from genomebook.segmentation.decode import segment
from genomebook.segmentation.priors import PARAGRAPH, SENTENCE


class Priors(NamedTuple):
    """Log priors of lengths, as `genomebook.segmentation.decode.Decoder` takes them."""

    sentence: NDArray[np.int32]
    paragraph: NDArray[np.int32]


ENGLISH = Priors(SENTENCE.units(), PARAGRAPH.units())


class Boundaries(NamedTuple):
    """Ends of sentences and paragraphs, without those beside gaps and at the end of the volume.

    Attributes
    ----------
    sentences, paragraphs : int64[k], int64[m]
        Ascending, local, 0-based; every paragraph end is a sentence end.
    """

    sentences: NDArray[np.int64]
    paragraphs: NDArray[np.int64]

    def of(self, level: str) -> NDArray[np.int64]:
        """Ends of a level: "sentence" or "paragraph"."""
        return self.sentences if level == "sentence" else self.paragraphs


def word_ends(
    ids: NDArray[np.uint16], letters: NDArray[np.uint8], vocabulary: Vocabulary
) -> NDArray[np.int64]:
    """End of each word in bases: int64[n]; gaps are as long as their runs of N."""
    sizes = vocabulary.lengths[ids].astype(np.int64)
    sizes[ids == GAP] = np.diff(true_runs(CODE[letters] == NOT_BASE), axis=1)[:, 0]
    return np.cumsum(sizes)


def decode(
    signal: NDArray[np.int8] | NDArray[np.int32], is_gap: NDArray[np.bool_], priors: Priors = ENGLISH
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find sentence and paragraph ends by one optimisation for each level.

    Parameters
    ----------
    signal : int8[n, 2] or int32[n, 2]
        Log-odds in 1/16 nat.
    is_gap : bool[n]
        Gaps; a sentence ends before one.
    priors : Priors
        Length priors.

    Returns
    -------
    sentences, paragraphs : int64[k], int64[m]
        Ends, in words; gaps are not sentences.
    """
    if not len(signal):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    breaks = is_gap | np.append(is_gap[1:], True)
    ends = segment(signal[:, 0].astype(np.int32), breaks.astype(np.uint8), priors.sentence)
    ends = ends[~is_gap[starts_of(ends)]]
    closes = breaks[ends - 1].astype(np.uint8)
    last = segment(signal[ends - 1, 1].astype(np.int32), closes, priors.paragraph)
    return ends, ends[last - 1]
