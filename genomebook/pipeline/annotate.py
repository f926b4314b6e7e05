"""Stage: tracks of a book, read from files of other tools (annex ``tracks``)."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

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
from genomebook.book.transcript_writer import add_transcripts
from genomebook.book.transcripts import ANNEX as TRANSCRIPTS
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
    sources : dict of str to int
        Transcripts that the book has, by the name of the file of genes.
    """

    added: tuple[FeatureTrack, ...]
    tracks: tuple[FeatureTrack, ...]
    sources: dict[str, int]

    @property
    def transcripts(self) -> int:
        """Transcripts that the book has."""
        return sum(self.sources.values())


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

    Files of genes also give the book transcripts, which keep the name of their track. Those of the genes
    that the book was built with are named after their file.

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
        had = [name for name, rows in old.rows.items() if rows.entry.transcripts]
        unnamed = had[0] if had else "genes"  # of books that were annotated before files had names
        sources = {} if anew else _sources(book, unnamed)
        missing = [name for name in remove if name not in old.rows and name not in sources]
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
                transcripts += (replace(row, source=name) for row in given)
                advance(1)
        draft.about = tracks_about(entries)
    gone = {*names, *remove}
    if transcripts or gone & {*had, *sources} or (anew and (path / TRANSCRIPTS).is_dir()):
        rows = [*([] if anew else _kept(book, unnamed, gone)), *transcripts]
        sources = dict(sorted(Counter(row.source for row in rows).items()))
        add_transcripts(path, rows, {volume.name: volume.length for volume in book})
    tracks = tuple(FeatureTrack(e.name, e.kind, e.label, e.source, e.rows) for e in entries)
    added = tuple(track for track in tracks if track.name in names)
    return Annotated(added, tracks, sources)


def _sources(book: Book, unnamed: str) -> dict[str, int]:
    """Transcripts of a book by file; those of no known file under the name given."""
    number = len(book.transcripts)
    return book.transcripts.by_source or ({unnamed: number} if number else {})


def _kept(book: Book, unnamed: str, gone: set[str]) -> list[Transcript]:
    """Transcripts of the book that stay, with the names of their files."""
    rows = (replace(row, source=row.source or unnamed) for row in book.transcripts.all())
    return [row for row in rows if row.source not in gone]


def name_after(path: Path) -> str:
    """Name of a track for its file; empty for a file whose name has no letter."""
    return plain(track_stem(path), MAX_NAME)


def _names(inputs: Sequence[TrackInput]) -> dict[str, Path]:
    names: dict[str, Path] = {}
    for given in inputs:
        name = plain(given.name, MAX_NAME) if given.name else name_after(given.path)
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
