"""Whether boundaries punctuate a small genome as its genes do: on chrM, tRNAs stand between the other genes.

Shifts are all rotations of the boundaries, so that the control is exact: nothing is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genomebook import stats
from genomebook.annotation.enrichment import Compared
from genomebook.genome.stretches import Positions


@dataclass(frozen=True)
class Punctuation:
    """What stands at the genes of a volume.

    Attributes
    ----------
    gene_edges, trna_edges : Compared
        Share of the edges (starts and ends, none twice) of all genes, and of the tRNAs, with a boundary near.
    trnas : Compared
        Share of the tRNAs with a boundary near their start or their end.
    boundaries : Compared
        Share of the boundaries with a gene edge near.
    genes : DataFrame
        name, biotype, strand, start, end (local, 0-based half-open), ``to_start`` and ``to_end``: letters
        from each edge to the nearest boundary (int64; -1 where there is no boundary).
    within : int
        Letters that count as near.
    """

    gene_edges: Compared
    trna_edges: Compared
    trnas: Compared
    boundaries: Compared
    genes: pd.DataFrame
    within: int


def punctuation(
    positions: Positions, genes: pd.DataFrame, length: int, circular: bool = True, within: int = 20
) -> Punctuation:
    """Ask of each gene edge whether a boundary is near, and of each boundary whether a gene edge is.

    Parameters
    ----------
    positions : int64[k]
        Boundaries of the volume: letters before each, local.
    genes : DataFrame
        Genes of this volume, as `genomebook.annotation.genes.read_genes` gives them. Their biotype says which
        are tRNAs.
    length : int
        Letters of the volume; time grows with its product with the genes.
    circular : bool
        The last letter is followed by the first. Otherwise distances do not reach over the ends, though
        rotations do.
    within : int
        Letters from an edge that count as near.

    Returns
    -------
    Punctuation
        Each share with its Wilson interval (1927), which takes edges for independent; beside it the mean over
        all ``length`` rotations of the boundaries, and their 2.5th and 97.5th percentiles. Figures without
        boundaries or without such genes are None and say why.
    """
    marks = np.unique(np.asarray(positions, np.int64))
    sides = genes[["start", "end"]].to_numpy(np.int64)
    if circular:
        marks, sides = np.unique(marks % length), sides % length
    trna = genes["biotype"].str.contains("tRNA").to_numpy(bool)
    at = np.unique(sides)
    to = _distance(sides.ravel(), marks, length, circular).reshape(-1, 2)
    table = genes[["name", "biotype", "strand", "start", "end"]].assign(to_start=to[:, 0], to_end=to[:, 1])
    size = length if circular else length + 1
    near_mark, near_edge = (_zone(places, size, within, circular) for places in (marks, at))
    why = "" if len(marks) else "no boundary was found"
    no_gene = why or "the volume has no genes"
    no_trna = why or "no gene of the volume is said to be a tRNA"
    return Punctuation(
        _compare(near_mark, at[:, None], no_gene if why or not len(at) else ""),
        _compare(near_mark, np.unique(sides[trna])[:, None], no_trna if why or not trna.any() else ""),
        _compare(near_mark, sides[trna], no_trna if why or not trna.any() else ""),
        _compare(near_edge, marks[:, None], no_gene if why or not len(at) else ""),
        table.reset_index(drop=True),
        within,
    )


def _distance(places: Positions, marks: Positions, length: int, circular: bool) -> Positions:
    if not len(marks):
        return np.full(len(places), -1, np.int64)
    if circular:
        marks = np.concatenate([marks - length, marks, marks + length])
    after = np.searchsorted(marks, places)
    right = np.abs(marks[np.minimum(after, len(marks) - 1)] - places)
    left = np.abs(places - marks[np.maximum(after - 1, 0)])
    return np.asarray(np.minimum(left, right), np.int64)


def _zone(places: Positions, size: int, within: int, circular: bool) -> NDArray[np.bool_]:
    """Which positions 0 to size - 1 are at most ``within`` letters from one of the places: bool[size]."""
    reached = (places[:, None] + np.arange(-within, within + 1)).ravel()
    zone = np.zeros(size, np.bool_)
    zone[reached % size if circular else reached[(reached >= 0) & (reached < size)]] = True
    return zone


def _compare(zone: NDArray[np.bool_], asked: Positions, why: str) -> Compared:
    """Share of the rows of ``asked`` (int64[n, sides]) with a side in the zone, for every rotation of it."""
    n = len(asked)
    if why:
        return Compared(n=n, why=why)
    hits = np.zeros(len(zone), np.int64)
    for sides in asked:
        hits += np.any([np.roll(zone, -side) for side in sides], axis=0)
    shares = hits / n  # of rotation 0 first: as it is
    value = float(shares[0])
    return Compared(value, *stats.wilson(value, n), *stats.spread(shares), n)
