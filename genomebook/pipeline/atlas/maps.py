"""UMAP maps of embeddings, and their quality.

UMAP (McInnes, Healy and Melville 2018) is given the exact neighbours by cosine and a fixed seed. A map is
judged by the neighbours that it keeps and by trustworthiness (Venna and Kaski 2001).

Any number of threads gives the same map. BLAS adds up in another order on two threads than on one, and UMAP
makes another map of the last bit of a sum; so cosines are of whole numbers (`whole`), whose sums are exact in
any order, and what is left of BLAS in UMAP (its spectral start) runs on one thread.
"""

from __future__ import annotations

import warnings
from contextlib import AbstractContextManager
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.errors import OptionError
from genomebook.files.progress import Advance, no_progress
from genomebook.options import require_extra
from genomebook.pipeline.atlas.embeddings import units
from genomebook.pipeline.atlas.forces import settle

NEAREST = 15
"""Neighbours of UMAP, and of the preservation measure."""

MIN_DIST = 0.1
MIN_POINTS = 3 * NEAREST
"""Smallest map."""

GRID = 1 << 22
"""Steps from 0 to 1 of the coordinates of `whole`."""

_JUDGED = 2_000
_ROWS = 512


class Layout(NamedTuple):
    """A map of n points.

    Attributes
    ----------
    points : float32[n, 2]
        Where each lies.
    preservation : float32[n]
        Share of its `NEAREST` nearest in the full space that are among the `NEAREST` nearest on the map.
    trustworthiness : float
        1: no point is near another on the map that is not near it in the full space; of an even sample of
        points when there are many.
    neighbours : int64[n, NEAREST]
        Its nearest in the full space, nearest first.
    cosines : float32[n, NEAREST]
        Cosines of each.
    mapped : int64[n, NEAREST]
        Its nearest on the map.
    """

    points: NDArray[np.float32]
    preservation: NDArray[np.float32]
    trustworthiness: float
    neighbours: NDArray[np.int64]
    cosines: NDArray[np.float32]
    mapped: NDArray[np.int64]


def require_umap() -> None:
    """Check that UMAP is installed."""
    require_extra("a map of words", "lexicon", "umap")


def centred(vectors: NDArray[np.floating], groups: NDArray[np.integer] | None = None) -> NDArray[np.float32]:
    """Vectors less the mean of their group (script), of unit length: float32[n, d]."""
    out = np.asarray(vectors, np.float64).copy()
    of = np.zeros(len(out), np.int64) if groups is None else groups
    for group in np.unique(of):
        out[of == group] -= out[of == group].mean(0)
    return units(out)


def whole(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """Round vectors of unit length to whole multiples of 1 / `GRID`, times `GRID`: float64[n, d].

    A sum of products of such rows stays below 2^53 and is exact: the same for any order, threads and machine.
    """
    rounded: NDArray[np.float64] = np.rint(np.asarray(vectors, np.float64) * GRID)
    return rounded


def nearest(vectors: NDArray[np.float32], k: int = NEAREST) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Nearest others of each vector by cosine, exact.

    Parameters
    ----------
    vectors : float32[n, d]
        Vectors of unit length; n above k, and less than 2^18, for which an int64 has room.
    k : int
        How many.

    Returns
    -------
    neighbours : int64[n, k]
        Nearest first; of two equally near, the one with the smaller number.
    cosines : float32[n, k]
        Cosines of each.
    """
    n, grid = len(vectors), whole(vectors)
    found = np.empty((n, k), np.int64)
    cosines = np.empty((n, k), np.float32)
    for first in range(0, n, _ROWS):
        near = (grid[first : first + _ROWS] @ grid.T).astype(np.int64)
        rows = np.arange(len(near))
        near[rows, first + rows] = -2 * GRID**2  # less than any
        near *= n  # no two alike: of equals the one with the smaller number is the larger
        near -= np.arange(n)
        kept = np.sort(np.partition(near, n - k, axis=1)[:, n - k :], axis=1)[:, ::-1]
        chosen = -kept % n
        found[first : first + _ROWS] = chosen
        cosines[first : first + _ROWS] = (kept + chosen) // n / float(GRID**2)
    return found, cosines


def on_map(points: NDArray[np.floating], k: int = NEAREST) -> NDArray[np.int64]:
    """Nearest others of each point of a map: int64[n, k], nearest first."""
    from scipy.spatial import cKDTree

    found = cKDTree(points).query(points, k + 1)[1]
    is_self = found == np.arange(len(points))[:, None]
    is_self[~is_self.any(1), k] = True  # more than k points in one place: any k of the others
    kept: NDArray[np.int64] = found[~is_self].reshape(len(points), k)
    return kept


def preservation(full: NDArray[np.int64], mapped: NDArray[np.int64]) -> NDArray[np.float32]:
    """Share of each row of ``full`` that is in the same row of ``mapped``: float32[n]."""
    kept: NDArray[np.float32] = (full[:, :, None] == mapped[:, None, :]).any(2).mean(1).astype(np.float32)
    return kept


def trustworthiness(vectors: NDArray[np.float32], mapped: NDArray[np.int64], most: int = _JUDGED) -> float:
    """How far neighbours on a map are from being neighbours in the full space.

    Parameters
    ----------
    vectors : float32[n, d]
        Vectors of unit length.
    mapped : int64[n, k]
        Neighbours on the map.
    most : int
        Points to ask, spread evenly.

    Returns
    -------
    float
        1 - 2 / (m k (2n - 3k - 1)) times the sum, over m points and their neighbours on the map, of how far
        beyond k the neighbour's rank in the full space is (Venna and Kaski 2001, eq. 1).
    """
    (n, k), grid = mapped.shape, whole(vectors)
    asked = np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))
    beyond = 0
    for point in asked:
        near = grid @ grid[point]
        near[point] = np.inf
        order = np.sort(near)
        ranks = n - np.searchsorted(order, near[mapped[point]], "right")
        beyond += int(np.maximum(ranks - k, 0).sum())
    return 1.0 - 2 * beyond / float(len(asked) * k * (2 * n - 3 * k - 1))


def layout(vectors: NDArray[np.float32], seed: int = 0, advance: Advance = no_progress) -> Layout:
    """Draw a map.

    Parameters
    ----------
    vectors : float32[n, d]
        Vectors of unit length; n at least `MIN_POINTS`.
    seed : int
        The same vectors and seed give the same map for any number of threads.
    advance : callable
        Told the rounds done, of `epochs_for`.

    Raises
    ------
    MissingExtraError
        When umap-learn is not installed.
    OptionError
        When there are too few points.
    """
    require_umap()
    if len(vectors) < MIN_POINTS:
        raise OptionError(f"a map needs at least {MIN_POINTS} points, not {len(vectors)}; give a longer text")
    full, cosines = nearest(vectors)
    points = np.round(_settled(vectors, full, cosines, seed, advance), 3).astype(np.float32)
    mapped = on_map(points)
    kept, trusted = preservation(full, mapped), trustworthiness(vectors, mapped)
    return Layout(points, kept, trusted, full, cosines, mapped)


def _settled(
    vectors: NDArray[np.float32],
    full: NDArray[np.int64],
    cosines: NDArray[np.float32],
    seed: int,
    advance: Advance,
) -> NDArray[np.float64]:
    """Graph and first positions as in UMAP, then `forces.settle`: float64[n, 2]."""
    import numba
    from umap.spectral import spectral_layout
    from umap.umap_ import fuzzy_simplicial_set

    own = np.arange(len(vectors))[:, None]
    distances = np.hstack([np.zeros((len(vectors), 1), np.float32), np.maximum(1 - cosines, 0)])
    random = np.random.RandomState(seed)
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        with one_blas_thread(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a graph in parts
            near = {"knn_indices": np.hstack([own, full]), "knn_dists": distances}
            graph = fuzzy_simplicial_set(vectors, NEAREST + 1, random, "cosine", **near)[0].tocoo()
            graph.sum_duplicates()
            epochs = epochs_for(len(vectors))
            graph.data[graph.data < graph.data.max() / epochs] = 0
            graph.eliminate_zeros()
            start = np.asarray(spectral_layout(vectors, graph, 2, random, metric="cosine"), np.float64)
    finally:
        numba.set_num_threads(threads)
    edges = np.stack([graph.row, graph.col], axis=1).astype(np.int64)
    weights = np.round(graph.data.astype(np.float64), 6)
    return settle(_spread(start, seed), edges, weights, epochs, seed, advance)


def _spread(start: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Scale initial positions to ten by ten, three digits, and separate coinciding points."""
    start = start - start.min(0)
    places = np.round(10 * start / np.where(start.max(0) > 0, start.max(0), 1), 3)
    drawn = np.random.Generator(np.random.PCG64(seed)).random(start.shape)
    apart: NDArray[np.float64] = places + 0.001 * drawn
    return apart


def epochs_for(points: int) -> int:
    """Number of epochs for a map of this many points: as in UMAP, which has 500 up to 10,000 points."""
    return 500 if points <= 5_000 else 200


def one_blas_thread() -> AbstractContextManager[object]:
    """Run the loaded linear-algebra libraries on one thread, for the same bits every time."""
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(1)
    return limits
