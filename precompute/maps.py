"""Maps of embeddings: UMAP, and how much of the neighbourhoods a map keeps.

UMAP (McInnes, Healy and Melville 2018) is given the exact neighbours by cosine and a fixed seed. A map is
judged by the neighbours that it keeps and by trustworthiness (Venna and Kaski 2001).
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.errors import BookError
from precompute.embeddings import units

NEAREST = 15
"""Neighbours that UMAP is given, and that a map should keep."""

MIN_DIST = 0.1
LEAST = 3 * NEAREST
"""Points of a map at least."""

_JUDGED = 2_000
_ROWS = 1_024


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
    """

    points: NDArray[np.float32]
    preservation: NDArray[np.float32]
    trustworthiness: float


def needs_umap() -> None:
    """Refuse in one line when what draws maps is not installed.

    Raises
    ------
    BookError
        When umap-learn is missing.
    """
    from importlib.util import find_spec

    if find_spec("umap") is None:
        raise BookError("maps need umap-learn, which is not installed: pip install 'genomebook[lexicon]'")


def centred(vectors: NDArray[np.floating], groups: NDArray[np.integer] | None = None) -> NDArray[np.float32]:
    """Vectors less the mean of their group (script), of unit length: float32[n, d]."""
    out = np.asarray(vectors, np.float64).copy()
    of = np.zeros(len(out), np.int64) if groups is None else groups
    for group in np.unique(of):
        out[of == group] -= out[of == group].mean(0)
    return units(out)


def nearest(vectors: NDArray[np.float32], k: int = NEAREST) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Nearest others of each vector by cosine, exact.

    Parameters
    ----------
    vectors : float32[n, d]
        Of unit length; n above k.
    k : int
        How many.

    Returns
    -------
    neighbours : int64[n, k]
        Nearest first; of two equally near, the one with the smaller number.
    cosines : float32[n, k]
        Of each.
    """
    found = np.empty((len(vectors), k), np.int64)
    cosines = np.empty((len(vectors), k), np.float32)
    for first in range(0, len(vectors), _ROWS):
        near = vectors[first : first + _ROWS] @ vectors.T
        rows = np.arange(len(near))
        near[rows, first + rows] = -np.inf
        some = np.sort(np.argpartition(-near, k - 1, axis=1)[:, :k], axis=1)
        order = np.argsort(-np.take_along_axis(near, some, 1), axis=1, kind="stable")
        chosen = np.take_along_axis(some, order, 1)
        found[first : first + _ROWS] = chosen
        cosines[first : first + _ROWS] = np.take_along_axis(near, chosen, 1)
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
        Of unit length.
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
    n, k = mapped.shape
    asked = np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))
    beyond = 0
    for point in asked:
        near = vectors @ vectors[point]
        near[point] = np.inf
        order = np.sort(near)
        ranks = n - np.searchsorted(order, near[mapped[point]], "right")
        beyond += int(np.maximum(ranks - k, 0).sum())
    return 1.0 - 2 * beyond / float(len(asked) * k * (2 * n - 3 * k - 1))


def layout(vectors: NDArray[np.float32], seed: int = 0) -> Layout:
    """Draw a map.

    Parameters
    ----------
    vectors : float32[n, d]
        Of unit length; n at least `LEAST`.
    seed : int
        Of UMAP, which runs on one thread: the same on machines that calculate alike.

    Raises
    ------
    BookError
        When umap-learn is not installed or there are too few points.
    """
    needs_umap()
    if len(vectors) < LEAST:
        raise BookError(f"a map needs at least {LEAST} points, not {len(vectors)}; give a longer text")
    full, cosines = nearest(vectors)
    with warnings.catch_warnings():  # of a graph in parts, and of what is not needed after precomputed_knn
        warnings.simplefilter("ignore")
        import umap

        own = np.arange(len(vectors))[:, None]
        distances = np.hstack([np.zeros((len(vectors), 1), np.float32), np.maximum(1 - cosines, 0)])
        maker = umap.UMAP(
            n_neighbors=NEAREST + 1, min_dist=MIN_DIST, metric="cosine", random_state=seed, n_jobs=1,
            precomputed_knn=(np.hstack([own, full]), distances, None), force_approximation_algorithm=True,
        )  # fmt: skip
        points = np.round(maker.fit_transform(vectors), 3).astype(np.float32)
    mapped = on_map(points)
    return Layout(points, preservation(full, mapped), trustworthiness(vectors, mapped))
