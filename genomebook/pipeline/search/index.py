"""Stage: a book to its ``search`` folder: text and seeds for sequence search, vectors for embedding search.

It is made in a folder beside the book and renamed when whole. An interrupted run goes on where it was.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np

from genomebook import __version__
from genomebook.book.annex import finish_annex, old_annex, refuse_link, writing
from genomebook.book.read import Book
from genomebook.errors import DamagedBookError, GenomebookError, OptionError
from genomebook.files.atomic import aside, put_folder, restore_folder
from genomebook.files.digests import canonical
from genomebook.files.interrupts import stop_on_interrupt
from genomebook.files.locks import LOCK, locked
from genomebook.files.progress import Stage, no_stages
from genomebook.language.alphabet import CODE, NOT_BASE
from genomebook.models.sentences import SentenceEncoder, load_sentence_encoder
from genomebook.options import check_choice, check_parent
from genomebook.pipeline.book.plan import Workdir
from genomebook.pipeline.search.seeds import seed_index
from genomebook.pipeline.search.vectors import vector_index
from genomebook.search.alignment.align import MATCH
from genomebook.search.alignment.dust import low_complexity
from genomebook.search.query import Query
from genomebook.search.schema import FOLDER, FORMAT, INDEX, REMEDY, VERSION, text_digest
from genomebook.search.searcher import Searcher
from genomebook.search.stores.registry import KINDS, Store
from genomebook.search.text import PackedText

TRIED, LETTERS = 8, 100
"""Passages of a book that its new index must find, and their letters."""

_PLAN, _SEEDS = "plan.json", "seeds.json"


def search_index(
    path: Path,
    output: Path | None = None,
    *,
    encoder: str | SentenceEncoder | None = "sentences-mini",
    store: Store = KINDS[0],
    workers: int = 0,
    progress: Stage = no_stages,
) -> dict[str, Any]:
    """Index a book for search.

    Parameters
    ----------
    path : Path
        Of the book. With no ``output`` it gets the folder ``search``, in place of an older one.
    output : Path, optional
        Folder to make instead, or to put in the place of an older index; the book stays as it is. While it
        is made, the work lies beside it in ``OUTPUT.part``, or in ``BOOK.part``.
    encoder : str, SentenceEncoder or None
        Encoder of sentences: a name or folder of `load_sentence_encoder`; None for sequence search alone.
    store : str
        Of vectors, one of `genomebook.search.stores.registry.KINDS`. Files of LanceDB are not the same bytes
        twice, so they are kept out of the book: they need an ``output``.
    workers : int
        Threads, 0 for one a core. They do not change a byte, but of LanceDB's files.
    progress : callable
        Makes what is told how much of a stage is done.

    Returns
    -------
    dict
        What ``index.json`` says.

    Raises
    ------
    BookError
        When there is no book, it is damaged or without letters, or ``output`` is something else.
    ReaderError
        When there is no such encoder.
    """
    model = load_sentence_encoder(encoder) if isinstance(encoder, str) else encoder
    workers = workers or os.cpu_count() or 1
    stopped = Event()
    target = _target(path, output, store)
    with _writing(path, output) as work, stop_on_interrupt(stopped):
        book = Book.open(path)  # now that no other command can put another in its place
        old = work.old if output else old_annex(work.path.parent, FOLDER)
        restore_folder(target, old)
        _begin(work, book, model, store)
        try:
            about = _make(work, book, model, store, workers, progress, stopped)
            for leftover in work.result.glob("*.tmp"):
                leftover.unlink()
            finish_annex(work.result, FOLDER, book.digest, {})
            _try(book, work.result, model, progress)
        except GenomebookError:  # the input is at fault: there is nothing to resume
            _clear(work)
            raise
        (work.path / _PLAN).unlink()  # from here on there is nothing to resume
        put_folder(work.result, target, old)
        _clear(work)
    return about


@contextmanager
def _writing(book: Path, output: Path | None) -> Iterator[Workdir]:
    """Lock the book, or the folder of an index outside of it; where the work lies."""
    if output is not None:
        work = Workdir.of(output)
        with locked(work.path):
            yield work
        return
    with writing(book) as folder:
        refuse_link(book / FOLDER)
        work = Workdir(folder / FOLDER)
        work.path.mkdir(exist_ok=True)
        try:
            yield work
        finally:
            if not any(work.path.iterdir()):
                work.path.rmdir()


def _target(book: Path, output: Path | None, store: Store) -> Path:
    """Where the index is to be; refuses what is no place for it."""
    check_choice("store", store, KINDS)
    if output is None:
        if store == "lance":
            raise OptionError(
                f"{book}: an index in LanceDB is not the same bytes twice and stays out of books; "
                "give it a folder: --output FOLDER"
            )
        return book / FOLDER
    if output.resolve().is_relative_to(book.resolve()):
        raise OptionError(
            f"{output}: lies in the book; leave --output away, or choose a folder outside of it"
        )
    check_parent(output, "an index")
    if output.exists() and not _is_index(output):
        raise OptionError(f"{output}: exists and is not an index of a book; choose another --output")
    return Workdir.of(output).book


def _is_index(folder: Path) -> bool:
    """Whether a folder is an index, of any book, so that a new one may take its place."""
    try:
        about = json.loads((folder / INDEX).read_text())
    except (OSError, ValueError):
        return False
    return isinstance(about, dict) and about.get("format") == FORMAT


def _begin(work: Workdir, book: Book, model: SentenceEncoder | None, store: Store) -> None:
    """Make the working folder; what another plan left in it is removed."""
    plan = canonical(
        {
            "text": text_digest(book),
            "encoder": None if model is None else [model.name, model.digest, model.width],
            "store": store,
            "program": __version__,
        }
    )
    file = work.path / _PLAN
    if not file.is_file() or file.read_bytes() != plan or not work.result.is_dir():
        _clear(work)
    for folder in (work.scratch, work.result):
        folder.mkdir(exist_ok=True)
    with aside(file) as temporary:
        temporary.write_bytes(plan)


def _make(
    work: Workdir, book: Book, model: SentenceEncoder | None, store: Store, workers: int, progress: Stage,
    stopped: Event,
) -> dict[str, Any]:  # fmt: skip
    """Fill the folder that becomes the index."""
    about: dict[str, Any] = {"format": FORMAT, "version": VERSION, "text": text_digest(book)}
    about |= _seeds(work, book, workers, progress, stopped)
    about["vectors"] = None
    if model is not None:
        text = PackedText(work.result, about)
        about["vectors"] = vector_index(
            text, work.result, work.scratch, model, store, workers=workers, stage=progress, stopped=stopped
        )
    with aside(work.result / INDEX) as temporary:
        temporary.write_text(json.dumps(about, indent=1, sort_keys=True) + "\n")
    return about


def _try(book: Book, folder: Path, model: SentenceEncoder | None, progress: Stage) -> None:
    """Look for passages of the book with the index, so that one that finds nothing never takes its place."""
    searcher = Searcher.open(book, folder, model)
    text, advance = searcher.text, progress("verify", TRIED)
    for number in range(TRIED):
        start = (text.letters - 1) * number // TRIED
        letters = text.read(start, min(start + LETTERS, text.run_at(start)[1]))
        advance(1)
        codes = CODE[np.frombuffer(letters, np.uint8)]
        if len(letters) < LETTERS or (codes >= NOT_BASE).any() or low_complexity(letters).any():
            continue
        found = searcher.search(Query("passage of the book", letters))
        if not any(hit.score == MATCH * LETTERS for hit in found):
            raise DamagedBookError(f"{folder}: does not find a passage of its own book; {REMEDY}")


def _seeds(work: Workdir, book: Book, workers: int, progress: Stage, stopped: Event) -> dict[str, Any]:
    """Text and seeds, unless an interrupted run has made them."""
    file = work.scratch / _SEEDS
    if file.is_file():
        known: dict[str, Any] = json.loads(file.read_text())
        return known
    advance = progress("seeds", 3 * int(book.meta["counts"]["letters"]))

    def tell(letters: int) -> None:
        advance(letters)
        if stopped.is_set():
            raise KeyboardInterrupt

    about = seed_index(book, work.result, workers=workers, advance=tell)
    with aside(file) as temporary:
        temporary.write_text(json.dumps(about))
    return about


def _clear(work: Workdir) -> None:
    """Empty the working folder, but for the lock; the plan goes last."""
    for folder in (work.old, work.result, work.scratch):
        shutil.rmtree(folder, ignore_errors=True)
    for other in work.path.iterdir():
        if other.name != LOCK:
            other.unlink()
