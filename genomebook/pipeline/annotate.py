"""Stage: tracks of a book, read from files of other tools (annex ``tracks``)."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from genomebook.annotation.class_names import class_of_file
from genomebook.annotation.formats.registry import track_stem
from genomebook.annotation.grounded_titles import plain
from genomebook.annotation.track_reading import TrackReading, left_out_notes, source_digest
from genomebook.book.annex import adding
from genomebook.book.feature_schema import TRACKS, Kind, TrackEntry
from genomebook.book.feature_writer import FeatureWriter, GatheredRows, tracks_about
from genomebook.book.features import Features, FeatureTrack
from genomebook.book.read import Book
from genomebook.errors import OptionError
from genomebook.files.progress import Message, Stage, no_message, no_stages

MAX_NAME = 60
"""Characters of the name of a track."""

_LABELS: dict[Kind, str] = {
    "repeat": "repeats",
    "cpg": "CpG islands",
    "cytoband": "cytobands",
    "gene": "genes",
}


@dataclass(frozen=True)
class TrackInput:
    """A file to add, under a name; ``""``: that of the file."""

    path: Path
    name: str = ""


@dataclass(frozen=True)
class Annotated:
    """Tracks of a book after a change.

    Attributes
    ----------
    added : tuple of FeatureTrack
        Those that were read.
    tracks : tuple of FeatureTrack
        All.
    """

    added: tuple[FeatureTrack, ...]
    tracks: tuple[FeatureTrack, ...]


def annotate(
    path: Path,
    inputs: Sequence[TrackInput] = (),
    remove: Sequence[str] = (),
    *,
    anew: bool = False,
    progress: Stage = no_stages,
    note: Message = no_message,
) -> Annotated:
    """Add tracks to a book, replace those of the same name, remove others; the rest stay.

    Parameters
    ----------
    path : Path
        Of the book; its folder ``tracks`` is written anew as a whole.
    inputs : sequence of TrackInput
        Files of any format of `genomebook.annotation.formats.registry.ENDINGS`.
    remove : sequence of str
        Names of tracks.
    anew : bool
        Leave out all tracks that are there, also where they are damaged.
    progress : callable
        Progress over the files.
    note : callable
        Called with a line for each thing that a person should know.

    Returns
    -------
    Annotated
        The tracks.

    Raises
    ------
    AnnotationError
        A file cannot be read or does not fit the book; nothing is changed.
    OptionError
        Two tracks have one name, or there is none of the name to remove.
    BookError
        There is no book, or a damaged one, or another command writes to it.
    """
    names = _names(inputs)
    with adding(path, TRACKS) as draft:
        book = Book.open(path)
        letters = sum(book.contents.lengths)
        old = Features.open(None, {}) if anew else book.features
        missing = [name for name in remove if name not in old.rows]
        if missing:
            raise OptionError(f"{path}: has no track {', '.join(missing)}; it has {_listed(old.tracks)}")
        entries: dict[str, TrackEntry | None] = dict.fromkeys(
            [*(n for n in old.rows if n not in remove), *names]
        )
        advance = progress("tracks", len(inputs))
        with FeatureWriter(draft.folder, letters) as writer:
            for name in entries:
                if name not in names:
                    entries[name] = writer.copy(old.rows[name])
                    continue
                taken = [entry.label for entry in entries.values() if entry]
                with tempfile.TemporaryDirectory(dir=draft.folder, prefix=".rows") as folder:
                    entries[name] = _read(book, names[name], name, taken, writer, Path(folder), note)
                advance(1)
        written = [entry for entry in entries.values() if entry]
        draft.about = tracks_about(written)
    tracks = tuple(FeatureTrack(e.name, e.kind, e.label, e.source, e.rows) for e in written)
    return Annotated(tuple(track for track in tracks if track.name in names), tracks)


def _names(inputs: Sequence[TrackInput]) -> dict[str, Path]:
    names: dict[str, Path] = {}
    for given in inputs:
        name = plain(given.name or track_stem(given.path), MAX_NAME)
        if not name:
            raise OptionError(f"{given.path}: a track needs a name with a letter; give NAME={given.path}")
        if name in names:
            raise OptionError(
                f"{given.path}: would be named {name} as {names[name]}; give one of them another name: "
                f"NAME={given.path}"
            )
        names[name] = given.path
    return names


def _read(
    book: Book,
    path: Path,
    name: str,
    taken: Sequence[str],
    writer: FeatureWriter,
    folder: Path,
    note: Message,
) -> TrackEntry:
    """Read a file and write its rows."""

    def letters(volume: str, start: int, end: int) -> bytes:
        return book[volume].sequence(start, min(end, book[volume].length))

    reading = TrackReading(path, book.contigs, book.assembly, letters)
    rows: GatheredRows | None = None
    for chunk in reading.chunks():
        rows = rows or GatheredRows(reading.file.kind == "signal", folder)
        rows.add(chunk)
    rows = rows or GatheredRows(reading.file.kind == "signal", folder)
    kind = reading.file.kind
    label = _label(kind, name, reading.file.stem)
    known = sorted(reading.known)
    entry = TrackEntry(
        name, kind, name if label in taken else label, path.name, source_digest(path), 0, 0, 0, known,
        reading.counted.number,
    )  # fmt: skip
    written = writer.add(rows, entry)
    rows.close()
    for line in left_out_notes(path, reading.counted):
        note(line)
    if not written.rows:
        note(f"{path}: none of its {reading.counted.total:,} rows lies in the book")
    if twice := written.left_out.get("overlapping"):
        note(f"{path}: {twice:,} values are given for letters that have one; the first is kept")
    return written


def _label(kind: Kind, name: str, stem: str) -> str:
    """Name for people: the one given, or what the file is by its kind or its name."""
    if name != plain(stem, MAX_NAME):
        return name
    called = class_of_file(stem)
    return _LABELS.get(kind) or (name if called == plain(stem) else called)


def _listed(tracks: Sequence[FeatureTrack]) -> str:
    return ", ".join(track.name for track in tracks) or "none"
