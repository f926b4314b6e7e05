"""Tracks for one session: an uploaded file becomes features in memory, bounded, never on disk."""

from __future__ import annotations

from dataclasses import dataclass

from genomebook.annotation.formats.registry import may_have_transcripts, track_stem
from genomebook.annotation.formats.source import Upload
from genomebook.annotation.grounded_titles import plain
from genomebook.annotation.track_reading import TrackReading, left_out_notes, letters_of, source_digest
from genomebook.annotation.transcript_files import read_transcripts
from genomebook.book.feature_schema import TrackEntry
from genomebook.book.feature_writer import GatheredRows
from genomebook.book.features import Features, FeatureTrack
from genomebook.book.read import Book
from genomebook.book.session_features import held_rows
from genomebook.book.session_transcripts import HeldTranscripts
from genomebook.errors import AnnotationError

MAX_BYTES = 50_000_000
"""Bytes of an upload."""

MAX_ROWS = 1_000_000
"""Rows of an upload."""

_REMEDY = "give the part that you want to see, or add all of it with genomebook annotate"


@dataclass(frozen=True)
class SessionTrack:
    """An uploaded track; its name, ``own:`` and that of the file, is no name of a track of the book.

    Attributes
    ----------
    features : Features
        With this one track; it has the methods of those of a book.
    notes : tuple of str
        What a person should know of the file, a line each; from a file of unknown origin.
    size : int
        Bytes of the upload.
    transcripts : HeldTranscripts
        Of a file of genes; else there are none.
    """

    features: Features
    notes: tuple[str, ...]
    size: int
    transcripts: HeldTranscripts

    @property
    def track(self) -> FeatureTrack:
        """The track."""
        return self.features.tracks[0]


def read_session_track(book: Book, name: str, content: bytes) -> SessionTrack:
    """Read an uploaded file into memory.

    Parameters
    ----------
    book : Book
        The open book.
    name : str
        Name of the file; its ending gives the format.
    content : bytes
        Of any format of `genomebook.annotation.formats.registry.ENDINGS`; text plain, gzip, bgzip or bzip2.

    Raises
    ------
    AnnotationError
        It has more than `MAX_BYTES` bytes or `MAX_ROWS` rows, unpacks to too much, cannot be read, has
        nothing in the book, or is for another assembly.
    """
    name = plain(name, 100) or "upload"
    if len(content) > MAX_BYTES:
        raise AnnotationError(
            f"{name}: has {len(content) / 1e6:,.0f} MB, {MAX_BYTES / 1e6:,.0f} MB at most; {_REMEDY}"
        )
    source = Upload(name, content)
    reading = TrackReading(source, book.contigs, book.assembly, letters_of(book))
    rows: GatheredRows | None = None
    for chunk in reading.chunks():
        rows = rows or GatheredRows(reading.file.kind == "signal")
        rows.add(chunk)
        if reading.counted.total > MAX_ROWS:
            raise AnnotationError(f"{name}: has more than {MAX_ROWS:,} rows; {_REMEDY}")
    kind = reading.file.kind
    stem = track_stem(source)
    own, label = f"own:{stem}", f"{stem}, your file"
    entry = TrackEntry(
        own, kind, label, name, source_digest(source), 0, 0, 0, sorted(reading.known), reading.counted.number
    )
    lengths = {volume.name: volume.length for volume in book}
    held = held_rows(rows or GatheredRows(kind == "signal"), entry, sum(lengths.values()))
    track = FeatureTrack(own, kind, label, name, held.entry.rows)
    features = Features({track: held}, {own: entry.known}, lengths)
    notes = left_out_notes(source, reading.counted)
    transcripts = HeldTranscripts()
    if may_have_transcripts(reading.file):
        told: list[str] = []
        transcripts = HeldTranscripts(read_transcripts(source, book.contigs, book.assembly, told.append))
        notes += [line for line in told if "on contigs that the book" not in line]  # said already
    return SessionTrack(features, tuple(notes), len(content), transcripts)
