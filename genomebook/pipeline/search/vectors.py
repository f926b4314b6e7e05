"""Stage: the text of an index and an encoder to the vectors of its sentences and paragraphs, in a store.

Vectors go to a file on disk, a share of the sentences at a time; after an interruption, shares that are done
are not done again. No share, thread or batch changes a byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from genomebook.errors import SharesError
from genomebook.files.atomic import aside
from genomebook.files.progress import Advance, Stage, no_progress
from genomebook.genome.stretches import equal_runs
from genomebook.models.sentences import SentenceEncoder
from genomebook.pipeline.book.words import in_order
from genomebook.pipeline.search.vector_shares import (
    UNITS_PER_READ,
    VECTORS,
    VectorWork,
    long_sentences,
    sentence_ends,
    write_rows,
)
from genomebook.pipeline.shares.plan import is_whole, write_share
from genomebook.pipeline.shares.work import About, ShareRows
from genomebook.search.embedding.vectors import rows_file
from genomebook.search.query import MIN_LETTERS
from genomebook.search.schema import VectorsMeta
from genomebook.search.stores.registry import build_store
from genomebook.search.text import PackedText

SENTENCES_PER_SHARE = 16_384
"""Sentences of a share."""


def vector_index(
    text: PackedText, folder: Path, scratch: Path, encoder: SentenceEncoder, kind: str, workers: int,
    stage: Stage, digest: str, made: NDArray[np.float16] | None = None,
) -> VectorsMeta:  # fmt: skip
    """Write the vectors of a text.

    Parameters
    ----------
    text : PackedText
        Text of the index.
    folder : Path
        Folder of the index; gets the stores and which unit each row is.
    scratch : Path
        Keeps the vectors of sentences until the stores are written.
    encoder : SentenceEncoder
        May be called by several threads.
    kind : str
        Kind of store.
    workers : int
        Threads.
    stage : callable
        Progress callback.
    digest : str
        Digest of the text.
    made : float16[n, width], optional
        Vectors that were made in shares.

    Returns
    -------
    VectorsMeta
        For ``index.json``, under ``vectors``; ``sentences`` or ``paragraphs`` is None where there are none.

    Raises
    ------
    SharesError
        When there are more or fewer vectors than sentences.
    """
    about = VectorsMeta(
        encoder=encoder.name, digest=encoder.digest, width=encoder.width, least=MIN_LETTERS, store=kind,
        sentences=None, paragraphs=None,
    )  # fmt: skip
    numbers = _long_sentences(text, folder)
    if made is not None and len(made) != len(numbers):
        raise SharesError(f"{len(made):,} vectors for {len(numbers):,} sentences; make the vectors anew")
    if not len(numbers):
        (folder / rows_file("sentences")).unlink()
        return about
    if made is None:
        about_text = About("vectors", "sentences", {}, {"text": digest}, {})
        work, advance = VectorWork(text, numbers, encoder, about_text), stage("vectors", len(numbers))
        vectors = _embed(work, scratch, encoder.width, workers, advance)
    else:
        vectors = made
    advance = stage("sentences", len(numbers))
    sentences = build_store(kind, folder, "sentences", vectors, workers, advance)
    means = _paragraphs(text, numbers, vectors, folder, scratch)
    paragraphs = None
    if means is not None:
        advance = stage("paragraphs", len(means))
        paragraphs = build_store(kind, folder, "paragraphs", means, workers, advance)
    return msgspec.structs.replace(about, sentences=sentences, paragraphs=paragraphs)


def _long_sentences(text: PackedText, folder: Path) -> NDArray[np.uint32]:
    """Write and give the numbers of the sentences of `MIN_LETTERS` letters or more in one run of bases."""
    path = folder / rows_file("sentences")
    with path.open("wb") as file:
        for numbers in long_sentences(text):
            file.write(numbers.tobytes())
    return _mapped(path, "<u4") if path.stat().st_size else np.empty(0, np.uint32)


def _mapped(path: Path, dtype: str, shape: tuple[int, ...] | None = None) -> NDArray[Any]:
    return np.memmap(path, dtype, "r", shape=shape)


def _embed(
    work: VectorWork, scratch: Path, width: int, workers: int, advance: Advance
) -> NDArray[np.float16]:
    """Give the vectors of sentences, float16[n, width], from shares; those that are there are kept."""
    path = scratch / VECTORS
    if not path.exists():
        bounds = work.bounds(-(-work.total // SENTENCES_PER_SHARE))
        files = [scratch / f"{first:09d}-{last:09d}.share" for first, last in pairwise(bounds)]

        def share(which: int) -> int:
            first, last = bounds[which], bounds[which + 1]
            if not is_whole(files[which], (last - first) * work.row.itemsize):
                write_share(files[which], work, first, last, 1, no_progress)
            return last - first

        with ThreadPoolExecutor(workers) as pool:
            try:
                for count in in_order(pool, share, range(len(files)), 2 * workers):
                    advance(count)
            finally:
                pool.shutdown(cancel_futures=True)
        with aside(path) as temporary:
            write_rows(ShareRows(files, bounds, work.row), temporary, no_progress)
        for file in files:
            file.unlink()
    return _mapped(path, "<f2", (work.total, width))


def _paragraphs(
    text: PackedText, numbers: NDArray[np.uint32], vectors: NDArray[np.float16], folder: Path, scratch: Path
) -> NDArray[np.float16] | None:
    """Means of the vectors of each paragraph's sentences, weighted by letters; of two sentences or more."""
    path, rows = scratch / "paragraphs.f16", folder / rows_file("paragraphs")
    count = 0
    with path.open("wb") as file, rows.open("wb") as which:
        for first, last in _whole_paragraphs(text, numbers):
            here = numbers[first:last].astype(np.int64)
            starts = text.sentences[here].astype(np.int64)
            holders = np.searchsorted(text.paragraphs, starts.astype(np.uint32), "right") - 1
            begins, ends = equal_runs(holders).T
            weighted = vectors[first:last].astype(np.float64) * (sentence_ends(text, here) - starts)[:, None]
            sums = np.add.reduceat(weighted, begins, axis=0)
            some = ends - begins > 1
            length = np.linalg.norm(sums, axis=1, keepdims=True)
            file.write((sums / np.maximum(length, 1e-30))[some].astype("<f2").tobytes())
            which.write(holders[begins][some].astype("<u4").tobytes())
            count += int(some.sum())
    if not count:
        rows.unlink()
        return None
    return _mapped(path, "<f2", (count, vectors.shape[1]))


def _whole_paragraphs(text: PackedText, numbers: NDArray[np.uint32]) -> Iterator[tuple[int, int]]:
    """First and last row of stretches of about `SENTENCES_PER_SHARE` rows that end where a paragraph does."""
    first = 0
    while first < len(numbers):
        last = first + SENTENCES_PER_SHARE
        if last < len(numbers):
            start = text.sentences[int(numbers[last])]
            holder = int(np.searchsorted(text.paragraphs, start, "right"))
            end = text.paragraphs[holder] if holder < len(text.paragraphs) else text.letters
            last += int(np.searchsorted(text.sentences[numbers[last : last + UNITS_PER_READ]], end, "left"))
        yield first, min(last, len(numbers))
        first = last
