"""Tracks of a book by position: repeats, CpG islands, regulatory elements, peaks, variants, signals."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Kind = Literal["repeat", "cpg", "regulatory", "gene", "peak", "variant", "cytoband", "signal", "other"]
"""What the intervals of a track are."""

KINDS: tuple[Kind, ...] = get_args(Kind)

LIMIT = 10_000
"""Features that one call returns, unless it asks for another number."""


@dataclass(frozen=True)
class FeatureTrack:
    """A track of a book.

    Attributes
    ----------
    name : str
        Unique in the book.
    kind : str
        One of `KINDS`.
    label : str
        Name for people.
    source : str
        Name of the file that it was read from, without its folder.
    count : int
        Number of intervals in the book.
    """

    name: str
    kind: Kind
    label: str
    source: str
    count: int


@dataclass(frozen=True)
class Feature:
    """An interval of a track.

    Attributes
    ----------
    track : str
        Name of the track.
    start, end : int
        0-based half-open, local to the volume.
    strand : str
        ``+``, ``-`` or ``.``.
    name : str
        ``""`` if it has none.
    group : str
        Class and family of a repeat (``SINE/Alu``), class of an element, type of a variant, or ``""``.
    score : float or None
        As in the file.
    note : str
        What else the file says, cleaned for people; ``""`` for nothing.
    """

    track: str
    start: int
    end: int
    strand: str
    name: str
    group: str
    score: float | None
    note: str


class Features:
    """The tracks of a book, by position.

    Attributes
    ----------
    tracks : tuple of FeatureTrack
        In the order in which they were added.
    """

    def __init__(self, tracks: tuple[FeatureTrack, ...] = ()) -> None:
        self.tracks = tracks

    def overlapping(
        self, volume: str, start: int, end: int, tracks: Collection[str] | None = None, limit: int = LIMIT
    ) -> list[Feature]:
        """Features that share a letter with an interval.

        Parameters
        ----------
        volume : str
            Name of a volume.
        start, end : int
            0-based half-open, local.
        tracks : collection of str, optional
            Names of the tracks; all by default. Signals have values, not features.
        limit : int
            At most so many of each track: the first by position.

        Returns
        -------
        list of Feature
            Track after track in their order, by start, then by end.
        """
        return []

    def covered(self, volume: str, track: str) -> bool:
        """Whether the file of a track is about this volume; if not, nothing is known there."""
        return False

    def values(self, track: str, volume: str, start: int, end: int, bins: int) -> NDArray[np.float32]:
        """Mean of a signal in equal bins.

        Parameters
        ----------
        track : str
            Name of a signal; of another track the values are the share of the letters that it covers.
        volume : str
            Name of a volume.
        start, end : int
            0-based half-open, local, not empty.
        bins : int
            Number of bins.

        Returns
        -------
        float32[bins]
            Mean over the letters of each bin that have a value; NaN where none has.
        """
        return np.full(bins, np.nan, np.float32)
