"""Stage: zoom levels of a book, from which its overview is drawn (folder ``overview`` of the book)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genomebook.annotation.genes import Genes
from genomebook.book.annex import adding
from genomebook.book.levels import BASE, FIELDS, STEP, TRACK, Sums, file_of, measure, widths
from genomebook.book.read import Book, Volume
from genomebook.book.schema import GENES
from genomebook.files.progress import Stage, no_stages

WINDOW = 1 << 22
"""Letters measured at a time: a multiple of `BASE`."""

LARGEST = float(np.finfo(np.float16).max)


def overview(path: Path, *, threads: int = 2, progress: Stage = no_stages) -> int:
    """Measure a book at all zoom levels and add them to it.

    Parameters
    ----------
    path : Path
        Of the book; it gets the folder ``overview``.
    threads : int
        Windows measured side by side; they do not change the result.
    progress : callable
        Progress of the stage, in letters.

    Returns
    -------
    int
        Bytes of the levels.

    Raises
    ------
    BookError
        If there is no book, or another command is writing to it.
    DamagedBookError
        If it is damaged.
    """
    with adding(path, "overview") as draft:
        book = Book.open(path)
        tracks = [track.name for track in book.features.tracks]
        names = (*FIELDS, *(TRACK + track for track in tracks))
        genes = _gene_starts(book)
        advance = progress("overview", book.meta.counts.letters)
        with ExitStack() as stack:
            files = [stack.enter_context((draft.folder / file_of(n)).open("wb")) for n in range(len(names))]
            pool = stack.enter_context(ThreadPoolExecutor(threads))
            for volume in book:
                parts = []
                for part in pool.map(partial(_window, book, volume), _windows(volume)):
                    parts.append(part)
                    advance(int(part.bottom["gap"].sum()))
                sums = _joined(parts)
                _add_genes(sums, None if genes is None else genes.get(volume.name, np.empty(0, np.int64)))
                for number in range(len(widths(volume.length))):
                    sums = sums.coarser() if number else sums
                    values = sums.values()
                    for file, name in zip(files, names, strict=True):
                        file.write(np.clip(values[name], -LARGEST, LARGEST).astype("<f2").tobytes())
        draft.about = {"base": BASE, "step": STEP, "fields": list(FIELDS), "tracks": tracks}
        return sum(file.stat().st_size for file in draft.folder.iterdir())


def _gene_starts(book: Book) -> dict[str, NDArray[np.int64]] | None:
    """5' ends of the genes of each volume that has some; None for a book without genes."""
    if not book.has_genes:
        return None
    table = Genes.open(book.folder.checked(GENES)).table
    table["five"] = np.where(table["strand"] == "-", table["end"] - 1, table["start"])
    return {str(name): rows["five"].to_numpy(np.int64) for name, rows in table.groupby("volume", sort=False)}


def _windows(volume: Volume) -> Iterator[tuple[int, int]]:
    for start in range(0, volume.length, WINDOW):
        yield start, min(start + WINDOW, volume.length)


def _window(book: Book, volume: Volume, span: tuple[int, int]) -> Sums:
    """Sums over the bins of level 0 in a window of a volume, but for the genes."""
    start, end = span
    edges = np.append(np.arange(start, end, BASE, dtype=np.int64), end)
    sums = measure(volume, edges)
    text = np.diff(edges) - sums.top["gap"]
    middle = start + (end - start) // BASE * BASE
    for track in book.features.tracks:
        values = np.full(len(text), np.nan)
        if book.features.covered(volume.name, track.name):
            for first, last, bins in ((start, middle, (middle - start) // BASE), (middle, end, 1)):
                if first < last:
                    at = (first - start) // BASE
                    values[at : at + bins] = book.features.values(track.name, volume.name, first, last, bins)
        weight = np.where(np.isnan(values), 0, text)
        sums.top[TRACK + track.name] = np.nan_to_num(values) * weight
        sums.bottom[TRACK + track.name] = weight
    return sums


def _joined(parts: list[Sums]) -> Sums:
    """Sums of consecutive windows as those of one."""
    names = list(parts[0].top)
    return Sums(
        {name: np.concatenate([part.top[name] for part in parts]) for name in names},
        {name: np.concatenate([part.bottom[name] for part in parts]) for name in names},
    )


def _add_genes(sums: Sums, starts: NDArray[np.int64] | None) -> None:
    """Count gene starts for each million letters; in a book without genes nothing is known."""
    size = sums.bottom["gap"]
    counts = np.bincount(np.empty(0, np.int64) if starts is None else starts // BASE, minlength=len(size))
    sums.top["genes"] = 1e6 * counts.astype(np.float64)
    sums.bottom["genes"] = size if starts is not None else np.zeros_like(size)
