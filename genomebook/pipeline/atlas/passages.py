"""Vectors of sentences and paragraphs, and what the maps of them are worth.

Three ways to say how alike two passages are, none of which reads the annotation of the book: the sentence
encoder, the classes that the words alone suggest (`genomebook.lexicon.passages`), and counts of k-mers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genomebook.book.read import Book
from genomebook.book.schema import PASSAGES
from genomebook.files.progress import Stage, no_stages
from genomebook.language.alphabet import CODE
from genomebook.lexicon.passages import PassageModel
from genomebook.models.letters import count_kmers
from genomebook.models.sentences import MotifEncoder, load_sentence_encoder
from genomebook.pipeline.atlas.embeddings import WordRun
from genomebook.pipeline.atlas.words import RANDOM

BY_CLASS, BY_ENCODER, BY_KMERS = "class profile", "sentence encoder", "k-mers"
"""Ways to make a vector of a passage."""

KMER = 4
"""Letters of the k-mers that are counted."""

_FLOOR = 0.02


def class_profiles(
    model: PassageModel, runs: Sequence[WordRun], passages: NDArray[np.int64]
) -> NDArray[np.float64]:
    """How far the words of each passage raise the chance of each class above its share in the genome.

    Parameters
    ----------
    model : PassageModel
        What kind of passage words stand in.
    runs : sequence of WordRun
        The text.
    passages : int64[n, 2]
        First and last (exclusive) ordinal of each, sorted; none over a gap.

    Returns
    -------
    float64[n, states]
        Natural logarithm of the mean chance over the share, both raised by 0.02.
    """
    out = np.zeros((len(passages), len(model.states)))
    bounds = np.searchsorted(passages[:, 0], [run.first for run in runs] + [np.iinfo(np.int64).max])
    for run, start, end in zip(runs, bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        chances = model.posterior(run.ids)
        for row, (first, last) in enumerate((passages[start:end] - run.first).tolist(), start):
            out[row] = chances[first:last].mean(0)
    profiles: NDArray[np.float64] = np.log((out + _FLOOR) / (model.prior + _FLOOR))
    return profiles


def kmer_profiles(letters: Sequence[bytes]) -> NDArray[np.float64]:
    """Square roots of the shares of the k-mers of each passage, of both strands: float64[n, 4**KMER]."""
    counts = np.zeros((len(letters), 4**KMER), np.int64)
    for row, text in zip(counts, letters, strict=True):
        count_kmers(CODE[np.frombuffer(text, np.uint8)], KMER, row)
    roots: NDArray[np.float64] = np.sqrt(counts / np.maximum(counts.sum(1, keepdims=True), 1))
    return roots


def untrained_encoder(encoder: MotifEncoder, seed: int) -> MotifEncoder:
    """The encoder with the numbers of each of its tensors in random order."""
    random = np.random.Generator(np.random.PCG64(seed))
    tensors = {
        name: random.permutation(tensor.reshape(-1)).reshape(tensor.shape)
        for name, tensor in encoder.tensors.items()
    }
    return MotifEncoder(f"{encoder.name}, random weights", "", tensors, encoder.unit, encoder.threads)


def control_profiles(model: PassageModel, seed: int) -> PassageModel:
    """The model with what each word says of the classes given to another word, at random."""
    order = np.random.Generator(np.random.PCG64(seed)).permutation(model.emissions.shape[1])
    return dataclasses.replace(model, emissions=np.ascontiguousarray(model.emissions[:, order]))


def vectors_of_passages(
    book: Book,
    runs: Sequence[WordRun],
    letters: Sequence[bytes],
    words: NDArray[np.int64],
    seed: int,
    progress: Stage = no_stages,
) -> Iterator[tuple[str, str, NDArray[np.floating]]]:
    """Vectors of sentences in each way, and with random weights.

    Parameters
    ----------
    book : Book
        The book.
    runs : sequence of WordRun
        Its words.
    letters : sequence of bytes
        Letters of each sentence.
    words : int64[n, 2]
        First and last (exclusive) ordinal of each.
    seed : int
        Seed of the random weights.
    progress : callable
        Told of each way.

    Yields
    ------
    tuple of (str, str, float[n, d])
        Name of the way, `RANDOM` or nothing, and the vectors. By class only where there is a model of
        passages for the words of the book; k-mers learn nothing, and have no random weights.
    """
    if (model := passage_model(book)) is not None:
        for ending, one in (("", model), (RANDOM, control_profiles(model, seed))):
            done = progress(f"{BY_CLASS}{ending}", 1)
            profiles = class_profiles(one, runs, words)
            done(1)
            yield BY_CLASS, ending, profiles
    encoder = load_sentence_encoder()
    for ending, trained in (("", encoder), (RANDOM, untrained_encoder(encoder, seed))):
        done = progress(f"{BY_ENCODER}{ending}", 1)
        embedded = trained.embed(letters)
        done(1)
        yield BY_ENCODER, ending, embedded
    yield BY_KMERS, "", kmer_profiles(letters)


def passage_model(book: Book) -> PassageModel | None:
    """Model of the kinds of passages in the words of a book: its own, or the shipped one; None without."""
    with book.lexicon.meaning_file(PASSAGES) as path:
        model = None if path is None else PassageModel.open(path)
    return model if model is not None and model.emissions.shape[1] >= len(book.vocabulary) else None


def purity(
    neighbours: NDArray[np.int64], groups: Sequence[str], mapped: NDArray[np.int64] | None = None
) -> dict[str, Any]:
    """How often the neighbours of a passage are of its class.

    Parameters
    ----------
    neighbours : int64[n, k]
        Of each passage in all dimensions.
    groups : sequence of str
        Class of each; empty where it has none, and such passages are not asked, nor are they alike.
    mapped : int64[n, k], optional
        Neighbours on the map.

    Returns
    -------
    dict
        ``points`` that have a class, and the number of ``classes``; ``whole``, and ``map`` where there is
        one, the mean over classes of the mean share of a point's neighbours that are of its class;
        ``chance``, the same for neighbours drawn at random. Empty where fewer than two classes have more
        than k points.
    """
    names, of = np.unique(np.asarray(groups, str), return_inverse=True)
    sizes = np.bincount(of, minlength=len(names))
    asked = [at for at, name in enumerate(names) if name and sizes[at] > neighbours.shape[1]]
    if len(asked) < 2:
        return {}

    def share(near: NDArray[np.int64]) -> float:
        alike = (of[near] == of[:, None]).mean(1)
        return round(float(np.mean([alike[of == at].mean() for at in asked])), 4)

    return {
        "points": int(sizes[asked].sum()),
        "classes": len(asked),
        "whole": share(neighbours),
        **({} if mapped is None else {"map": share(mapped)}),
        "chance": round(float(np.mean((sizes[asked] - 1) / (len(of) - 1))), 4),
    }
