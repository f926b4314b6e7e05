"""Recall of an IVF index: how many lists a search probes, and the share of neighbours that it then finds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from genomebook.search.schema import Recall, StoreMeta
from genomebook.search.stores.base import Vectors, VectorStore, blocks, list_count
from genomebook.stats import wilson

SAMPLE_ROWS = 500
"""Rows for which recall is measured; as many others decide how many lists are probed."""

RECALL_AT = 10
"""Neighbours of which recall is measured."""

MIN_RECALL = 0.98
"""Recall that decides how many lists are probed."""

PROBES = (8, 16, 32, 64, 128, 256, 512)
"""Numbers of lists that are tried, in turn, until `MIN_RECALL` is reached."""

_TIE = 1e-6
_SEED = 20


def store_record(
    store: type[VectorStore], folder: Path, name: str, vectors: Vectors, sizes: dict[str, int], threads: int
) -> StoreMeta:
    """Describe a store that has just been written, for ``index.json``.

    Parameters
    ----------
    store, folder, name, vectors, threads
        As for `VectorStore.build`.
    sizes : dict
        Bytes of each file.

    Returns
    -------
    StoreMeta
        Of the store; with recall when it has lists.
    """
    rows, width = vectors.shape
    lists = list_count(rows)
    factory = f"IVF{lists},SQ8" if lists else "Flat"
    about = StoreMeta(
        factory=factory, rows=rows, width=width, nprobe=None, rerank=lists > 0, recall=None, bytes=sizes
    )
    if not lists:
        return about

    def open_with(nprobe: int) -> VectorStore:
        return store.open(folder, name, msgspec.structs.replace(about, nprobe=nprobe))

    nprobe, recall = _tuned(open_with, vectors, lists, threads)
    return msgspec.structs.replace(about, nprobe=nprobe, recall=recall)


def _tuned(
    open_with: Callable[[int], VectorStore], vectors: Vectors, lists: int, threads: int
) -> tuple[int, Recall]:
    """Choose the smallest of `PROBES` that reaches `MIN_RECALL` on one sample; measure recall on another."""
    drawn = np.random.default_rng(_SEED).choice(len(vectors), min(2 * SAMPLE_ROWS, len(vectors)), False)
    half = len(drawn) // 2
    tuning, measuring = np.sort(drawn[:half]), np.sort(drawn[half:])
    tenth = _exact_tenth(vectors, np.concatenate([tuning, measuring]), threads)
    for nprobe in [number for number in PROBES if number < lists] or [lists]:
        store = open_with(nprobe)
        if _recall(store, vectors, tuning, tenth[:half]) >= MIN_RECALL:
            break
    recall = _recall(store, vectors, measuring, tenth[half:])
    low, high = wilson(recall, len(measuring))  # as many trials as rows were searched
    value, low, high = (round(share, 4) for share in (recall, low, high))
    return nprobe, Recall(RECALL_AT, len(measuring), value, low, high)


def _exact_tenth(vectors: Vectors, sample: NDArray[np.int64], threads: int) -> NDArray[np.float32]:
    """Cosine of each sampled row with the `RECALL_AT`-th nearest other row, by comparing with all of them."""
    import faiss

    faiss.omp_set_num_threads(threads)
    queries = np.ascontiguousarray(vectors[sample], np.float32)
    best = np.full((len(sample), RECALL_AT + 1), -np.inf, np.float32)
    for _, block in blocks(vectors):
        near, _ = faiss.knn(queries, block, min(RECALL_AT + 1, len(block)), metric=faiss.METRIC_INNER_PRODUCT)
        best = np.sort(np.concatenate([best, near], axis=1), axis=1)[:, -RECALL_AT - 1 :]
    return np.ascontiguousarray(best[:, 0])


def _recall(
    store: VectorStore, vectors: Vectors, sample: NDArray[np.int64], tenth: NDArray[np.float32]
) -> float:
    """Share of the `RECALL_AT` nearest other rows of each sampled row that a store finds.

    Rows as near as the tenth count as found, whichever of equally near ones they are.
    """
    rows, cosines = store.search(np.ascontiguousarray(vectors[sample], np.float32), RECALL_AT + 1)
    good = ((rows >= 0) & (rows != sample[:, None]) & (cosines >= tenth[:, None] - _TIE)).sum(axis=1)
    return float(np.minimum(good, RECALL_AT).mean() / RECALL_AT)
