"""The labelled pairs of the transfer experiment: English to learn from, English and DNA to test on."""

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
    """Collect English pairs.

    Parameters
    ----------
    books : sequence of Path
        Text to make pairs from; held-out documents (`is_held_out`) give the test set.
    train, tests
        PAWS or PAWS-X files to learn from; files for testing only (PAWS-X test, MRPC), by name.
    made, seed : int
        Pairs to make for training, an eighth as many for the test; decides what is made.

    Returns
    -------
    train : list of TextPair
        Training pairs of both sources, without sentences of test pairs.
    tests : list of PairSet
        "books"; "books, unrelated", with negatives of `unrelated_pairs`; those of ``tests``.
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
    seen = {side for pair_set in sets for pair in pair_set.pairs for side in (pair.a, pair.b)}
    learnt = [pair for path in train for pair in read_pairs(path)] + used
    return [pair for pair in learnt if pair.a not in seen and pair.b not in seen], sets


def _spread(texts: list[str]) -> Iterable[str]:
    """Paragraphs of all documents in turn, so that the first pairs come from many of them."""
    lists = [iter(paragraphs(text)) for text in texts]
    while lists:
        going = []
        for paragraphs_left in lists:
            for _ in range(16):
                paragraph = next(paragraphs_left, None)
                if paragraph is None:
                    break
                yield paragraph
            else:
                going.append(paragraphs_left)
        lists = going


def with_unrelated(pairs: list[TextPair], seed: int, every: int = 2) -> list[TextPair]:
    """Replace every negative, or every second one, by unrelated sentences.

    PAWS asks only whether the order of words differs; unrelated sentences ask for similarity.
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
    """Make the DNA test sets: the three published kinds, homologues and repeat copies if given.

    Parameters
    ----------
    genome, contigs
        Source of the synthetic pairs; contigs to draw from: held-out ones.
    homologues, repeats : Path, optional
        Tables of `homologue_pairs` and `repeat_pairs`.
    count, seed : int
        Maximum pairs of each set; decides the draws.
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
