"""Stage: tracks of a book, read from files of other tools (annex ``tracks``)."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from genomebook.annotation.class_names import class_of_file
from genomebook.annotation.formats.registry import may_have_transcripts, track_stem
from genomebook.annotation.grounded_titles import plain
from genomebook.annotation.track_reading import TrackReading, left_out_notes, letters_of, source_digest
from genomebook.annotation.transcript_files import read_transcripts
from genomebook.book.annex import adding
from genomebook.book.feature_schema import TRACKS, Kind, TrackEntry
from genomebook.book.feature_writer import FeatureWriter, GatheredRows, tracks_about
from genomebook.book.features import Features, FeatureTrack
from genomebook.book.read import Book
from genomebook.book.transcript import Transcript
from genomebook.book.transcripts import ANNEX as TRANSCRIPTS
from genomebook.book.transcripts import add_transcripts
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
    transcripts : int
        Transcripts that the book has.
    """

    added: tuple[FeatureTrack, ...]
    tracks: tuple[FeatureTrack, ...]
    transcripts: int


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

    Files of genes also give the transcripts of the book, all of them in the place of those that it had.

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
        old = Features.open(None, {}) if anew else book.features
        missing = [name for name in remove if name not in old.rows]
        if missing:
            raise OptionError(f"{path}: has no track {', '.join(missing)}; it has {_listed(old.tracks)}")
        advance = progress("tracks", len(inputs))
        entries: list[TrackEntry] = []
        transcripts: list[Transcript] = []
        with FeatureWriter(draft.folder, sum(book.contents.lengths)) as writer:
            for name in dict.fromkeys([*(n for n in old.rows if n not in remove), *names]):
                if name not in names:
                    entries.append(writer.copy(old.rows[name]))
                    continue
                taken = {entry.label for entry in entries}
                with tempfile.TemporaryDirectory(dir=draft.folder, prefix=".rows") as folder:
                    entry, given = _read(book, names[name], name, taken, writer, Path(folder), note)
                entries.append(entry)
                transcripts += given
                advance(1)
        entries, replaced = _givers(entries, bool(transcripts), set(names))
        draft.about = tracks_about(entries)
    had = sum(rows.entry.transcripts for rows in old.rows.values())
    if (
        transcripts
        or (anew and (path / TRANSCRIPTS).is_dir())
        or (had and not any(e.transcripts for e in entries))
    ):
        add_transcripts(path, transcripts, {volume.name: volume.length for volume in book})
    for name in replaced:
        note(f"{path}: the transcripts of {name} are replaced; to have both, give both files in one command")
    tracks = tuple(FeatureTrack(e.name, e.kind, e.label, e.source, e.rows) for e in entries)
    added = tuple(track for track in tracks if track.name in names)
    return Annotated(added, tracks, sum(entry.transcripts for entry in entries))


def _givers(entries: Sequence[TrackEntry], new: bool, names: set[str]) -> tuple[list[TrackEntry], list[str]]:
    """Entries that say which files the transcripts are from, and tracks whose transcripts are replaced."""
    kept = [entry for entry in entries if new and entry.transcripts and entry.name not in names]
    gone = {entry.name for entry in kept}
    left = [msgspec.structs.replace(e, transcripts=0) if e.name in gone else e for e in entries]
    return left, sorted(gone)


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
    taken: set[str],
    writer: FeatureWriter,
    folder: Path,
    note: Message,
) -> tuple[TrackEntry, list[Transcript]]:
    """Read a file and write its rows; also the transcripts that it has."""
    reading = TrackReading(path, book.contigs, book.assembly, letters_of(book))
    rows: GatheredRows | None = None
    for chunk in reading.chunks():
        rows = rows or GatheredRows(reading.file.kind == "signal", folder)
        rows.add(chunk)
    kind = reading.file.kind
    rows = rows or GatheredRows(kind == "signal", folder)
    transcripts = []
    if may_have_transcripts(reading.file):
        transcripts = read_transcripts(path, book.contigs, book.assembly)
    label = _label(kind, name, reading.file.stem)
    entry = TrackEntry(
        name, kind, name if label in taken else label, path.name, source_digest(path), 0, 0, 0,
        sorted(reading.known), reading.counted.number, len(transcripts),
    )  # fmt: skip
    written = writer.add(rows, entry)
    rows.close()
    for line in left_out_notes(path, reading.counted):
        note(line)
    if not written.rows:
        note(f"{path}: none of its {reading.counted.total:,} rows lies in the book")
    if twice := written.left_out.get("overlapping"):
        note(f"{path}: {twice:,} values are given for letters that have one; the first is kept")
    return written, transcripts


def _label(kind: Kind, name: str, stem: str) -> str:
    """Name for people: the one given, or what the file is by its kind or its name."""
    if name != plain(stem, MAX_NAME):
        return name
    called = class_of_file(stem)
    return _LABELS.get(kind) or (name if called == plain(stem) else called)


def _listed(tracks: Sequence[FeatureTrack]) -> str:
    return ", ".join(track.name for track in tracks) or "none"
