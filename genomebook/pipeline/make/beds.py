"""Tracks of a book as BED files, one for each group of a track that tells kinds of elements apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain, count
from pathlib import Path

from genomebook.book.feature_schema import Kind
from genomebook.book.features import Feature
from genomebook.book.read import Book, Volume
from genomebook.files.atomic import folder_aside
from genomebook.pipeline.make.state import MakeState

FOLDER = "tracks"
_GROUPS = 12
"""A track with more groups than these is one file."""

_APART: tuple[Kind, ...] = ("regulatory", "other")
"""Kinds of tracks whose groups are different things: promoters, enhancers."""


def track_beds(book: Book, names: Sequence[str], state: MakeState) -> list[Path]:
    """BED files of some tracks of a book, in the coordinates of the contigs; empty tracks have none.

    They are written once for a version of the tracks, into a folder whose name follows from it.

    Parameters
    ----------
    book : Book
        An annotated book.
    names : sequence of str
        Tracks; those that the book does not have are left out.
    state : MakeState
        Its folder gets the files.
    """
    kinds = {track.name: track.kind for track in book.features.tracks if track.name in names}
    record = state.record.steps.get("annotate")
    place = state.folder / FOLDER
    stamp = place / "of"
    version = f"{book.digest} {record.key if record else ''} {' '.join(sorted(kinds))}\n"
    if not stamp.is_file() or stamp.read_text() != version:
        fresh, old = state.folder / f"{FOLDER}.part", state.folder / f"{FOLDER}.old"
        with folder_aside(place, fresh, old):
            for name, kind in kinds.items():
                _write(book, name, kind in _APART, fresh)
            (fresh / "of").write_text(version)
    return sorted(place.glob("*.bed"))


def _write(book: Book, name: str, apart: bool, folder: Path) -> None:
    rows: dict[str, list[str]] = {}
    for volume in book:
        features = book.features.overlapping(volume.name, 0, volume.length, [name], len_limit(book, name))
        for feature in features:
            group = feature.group if apart else ""
            rows.setdefault(group, []).append(_row(volume, feature))
    if len(rows) > _GROUPS:
        rows = {"": sorted(row for group in rows.values() for row in group)}
    for group, lines in rows.items():
        stem = re.sub(r"[^A-Za-z0-9]+", "_", f"{name}_{group}" if group else name)
        _free(folder, stem).write_text("".join(lines), encoding="utf-8")


def _free(folder: Path, stem: str) -> Path:
    """File for a stem; other groups whose names give the same stem are numbered."""
    stems = chain([stem], (f"{stem}_{number}" for number in count(2)))
    return next(path for name in stems if not (path := folder / f"{name}.bed").exists())


def len_limit(book: Book, name: str) -> int:
    """Rows of a track."""
    return max(1, book.features.rows[name].entry.rows)


def _row(volume: Volume, feature: Feature) -> str:
    start, end = volume.origin + feature.start, volume.origin + feature.end
    group = feature.group or "."
    return f"{volume.contig}\t{start}\t{end}\t{feature.name or group}\t0\t{feature.strand}\t{group}\n"
