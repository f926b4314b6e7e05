"""What decided an answer: each DNA word of a sequence is hidden in turn and the answer asked for again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from genomebook import stats
from genomebook.genome.stretches import true_runs
from genomebook.language.alphabet import BASES, CODE, NOT_BASE
from genomebook.language.encode import Encoder
from genomebook.language.shuffle import dinucleotide_shuffle
from genomebook.tasks.rules.base import Rule

DRAWS = 12
"""Random texts that a word is replaced by in turn."""

MAX_LETTERS = 2_000
"""Longest sequence that is taken apart."""

_SEED = 1


class WordDrop(NamedTuple):
    """A word at [start, end), 0-based half-open, and what the log-odds of the answer lose without it (nats).

    Negative where the answer gains.
    """

    start: int
    end: int
    drop: float


def words_of_sequence(encoder: Encoder, sequence: str) -> list[tuple[int, int]]:
    """Starts and ends of the DNA words of a sequence, as a book of the same vocabulary has them.

    Parameters
    ----------
    encoder : Encoder
        Tokenizer of the vocabulary.
    sequence : str
        Upper case; a run of N and each ambiguous letter is left out.
    """
    spans: list[tuple[int, int]] = []
    letters = np.frombuffer(sequence.encode("ascii"), np.uint8)
    codes = CODE[letters]
    for first, last in true_runs(codes < NOT_BASE).tolist():
        ends = first + np.cumsum(encoder.vocabulary.lengths[encoder.encode(letters[first:last])])
        spans += zip([first, *ends[:-1].tolist()], ends.tolist(), strict=True)
    return spans


def log_odds(logits: NDArray[np.floating], label: int) -> NDArray[np.float64]:
    """Log-odds of a label against all others.

    Parameters
    ----------
    logits : float[n, labels]
        As a rule gives them.
    label : int
        Number of the label.

    Returns
    -------
    float64[n]
        In nats.
    """
    others = np.delete(np.asarray(logits, np.float64), label, axis=1)
    odds: NDArray[np.float64] = np.asarray(logits, np.float64)[:, label] - logsumexp(others, axis=1)
    return odds


def occlusion(
    rule: Rule, sequence: str, label: int, spans: Sequence[tuple[int, int]], draws: int = DRAWS
) -> list[WordDrop]:
    """Hide each word in turn and measure what the log-odds of a label lose.

    A word is hidden by random letters of the composition of the sequence, so that its length and place stay;
    the loss is the mean over `draws` of them, the same for the same sequence.

    Parameters
    ----------
    rule : Rule
        What answered.
    sequence : str
        Upper case.
    label : int
        Number of the label that was answered.
    spans : sequence of (start, end)
        Words, from `words_of_sequence`.
    draws : int
        Random texts for each word.

    Returns
    -------
    list of WordDrop
        One for each span, in order.

    Notes
    -----
    Occlusion after Zeiler and Fergus (2014), by word instead of by patch.
    """
    if not spans:
        return []
    letters = np.frombuffer(sequence.encode("ascii"), np.uint8)
    codes = CODE[letters]
    counts = np.bincount(codes[codes < NOT_BASE], minlength=NOT_BASE)[:NOT_BASE].astype(np.float64)
    rng = stats.generator(_SEED, sequence)
    plain = np.frombuffer(BASES.encode(), np.uint8)
    hidden = []
    for start, end in spans:
        drawn = plain[rng.choice(NOT_BASE, (draws, end - start), p=counts / counts.sum())]
        for row in drawn:
            hidden.append(sequence[:start] + row.tobytes().decode("ascii") + sequence[end:])
    whole = log_odds(rule.logits([sequence]), label)[0]
    left = log_odds(rule.logits(hidden), label).reshape(len(spans), draws).mean(axis=1)
    return [WordDrop(*span, float(whole - rest)) for span, rest in zip(spans, left, strict=True)]


def shuffled_sequence(sequence: str) -> str:
    """The control: the sequence shuffled so that the count of each pair of neighbouring letters stays."""
    return dinucleotide_shuffle(sequence.encode("ascii"), _SEED, "occlusion").decode("ascii")
