"""Stage: the text of an index and an encoder to the vectors of its sentences and paragraphs, in a store.

Vectors go to a file on disk, a share of the sentences at a time; after an interruption, shares that are done
are not done again. No share, thread or batch changes a byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from genomebook.files.progress import Advance, Stage
from genomebook.genome.stretches import equal_runs
from genomebook.models.sentences import SentenceEncoder
from genomebook.pipeline.book.words import in_order
from genomebook.search.embedding.vectors import rows_file
from genomebook.search.query import MIN_LETTERS
from genomebook.search.schema import VectorsMeta
from genomebook.search.stores.registry import build_store
from genomebook.search.text import PackedText

SENTENCES_PER_SHARE = 16_384
"""Sentences of a share."""

SENTENCES_PER_BATCH = 1_024
"""Sentences that an encoder is given at a time."""

UNITS_PER_READ = 1_000_000
"""Units that are looked through at a time."""


def vector_index(
    text: PackedText, folder: Path, scratch: Path, encoder: SentenceEncoder, kind: str, workers: int,
    stage: Stage,
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

    Returns
    -------
    VectorsMeta
        For ``index.json``, under ``vectors``; ``sentences`` or ``paragraphs`` is None where there are none.
    """
    about = VectorsMeta(
        encoder=encoder.name, digest=encoder.digest, width=encoder.width, least=MIN_LETTERS, store=kind,
        sentences=None, paragraphs=None,
    )  # fmt: skip
    numbers = _long_sentences(text, folder)
    if not len(numbers):
        (folder / rows_file("sentences")).unlink()
        return about
    vectors = _embed(text, numbers, scratch, encoder, workers, stage("vectors", len(numbers)))
    advance = stage("sentences", len(numbers))
    sentences = build_store(kind, folder, "sentences", vectors, workers, advance)
    means = _paragraphs(text, numbers, vectors, folder, scratch)
    paragraphs = None
    if means is not None:
        advance = stage("paragraphs", len(means))
        paragraphs = build_store(kind, folder, "paragraphs", means, workers, advance)
    return msgspec.structs.replace(about, sentences=sentences, paragraphs=paragraphs)


def _ends(text: PackedText, numbers: NDArray[Any]) -> NDArray[np.int64]:
    """Where sentences of some numbers end in the text."""
    following = text.sentences[np.minimum(numbers + 1, len(text.sentences) - 1)].astype(np.int64)
    return np.where(numbers + 1 < len(text.sentences), following, text.letters)


def _long_sentences(text: PackedText, folder: Path) -> NDArray[np.uint32]:
    """Write and give the numbers of the sentences of `MIN_LETTERS` letters or more in one run of bases."""
    path = folder / rows_file("sentences")
    with path.open("wb") as file:
        for first in range(0, len(text.sentences), UNITS_PER_READ):
            numbers = np.arange(first, min(first + UNITS_PER_READ, len(text.sentences)))
            starts, ends = text.sentences[numbers].astype(np.int64), _ends(text, numbers)
            runs = np.searchsorted(text.bounds, starts, "right")
            whole = np.searchsorted(text.bounds, ends - 1, "right") == runs
            file.write(numbers[whole & (ends - starts >= MIN_LETTERS)].astype("<u4").tobytes())
    return _mapped(path, "<u4", "r") if path.stat().st_size else np.empty(0, np.uint32)


def _mapped(path: Path, dtype: str, mode: Any, shape: tuple[int, ...] | None = None) -> NDArray[Any]:
    return np.memmap(path, dtype, mode, shape=shape)


def _embed(
    text: PackedText, numbers: NDArray[np.uint32], scratch: Path, encoder: SentenceEncoder, workers: int,
    advance: Advance,
) -> NDArray[np.float16]:  # fmt: skip
    """Give the vectors of sentences, float16[n, width], from a file of which what is there is kept."""
    shape = (len(numbers), encoder.width)
    path, marks = scratch / "vectors.f16", scratch / "vectors.done"
    shares = -(-len(numbers) // SENTENCES_PER_SHARE)
    if not marks.exists() or marks.stat().st_size != shares:
        _mapped(path, "<f2", "w+", shape)
        marks.write_bytes(bytes(shares))
    done = np.fromfile(marks, np.uint8)

    def share(which: int) -> tuple[int, int]:
        first, last = which * SENTENCES_PER_SHARE, min((which + 1) * SENTENCES_PER_SHARE, len(numbers))
        if not done[which]:
            part = np.memmap(
                path, "<f2", "r+", offset=2 * first * encoder.width, shape=(last - first, encoder.width)
            )
            for at in range(first, last, SENTENCES_PER_BATCH):
                rows = numbers[at : min(at + SENTENCES_PER_BATCH, last)].astype(np.int64)
                part[at - first : at - first + len(rows)] = encoder.embed(_letters(text, rows))
            part.flush()
        return which, last - first

    with ThreadPoolExecutor(workers) as pool, marks.open("r+b") as file:
        try:
            for which, count in in_order(pool, share, range(shares), 2 * workers):
                file.seek(which)
                file.write(b"\1")
                file.flush()
                advance(count)
        finally:
            pool.shutdown(cancel_futures=True)
    return _mapped(path, "<f2", "r", shape)


def _letters(text: PackedText, numbers: NDArray[np.int64]) -> list[bytes]:
    """Letters of sentences of ascending numbers; what lies between the first and the last is read at once."""
    starts, ends = text.sentences[numbers].astype(np.int64), _ends(text, numbers)
    first = int(starts[0])
    letters = text.read(first, int(ends[-1]))
    return [letters[a - first : b - first] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]


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
            weighted = vectors[first:last].astype(np.float64) * (_ends(text, here) - starts)[:, None]
            sums = np.add.reduceat(weighted, begins, axis=0)
            some = ends - begins > 1
            length = np.linalg.norm(sums, axis=1, keepdims=True)
            file.write((sums / np.maximum(length, 1e-30))[some].astype("<f2").tobytes())
            which.write(holders[begins][some].astype("<u4").tobytes())
            count += int(some.sum())
    if not count:
        rows.unlink()
        return None
    return _mapped(path, "<f2", "r", (count, vectors.shape[1]))


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
