"""Small track files of every format, and what reading them for two made-up sequences gives."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from genomebook.annotation.track_reading import TrackReading
from genomebook.genome.regions import Contig

CONTIGS = [Contig("chrA", 2_000, "chrA", 0), Contig("chrB", 1_000, "chrB", 0)]
LETTERS = {"chrA": b"ACGT" * 500, "chrB": b"GATTACA" * 142 + b"GATTAC"}


def letters(volume: str, start: int, end: int) -> bytes:
    return LETTERS[volume][start:end]


class ReadTrack(NamedTuple):
    """A track as it was read."""

    reading: TrackReading
    rows: pd.DataFrame

    def tuples(self, *columns: str) -> list[tuple[object, ...]]:
        return list(self.rows[list(columns)].itertuples(index=False, name=None))


def written(folder: Path, name: str, content: str | bytes) -> Path:
    """A file, packed where its name says so."""
    path = folder / name
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def read(path: Path, contigs: list[Contig] = CONTIGS, assembly: str = "") -> ReadTrack:
    reading = TrackReading(path, contigs, assembly, letters)
    chunks = list(reading.chunks())
    return ReadTrack(reading, pd.concat(chunks) if chunks else pd.DataFrame())
