"""Scores of a text, kept so that other offsets, priors and rules can be tried on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.language.alphabet import CODE, GAP, NOT_BASE
from genomebook.language.encode import Encoder
from genomebook.segmentation import boundaries
from genomebook.segmentation.boundaries import ENGLISH, Boundaries, Priors
from genomebook.segmentation.priors import PARAGRAPH, SENTENCE, UNITS_PER_NAT, LengthPrior
from genomebook.segmentation.scorer import HALO, WORDS_PER_BLOCK, BoundaryScorer


class ScoredText(NamedTuple):
    """A text without gaps, tokenized and scored.

    Attributes
    ----------
    ids : uint16[n]
        Words.
    ends : int64[n]
        Letters before the end of each word.
    raw : dict of str to float64[n, 2]
        What readers say, by signal, before calibration.
    units : dict of str to int8[n, 2]
        Signals, as `BoundaryScorer.score` gives them.
    """

    ids: NDArray[np.uint16]
    ends: NDArray[np.int64]
    raw: dict[str, NDArray[np.float64]]
    units: dict[str, NDArray[np.int8]]


def scored(scorer: BoundaryScorer, letters: NDArray[np.uint8]) -> ScoredText:
    """Tokenize and score a text.

    Parameters
    ----------
    scorer : BoundaryScorer
        With the shipped calibration.
    letters : uint8[n]
        ASCII, any case, no gaps.

    Raises
    ------
    ValueError
        When there is a gap.
    """
    if (CODE[letters] == NOT_BASE).any():
        raise ValueError("a text with a gap: give the letters on one side of it")
    ids = Encoder(scorer.vocabulary).encode(letters)
    none = np.flatnonzero(ids == GAP)
    parts: dict[str, list[NDArray[np.float64]]] = {}
    for first in range(0, len(ids), WORDS_PER_BLOCK):
        low, last = max(0, first - HALO), min(first + WORDS_PER_BLOCK, len(ids))
        _, raw = scorer.raw(ids, none, low, min(last + HALO, len(ids)))
        for name, values in raw.items():
            parts.setdefault(name, []).append(values[first - low : last - low])
    found = {name: np.concatenate(part) for name, part in parts.items()}
    ends = np.cumsum(scorer.vocabulary.lengths[ids].astype(np.int64))
    units = scorer.units(found)
    for strengths in units.values():
        strengths[-1:] = 0
    return ScoredText(ids, ends, found, units)


def decode(
    units: NDArray[np.int8], ends: NDArray[np.int64], more: int = 0, priors: Priors = ENGLISH
) -> Boundaries:
    """Place ends as `genomebook.segmentation.boundaries.decode` does, with other offsets or other priors.

    Parameters
    ----------
    units : int8[n, 2]
        Log-odds in 1/16 nat.
    ends : int64[n]
        Letters before the end of each word.
    more : int
        Added to the log-odds of both levels: the more, the more boundaries.
    priors : Priors
        Priors of lengths.
    """
    no_gap = np.zeros(len(units), np.bool_)
    sentences, paragraphs = boundaries.decode(units.astype(np.int32) + more, no_gap, priors)
    return Boundaries(ends[sentences[:-1] - 1], ends[paragraphs[:-1] - 1])


def as_many(
    units: NDArray[np.int8],
    ends: NDArray[np.int64],
    number: int,
    priors: Priors = ENGLISH,
    kept: Callable[[NDArray[np.int64]], NDArray[np.int64]] = lambda places: places,
) -> NDArray[np.int64]:
    """Change the offset of both levels until paragraph ends are as many as wanted, or nearly.

    Returns
    -------
    int64[k]
        What is ``kept`` of them, and counted.
    """
    low, high, best = -2_000, 2_000, kept(decode(units, ends, 0, priors).paragraphs)
    while high - low > 1:
        more = (low + high) // 2
        found = kept(decode(units, ends, more, priors).paragraphs)
        if abs(len(found) - number) < abs(len(best) - number):
            best = found
        low, high = (more, high) if len(found) < number else (low, more)
    return best


def other_priors() -> Iterator[tuple[str, Priors]]:
    """Priors in place of the English ones: for paragraphs, and for both levels."""
    for what, make in (("flat", flat), ("geometric", geometric), ("log-normal, twice as wide", wide)):
        sentence, paragraph = make(SENTENCE), make(PARAGRAPH)
        yield f"paragraphs {what}", Priors(ENGLISH.sentence, paragraph)
        yield f"sentences and paragraphs {what}", Priors(sentence, paragraph)


def flat(english: LengthPrior) -> NDArray[np.int32]:
    """All lengths alike, up to the longest English one."""
    return np.full(english.longest + 1, -round(np.log(english.longest) * UNITS_PER_NAT), np.int32)


def geometric(english: LengthPrior) -> NDArray[np.int32]:
    """A geometric distribution with the English mean."""
    mean = english.mean()
    log_p = np.log(1 / mean) + (np.arange(english.longest + 1) - 1) * np.log(1 - 1 / mean)
    units: NDArray[np.int32] = np.rint(log_p * UNITS_PER_NAT).astype(np.int32)
    return units


def wide(english: LengthPrior) -> NDArray[np.int32]:
    """As English, sigma doubled."""
    return LengthPrior(english.mu, 2 * english.sigma, english.longest).units()
