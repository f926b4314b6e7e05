"""Profiles of a range of a volume: quantities in a number of bins, for the same cost at any width."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from genomebook.book.levels import PER_BIN, TRACK, Levels, bins_of, measure, widths
from genomebook.errors import BookError, RegionError

if TYPE_CHECKING:
    from genomebook.book.read import Book

DIRECT = 1 << 18
"""Letters of a range that is measured in the book itself."""

WITHOUT_LEVELS = 1 << 22
"""The same for a book without zoom levels."""

MAX_BINS = 4096
"""Bins of a profile."""

FINER = 4
"""Bins of a level that a bin of a profile is made of, at least, where the level is not the finest."""


def profile(book: Book, volume: str, start: int, end: int, bins: int) -> dict[str, NDArray[np.float32]]:
    """Quantities of a range in equal bins, the edges of which are as sharp as a quarter of a bin.

    Parameters
    ----------
    book : Book
        The book.
    volume : str
        Name of a volume.
    start, end : int
        Local, 0-based half-open, not empty.
    bins : int
        1 to `MAX_BINS`.

    Returns
    -------
    dict of str to float32[bins]
        ``gc``: share of G and C among the bases. ``gap``: share of letters in runs of N. ``lower``: share of
        lower-case letters, NaN in a volume without any, as it was never masked. ``strength``: mean log-odds
        (nats) that a sentence ends after a word. ``surprisal``: mean bits of a word. ``sentences`` and
        ``paragraphs``: ends for each 1,000 letters. ``genes``: gene starts for each million letters. Then
        the density of each feature track, under ``track:`` and its name: share of letters that it covers, or
        the mean of its values.
        NaN where nothing is known; genes and tracks only in a book with zoom levels.

    Raises
    ------
    RegionError
        If the range is empty or not inside the volume, or `bins` is out of range.
    BookError
        If the range is wide and the book has no zoom levels.
    """
    length = book[volume].length
    if not 0 <= start < end <= length or not 1 <= bins <= MAX_BINS:
        raise RegionError(
            f"{volume}: a profile of positions {start}-{end} (0-based) in {bins} bins; "
            f"choose a range inside {length:,} letters and 1 to {MAX_BINS:,} bins"
        )
    levels = book.levels
    is_direct = end - start <= (DIRECT if levels else WITHOUT_LEVELS)
    if levels is None and not is_direct:
        raise BookError(f"{book.path}: has no zoom levels; make them: genomebook overview {book.path.name}")
    out = {}
    if is_direct:
        edges = start + np.arange(bins + 1, dtype=np.int64) * (end - start) // bins
        out = measure(book[volume], edges).values()
        for track in book.features.tracks:
            if book.features.covered(volume, track.name):
                out[TRACK + track.name] = book.features.values(track.name, volume, start, end, bins)
    if levels is not None:
        names = [name for name in levels.names if name not in out]
        out |= _resampled(levels, names, volume, length, (start, end), bins)
    return out


def _resampled(
    levels: Levels, names: list[str], volume: str, length: int, span: tuple[int, int], bins: int
) -> dict[str, NDArray[np.float32]]:
    """Values of a level, averaged over bins of any edges, weighted by the letters that they are known for."""
    start, end = span
    level = int(np.searchsorted(widths(length), (end - start) / bins / FINER, "right")) - 1
    level = min(max(level, 0), len(widths(length)) - 1)
    width = widths(length)[level]
    first, last = start // width, min(-(-end // width), bins_of(length)[level])
    edges = np.linspace(start, end, bins + 1) / width - first
    sizes = np.minimum(np.arange(first + 1, last + 1) * width, length) - np.arange(first, last) * width
    text = sizes * (1 - levels.bins("gap", volume, level, first, last))
    out = {}
    for name in names:
        values = levels.bins(name, volume, level, first, last)
        weight = np.where(np.isnan(values), 0, sizes if name in PER_BIN else text).astype(np.float64)
        total, of = (
            np.diff(np.interp(edges, np.arange(last - first + 1), np.concatenate([[0], np.cumsum(each)])))
            for each in (np.nan_to_num(values) * weight, weight)
        )
        known = of > 1e-6
        out[name] = np.divide(total, of, out=np.full(bins, np.nan), where=known).astype(np.float32)
    return out
