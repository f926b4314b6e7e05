"""Whether boundaries fall at gene edges of a small genome: on chrM, tRNAs separate the other genes.

The control is exact: all rotations of the boundaries, without sampling.
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
    """How often boundaries and genes of a volume coincide.

    Attributes
    ----------
    gene_edges, trna_edges : Compared
        Share of the distinct starts and ends of all genes, and of the tRNAs, with a boundary near.
    trnas : Compared
        Share of the tRNAs with a boundary near their start or end.
    boundaries : Compared
        Share of the boundaries with a gene edge near.
    genes : DataFrame
        name, biotype, strand, start, end (local, 0-based half-open), ``to_start`` and ``to_end``: bases from
        each edge to the nearest boundary (int64; -1 without boundaries).
    within : int
        Bases that count as near.
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
    """Measure how often gene edges have a boundary near, and boundaries a gene edge.

    Parameters
    ----------
    positions : int64[k]
        Boundaries of the volume: bases before each.
    genes : DataFrame
        Genes of this volume from `genomebook.annotation.genes.read_genes`; tRNAs are known by biotype.
    length : int
        Bases of the volume; time grows with its product with the genes.
    circular : bool
        The last base is followed by the first. Otherwise distances stop at the ends, but rotations do not.
    within : int
        Bases from an edge that count as near.

    Returns
    -------
    Punctuation
        Each share with its Wilson interval (1927), which assumes independent edges, and the mean and 2.5th
        and 97.5th percentiles of all ``length`` rotations. Without boundaries or such genes, None and why.
    """
    boundaries = np.unique(np.asarray(positions, np.int64))
    sides = genes[["start", "end"]].to_numpy(np.int64)
    if circular:
        boundaries, sides = np.unique(boundaries % length), sides % length
    trna = genes["biotype"].str.contains("tRNA").to_numpy(bool)
    at = np.unique(sides)
    to = _distance(sides.ravel(), boundaries, length, circular).reshape(-1, 2)
    table = genes[["name", "biotype", "strand", "start", "end"]].assign(to_start=to[:, 0], to_end=to[:, 1])
    size = length if circular else length + 1
    near_boundary, near_edge = (_zone(places, size, within, circular) for places in (boundaries, at))
    why = "" if len(boundaries) else "no boundary was found"
    no_gene = why or "the chromosome or sequence has no genes"
    no_trna = why or "no gene of the chromosome or sequence has a tRNA biotype"
    return Punctuation(
        _compare(near_boundary, at[:, None], no_gene if why or not len(at) else ""),
        _compare(near_boundary, np.unique(sides[trna])[:, None], no_trna if why or not trna.any() else ""),
        _compare(near_boundary, sides[trna], no_trna if why or not trna.any() else ""),
        _compare(near_edge, boundaries[:, None], no_gene if why or not len(at) else ""),
        table.reset_index(drop=True),
        within,
    )


def _distance(places: Positions, boundaries: Positions, length: int, circular: bool) -> Positions:
    if not len(boundaries):
        return np.full(len(places), -1, np.int64)
    if circular:
        boundaries = np.concatenate([boundaries - length, boundaries, boundaries + length])
    after = np.searchsorted(boundaries, places)
    right = np.abs(boundaries[np.minimum(after, len(boundaries) - 1)] - places)
    left = np.abs(places - boundaries[np.maximum(after - 1, 0)])
    return np.asarray(np.minimum(left, right), np.int64)


def _zone(places: Positions, size: int, within: int, circular: bool) -> NDArray[np.bool_]:
    """Which positions from 0 to size - 1 are at most ``within`` bases from a place: bool[size]."""
    reached = (places[:, None] + np.arange(-within, within + 1)).ravel()
    zone = np.zeros(size, np.bool_)
    zone[reached % size if circular else reached[(reached >= 0) & (reached < size)]] = True
    return zone


def _compare(zone: NDArray[np.bool_], features: Positions, why: str) -> Compared:
    """Share of features (int64[n, sides]) with a side in the zone, for every rotation of it."""
    n = len(features)
    if why:
        return Compared(n=n, why=why)
    hits = np.zeros(len(zone), np.int64)
    for sides in features:
        hits += np.any([np.roll(zone, -side) for side in sides], axis=0)
    shares = hits / n  # rotation 0, the data itself, comes first
    value = float(shares[0])
    return Compared(value, *stats.wilson(value, n), *stats.spread(shares), n)
