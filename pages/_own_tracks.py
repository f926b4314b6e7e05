"""Tracks that a visitor brings along: read into memory for the session, shown with those of the book."""

from __future__ import annotations

import streamlit as st

from genomebook.annotation.session_tracks import MAX_BYTES, MAX_ROWS, SessionTrack, read_session_track
from genomebook.book import Book
from genomebook.errors import GenomebookError
from genomebook.render.numbers import plural
from pages._shared import as_text, problem

ENDINGS = ("bed", "gff3", "gff", "gtf", "vcf", "narrowPeak", "broadPeak", "bedGraph", "gz")
HELP = (
    "BED, GFF3, GTF, VCF and the like, also packed with gzip. Only you see it, and only until you close the "
    "page: it is kept in memory and never written to disk."
)


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
            type=list(ENDINGS),
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
