"""Pairs of DNA, alike (1) or unrelated (0), as the published evaluation describes them (arXiv 2501.16982).

Sides have 150 bases in DNA150s and DNA150, 50 in DNA50. An alike pair of DNA150s is two aligned copies of a
stretch that differ by substitutions; one of DNA150 and DNA50 is a copy with substitutions, insertions and
deletions, cut to length. An unrelated side is a stretch from elsewhere in which as few bases as possible are
replaced to give it the base counts of the copy, so that composition alone cannot tell the classes. The paper
does not give its rates; those used here are in `KINDS`.

Human-chimpanzee homologues and copies of repeat families are two more sets, whose changes are natural; their
unrelated partner is the one whose composition is most like that of the true partner.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genomebook.errors import FastaError, GenomebookError
from genomebook.genome.fasta import Genome
from genomebook.genome.names import canonical
from genomebook.genome.stretches import true_runs
from genomebook.training.corpora.batches import rng_of
from genomebook.training.pairs.english import TextPair

TEST_ONLY = ("chr1", "chr2", "chr21", "chrM")
"""Contigs that nothing is trained on."""

_BASES = np.frombuffer(b"ACGT", np.uint8)
_CANDIDATES = 16


@dataclass(frozen=True)
class PairKind:
    """One published test set.

    Parameters
    ----------
    length : int
        Bases of each side.
    substitutions, indels : (float, float)
        Range of the rate per base; each pair draws one rate of each. An indel has 1 to 3 bases.
    """

    length: int
    substitutions: tuple[float, float]
    indels: tuple[float, float]


KINDS = {
    "DNA150s": PairKind(150, (0.02, 0.10), (0.0, 0.0)),
    "DNA150": PairKind(150, (0.05, 0.20), (0.01, 0.04)),
    "DNA50": PairKind(50, (0.05, 0.15), (0.01, 0.04)),
}


def synthetic_pairs(
    genome: Genome, contigs: Iterable[str], kind: str, count: int, seed: int
) -> list[TextPair]:
    """Draw ``count`` pairs of one of `KINDS`, half of them alike, in upper case.

    Parameters
    ----------
    genome, contigs
        Sequence, and the contigs to draw from under any alias: those of the test set.
    kind, count, seed
        Name of the kind; number of pairs; decides all draws.

    Raises
    ------
    FastaError
        When the contigs do not exist or hold no stretch without gaps.
    """
    shape = KINDS[kind]
    stretches = _stretches(genome, contigs, 2 * shape.length)
    pairs = []
    for i in range(count):
        rng = rng_of(seed, kind, i)
        place, stretch = _draw(stretches, shape.length, rng)
        copy = mutated(stretch, shape, rng)
        other = copy[: shape.length] if i % 2 else _unrelated(stretches, place, copy[: shape.length], rng)
        pairs.append(TextPair(_text(stretch[: shape.length]), _text(other), i % 2))
    return pairs


def mutated(letters: NDArray[np.uint8], kind: PairKind, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Copy a stretch (uint8 ASCII) with substitutions, then insertions and deletions."""
    copy = letters.copy()
    hit = np.flatnonzero(rng.random(len(copy)) < rng.uniform(*kind.substitutions))
    codes = np.searchsorted(_BASES, copy[hit])
    copy[hit] = _BASES[(codes + rng.integers(1, 4, len(hit))) % 4]
    parts, last = [], 0
    for at in np.flatnonzero(rng.random(len(copy)) < rng.uniform(*kind.indels)).tolist():
        if at < last:
            continue
        size = int(rng.integers(1, 4))
        parts.append(copy[last:at])
        if rng.random() < 0.5:
            parts.append(_BASES[rng.integers(0, 4, size)])
            last = at
        else:
            last = at + size
    return np.concatenate([*parts, copy[last:]])


def _stretches(genome: Genome, contigs: Iterable[str], least: int) -> list[tuple[int, NDArray[np.uint8]]]:
    """Numbered runs of ACGT of the contigs, in upper case."""
    wanted = {canonical(name) for name in contigs}
    pieces = []
    for record in genome.records:
        if canonical(record.contig) not in wanted:
            continue
        letters = genome.letters(record.name) & np.uint8(0xDF)
        runs = true_runs(np.isin(letters, _BASES))
        pieces += [letters[a:b] for a, b in runs.tolist() if b - a >= least]
    if not pieces:
        raise FastaError(
            f"{genome.path}: no letters of {', '.join(sorted(wanted))} to make pairs of; name others"
        )
    return list(enumerate(pieces))


def _draw(
    stretches: list[tuple[int, NDArray[np.uint8]]], length: int, rng: np.random.Generator
) -> tuple[tuple[int, int], NDArray[np.uint8]]:
    """Draw a place and one and a half times as many bases as a side has, because deletions shorten a copy."""
    span = length + length // 2
    weights = np.array([len(run) - span for _, run in stretches], np.float64)
    number, run = stretches[int(rng.choice(len(stretches), p=weights / weights.sum()))]
    start = int(rng.integers(len(run) - span))
    return (number, start), run[start : start + span]


def _unrelated(
    stretches: list[tuple[int, NDArray[np.uint8]]], place: tuple[int, int], copy: NDArray[np.uint8],
    rng: np.random.Generator,
) -> NDArray[np.uint8]:  # fmt: skip
    """Draw a stretch from elsewhere and give it the base counts of a copy."""
    length, target = len(copy), _counts(copy)
    candidates: list[NDArray[np.uint8]] = []
    while len(candidates) < _CANDIDATES:
        where, letters = _draw(stretches, length, rng)
        if where[0] != place[0] or abs(where[1] - place[1]) >= 4 * length:
            candidates.append(letters[:length])
    best = min(candidates, key=lambda letters: int(np.abs(_counts(letters) - target).sum())).copy()
    surplus = _counts(best) - target
    missing = rng.permutation(np.repeat(_BASES, np.maximum(-surplus, 0)))
    many = [
        rng.choice(np.flatnonzero(best == base), more, replace=False)
        for base, more in zip(_BASES, np.maximum(surplus, 0), strict=True)
    ]
    best[np.concatenate(many)] = missing
    return best


def _counts(letters: NDArray[np.uint8]) -> NDArray[np.int64]:
    return np.bincount(letters, minlength=128)[_BASES]


def _text(letters: NDArray[np.uint8]) -> str:
    return letters.tobytes().decode("ascii")


def homologue_pairs(path: Path, length: int) -> list[TextPair]:
    """Pair real homologues of contigs that nothing was trained on, and each with the partner of another.

    Parameters
    ----------
    path : Path
        Tab-separated, gzip: ``pair id_a seq_a id_b seq_b identity label``; rows of label 1 are used.
    length : int
        Bases kept of the start of each side.
    """
    wanted = {canonical(name) for name in TEST_ONLY}
    pairs: list[TextPair] = []
    for row in _rows(path, ("id_a", "seq_a", "seq_b", "label")):
        contig = row["id_a"].split("|")[-1].split(":")[0]
        pair = TextPair(row["seq_a"][:length].upper(), row["seq_b"][:length].upper(), 1)
        if row["label"] == "1" and canonical(contig) in wanted and _is_whole(pair, length):
            pairs.append(pair)
    partners = _Partners(sorted({pair.b for pair in pairs}))
    return [p for pair in pairs for p in (pair, *partners.like(pair))]


def repeat_pairs(path: Path, length: int, count: int, seed: int) -> list[TextPair]:
    """Pair copies of one repeat family, and each first copy with one of a family of another class.

    Copies are on contigs that nothing was trained on. They are cut at their start, and two copies need not
    cover the same part of their family: a hard set.

    Parameters
    ----------
    path : Path
        Tab-separated, gzip: ``chrom start0 end strand name class type sequence``.
    length, count, seed : int
        Bases of a side; maximum number of pairs; decides the draws.
    """
    wanted = {canonical(name) for name in TEST_ONLY}
    copies: dict[tuple[str, str], list[str]] = {}
    for row in _rows(path, ("chrom", "name", "class", "sequence")):
        letters = row["sequence"][:length].upper()
        if canonical(row["chrom"]) in wanted and _is_whole(TextPair(letters, letters, 1), length):
            copies.setdefault((row["class"].split("/")[0], row["name"]), []).append(letters)
    many = sorted(family for family, letters in copies.items() if len(letters) > 1)
    pairs: list[TextPair] = []
    for i in range(count // 2 if many else 0):
        rng = rng_of(seed, "repeats", i)
        family = many[int(rng.integers(len(many)))]
        a, b = (copies[family][int(k)] for k in rng.choice(len(copies[family]), 2, replace=False))
        far = [letters for other in sorted(copies) if other[0] != family[0] for letters in copies[other]]
        pairs += [TextPair(a, b, 1), *_Partners(far).like(TextPair(a, b, 1))]
    return pairs


class _Partners:
    """Sequences among which to find an unrelated partner."""

    def __init__(self, partners: list[str]) -> None:
        self.partners = np.array(partners)
        self.counts = _composition(partners)

    def like(self, pair: TextPair) -> list[TextPair]:
        """Pair the first side with the partner as far in composition as the true one, if there is any."""
        a, b = _composition([pair.a, pair.b])
        gap = np.abs(np.abs(self.counts - a).sum(axis=1) - np.abs(b - a).sum())
        others = np.flatnonzero(self.partners != pair.b)
        if not len(others):
            return []
        return [TextPair(pair.a, str(self.partners[others[gap[others].argmin()]]), 0)]


def _composition(texts: list[str]) -> NDArray[np.int64]:
    return np.array([[text.count(base) for base in "ACGT"] for text in texts], np.int64).reshape(-1, 4)


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Rows of a gzipped table with these columns."""
    try:
        with gzip.open(path, "rt", encoding="ascii") as lines:
            rows = csv.DictReader(lines, delimiter="\t")
            if not set(columns) <= set(rows.fieldnames or ()):
                raise ValueError(f"columns {rows.fieldnames}")
            yield from rows
    except (OSError, EOFError, ValueError, csv.Error) as error:
        raise GenomebookError(f"{path}: not a table with {', '.join(columns)} ({error}); give that") from None


def _is_whole(pair: TextPair, length: int) -> bool:
    return all(len(side) == length and set(side) <= set("ACGT") for side in (pair.a, pair.b))
