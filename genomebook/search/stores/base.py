"""Where vectors are kept and looked up: one protocol, two stores, and what both share.

FAISS is the default: flat files that are memory-mapped, and the same bytes every time. LanceDB is for an
index that outgrows one machine's disk or lives on object storage.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from genomebook.errors import BookError, DamagedBookError
from genomebook.files.progress import Advance, no_progress
from genomebook.search.schema import REMEDY
from genomebook.stats import wilson

Store = Literal["faiss", "lance"]

KINDS: tuple[Store, ...] = get_args(Store)
"""Stores; the first is the default."""

LARGE = 100_000
"""Rows from which an index of lists takes the place of comparing with every row."""

BLOCK = 65_536
"""Rows read at a time."""

SAMPLE = 500
"""Rows for which recall is measured; as many others decide how many lists are looked at."""

NEAREST = 10
"""Neighbours of which recall is measured."""

ENOUGH = 0.98
"""Recall that decides how many lists are looked at."""

PROBES = (8, 16, 32, 64, 128, 256, 512)
"""Numbers of lists that are tried, in turn, until `ENOUGH` is reached."""

_TIE = 1e-6
_SEED = 20

Vectors = NDArray[np.float32] | NDArray[np.float16]
Found = tuple[NDArray[np.int64], NDArray[np.float32]]


class VectorStore(Protocol):
    """Vectors of unit length, by row.

    Attributes
    ----------
    rows, width : int
        Number of vectors, and of their dimensions.
    about : mapping
        What ``index.json`` says of the store.
    """

    rows: int
    width: int
    about: Mapping[str, Any]

    def search(self, vectors: NDArray[np.float32], k: int) -> Found:
        """Find the nearest rows of each vector; may be called by many threads at once.

        Parameters
        ----------
        vectors : float32[q, width]
            Of unit length.
        k : int
            Rows wanted.

        Returns
        -------
        rows : int64[q, k]
            Best first, of equal ones (`wanted` at most) the lower row first; -1 where there are fewer.
        cosines : float32[q, k]
            With the vectors as they are kept (16 bits a number above `LARGE` rows); -1 where there is no row.
        """
        ...


def build_store(
    kind: str, folder: Path, name: str, vectors: Vectors, threads: int = 1, advance: Advance = no_progress
) -> dict[str, Any]:
    """Write a store.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    folder : Path
        For its files; exists.
    name : str
        Their first part: ``sentences`` or ``paragraphs``.
    vectors : float32 or float16[n, d]
        Of unit length, n > 0; may be memory-mapped: it is read a block at a time.
    threads : int
        Do not change a byte of a FAISS store.
    advance : callable
        Told the rows that are in.

    Returns
    -------
    dict
        For ``index.json``: factory, rows, width, nprobe, rerank, bytes of each file, recall.
    """
    if kind == "faiss":
        from genomebook.search.stores.faiss import FaissStore

        return FaissStore.build(folder, name, vectors, threads, advance)
    from genomebook.search.stores.lance import LanceStore

    return LanceStore.build(folder, name, vectors, threads, advance)


def open_store(kind: str, folder: Path, name: str, about: Mapping[str, Any]) -> VectorStore:
    """Open a store.

    Raises
    ------
    DamagedBookError
        A file is missing, cut short, or not what ``about`` says; or ``about`` says too little.
    BookError
        The package that it needs is not installed.
    """
    if kind not in KINDS:
        raise BookError(f"{folder}: vectors in a store of an unknown kind ({kind}); {REMEDY}")
    try:
        if kind == "faiss":
            from genomebook.search.stores.faiss import FaissStore

            return FaissStore.open(folder, name, about)
        from genomebook.search.stores.lance import LanceStore

        return LanceStore.open(folder, name, about)
    except (KeyError, TypeError) as error:
        raise damaged(folder, f"index.json does not describe its {name} ({error})") from None


def damaged(path: Path, why: str) -> DamagedBookError:
    """Error about a file of an index."""
    return DamagedBookError(f"{path}: {why}; {REMEDY}")


def check_size(path: Path, wanted_bytes: int) -> None:
    """Refuse a file that is missing, cut short or too long."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise damaged(path, str(error.strerror)) from None
    if size != wanted_bytes:
        raise damaged(path, f"{size} bytes, {wanted_bytes} expected")


def lists_for(rows: int) -> int:
    """Choose the number of lists of an index of so many rows: 4 sqrt(n), rounded to a power of two."""
    return 1 << round(math.log2(4 * math.sqrt(rows)))


def wanted(k: int) -> int:
    """How many rows are taken from an index to find the best k exactly, and of equal ones the first."""
    return 4 * k + 64


def blocks(vectors: Vectors) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Vectors in 32 bits, `BLOCK` at a time, each block with the number of its first row."""
    for first in range(0, len(vectors), BLOCK):
        yield first, np.ascontiguousarray(vectors[first : first + BLOCK], np.float32)


def ranked(rows: NDArray[np.int64], cosines: NDArray[np.float32], k: int) -> Found:
    """Sort each line of rows (-1: none) best first, equal ones by row, and give k of each."""
    cosines = np.where(rows < 0, np.float32(-np.inf), cosines)
    order = np.lexsort((rows, -cosines), axis=1)[:, :k]
    rows, cosines = np.take_along_axis(rows, order, 1), np.take_along_axis(cosines, order, 1)
    missing = ((0, 0), (0, max(0, k - rows.shape[1])))
    rows = np.pad(rows, missing, constant_values=-1)
    cosines = np.pad(cosines, missing, constant_values=-1)
    return rows, np.where(rows < 0, np.float32(-1), np.clip(cosines, -1, 1))


def exact_cosines(vector: NDArray[np.float32], near: Vectors) -> NDArray[np.float32]:
    """Cosines of a vector with others, [m, d]; the same bits whatever else is asked."""
    found: NDArray[np.float32] = (np.asarray(near, np.float32) * vector).sum(axis=1)
    return found


def samples(rows: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Two sets of rows without one in common, `SAMPLE` each or fewer: to tune with, and to measure with."""
    drawn = np.random.default_rng(_SEED).choice(rows, min(2 * SAMPLE, rows), replace=False)
    return np.sort(drawn[: len(drawn) // 2]), np.sort(drawn[len(drawn) // 2 :])


def exact_tenth(vectors: Vectors, sample: NDArray[np.int64], threads: int) -> NDArray[np.float32]:
    """Cosine of each sampled row with the `NEAREST`-th of the other rows, from comparing with all of them."""
    import faiss

    faiss.omp_set_num_threads(threads)
    asked = np.ascontiguousarray(vectors[sample], np.float32)
    best = np.full((len(sample), NEAREST + 1), -np.inf, np.float32)
    for _, block in blocks(vectors):
        near, _ = faiss.knn(asked, block, min(NEAREST + 1, len(block)), metric=faiss.METRIC_INNER_PRODUCT)
        best = np.sort(np.concatenate([best, near], axis=1), axis=1)[:, -NEAREST - 1 :]
    return np.ascontiguousarray(best[:, 0])


def found_share(
    store: VectorStore, vectors: Vectors, sample: NDArray[np.int64], tenth: NDArray[np.float32]
) -> float:
    """Recall: share of the `NEAREST` nearest other rows of each sampled row that a store finds.

    Rows as near as the tenth count as found, whichever of equally near ones they are.
    """
    asked = np.ascontiguousarray(vectors[sample], np.float32)
    rows, cosines = store.search(asked, NEAREST + 1)
    good = ((rows >= 0) & (rows != sample[:, None]) & (cosines >= tenth[:, None] - _TIE)).sum(axis=1)
    return float(np.minimum(good, NEAREST).mean() / NEAREST)


def recall_record(share: float, count: int) -> dict[str, Any]:
    """What ``index.json`` says of recall; the interval is Wilson's for as many trials as rows were asked."""
    low, high = wilson(share, count)
    return {
        "of": NEAREST, "sample": count, "value": round(share, 4), "low": round(low, 4),
        "high": round(high, 4),
    }  # fmt: skip


def tuned(
    make: Callable[[int], VectorStore], vectors: Vectors, most: int, threads: int
) -> tuple[int, dict[str, Any]]:
    """Choose how many lists are looked at with one sample, and measure recall with the other.

    Parameters
    ----------
    make : callable
        Opens the store with so many lists to look at.
    vectors : float32 or float16[n, d]
        All of them.
    most : int
        Lists there are.
    threads : int
        For the exact search.

    Returns
    -------
    nprobe : int
        The least of `PROBES` with recall of at least `ENOUGH`.
    recall : dict
        See `recall_record`.
    """
    tuning, measuring = samples(len(vectors))
    tenth = exact_tenth(vectors, np.concatenate([tuning, measuring]), threads)
    probes = [number for number in PROBES if number < most] or [most]
    for nprobe in probes:
        store = make(nprobe)
        if found_share(store, vectors, tuning, tenth[: len(tuning)]) >= ENOUGH:
            break
    share = found_share(store, vectors, measuring, tenth[len(tuning) :])
    return nprobe, recall_record(share, len(measuring))
