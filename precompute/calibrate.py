"""How the constants of segmentation were set: ``python -m precompute.calibrate FASTA...``.

Prints the mean and spread of the shift at sentence ends, and the rates at which sentences and paragraphs
of the given sequence are as long as the English ones of `genomebook.segmentation.priors`. Words are counted
on the first half of the records and the constants measured on the second, since words are less surprising to
a reader that has counted them. The shipped constants come from the training sequence (chromosomes 4, 6, 9,
22 and X of the shared data), never from the test set.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genomebook.genome.fasta import Genome, unpack
from genomebook.language.alphabet import GAP
from genomebook.language.encode import Encoder
from genomebook.language.vocabulary import load_vocabulary
from genomebook.models.ngram import NgramReader
from genomebook.segmentation import shift as shifts
from genomebook.segmentation.decode import segment
from genomebook.segmentation.priors import PARAGRAPH, SENTENCE, UNITS_PER_NAT


def _find_rate(mean_length: Callable[[int], float], wanted: float) -> int:
    """Bisect for the integer rate whose mean length is nearest below the wanted one."""
    low, high = -128, 128
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if mean_length(middle) < wanted else (middle, high)
    return high


def calibrate(fastas: list[Path], words: str) -> dict[str, float]:
    """Measure the constants on sequence.

    Parameters
    ----------
    fastas : list of Path
        Training sequence.
    words : str
        Vocabulary.

    Returns
    -------
    dict
        sentence_rate, paragraph_rate, shift_mean, shift_spread.
    """
    vocabulary = load_vocabulary(words)
    encoder = Encoder(vocabulary)
    chunks: list[NDArray[np.uint16]] = []
    for fasta in fastas:
        with tempfile.TemporaryDirectory() as folder:
            unpack(fasta, Path(folder))
            genome = Genome(Path(folder))
            chunks += [
                np.append(encoder.encode(genome.letters(r.name)), np.uint16(GAP)) for r in genome.records
            ]
    total = np.cumsum([len(chunk) for chunk in chunks])
    half = int(np.searchsorted(total, total[-1] / 2)) + 1
    reader = NgramReader.count("half", vocabulary, ([chunk] for chunk in chunks[:half]))
    ids = np.concatenate(chunks[half:])
    surprisal, strength = reader.score(ids)
    is_gap = ids == GAP
    breaks = (is_gap | np.append(is_gap[1:], True)).astype(np.uint8)
    strengths = strength.astype(np.int32)

    def sentences(rate: int) -> NDArray[np.int64]:
        return segment(strengths + rate, breaks, SENTENCE.units())

    rate = _find_rate(lambda r: len(ids) / len(sentences(r)), SENTENCE.mean())
    ends = sentences(rate)
    starts = np.concatenate([[0], ends[:-1]])
    ends = ends[~is_gap[starts]]
    before_gap = np.append(is_gap, True)[ends]
    raw = shifts.shift(surprisal, is_gap, ends)[~before_gap] / 16 * shifts.SPREAD + shifts.MEAN
    moved = shifts.shift(surprisal, is_gap, ends)
    paragraph_rate = _find_rate(
        lambda r: len(ends) / len(segment(moved + r, before_gap.astype(np.uint8), PARAGRAPH.units())),
        PARAGRAPH.mean(),
    )
    return {
        "words": len(ids),
        "sentence_prior_mean": SENTENCE.mean(),
        "sentence_rate": rate,
        "sentence_mean": len(ids) / len(ends),
        "shift_mean": float(raw.mean()),
        "shift_spread": float(raw.std()),
        "paragraph_prior_mean": PARAGRAPH.mean(),
        "paragraph_rate": paragraph_rate,
        "units_per_nat": UNITS_PER_NAT,
    }


if __name__ == "__main__":
    for name in ("words-600", "words-4096"):
        print(name, calibrate([Path(argument) for argument in sys.argv[1:]], name))
