"""Stage: zoom levels of a book, from which its overview is drawn (folder ``overview`` of the book)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genomebook.annotation.genes import Genes
from genomebook.book.annex import adding
from genomebook.book.levels import BASE, FIELDS, STEP, TRACK, Levels, Sums, bins_of, file_of, measure
from genomebook.book.read import Book, Volume
from genomebook.book.schema import GENES
from genomebook.errors import GenomebookError
from genomebook.files.progress import Stage, no_stages

WINDOW = 1 << 22
"""Letters measured at a time: a multiple of `BASE`."""

_NONE = np.empty(0, np.int64)

LARGEST = float(np.finfo(np.float16).max)


def overview(path: Path, *, keep: bool = False, threads: int = 2, progress: Stage = no_stages) -> int:
    """Measure a book at all zoom levels and add them to it.

    Parameters
    ----------
    path : Path
        Of the book; it gets the folder ``overview``.
    keep : bool
        Keep what the book has already of its own letters, words and genes, and measure its tracks alone.
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
        kept = _intact(book) if keep else None
        tracks = [track.name for track in book.features.tracks]
        names = (*FIELDS, *(TRACK + track for track in tracks))
        genes = None if kept else _gene_starts(book)
        advance = progress("overview", book.meta.counts.letters)
        with ExitStack() as stack:
            files = [stack.enter_context((draft.folder / file_of(n)).open("wb")) for n in range(len(names))]
            pool = stack.enter_context(ThreadPoolExecutor(threads))
            for volume in book:
                parts = []
                for part in _measured(pool, partial(_window, book, volume, kept), [*_windows(volume)]):
                    parts.append(part)
                    advance(int(part.bottom["gap"].sum()))
                sums = _joined(parts)
                if kept is None:
                    _add_genes(sums, None if genes is None else genes.get(volume.name, _NONE))
                for level, bins in enumerate(bins_of(volume.length)):
                    sums = sums.coarser() if level else sums
                    values = sums.values()
                    if kept is not None:
                        values |= {name: kept.bins(name, volume.name, level, 0, bins) for name in FIELDS}
                    for file, name in zip(files, names, strict=True):
                        file.write(np.clip(values[name], -LARGEST, LARGEST).astype("<f2").tobytes())
        draft.about = {"base": BASE, "step": STEP, "fields": list(FIELDS), "tracks": tracks}
        return sum(file.stat().st_size for file in draft.folder.iterdir())


def _intact(book: Book) -> Levels | None:
    """The zoom levels that the book has; None where they are damaged or of another format."""
    try:
        return None if book.levels is None or [*book.levels.problems()] else book.levels
    except GenomebookError:
        return None


def _gene_starts(book: Book) -> dict[str, NDArray[np.int64]] | None:
    """5' ends of the genes of each volume that has some; None for a book without genes."""
    if not book.has_genes:
        return None
    table = Genes.open(book.folder.checked(GENES)).table
    table["five"] = np.where(table["strand"] == "-", table["end"] - 1, table["start"])
    return {str(name): rows["five"].to_numpy(np.int64) for name, rows in table.groupby("volume", sort=False)}


def _measured(
    pool: ThreadPoolExecutor, window: Callable[[tuple[int, int]], Sums], spans: list[tuple[int, int]]
) -> Iterable[Sums]:
    """Windows measured side by side; one alone here, as to hand a short contig to a thread takes longer."""
    return map(window, spans) if len(spans) == 1 else pool.map(window, spans)


def _windows(volume: Volume) -> Iterator[tuple[int, int]]:
    for start in range(0, volume.length, WINDOW):
        yield start, min(start + WINDOW, volume.length)


def _window(book: Book, volume: Volume, kept: Levels | None, span: tuple[int, int]) -> Sums:
    """Sums over the bins of level 0 in a window of a volume, but for the genes and for what is kept."""
    start, end = span
    edges = np.append(np.arange(start, end, BASE, dtype=np.int64), end)
    size = np.diff(edges).astype(np.float64)
    if kept is None:
        sums = measure(volume, edges)
    else:
        gap = kept.bins("gap", volume.name, 0, start // BASE, start // BASE + len(size))
        sums = Sums({"gap": gap * size}, {"gap": size})
    text = size - sums.top["gap"]
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
    counts = np.bincount(_NONE if starts is None else starts // BASE, minlength=len(size))
    sums.top["genes"] = 1e6 * counts.astype(np.float64)
    sums.bottom["genes"] = size if starts is not None else np.zeros_like(size)
