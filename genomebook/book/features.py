"""Tracks of a book by position: repeats, CpG islands, regulatory elements, peaks, variants, signals."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genomebook.book.annex import MANIFEST, Annex
from genomebook.book.feature_files import TrackRows
from genomebook.book.feature_schema import Kind, TrackEntry, TracksAbout
from genomebook.book.zoom import values_of
from genomebook.errors import DamagedBookError, RegionError
from genomebook.files.manifest import validated
from genomebook.genome.stretches import prefix_sums

LIMIT = 10_000
"""Features of a track that one call returns, unless it asks for another number."""

_STRANDS = {1: "+", -1: "-"}


@dataclass(frozen=True)
class FeatureTrack:
    """A track of a book.

    Attributes
    ----------
    name : str
        Unique in the book.
    kind : str
        One of `genomebook.book.feature_schema.KINDS`.
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


@dataclass(frozen=True)
class FeatureStep:
    """A feature to go to: its volume, the feature, its number in the track (from 0)."""

    volume: str
    feature: Feature
    number: int


class Features:
    """The tracks of a book, by position.

    Parameters
    ----------
    rows : mapping of FeatureTrack to TrackRows
        Rows of each track.
    known : mapping of str to set of int
        Volumes that the file of each track is about, by the name of the track.
    lengths : mapping of str to int
        Length of each volume, in book order.

    Attributes
    ----------
    tracks : tuple of FeatureTrack
        In the order in which they were added.
    rows : dict of str to TrackRows
        Rows of each, by its name.
    """

    def __init__(
        self,
        rows: Mapping[FeatureTrack, TrackRows],
        known: Mapping[str, Collection[int]],
        lengths: Mapping[str, int],
    ) -> None:
        self.tracks: tuple[FeatureTrack, ...] = tuple(rows)
        self.rows: dict[str, TrackRows] = {track.name: own for track, own in rows.items()}
        self._kinds = {track.name: track.kind for track in rows}
        self._known = {name: frozenset(volumes) for name, volumes in known.items()}
        self._names = tuple(lengths)
        self._number = {name: number for number, name in enumerate(lengths)}
        self._at = prefix_sums(list(lengths.values()))

    @classmethod
    def open(cls, annex: Annex | None, lengths: Mapping[str, int]) -> Features:
        """Open the tracks of a book; empty without the annex.

        Raises
        ------
        DamagedBookError
            The annex is damaged.
        """
        if annex is None:
            return cls({}, {}, lengths)
        entries = track_entries(annex)
        letters = sum(lengths.values())
        tracks = [FeatureTrack(e.name, e.kind, e.label, e.source, e.rows) for e in entries]
        rows = dict(zip(tracks, TrackRows.of(annex, entries, letters), strict=True))
        if len({entry.name for entry in entries}) < len(entries):
            raise DamagedBookError(f"{annex.path / MANIFEST}: two tracks of one name; {annex.remedy}")
        return cls(rows, {entry.name: entry.known for entry in entries}, lengths)

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
        at = int(self._at[self._volume(volume)])
        low, high = at + start, at + end
        features = []
        for track, rows in self.rows.items():
            if (tracks is None or track in tracks) and self._kinds[track] != "signal":
                features += [_feature(track, at, row) for row in rows.overlapping(low, high, limit)]
        return features

    def step(self, track: str, volume: str, position: int, forward: bool = True) -> FeatureStep | None:
        """The next feature of a track that begins after a position, or the last that begins before it.

        Parameters
        ----------
        track : str
            Name of a track that is no signal.
        volume : str
            Name of a volume; the step may lead to another.
        position : int
            0-based, local.
        forward : bool
            Whether to go on or back.

        Returns
        -------
        FeatureStep or None
            None where there is no other.
        """
        at = int(self._at[self._volume(volume)]) + position
        row = self.rows[track].after(at) if forward else self.rows[track].before(at)
        return None if row is None else FeatureStep(*self._placed(track, self.rows[track].row(row)), row)

    def named(self, name: str, limit: int = 10) -> list[tuple[str, Feature]]:
        """Features of a name, such as an rs number, whatever its case.

        Parameters
        ----------
        name : str
            The whole name.
        limit : int
            At most so many of each track: the first by position.

        Returns
        -------
        list of (str, Feature)
            Volume and feature. Repeats and cytobands are not looked up.
        """
        known = [(track, row) for track, rows in self.rows.items() for row in rows.named(name, limit)]
        return [self._placed(track, row) for track, row in known]

    def _placed(self, track: str, row: tuple[Any, ...]) -> tuple[str, Feature]:
        """Volume of a row, and the feature on it."""
        number = int(np.searchsorted(self._at, row[0], "right")) - 1
        return self._names[number], _feature(track, int(self._at[number]), row)

    def covered(self, volume: str, track: str) -> bool:
        """Whether the file of a track is about this volume; if not, nothing is known there."""
        return self._volume(volume) in self._known.get(track, ())

    def values(self, track: str, volume: str, start: int, end: int, bins: int) -> NDArray[np.float32]:
        """Mean of a signal in equal bins, at a cost that does not depend on their width.

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
            Mean over the letters of each bin that have a value; NaN where none has, or the track is not
            known. Bins wider than four bins of a zoom level are read from that, exact but for the part of
            its bins that both edges cut.
        """
        if not self.covered(volume, track):
            return np.full(bins, np.nan, np.float32)
        at = int(self._at[self._volume(volume)])
        return values_of(self.rows[track], at + start, at + end, bins)

    def _volume(self, name: str) -> int:
        if name not in self._number:
            raise RegionError(f"{name[:60]}: no such sequence in this book")
        return self._number[name]


def track_entries(annex: Annex) -> list[TrackEntry]:
    """Tracks that the manifest of the annex lists.

    Raises
    ------
    DamagedBookError
        It is not what `genomebook.book.feature_schema` says.
    """
    return validated(annex.path / MANIFEST, annex.about, TracksAbout, annex.remedy).tracks


def _feature(track: str, at: int, row: tuple[Any, ...]) -> Feature:
    start, end, strand, score, name, group, note = row
    known = None if np.isnan(score) else score
    return Feature(track, start - at, end - at, _STRANDS.get(strand, "."), name, group, known, note)


def feature_problems(features: Features, annex: Annex) -> Iterator[str]:
    """Yield a line for each track whose rows are not in order, outside the book or without their texts."""
    for name, rows in features.rows.items():
        for problem in rows.problems(name):
            yield f"{annex.path}: {problem}; {annex.remedy}"
