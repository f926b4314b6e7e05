"""The labelled pairs of the transfer experiment: English to learn from, English and DNA to be tested on."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from genomebook.genome.fasta import Genome, unpack
from genomebook.training.corpora.corpus import documents, is_held_out
from genomebook.training.corpora.english_text import paragraphs
from genomebook.training.pairs.dna import KINDS, homologue_pairs, repeat_pairs, synthetic_pairs
from genomebook.training.pairs.english import TextPair, made_pairs, read_pairs, unrelated_pairs
from genomebook.training.pairs.model import Script


class PairSet(NamedTuple):
    """A named set of labelled pairs of one script."""

    name: str
    script: Script
    pairs: list[TextPair]


def english_sets(
    books: Sequence[Path], train: Sequence[Path], tests: dict[str, Path], *, made: int, seed: int
) -> tuple[list[TextPair], list[PairSet]]:
    """Gather English pairs.

    Parameters
    ----------
    books : sequence of Path
        Text to make pairs from; the documents that the corpus holds out (`is_held_out`) give the test set.
    train : sequence of Path
        PAWS or PAWS-X files to learn from.
    tests : dict of str to Path
        Files to be tested on only (PAWS-X test, MRPC), by name.
    made : int
        Pairs to make for training; an eighth as many for the test.
    seed : int
        Decides what is made.

    Returns
    -------
    train : list of TextPair
        Of both sources; none has a sentence of a test pair.
    tests : list of PairSet
        "books"; "books, unrelated", with the negatives of `unrelated_pairs`; those of ``tests``.
    """
    texts: dict[bool, list[str]] = {True: [], False: []}
    for path in books:
        for document in documents(path):
            texts[is_held_out(document)].append(document)
    held, used = (
        made_pairs(_spread(texts[part]), seed, most) for part, most in ((True, made // 8), (False, made))
    )
    positives = [pair for pair in held if pair.label == 1]
    easy = [pair for both in zip(positives, unrelated_pairs(held, seed), strict=False) for pair in both]
    sets = [PairSet("books", "english", held), PairSet("books, unrelated", "english", easy)] if held else []
    sets += [PairSet(name, "english", read_pairs(path)) for name, path in tests.items()]
    seen = {side for one in sets for pair in one.pairs for side in (pair.a, pair.b)}
    learnt = [pair for path in train for pair in read_pairs(path)] + used
    return [pair for pair in learnt if pair.a not in seen and pair.b not in seen], sets


def _spread(texts: list[str]) -> Iterable[str]:
    """Paragraphs of all documents in turn, so that the first pairs come from many of them."""
    lists = [iter(paragraphs(text)) for text in texts]
    while lists:
        going = []
        for one in lists:
            for _ in range(16):
                paragraph = next(one, None)
                if paragraph is None:
                    break
                yield paragraph
            else:
                going.append(one)
        lists = going


def with_unrelated(pairs: list[TextPair], seed: int, every: int = 2) -> list[TextPair]:
    """Put unrelated sentences in place of negatives, of each or of every second one.

    PAWS asks whether words stand in another order; this asks for likeness too, or for likeness alone.
    """
    easy = unrelated_pairs(pairs, seed)
    negatives = [i for i, pair in enumerate(pairs) if pair.label == 0][::every]
    swapped = list(pairs)
    for i, pair in zip(negatives, easy, strict=False):
        swapped[i] = pair
    return swapped


def dna_sets(
    genome: Genome,
    contigs: Sequence[str],
    *,
    homologues: Path | None,
    repeats: Path | None,
    count: int,
    seed: int,
) -> list[PairSet]:
    """Make the DNA test sets: the three published kinds, human-chimpanzee homologues, repeat copies.

    Parameters
    ----------
    genome : Genome
        Source of the synthetic pairs.
    contigs : sequence of str
        Contigs to draw from; give held-out ones.
    homologues, repeats : Path, optional
        Tables of `homologue_pairs` and `repeat_pairs`.
    count, seed : int
        Pairs of each made set at most; decides the draws.
    """
    sets = [PairSet(kind, "dna", synthetic_pairs(genome, contigs, kind, count, seed)) for kind in KINDS]
    if homologues is not None:
        sets.append(PairSet("homologues", "dna", homologue_pairs(homologues, 150)[:count]))
    if repeats is not None:
        sets.append(PairSet("repeats", "dna", repeat_pairs(repeats, 100, count, seed)))
    return sets


def dna_sets_of(
    fasta: Path,
    contigs: Sequence[str],
    *,
    homologues: Path | None,
    repeats: Path | None,
    count: int,
    seed: int,
) -> list[PairSet]:
    """Open a FASTA file and make `dna_sets` of it."""
    with tempfile.TemporaryDirectory() as folder:
        unpack(fasta, Path(folder))
        with Genome(Path(folder)) as genome:
            return dna_sets(genome, contigs, homologues=homologues, repeats=repeats, count=count, seed=seed)
