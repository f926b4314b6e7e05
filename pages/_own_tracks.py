"""Tracks that a visitor brings along: read into memory for the session, shown with those of the book."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import streamlit as st

from genomebook.annotation.formats.registry import ENDINGS
from genomebook.annotation.session_tracks import MAX_BYTES, MAX_ROWS, SessionTrack, read_session_track
from genomebook.book import Book
from genomebook.book.features import Features, FeatureStep
from genomebook.errors import GenomebookError
from genomebook.genome.regions import Region
from genomebook.render.numbers import plural
from pages._shared import as_text, problem

TYPES = sorted({end.lstrip(".") for ends in ENDINGS.values() for end in ends} | {"gz", "bgz", "bz2"})
HELP = (
    "BED, GFF3, GTF, genePred, VCF and the like, also packed with gzip; bigBed, bigWig and BCF. Genes are "
    "shown with exons and amino acids. Only you see the file, and only until you close the page."
)


class ReaderStep(msgspec.Struct):
    """The next row of a track is wanted, or the one before."""

    serial: int
    track: str
    forward: bool = True


def tracks_of_session(book: Book) -> dict[str, SessionTrack]:
    """Tracks of this session for a book, by the name of the track."""
    tracks: dict[str, SessionTrack] = st.session_state.setdefault(f"own tracks {book.digest}", {})
    return tracks


def own_tracks(book: Book) -> None:
    """Draw the place for files, and what has been read from them."""
    tracks = tracks_of_session(book)
    number = st.session_state.setdefault("own file", 0)
    with st.container(border=True, key="own"):
        given = st.file_uploader(
            "Your own track",
            type=TYPES,
            key=f"own file {number}",
            help=HELP,
            max_upload_size=MAX_BYTES // 1_000_000,
        )
        if given is not None:
            st.session_state["own file"] = number + 1
            st.session_state["own refused"] = _add(book, tracks, given.name, given.getvalue())
            _changed()
        if refused := st.session_state.pop("own refused", ""):
            problem(refused)
        for name, session in list(tracks.items()):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.text(f"{session.track.label}: {plural(session.track.count, 'row')}")
                if st.button("Remove", key=f"remove {name}", icon=":material/close:"):
                    del tracks[name]
                    _changed()
            for note in session.notes:
                st.caption(as_text(note))


def _add(book: Book, tracks: dict[str, SessionTrack], name: str, content: bytes) -> str:
    """Read a file; returns what is wrong with it, empty if nothing is."""
    try:
        session = read_session_track(book, name, content)
    except GenomebookError as error:
        return str(error)
    others = [other for other in tracks.values() if other.track.name != session.track.name]
    if sum(other.size for other in others) + session.size > MAX_BYTES:
        return f"All your files together may have {MAX_BYTES // 1_000_000} MB; remove one of them first"
    if sum(other.track.count for other in others) + session.track.count > MAX_ROWS:
        return f"All your files together may have {MAX_ROWS:,} rows; remove one of them first"
    tracks[session.track.name] = session
    return ""


def _changed() -> None:
    """The browser forgets the pages that it has; all is drawn again."""
    st.session_state["reader forgets"] = True
    st.rerun(scope="fragment")


def step_to(known: Sequence[Features], said: ReaderStep, here: Region) -> Region | None:
    """Place of the next row of a track, or of the one before.

    Parameters
    ----------
    known : sequence of Features
        Tracks of the book and of the session.
    said : ReaderStep
        What is wanted.
    here : Region
        What is shown; a row that is there already is passed over.
    """
    features = next((features for features in known if said.track in features.rows), None)
    if features is None:
        return None
    step = features.step(said.track, here.volume, here.start - said.forward, said.forward)
    if step and said.forward and _region(step) == here:
        step = features.step(said.track, here.volume, here.start)
    return _region(step) if step else None


def _region(step: FeatureStep) -> Region:
    """Place of a row; of one without letters, the letter after it."""
    return Region(step.volume, step.feature.start, max(step.feature.end, step.feature.start + 1))
