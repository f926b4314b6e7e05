"""Making a book: plan, run the stages volume by volume, finish. An interrupted build resumes where it was."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import NamedTuple

import numpy as np

from genomebook.annotation.genes import Genes, read_genes
from genomebook.annotation.grounded_titles import GroundedTitles
from genomebook.book.read import Book
from genomebook.book.schema import BOOK_JSON, GENES, LEXICON, READER, VOCABULARY
from genomebook.book.verify import verify
from genomebook.book.write import file_digest, finish
from genomebook.errors import BookError, GenomebookError
from genomebook.genome.fasta import Genome, Record, unpack
from genomebook.genome.regions import Contig
from genomebook.language.encode import SHARD, Encoder
from genomebook.language.vocabulary import Vocabulary, load_vocabulary
from genomebook.models.generate import Titler
from genomebook.models.letters import Letters, shipped_letters
from genomebook.models.ngram import NgramReader, counted_reader
from genomebook.models.reader import Reader
from genomebook.models.registry import load_reader
from genomebook.models.scoring import WindowReader
from genomebook.segmentation.hierarchy import projection
from genomebook.segmentation.marks import Marker
from genomebook.segmentation.signals import DEFAULT, NEURAL, SIGNALS, shipped_calibration
from precompute.chapters import Naming, bind_volume, word_weights
from precompute.content import content, volume_meta, write_lexicon
from precompute.plan import (
    Plan,
    Workdir,
    begin,
    clear,
    in_book_order,
    is_done,
    locked,
    put_in_place,
    recover,
)
from precompute.scores import mark_volume
from precompute.sentences import divide_volume
from precompute.titles import Wording
from precompute.words import spell_volume, word_chunks

Stage = Callable[[str, int], Callable[[int], None]]
"""Told a stage's name and how much there is to do; gives the function to tell progress to."""


@dataclass(frozen=True)
class Options:
    """How to make a book.

    Attributes
    ----------
    fasta : Path
        The sequence.
    book : Path
        Folder to make.
    words : str
        Shipped vocabulary or path of one.
    reader : str
        ``ngram``: the table shipped with the vocabulary; ``ngram-book``: words of this book are counted; or a
        neural reader (`genomebook.models.registry.load_reader`), which works beside the shipped table.
    signal : str
        What cuts the book, of `genomebook.segmentation.signals.SIGNALS`.
    generated_titles : bool
        Let a neural reader write titles too, about 0.1 s each.
    genes : Path or None
        GFF3, GTF, BED or TSV.
    title, assembly : str
        Shown to the reader.
    workers : int
        Threads; 0 for one per core.
    shard : int
        Letters in a share of work. Neither changes a byte of the book.
    restart, replace : bool
        Begin anew; put the new book in the place of an old one.
    """

    fasta: Path
    book: Path
    words: str = "words-4096"
    reader: str = "ngram"
    signal: str = DEFAULT
    generated_titles: bool = False
    genes: Path | None = None
    title: str = ""
    assembly: str = ""
    workers: int = 0
    shard: int = SHARD
    restart: bool = False
    replace: bool = False


def _quiet(name: str, total: int) -> Callable[[int], None]:
    return lambda amount: None


def build(options: Options, stage: Stage = _quiet, timings: dict[str, float] | None = None) -> Book:
    """Make a book and verify it.

    Parameters
    ----------
    options : Options
        What and how.
    stage : callable
        Hears of progress.
    timings : dict, optional
        Filled with seconds by stage.

    Returns
    -------
    Book
        The finished book, opened.

    Raises
    ------
    GenomebookError
        For input that is not usable; nothing at ``options.book`` is touched.
    OSError
        When writing fails; the working folder ``BOOK.part`` stays and the same call resumes.
    """
    work = Workdir(options.book)
    if not work.path.exists():
        _check_place(options)
    made_with = _open_readers(options)
    plan = _plan(options, made_with)
    with locked(work):
        recover(work)
        if is_done(work, plan) and not options.restart:
            clear(work)
            return Book.open(options.book)
        _check_place(options)
        begin(work, plan, options.restart)
        run = _Run(options, plan, work, made_with, stage, {} if timings is None else timings)
        try:
            put_in_place(work, plan, run.all())
        except GenomebookError:  # the input is at fault: there is nothing to resume
            clear(work)
            raise
        except OSError as error:
            error.filename = error.filename or str(work.path)
            raise
    return Book.open(options.book)


class _Readers(NamedTuple):
    """What a book is made with; ``counted`` is None when the words of the book itself are counted."""

    vocabulary: Vocabulary
    counted: NgramReader | None
    letters: Letters
    neural: Reader | None


def _open_readers(options: Options) -> _Readers:
    vocabulary = load_vocabulary(options.words)
    own = options.reader == "ngram-book"
    counted = None if own else counted_reader(options.words, vocabulary)
    neural = (
        None if options.reader in ("ngram", "ngram-book") else load_reader(options.reader, words=vocabulary)
    )
    if options.generated_titles and not isinstance(neural, WindowReader):
        raise BookError("--generated-titles: needs a bilingual reader; give --reader bilingual-mini too")
    return _Readers(vocabulary, counted, shipped_letters(), neural)


def _check_place(options: Options) -> None:
    """Refuse a place where something is that would be lost."""
    book = options.book
    if book.exists() and not options.replace:
        raise BookError(f"{book}: exists already; choose another -o, or give --replace")
    if book.exists() and not (book / BOOK_JSON).is_file():
        raise BookError(f"{book}: is not a book, so it is not replaced; move it away or choose another -o")
    if not book.parent.is_dir():
        raise BookError(f"{book.parent}: no such folder to put the book in; make it first")


def _plan(options: Options, readers: _Readers) -> Plan:
    if options.signal not in SIGNALS:
        raise BookError(f"--signal {options.signal}: no such signal; signals are {', '.join(SIGNALS)}")
    if options.signal in NEURAL and readers.neural is None:
        raise BookError(f"--signal {options.signal}: needs a neural reader; give --reader bilingual-mini too")
    if options.genes is not None and not options.genes.is_file():
        raise BookError(f"{options.genes}: no such gene file; check the path given with --genes")
    try:
        stat = options.fasta.stat()
    except OSError as error:
        raise BookError(f"{options.fasta}: {error.strerror}; check the path of the FASTA") from None
    return Plan(
        source=options.fasta.name,
        source_bytes=stat.st_size,
        source_mtime_ns=stat.st_mtime_ns,
        title=options.title or options.fasta.name.split(".")[0],
        assembly=options.assembly,
        words=readers.vocabulary.name,
        words_digest=readers.vocabulary.digest,
        reader="ngram" if readers.counted else "ngram-book",
        reader_digest=readers.counted.digest if readers.counted else "",
        letters_digest=readers.letters.digest,
        calibration_digest=shipped_calibration().digest,
        neural=readers.neural.name if readers.neural else "",
        neural_digest=readers.neural.digest if readers.neural else "",
        signal=options.signal,
        generated_titles=options.generated_titles,
        genes=options.genes.name if options.genes else "",
        genes_digest=file_digest(options.genes) if options.genes else "",
    )


class _Stopped(Exception):
    """Ends the work of a thread when the build has ended."""


class _Run:
    """One build: the stages in order, each skipping what is done."""

    def __init__(
        self,
        options: Options,
        plan: Plan,
        work: Workdir,
        readers: _Readers,
        stage: Stage,
        timings: dict[str, float],
    ) -> None:
        self.options, self.plan, self.work = options, plan, work
        self.readers, self.vocabulary = readers, readers.vocabulary
        self.stage, self.timings = stage, timings
        self.stopped = Event()
        self.workers = options.workers or os.cpu_count() or 1

    @contextmanager
    def _stage(self, name: str, total: int) -> Iterator[Callable[[int], None]]:
        began = time.perf_counter()
        tell = self.stage(name, total)

        def advance(amount: int) -> None:
            if self.stopped.is_set():
                raise _Stopped
            tell(amount)

        yield advance
        self.timings[name] = self.timings.get(name, 0.0) + time.perf_counter() - began

    def all(self) -> str:
        """Run every stage; give the digest of the book."""
        with self._stage("unpack", self.plan.source_bytes) as advance:
            told = 0

            def read(done: int, total: int) -> None:
                nonlocal told
                advance(done - told)
                told = done

            self.records = in_book_order(unpack(self.options.fasta, self.work.genome, read))
        self._genes()
        with ExitStack() as stack:
            pool = ThreadPoolExecutor(self.workers)
            stack.callback(pool.shutdown, cancel_futures=True)
            stack.callback(self.stopped.set)  # what is under way ends at its next word of progress
            self._words(pool)
            marker = Marker(self.vocabulary, self._counts(), self.readers.letters, self.readers.neural)
            if self.options.signal not in marker.signals:
                known = ", ".join(marker.signals)
                raise BookError(
                    f"--signal {self.options.signal}: the reader does not give it; it gives {known}"
                )
            self._scores(pool, marker)
            self._sentences(pool)
            self._chapters(pool, marker)
        self.stopped.clear()
        return self._finish(marker)

    def _volumes(self) -> Iterator[tuple[int, Record]]:
        yield from enumerate(self.records, 1)

    def _letters(self) -> int:
        return sum(record.length for record in self.records)

    def _n_words(self) -> int:
        return sum(self.work.volume(n).words.stat().st_size // 2 for n, _ in self._volumes())

    def _genes(self) -> None:
        if self.options.genes is None:
            return
        with self._stage("genes", 1) as advance:
            contigs = [Contig(r.name, r.length, r.contig, r.origin) for r in self.records]
            Genes(read_genes(self.options.genes, contigs)).write(self.work.result / GENES)
            advance(1)

    def _words(self, pool: ThreadPoolExecutor) -> None:
        with self._stage("words", self._letters()) as advance, Genome(self.work.genome) as genome:
            encoder = Encoder(self.vocabulary)
            for number, record in self._volumes():
                files = self.work.volume(number)
                if files.words.exists():
                    advance(record.length)
                    continue
                spell_volume(
                    lambda name=record.name: genome.letters(name),  # type: ignore[misc]
                    files,
                    encoder,
                    pool,
                    self.options.shard,
                    self.workers + 1,
                    advance,
                )

    def _counts(self) -> NgramReader:
        if self.readers.counted:
            return self.readers.counted
        file = self.work.result / READER
        if not file.exists():
            with self._stage("count", self._n_words()):
                streams = (word_chunks(self.work.volume(n)) for n, _ in self._volumes())
                NgramReader.count("ngram-book", self.vocabulary, streams).write(file)
        return NgramReader.open(file, self.vocabulary)

    def _scores(self, pool: ThreadPoolExecutor, marker: Marker) -> None:
        with self._stage("scores", self._n_words()) as advance:
            _ = marker.ngram.tables, marker.letters.tables  # made once, before the threads
            for number, _record in self._volumes():
                files = self.work.volume(number)
                if files.surprisal.exists():
                    advance(files.words.stat().st_size // 2)
                else:
                    mark_volume(files, marker, pool, self.workers + 1, advance)

    def _sentences(self, pool: ThreadPoolExecutor) -> None:
        with self._stage("sentences", self._n_words()) as advance:

            def divide(number: int) -> None:
                files = self.work.volume(number)
                if files.table("sentences").exists():
                    advance(files.words.stat().st_size // 2)
                else:
                    divide_volume(
                        files, self.work.volume_scratch(number), self.plan.signal, self.vocabulary, advance
                    )

            list(pool.map(divide, [number for number, _ in self._volumes()]))

    def _chapters(self, pool: ThreadPoolExecutor, marker: Marker) -> None:
        with self._stage("chapters", self._letters()) as advance:
            signs = projection(len(self.vocabulary))
            wording = Wording(self.vocabulary, word_weights(marker.ngram), signs)
            neural = self.readers.neural
            titler = None
            if self.options.generated_titles and isinstance(neural, WindowReader):
                titler = Titler(neural)
            genes = self.work.result / GENES
            table = Genes.open(genes) if genes.is_file() else None

            def bind(item: tuple[int, Record]) -> None:
                number, record = item
                files = self.work.volume(number)
                if not files.table("parts").exists():
                    grounded = None
                    if table is not None:
                        gaps = np.fromfile(files.gaps, "<i8").reshape(2, -1).T
                        grounded = GroundedTitles(table, record.name, record.length, gaps=gaps)
                    naming = Naming(wording, grounded, titler)
                    bind_volume(files, self.work.volume_scratch(number), record.length, naming)
                advance(record.length)

            list(pool.map(bind, self._volumes()))

    def _finish(self, marker: Marker) -> str:
        result = self.work.result
        for leftover in result.rglob("*.tmp"):
            leftover.unlink()
        with self._stage("lexicon", self._n_words()) as advance:
            counts = np.zeros(len(self.vocabulary), np.int64)
            for number, _ in self._volumes():
                for ids in word_chunks(self.work.volume(number)):
                    counts += np.bincount(ids, minlength=len(counts))
                    advance(len(ids))
            write_lexicon(result / LEXICON, self.vocabulary, counts)
            self.vocabulary.write(result / VOCABULARY)
        with self._stage("digests", 1) as advance:
            volumes = [volume_meta(self.work, number, record) for number, record in self._volumes()]
            finish(result, content(self.plan, marker, volumes))
            advance(1)
        with self._stage("verify", self._letters()) as advance:
            book = Book.open(result)
            verify(book, raise_errors=True, advance=advance)
        return book.digest
