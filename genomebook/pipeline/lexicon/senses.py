"""Contextual variation of words, and clusters of contexts: senses.

Self-similarity is the mean cosine between contextual embeddings of a word's occurrences (Ethayarajh 2019). It
means little alone: any two words are alike in such a space (the chance beside it), and a model with random
weights, too, gives one word similar states (the control).

The occurrences of a word, less their mean, are clustered (Ward 1963) into 2 to `MAX_SENSES` groups; the
number with the best silhouette (Rousseeuw 1987) is kept when that beats what the same does to a Gaussian of
the same covariance in 95 of 100 draws; else the word has one sense.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import pdist, squareform

from genomebook.compiled import kernel
from genomebook.files.progress import Advance, no_progress
from genomebook.pipeline.atlas.embeddings import Contexts

MAX_SENSES = 4
DIRECTIONS = 10
"""Principal components used for clustering."""

MIN_OCCURRENCES = 16
"""Minimum occurrences of a word to look for senses."""

MIN_SHARE = 0.1
"""Minimum share of a sense; at least three occurrences."""

DRAWS = 99
LEVEL = 0.05
EXAMPLES = 5
DIGITS = 4


class Division(NamedTuple):
    """Senses of the occurrences of a word.

    Attributes
    ----------
    labels : int64[m]
        Sense of each, from 0, the commonest first.
    silhouette : float
        Silhouette of the best division into two or more, kept or not; -1 when none has groups large enough.
    p : float
        Share of the draws of a Gaussian, and the word itself, that are at least as good.
    """

    labels: NDArray[np.int64]
    silhouette: float
    p: float


def divide(vectors: NDArray[np.floating], seed: tuple[int, ...]) -> Division:
    """Find the senses of a word.

    Parameters
    ----------
    vectors : float[m, d]
        Embeddings of its occurrences.
    seed : tuple of int
        Decides the draws: of the run, and the word.

    Returns
    -------
    Division
        One sense for fewer than `MIN_OCCURRENCES` occurrences, and where the Gaussian does as well. Drawing
        stops as soon as enough draws are as good to reject it (Besag and Clifford 1991).
    """
    one = np.zeros(len(vectors), np.int64)
    if len(vectors) < MIN_OCCURRENCES:
        return Division(one, -1.0, 1.0)
    scores = principal(vectors)
    best, labels = _best(scores)
    if labels is None:
        return Division(one, -1.0, 1.0)
    random, spread = np.random.Generator(np.random.PCG64(list(seed))), scores.std(0, ddof=1)
    allowed = int(LEVEL * (DRAWS + 1)) - 1
    as_good = draws = 0
    while draws < DRAWS and as_good <= allowed:
        draws += 1
        as_good += _best(random.standard_normal(scores.shape) * spread)[0] >= best
    p = (1 + as_good) / (1 + draws)
    return Division(_by_size(labels) if as_good <= allowed else one, best, p)


def principal(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """Coordinates of vectors, less their mean, along their first `DIRECTIONS` principal directions."""
    rows = np.asarray(vectors, np.float64)
    rows = rows - rows.mean(0)
    values, sides = np.linalg.eigh(np.einsum("ik,jk->ij", rows, rows))
    kept = slice(-1, -min(DIRECTIONS, len(rows) - 1) - 1, -1)
    scores: NDArray[np.float64] = sides[:, kept] * np.sqrt(np.maximum(values[kept], 0))
    return scores


def _best(scores: NDArray[np.float64]) -> tuple[float, NDArray[np.int64] | None]:
    """Silhouette and labels (from 0) of the best division; -1 and None when all have a small group."""
    apart = pdist(scores)
    tree, full = linkage(apart, "ward"), squareform(apart)
    smallest = max(3, int(np.ceil(MIN_SHARE * len(scores))))
    best, kept = -1.0, None
    for count in range(2, MAX_SENSES + 1):
        last = len(scores) - count  # merges that leave so many groups
        if tree[last, 2] == tree[last - 1, 2]:  # no height divides into so many
            continue
        labels = cut_tree(tree, count)
        if np.bincount(labels).min() >= smallest:
            value = silhouette(full, labels)
            if value > best:
                best, kept = value, labels
    return best, kept


@kernel(nogil=True)
def cut_tree(tree, count):  # type: ignore[no-untyped-def]
    """Groups that are left when all but the last merges of a tree have been made.

    Parameters
    ----------
    tree : float64[m - 1, 4]
        Merges in order of height, as `scipy.cluster.hierarchy.linkage` gives them.
    count : int
        Groups, at most m.

    Returns
    -------
    int64[m]
        Group of each leaf, numbered from 0 in the order in which they occur.
    """
    leaves = len(tree) + 1
    above = np.arange(2 * leaves - 1)
    for merge in range(leaves - count):
        above[int(tree[merge, 0])] = above[int(tree[merge, 1])] = leaves + merge
    number = np.full(2 * leaves - 1, -1)
    labels, seen = np.empty(leaves, np.int64), 0
    for leaf in range(leaves):
        node = leaf
        while above[node] != node:
            node = above[node]
        if number[node] < 0:
            number[node] = seen
            seen += 1
        labels[leaf] = number[node]
    return labels


def silhouette(apart: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Mean silhouette of a division.

    Parameters
    ----------
    apart : float64[m, m]
        Distances.
    labels : int64[m]
        Groups from 0, each of two or more.
    """
    member = labels[:, None] == np.arange(labels.max() + 1)
    sums, sizes = np.einsum("ij,jk->ik", apart, member.astype(np.float64)), member.sum(0)
    own = sums[member] / (sizes[labels] - 1)
    other = np.where(member, np.inf, sums / sizes).min(1)
    return float(((other - own) / np.maximum(np.maximum(other, own), 1e-300)).mean())


def _by_size(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Labels from 0, the commonest first; ties in order of occurrence."""
    names, first, counts = np.unique(labels, return_index=True, return_counts=True)
    order = np.lexsort((first, -counts))
    number = np.empty(int(names.max()) + 1, np.int64)
    number[names[order]] = np.arange(len(names))
    return number[labels]


def self_similarity(found: Contexts) -> pd.DataFrame:
    """Self-similarity of each word, beside the similarity between different words.

    Parameters
    ----------
    found : Contexts
        A sample.

    Returns
    -------
    DataFrame
        ``id``, ``sampled``, ``similarity`` (mean cosine of pairs of its occurrences; NaN of a single one),
        ``chance`` (mean cosine with the occurrences of another word, every other word weighing the same).
    """
    groups = list(found.groups())
    sizes = np.array([part.stop - part.start for _, part in groups], np.int64)
    sums = np.array([found.vectors[part].sum(0, dtype=np.float64) for _, part in groups])
    sums = sums.reshape(len(groups), found.vectors.shape[1])
    squares = np.einsum("ij,ij->i", sums, sums)
    pairs = sizes * (sizes - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        similarity = np.where(pairs > 0, (squares - sizes) / pairs, np.nan)
    means = sums / sizes[:, None]
    others = len(groups) - 1
    own = np.einsum("ij,ij->i", means, means)
    together = np.einsum("ij,j->i", means, means.sum(0))
    chance = (together - own) / others if others > 0 else np.full(len(groups), np.nan)
    return pd.DataFrame(
        {
            "id": np.array([word for word, _ in groups], np.uint16),
            "sampled": sizes,
            "similarity": np.round(similarity, DIGITS),
            "chance": np.round(chance, DIGITS),
        }
    )


def find_senses(found: Contexts, seed: int = 0, advance: Advance = no_progress) -> pd.DataFrame:
    """Find the senses of every word of a sample.

    Parameters
    ----------
    found : Contexts
        A sample.
    seed : int
        Decides the draws.
    advance : callable
        Told the words divided.

    Returns
    -------
    DataFrame
        ``id``, ``sense`` (from 1, the commonest first), ``share`` of the sampled occurrences, ``examples``
        (ordinals of at most `EXAMPLES` occurrences, the nearest to the centre first).
    """
    rows = []
    for word, part in found.groups():
        vectors, ordinals = found.vectors[part], found.ordinals[part]
        labels = divide(vectors, (seed, word)).labels
        for sense in range(int(labels.max()) + 1):
            here = np.flatnonzero(labels == sense)
            away = vectors[here] - vectors[here].mean(0, dtype=np.float64)
            far = np.round(np.einsum("ij,ij->i", away, away), DIGITS + 2)
            nearest = here[np.argsort(far, kind="stable")[:EXAMPLES]]
            share = np.round(len(here) / len(labels), DIGITS)
            rows.append((word, sense + 1, share, ordinals[nearest].tolist()))
        advance(1)
    return pd.DataFrame(rows, columns=["id", "sense", "share", "examples"])
