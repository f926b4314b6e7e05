"""Stage: index a book for sequence search (text and seeds) and embedding search (vectors)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import msgspec
import numpy as np
from numpy.typing import NDArray

from genomebook import __version__
from genomebook.book.annex import finish_annex, old_annex, refuse_link, writing
from genomebook.book.read import Book
from genomebook.errors import DamagedBookError, OptionError
from genomebook.files.atomic import aside
from genomebook.files.digests import manifest_text
from genomebook.files.interrupts import stop_on_interrupt, stoppable
from genomebook.files.jobs import Job, read_object, working_folder
from genomebook.files.locks import locked
from genomebook.files.progress import Advance, Stage, no_stages
from genomebook.language.alphabet import CODE, NOT_BASE
from genomebook.models.sentences import SentenceEncoder, load_sentence_encoder
from genomebook.options import check_choice, check_parent
from genomebook.pipeline.search.seeds import seed_index
from genomebook.pipeline.search.vector_shares import made_vectors
from genomebook.pipeline.search.vectors import vector_index
from genomebook.search.alignment.align import MATCH
from genomebook.search.alignment.dust import low_complexity
from genomebook.search.query import Query
from genomebook.search.schema import (
    FOLDER,
    FORMAT,
    INDEX,
    REMEDY,
    VERSION,
    IndexMeta,
    TextMeta,
    text_digest,
)
from genomebook.search.searcher import Searcher
from genomebook.search.stores.registry import KINDS, Store
from genomebook.search.text import PackedText

N_PASSAGES, PASSAGE_LETTERS = 8, 100
"""Passages of a book that its new index must find, and their letters."""


def search_index(
    path: Path,
    output: Path | None = None,
    *,
    encoder: str | SentenceEncoder | None = "sentences-mini",
    store: Store = KINDS[0],
    workers: int = 0,
    vectors: Path | None = None,
    progress: Stage = no_stages,
) -> IndexMeta:
    """Index a book for search.

    Parameters
    ----------
    path : Path
        Path of the book. With no ``output`` it gets the folder ``search``, in place of an older one.
    output : Path, optional
        Folder to make instead, or to put in the place of an older index; the book stays as it is. An
        interrupted call leaves ``OUTPUT.part``, or ``BOOK.part``; the same call resumes it.
    encoder : str, SentenceEncoder or None
        Encoder of sentences: a name or folder of `load_sentence_encoder`; None for sequence search alone.
    store : str
        Store of vectors, one of `genomebook.search.stores.registry.KINDS`. LanceDB writes different bytes
        each time, so its files stay outside the book: they need an ``output``.
    workers : int
        Threads; 0: one per core. The bytes do not depend on it, except in LanceDB's files.
    vectors : Path, optional
        Folder of vectors of the encoder that were made in shares (``genomebook vectors``).
    progress : callable
        Progress callback.

    Returns
    -------
    IndexMeta
        What ``index.json`` says.

    Raises
    ------
    BookError
        When there is no book, it is damaged or without letters, or ``output`` is something else.
    ReaderError
        When there is no such encoder.
    OptionError
        When vectors are given without an encoder.
    SharesError
        When vectors are missing, damaged, or of another text or encoder.
    """
    if vectors is not None and encoder is None:
        raise OptionError(f"{vectors}: vectors need their encoder; leave --encoder none or --vectors away")
    model = load_sentence_encoder(encoder) if isinstance(encoder, str) else encoder
    workers = workers or os.cpu_count() or 1
    stopped = Event()
    target = _target(path, output, store)
    with _writing(path, output) as (work, old):
        book = Book.open(path)  # now that no other command can replace it
        plan = {
            "text": text_digest(book),
            "encoder": None if model is None else [model.name, model.digest, model.width],
            "store": store,
            "program": __version__,
        }
        made = None
        if vectors is not None and model is not None:
            made = made_vectors(vectors, text_digest(book), model)
        job = Job(target, plan, work=work, old=old)
        with job.running(), stop_on_interrupt(stopped):

            def stage(name: str, total: int) -> Advance:
                return stoppable(progress(name, total), stopped)

            about = _make(job, book, model, store, workers, stage, made)
            finish_annex(job.result, FOLDER, book.digest, {})
            _check_finds(book, job.result, model, progress)
            job.finish()
    return about


@contextmanager
def _writing(book: Path, output: Path | None) -> Iterator[tuple[Path, Path | None]]:
    """Lock the book, or an index outside of it; yields the working folder, and the place of an old index."""
    if output is not None:
        with locked(working_folder(output)):
            yield working_folder(output), None
        return
    with writing(book) as folder:
        refuse_link(book / FOLDER)
        work = working_folder(folder / FOLDER)
        work.mkdir(exist_ok=True)
        try:
            yield work, old_annex(folder, FOLDER)
        finally:
            if not any(work.iterdir()):
                work.rmdir()


def _target(book: Path, output: Path | None, store: Store) -> Path:
    """Folder for the index, refused if it cannot be one."""
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
    return output


def _is_index(folder: Path) -> bool:
    """Whether a folder is an index, of any book, so that a new one may take its place."""
    try:
        return read_object(folder / INDEX).get("format") == FORMAT
    except OSError:
        return False


def _make(
    job: Job,
    book: Book,
    model: SentenceEncoder | None,
    store: Store,
    workers: int,
    stage: Stage,
    made: NDArray[np.float16] | None,
) -> IndexMeta:
    """Fill the folder that becomes the index."""

    def write_seeds(path: Path) -> None:
        advance = stage("seeds", 3 * book.meta.counts.letters)
        path.write_bytes(msgspec.json.encode(seed_index(book, job.result, workers=workers, advance=advance)))

    seeds = job.share("seeds.json", write_seeds)
    of_text = msgspec.json.decode(seeds.read_bytes(), type=TextMeta)
    vectors = None
    if model is not None:
        text = PackedText(job.result, of_text)
        vectors = vector_index(
            text, job.result, job.scratch, model, store, workers, stage, text_digest(book), made
        )
    about = IndexMeta(
        format=FORMAT, version=VERSION, text=text_digest(book), vectors=vectors,
        **msgspec.structs.asdict(of_text),
    )  # fmt: skip
    with aside(job.result / INDEX) as path:
        path.write_text(manifest_text(msgspec.to_builtins(about)))
    return about


def _check_finds(book: Book, folder: Path, model: SentenceEncoder | None, progress: Stage) -> None:
    """Look for passages of the book with the index, so that one that finds nothing never takes its place."""
    searcher = Searcher.open(book, folder, model)
    text, advance = searcher.text, progress("verify", N_PASSAGES)
    for number in range(N_PASSAGES):
        start = (text.letters - 1) * number // N_PASSAGES
        letters = text.read(start, min(start + PASSAGE_LETTERS, text.run_at(start)[1]))
        advance(1)
        codes = CODE[np.frombuffer(letters, np.uint8)]
        if len(letters) < PASSAGE_LETTERS or (codes >= NOT_BASE).any() or low_complexity(letters).any():
            continue
        hits = searcher.search(Query("passage of the book", letters))
        if not any(hit.score == MATCH * PASSAGE_LETTERS for hit in hits):
            raise DamagedBookError(f"{folder}: does not find a passage of its own book; {REMEDY}")
