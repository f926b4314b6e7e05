"""What the pages share: the open book and its tables, the stylesheet, error messages."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import streamlit as st
from markupsafe import Markup

from genomebook.annotation.genes import COLUMNS, Genes
from genomebook.book import Book
from genomebook.book.remote import generation
from genomebook.book.schema import GENES
from genomebook.errors import GenomebookError
from genomebook.files.attempts import Attempts
from genomebook.files.web import is_address
from genomebook.language.encode import Encoder
from genomebook.language.vocabulary import Vocabulary
from genomebook.lexicon.listing import listing
from genomebook.lexicon.neighbours import Neighbours, neighbours_of
from genomebook.lexicon.shipped import shipped_partnerless
from genomebook.render.templating import render, stylesheet
from genomebook.search.book_names import fault_of_names, prepare_names
from genomebook.search.searcher import Searcher
from pages._box import box
from pages._components import FRAMED

DRAWN = "drawn"
"""Set in a session that has drawn a page to its end: app.css hides pages until then, so nothing moves."""

READ = "read"
"""The page whose bar has the box."""

_FOLDERS = re.compile(r"(?<![\w:/.)\]])/(?:[^\s/:;,\"']+/)+(?=[^\s/])")

_OPENING = Attempts()

NO_BOOK = "No book is open. Make one and read it: genomebook demo, or genomebook serve PATH-OF-A-BOOK"


def as_text(text: str) -> str:
    """Write text so that Streamlit's Markdown shows it as it is: no HTML, link, colour, formula or emoji."""
    line = re.sub(r"([\\`*_{}\[\]()#+\-.!|~<>$:&=])", r"\\\1", " ".join(text.split()))
    return line.replace("\\://", "\\:\u2060//").replace("www\\.", "www\u2060\\.")


def styles(*names: str) -> None:
    """Send stylesheets of `genomebook.render`, unless the frame of the page has them (`pages._server`)."""
    if FRAMED not in os.environ:
        st.html(Markup().join(map(stylesheet, names)))


def without_folders(text: str) -> str:
    """Name files from the book down, others by their last part: no folder of the server is shown.

    Of a book on the web, neither its server nor reason or remedy is shown: these are logged.
    """
    address = os.environ.get("GENOMEBOOK_BOOK", "").rstrip("/")
    if is_address(address) and address in text:
        print(text, file=sys.stderr, flush=True)
        text = re.split(r" \(|;", text.replace(address, address.rpartition("/")[2]), maxsplit=1)[0]
    book = Path(os.environ.get("GENOMEBOOK_BOOK", ""))
    for folder in {str(book.absolute().parent), str(book.resolve().parent)} - {"/"}:
        text = text.replace(f"{folder}/", "")
    return _FOLDERS.sub("", text)


def problem(message: str) -> None:
    """Show one line; it may quote a URL or a file, whose folder is left out."""
    st.error(as_text(without_folders(message)))


@contextmanager
def frame(name: str) -> Iterator[Book]:
    """Open the book and draw page `name` inside; an error of the book or of the address becomes one line.

    Until app.py has run once under ``streamlit run app.py``, Streamlit runs the file of pages/ that a link
    names by itself; then app.py is called, which sends the visitor back here (not under `pages._server`).
    """
    if "in_app" not in st.session_state:
        st.session_state["landed"] = name, st.query_params.to_dict()
        st.switch_page("app.py")
    styles("book", "app")
    drawn = st.empty()
    if DRAWN in st.session_state:
        drawn.html(render("drawn.j2"))
    book = None
    try:
        book = served_book()
        if fault := fault_of_names(book):
            st.warning(as_text(without_folders(fault)))
        if name != READ:
            box(book, problem)
        yield book
    except GenomebookError as error:
        problem(str(error))
        if book is None:  # there is nothing to draw on
            st.stop()
    finally:
        st.session_state[DRAWN] = True
        drawn.html(render("drawn.j2"))


def served_book() -> Book:
    """Open the book that the server was started with; kept.

    Raises
    ------
    GenomebookError
        If there is none, or it cannot be read.
    """
    path = os.environ.get("GENOMEBOOK_BOOK", "")
    if not path:
        raise GenomebookError(NO_BOOK)
    if not is_address(path):
        return _open(path, changed_at(Path(path)))
    with _OPENING.turn():
        return _open(path, generation(path))


def genes_of(book: Book) -> Genes:
    """Return the genes of the book; none is an empty table."""
    if not book.has_genes:
        return Genes(pd.DataFrame(columns=COLUMNS))
    return _genes(str(book.path), changed_at(book.path), book)


def searcher_of(book: Book) -> Searcher:
    """The search index of the book, open.

    Raises
    ------
    BookError
        There is none, or it is damaged.
    """
    return _searcher(str(book.path), changed_at(book.path), book)


def words_of(book: Book) -> pd.DataFrame:
    """Words of the book with all that is known of each; read-only."""
    return _words(str(book.path), changed_at(book.path))


def encoder_of(book: Book) -> Encoder:
    """Tokenizer of the words of the book; made once, in about a second."""
    return _encoder(book.vocabulary.digest, book.vocabulary)


def neighbours_in(book: Book) -> list[Neighbours]:
    """Neighbours of the words of the book by each shipped reader that knows them."""
    return _neighbours(book.vocabulary.digest, book.vocabulary)


def partnerless_of(book: Book) -> pd.DataFrame:
    """English words that are no gloss, with the DNA words nearest to each; may be empty."""
    return _partnerless(book.vocabulary.digest, book.vocabulary)


def changed_at(path: Path) -> int:
    """Time of the last change of the book, in ns: a new build, or an added folder."""
    try:
        return max(place.stat().st_mtime_ns for place in (path, path / "book.json"))
    except OSError:
        return 0


@st.cache_resource(max_entries=2, show_spinner=False)
def _open(path: str, changed: int) -> Book:
    book = Book.open(path)
    prepare_names(book)
    return book


@st.cache_resource(max_entries=2, show_spinner=False)
def _genes(path: str, changed: int, _book: Book) -> Genes:
    return Genes.open(_book.folder.checked(GENES))


@st.cache_resource(max_entries=2, show_spinner=False)
def _searcher(path: str, changed: int, _book: Book) -> Searcher:
    return Searcher.open(_book)


@st.cache_resource(max_entries=2, show_spinner=False)
def _words(path: str, changed: int) -> pd.DataFrame:
    return listing(_open(path, changed).lexicon)


@st.cache_resource(max_entries=2, show_spinner=False)
def _encoder(digest: str, _vocabulary: Vocabulary) -> Encoder:
    return Encoder(_vocabulary)


@st.cache_resource(max_entries=2, show_spinner=False)
def _neighbours(digest: str, _vocabulary: Vocabulary) -> list[Neighbours]:
    return neighbours_of(_vocabulary)


@st.cache_resource(max_entries=2, show_spinner=False)
def _partnerless(digest: str, _vocabulary: Vocabulary) -> pd.DataFrame:
    words = shipped_partnerless(_vocabulary)
    return pd.DataFrame(columns=["word", "id", "score"]) if words is None else words
