"""Pairs for contrastive training: a stretch of sequence and a mutated copy of one that overlaps it.

Sequences of any length are concatenated in one array, a `Pack`, so that nothing is padded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.compiled import kernel
from genomebook.errors import FastaError
from genomebook.genome.stretches import true_runs
from genomebook.language.alphabet import CODE, NOT_BASE
from genomebook.training.corpora.batches import rng_of
from genomebook.training.corpora.sequence import open_records


class Pack(NamedTuple):
    """Concatenated sequences: codes uint8[total] (0 to 3, 4 for any other letter), lengths int64[n]."""

    codes: NDArray[np.uint8]
    lengths: NDArray[np.int64]


@dataclass(frozen=True)
class Changes:
    """Mutations of copies; each pair draws its rates from these ranges.

    Attributes
    ----------
    shortest, middle, longest : int
        Bases of a stretch: half of the lengths are below ``middle``, uniform on either side of it.
    substitutions, indels : float
        Highest share of bases replaced; of bases before which 1 to 3 are inserted or from which they are
        deleted.
    shift, stretch : float
        Highest shift of the middle of the copy, and change of its length, as shares of the length.
    """

    shortest: int = 20
    middle: int = 100
    longest: int = 400
    substitutions: float = 0.30
    indels: float = 0.06
    shift: float = 0.30
    stretch: float = 0.30


class BaseRuns:
    """Runs of bases to draw stretches from.

    Parameters
    ----------
    runs : iterable of uint8[n]
        Separate sequences of ASCII letters in either case, split at letters that are not bases.
    least : int
        Shorter runs are left out.
    """

    def __init__(self, runs: Iterable[NDArray[np.uint8]], least: int) -> None:
        parts: list[NDArray[np.uint8]] = []
        for letters in runs:
            codes = CODE[letters]
            parts += [codes[a:b] for a, b in true_runs(codes < NOT_BASE).tolist() if b - a >= least]
        self.codes = np.concatenate([*parts, np.empty(0, np.uint8)])
        self.ends = np.cumsum([len(part) for part in parts], dtype=np.int64)


def read_text(
    fasta: Path, least: int, skip: Sequence[str] = (), only: Sequence[str] | None = None
) -> BaseRuns:
    """Read the runs of at least ``least`` bases of the contigs of a FASTA file.

    Raises
    ------
    FastaError
        When it is unusable, or nothing is left of it.
    """
    with open_records([fasta], skip, only) as records:
        text = BaseRuns((genome.letters(record.name) for genome, record in records), least)
    if not len(text.codes):
        raise FastaError(f"{fasta}: no run of {least} bases is left to learn from; skip fewer contigs")
    return text


@kernel(nogil=True)
def _copy(codes, start, end, substitutions, indels, rng, out):  # type: ignore[no-untyped-def]
    """Write a mutated copy of codes[start:end] to out and return its length."""
    n, i = 0, start
    while i < end:
        if indels > 0 and rng.random() < indels:
            size = rng.integers(1, 4)
            if rng.random() < 0.5:
                for _ in range(size):
                    out[n] = rng.integers(0, 4)
                    n += 1
            else:
                i += size
                continue
        code = codes[i]
        if code < 4 and rng.random() < substitutions:
            code = (code + rng.integers(1, 4)) % 4
        out[n] = code
        n += 1
        i += 1
    return n


@kernel(nogil=True)
def _turn(codes):  # type: ignore[no-untyped-def]
    """Reverse-complement in place."""
    codes[:] = codes[::-1].copy()
    for i in range(codes.shape[0]):
        if codes[i] < 4:
            codes[i] = 3 - codes[i]


@kernel(nogil=True)
def _draw(text, ends, count, letters, rates, rng, first, second, sizes):  # type: ignore[no-untyped-def]
    """Fill first and second with pairs; sizes int64[2, count]; return the total bases of each."""
    total_one = total_two = 0
    for k in range(count):
        low, middle, high = letters
        length = rng.integers(low, middle) if rng.random() < 0.5 else rng.integers(middle, high + 1)
        run = b = 0
        while True:
            at = rng.integers(0, text.shape[0])
            run = np.searchsorted(ends, at, "right")
            b = ends[run]
            if at + length <= b:
                break
            length = max(low, min(length, (b - at)))
            if at + length <= b:
                break
        a = ends[run - 1] if run > 0 else 0
        first[total_one : total_one + length] = text[at : at + length]
        if rng.random() < 0.5:
            _turn(first[total_one : total_one + length])
        half = 0.5 * length * (1 + rates[3] * (2 * rng.random() - 1))
        middle_at = at + 0.5 * length + length * rates[2] * (2 * rng.random() - 1)
        start = max(a, np.int64(middle_at - half))
        end = min(b, max(np.int64(middle_at + half), start + low))
        size = _copy(
            text, start, end, rates[0] * rng.random(), rates[1] * rng.random(), rng, second[total_two:]
        )
        if size == 0:
            second[total_two] = text[at]
            size = 1
        sizes[0, k], sizes[1, k] = length, size
        total_one += length
        total_two += size
    return total_one, total_two


def draw_pairs(text: BaseRuns, count: int, changes: Changes, seed: int, step: int) -> tuple[Pack, Pack]:
    """Draw the pairs of one step from (seed, step) alone: stretches on either strand, and their copies."""
    rng = rng_of(seed, "sentence pairs", step)
    room = count * changes.longest
    first, second = np.empty(room, np.uint8), np.empty(4 * room, np.uint8)
    sizes = np.empty((2, count), np.int64)
    totals = _draw(
        text.codes, text.ends, count, (changes.shortest, changes.middle, changes.longest),
        (changes.substitutions, changes.indels, changes.shift, changes.stretch), rng, first, second, sizes,
    )  # fmt: skip
    return Pack(first[: totals[0]], sizes[0]), Pack(second[: totals[1]], sizes[1])


def mutate(letters: bytes, substitutions: float, indels: float, rng: np.random.Generator) -> bytes:
    """Copy a sentence with changes at rates per base; indels have 1 to 3 bases; at least one base is left.

    The copy is in upper case; letters that are not bases become N.
    """
    codes = np.minimum(CODE[np.frombuffer(letters, np.uint8)], NOT_BASE)
    out = np.empty(4 * len(codes) + 4, np.uint8)
    size = _copy(codes, 0, len(codes), substitutions, indels, rng, out)
    text = np.frombuffer(b"ACGTN", np.uint8)[out[:size] if size else codes[:1]]
    return text.tobytes()
