"""What vectors of sentences are good for: mutated copies found again, repeats of a family together."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genomebook.book.read import Book
from genomebook.compiled import kernel
from genomebook.errors import GenomebookError
from genomebook.language.alphabet import CODE, reverse_complement
from genomebook.training.corpora.batches import rng_of
from genomebook.training.measures import NEIGHBOURS, recall
from genomebook.training.sentences.pairs import mutate

Embed = Callable[[Sequence[bytes]], NDArray[np.float32]]

RATES = (0.0, 0.05, 0.10, 0.15, 0.20, 0.30)
WORDING = 11
"""Letters of a word that wording could find: BLASTN's default."""


def book_sentences(book: Book, least: int = 20) -> list[bytes]:
    """Upper-case letters of the sentences of a book with at least this many letters, in order."""
    found = []
    for volume in book.volumes.values():
        letters = volume.sequence(0, volume.length).upper()
        table = volume.sentences()
        spans = zip(table["start"].tolist(), table["end"].tolist(), strict=True)
        found += [letters[start:end] for start, end in spans if end - start >= least]
    return found


def mutation_recall(
    encoders: Mapping[str, Embed], sentences: Sequence[bytes], own: int, *, count: int = 1000,
    least: int = 50, indels: float = 0.0, seed: int = 0,
) -> dict[str, dict[str, list[float]]]:  # fmt: skip
    """Recall at 1 and 10 of mutated sentences, by encoder and rate of `RATES`.

    Parameters
    ----------
    encoders : mapping
        By name.
    sentences : sequence of bytes
        The database; queries are drawn from the first ``own``.
    own, count, least : int
        See above; queries; shortest sentence to ask for.
    indels : float
        Share of the changes that are insertions or deletions of 1 to 3 letters; the others are substitutions.
    seed : int
        Decides queries, strands and changes.
    """
    rng = rng_of(seed, "recall")
    long = np.array([i for i in range(own) if len(sentences[i]) >= least])
    truth = rng.permutation(long)[:count]
    turned = rng.random(len(truth)) < 0.5
    strands = [
        reverse_complement(sentences[i]) if t else sentences[i] for i, t in zip(truth, turned, strict=True)
    ]
    asked = {
        rate: [mutate(s, rate * (1 - indels), rate * indels, rng_of(seed, "recall", k, int(100 * rate)))
               for k, s in enumerate(strands)]
        for rate in RATES
    }  # fmt: skip
    found: dict[str, dict[str, list[float]]] = {}
    for name, embed in encoders.items():
        rows = embed(sentences)
        found[name] = {
            f"{rate:.2f}": [round(value, 4) for value in recall(rows, embed(queries), truth)]
            for rate, queries in asked.items()
        }
    return found


@dataclass(frozen=True)
class Copies:
    """Copies of repeat families.

    Attributes
    ----------
    letters : list of bytes
        Upper case.
    families : int64[n]
        Number of the family of each.
    apart : bool[n, n]
        Whether two share no `WORDING`-mer on either strand (False on the diagonal).
    """

    letters: list[bytes]
    families: NDArray[np.int64]
    apart: NDArray[np.bool_]


def read_copies(path: Path, column: str = "class", contigs: Sequence[str] | None = None) -> Copies:
    """Read copies of repeats of 50 to 400 letters, every family that has two or more.

    Parameters
    ----------
    path : Path
        Tab-separated, gzip: ``chrom start0 end strand name class type sequence``.
    column : "class" or "name"
        What a family is: "SINE/Alu", or "AluSx".
    contigs : sequence of str, optional
        Contigs to keep.

    Raises
    ------
    GenomebookError
        When it is not such a table.
    """
    found: list[tuple[str, bytes]] = []
    try:
        with gzip.open(path, "rt", encoding="ascii") as lines:
            for row in csv.DictReader(lines, delimiter="\t"):
                letters = row["sequence"].upper().encode("ascii")
                if 50 <= len(letters) <= 400 and (contigs is None or row["chrom"] in contigs):
                    found.append((row[column], letters))
    except (OSError, EOFError, ValueError, KeyError, csv.Error) as error:
        raise GenomebookError(f"{path}: not a table of repeats ({error!r}); give chrom to sequence") from None
    names = sorted({name for name, _ in found})
    families = np.array([names.index(name) for name, _ in found], np.int64)
    many = np.bincount(families, minlength=len(names)) > 1
    kept = np.flatnonzero(many[families])
    letters_kept = [found[i][1] for i in kept]
    words = [_words(np.minimum(CODE[np.frombuffer(x, np.uint8)], 4)) for x in letters_kept]
    return Copies(letters_kept, families[kept], _apart(words))


@kernel(nogil=True)
def _words(codes):  # type: ignore[no-untyped-def]
    """Canonical `WORDING`-mers of codes uint8[n]: int64[k], sorted, each once."""
    mask = (1 << (2 * WORDING)) - 1
    found = np.empty(codes.shape[0], np.int64)
    k = forward = backward = good = 0
    for code in codes:
        good = good + 1 if code < 4 else 0
        forward = ((forward << 2) | (code & 3)) & mask
        backward = (backward >> 2) | ((3 - (code & 3)) << (2 * WORDING - 2))
        if good >= WORDING:
            found[k] = min(forward, backward)
            k += 1
    return np.unique(found[:k])


def _apart(words: Sequence[NDArray[np.int64]]) -> NDArray[np.bool_]:
    """Whether two sets of words have none in common: bool[n, n]."""
    apart = np.ones((len(words), len(words)), np.bool_)
    holders: dict[int, list[int]] = {}
    for i, some in enumerate(words):
        for word in some.tolist():
            holders.setdefault(word, []).append(i)
    for members in holders.values():
        apart[np.ix_(members, members)] = False
    np.fill_diagonal(apart, False)
    return apart


def family_neighbours(encoders: Mapping[str, Embed], copies: Copies) -> dict[str, dict[str, float]]:
    """How often neighbours that share no word with a copy are of its family.

    Returns
    -------
    dict
        By encoder: share of copies whose nearest such neighbour is of the family, and mean share of the ten
        nearest; under "chance" the mean share of all such copies; under "copies" how many were asked for:
        those with at least one relative, and ten others, that share no word with them.
    """
    same = copies.families[:, None] == copies.families[None, :]
    asked = np.flatnonzero(((same & copies.apart).sum(1) > 0) & (copies.apart.sum(1) >= NEIGHBOURS))
    chance = ((same & copies.apart).sum(1) / np.maximum(copies.apart.sum(1), 1))[asked].mean()
    found: dict[str, dict[str, float]] = {
        "chance": {"nearest": round(float(chance), 4), "of ten": round(float(chance), 4)},
        "copies": {"asked": len(asked)},
    }
    for name, embed in encoders.items():
        vectors = embed(copies.letters)
        cosines = np.where(copies.apart, vectors @ vectors.T, -np.inf)[asked]
        near = np.argsort(-cosines, axis=1, kind="stable")[:, :NEIGHBOURS]
        hits = same[asked[:, None], near]
        found[name] = {
            "nearest": round(float(hits[:, 0].mean()), 4), "of ten": round(float(hits.mean()), 4)
        }  # fmt: skip
    return found
