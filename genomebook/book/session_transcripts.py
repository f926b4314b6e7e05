"""Transcripts in memory, for one session: never on disk."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from genomebook.book.transcript import Transcript


class TranscriptPlaces(Protocol):
    """Transcripts by place, such as those of a book."""

    def overlapping(self, volume: str, start: int, end: int) -> list[Transcript]: ...  # noqa: D102


class _OfVolume(NamedTuple):
    """Transcripts of a volume by start, with their starts, ends and furthest ends so far: int64[n] each."""

    rows: list[Transcript]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    furthest: NDArray[np.int64]


class HeldTranscripts:
    """Transcripts in memory, asked like those of a book (`genomebook.book.transcripts.Transcripts`).

    Parameters
    ----------
    transcripts : iterable of Transcript
        In any order.
    """

    def __init__(self, transcripts: Iterable[Transcript] = ()) -> None:
        by_volume: dict[str, list[Transcript]] = {}
        for transcript in transcripts:
            by_volume.setdefault(transcript.volume, []).append(transcript)
        self._volumes: dict[str, _OfVolume] = {}
        self._by_id: dict[str, Transcript] = {}
        for name, rows in by_volume.items():
            rows.sort(key=lambda row: (row.start, row.end))
            starts, ends = (np.array([getattr(row, at) for row in rows], np.int64) for at in ("start", "end"))
            self._volumes[name] = _OfVolume(rows, starts, ends, np.maximum.accumulate(ends))
            self._by_id |= {row.transcript_id: row for row in reversed(rows)}

    def __len__(self) -> int:
        """Number of transcripts."""
        return sum(len(volume.rows) for volume in self._volumes.values())

    def overlapping(self, volume: str, start: int, end: int) -> list[Transcript]:
        """Transcripts that share a base with [start, end) of a volume, introns included, by start and end."""
        here = self._volumes.get(volume)
        if here is None:
            return []
        low = int(np.searchsorted(here.furthest, start, "right"))
        high = int(np.searchsorted(here.starts, end, "left"))
        return [here.rows[low + at] for at in np.flatnonzero(here.ends[low:high] > start).tolist()]

    def by_id(self, transcript_id: str) -> Transcript | None:
        """Transcript by id; None if there is none."""
        return self._by_id.get(transcript_id)


class JoinedTranscripts:
    """Transcripts of several files, each asked in turn."""

    def __init__(self, *parts: TranscriptPlaces) -> None:
        self._parts = parts

    def overlapping(self, volume: str, start: int, end: int) -> list[Transcript]:
        """Transcripts that share a base with [start, end) of a volume, part by part."""
        return [row for part in self._parts for row in part.overlapping(volume, start, end)]
