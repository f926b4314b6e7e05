"""Annotation of a book by position: which bases are in an Alu, an exon, a CpG island.

``annotation.i64`` has the intervals of each class on the concatenation of all volumes in book order. They are
ascending and disjoint, so a lookup costs two binary searches per class in a book of any size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from genomebook.book.annex import MANIFEST, Annex
from genomebook.book.schema import ANNOTATION
from genomebook.errors import DamagedBookError
from genomebook.files.manifest import Count, validated
from genomebook.genome.stretches import overlap, overlapping, prefix_sums


class Grounding(msgspec.Struct):
    """Metadata of ``annotation.i64``: classes, intervals of each, volumes with data."""

    classes: list[str]
    intervals: list[Count]
    heard: list[list[Count]]


class Annotation:
    """Annotation classes of a book by position.

    Parameters
    ----------
    annex : Annex
        ``ground`` of the book, with ``classes``, ``intervals`` (number per class) and ``heard`` (per class,
        the volumes that its sources cover).
    lengths : mapping of str to int
        Length of each volume, in book order.

    Attributes
    ----------
    path : Path
        Path of ``annotation.i64``.
    names : tuple of str
        The classes.
    """

    def __init__(self, annex: Annex, lengths: Mapping[str, int]) -> None:
        self._annex, self.path = annex, annex.path / ANNOTATION
        about = validated(annex.path / MANIFEST, annex.about, Grounding, annex.remedy)
        if not len(about.classes) == len(about.intervals) == len(about.heard):
            raise DamagedBookError(f"{annex.path / MANIFEST}: classes that do not fit; {annex.remedy}")
        self.names: tuple[str, ...] = tuple(about.classes)
        self._first = prefix_sums(about.intervals)
        self._heard = [frozenset(volumes) for volumes in about.heard]
        self._number = {name: number for number, name in enumerate(lengths)}
        self._at = prefix_sums(list(lengths.values()))

    @cached_property
    def _spans(self) -> NDArray[np.int64]:
        return self._annex.flat(ANNOTATION, "<i8", 2 * int(self._first[-1])).all.reshape(2, -1)

    def known(self, volume: str) -> tuple[str, ...]:
        """Classes with data for a volume; the others are unknown there, not absent."""
        number = self._number[volume]
        return tuple(name for name, volumes in zip(self.names, self._heard, strict=True) if number in volumes)

    def shares(self, volume: str, start: int, end: int) -> dict[str, float]:
        """Share of an interval in each class.

        Parameters
        ----------
        volume : str
            Name of a volume.
        start, end : int
            Local, 0-based half-open, not empty.

        Returns
        -------
        dict of str to float
            Non-zero shares, largest first, ties in class order.
        """
        origin = self._at[self._number[volume]]
        low, high = origin + start, origin + end
        shares = {}
        for name, (starts, ends) in zip(self.names, self.spans(), strict=True):
            here = overlapping(starts, ends, low, high)
            if here.start < here.stop:
                letters = overlap(starts[here], ends[here], low, high).sum()
                shares[name] = float(letters / (end - start))
        return dict(sorted(shares.items(), key=lambda item: -item[1]))

    def spans(self) -> Iterator[NDArray[np.int64]]:
        """Starts and ends of each class on the concatenated volumes, memory-mapped: int64[2, k]."""
        for first, last in zip(self._first, self._first[1:], strict=False):
            yield self._spans[:, first:last]

    def problems(self) -> Iterator[str]:
        """Yield a line for each problem of the file."""
        edges = self._at
        for name, (starts, ends) in zip(self.names, self.spans(), strict=True):
            volume = np.searchsorted(edges, starts, "right")
            inside = (starts >= 0) & (ends <= edges[np.minimum(volume, len(edges) - 1)])
            if (starts >= ends).any() or (starts[1:] < ends[:-1]).any() or not inside.all():
                what = f"the places of {name} overlap or lie outside the book"
                yield f"{self.path}: {what}; {self._annex.remedy}"


def write_annotation(
    path: Path, classes: Sequence[Iterable[NDArray[np.int64]]], lengths: Sequence[int]
) -> list[int]:
    """Write ``annotation.i64``.

    Parameters
    ----------
    path : Path
        Path of the file.
    classes : sequence of iterable of int64[k, 2]
        Per class and volume in book order, local intervals, ascending and disjoint.
    lengths : sequence of int
        Lengths of the volumes.

    Returns
    -------
    list of int
        Number of intervals per class.
    """
    at = prefix_sums(lengths)[:-1]
    lined = [
        np.concatenate([spans + origin for spans, origin in zip(volumes, at, strict=True)])
        for volumes in classes
    ]
    with path.open("wb") as file:
        for column in (0, 1):
            for spans in lined:
                file.write(np.ascontiguousarray(spans[:, column], "<i8").tobytes())
    return [len(spans) for spans in lined]
