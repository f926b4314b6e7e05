"""Statistics of words: composition, and counts against a shuffled control."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from genomebook.language.alphabet import AMBIGUOUS, reverse_complement
from genomebook.language.vocabulary import Vocabulary


def entropy(word: str) -> float:
    """Shannon entropy of the composition of a word, in bits per base: 0 for AAAA, 2 for ACGT."""
    shares = [word.count(letter) / len(word) for letter in set(word)]
    return -sum(share * math.log2(share) for share in shares) + 0.0


def word_statistics(vocabulary: Vocabulary) -> pd.DataFrame:
    """Composition of the words of a vocabulary, ambiguity codes included.

    Parameters
    ----------
    vocabulary : Vocabulary
        n words with letters.

    Returns
    -------
    DataFrame
        n rows in order of id: ``id`` (uint16), ``word``, ``length`` (uint8, letters), ``gc`` (float32, share
        of G and C), ``cpg`` (uint8, pairs CG), ``entropy`` (float32, bits a letter), ``partner`` (uint16, id
        of the reverse complement, 0 where that is not a word).
    """
    ids = {word: i for i, word in enumerate(vocabulary.words) if word}
    words = list(ids)
    partners = [ids.get(reverse_complement(word.encode()).decode(), 0) for word in words]
    return pd.DataFrame(
        {
            "id": np.array(list(ids.values()), np.uint16),
            "word": words,
            "length": vocabulary.lengths[list(ids.values())],
            "gc": np.array([sum(map(word.count, "GC")) / len(word) for word in words], np.float32),
            "cpg": np.array([word.count("CG") for word in words], np.uint8),
            "entropy": np.array([entropy(word) for word in words], np.float32),
            "partner": np.array(partners, np.uint16),
        }
    )


def against_shuffle(count: ArrayLike, expected: ArrayLike, copies: float) -> pd.DataFrame:
    """Compare counts of words with their counts in shuffled copies of the same sequence.

    Parameters
    ----------
    count : int[n]
        In the book.
    expected : float[n]
        Mean over the shuffled copies (``expected`` of the lexicon).
    copies : float
        Shuffled copies that this is the mean of (`genomebook.book.lexicon.Lexicon.copies`).

    Returns
    -------
    DataFrame
        n rows: ``times`` (count over expected; infinite where nothing was expected, missing where nothing was
        counted either), ``low`` and ``high`` (its 95 % interval, 0 to infinity where nothing is known), ``p``
        (two-sided, that both come from one rate).

    Notes
    -----
    Counts of both are taken for Poisson: given their sum, the one is binomial, and the interval of its share
    (Clopper and Pearson 1934) is one of the ratio of the rates; ``p`` is twice the smaller tail (Przyborowski
    and Wilenski 1940). Words of real sequence come in repeats and so vary more than that: the figures are
    about this sequence, not about others like it. ``p`` is for one word; of many, see to the number of tests.
    """
    real = np.asarray(count, np.float64)
    mean = np.asarray(expected, np.float64)
    mixed = np.rint(mean * copies)
    tail = 0.025
    share_low = np.where(real > 0, special.betaincinv(np.maximum(real, 1), mixed + 1, tail), 0.0)
    share_high = np.where(mixed > 0, special.betaincinv(real + 1, np.maximum(mixed, 1), 1 - tail), 1.0)
    even = 1 / (1 + copies)
    upper = np.where(real > 0, special.betainc(np.maximum(real, 1), mixed + 1, even), 1.0)
    lower = np.where(mixed > 0, special.betaincc(real + 1, np.maximum(mixed, 1), even), 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return pd.DataFrame(
            {
                "times": real / mean,
                "low": copies * share_low / (1 - share_low),
                "high": copies * share_high / (1 - share_high),
                "p": np.minimum(1.0, 2 * np.minimum(upper, lower)),
            }
        )


def letters_a_word(lexicon: pd.DataFrame) -> tuple[float, float]:
    """Mean bases per word, in the book and in shuffled copies of it.

    The excess in the real sequence is what the words capture beyond composition.

    Parameters
    ----------
    lexicon : DataFrame
        `genomebook.book.lexicon.Lexicon.table`.

    Returns
    -------
    real, shuffled : float
        Of words, ambiguous letters left out; missing (NaN) where there are none.
    """
    words = lexicon[~lexicon["word"].isin(list(AMBIGUOUS))]
    found = []
    for column in ("count", "expected"):
        counted = words[column].to_numpy(np.float64)
        total = counted.sum()
        found.append(float(counted @ words["length"].to_numpy(np.float64) / total) if total else math.nan)
    return found[0], found[1]
