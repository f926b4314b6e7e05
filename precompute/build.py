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

import numpy as np

from genomebook.annotation.genes import Genes, read_genes
from genomebook.book.read import Book
from genomebook.book.schema import BOOK_JSON, GENES, LEXICON, READER, VOCABULARY
from genomebook.book.verify import verify
from genomebook.book.write import file_digest, finish
from genomebook.errors import BookError, GenomebookError
from genomebook.genome.fasta import Genome, Record, unpack
from genomebook.genome.regions import Contig
from genomebook.language.encode import SHARD, Encoder
from genomebook.language.vocabulary import Vocabulary, load_vocabulary
from genomebook.models.ngram import NgramReader, counted_reader
from genomebook.segmentation.hierarchy import projection
from precompute.chapters import bind_volume, word_weights
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
from precompute.scores import score_volume
from precompute.sentences import divide_volume
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
        ``ngram``: the table shipped with the vocabulary; ``ngram-book``: words of this book are counted.
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
    vocabulary = load_vocabulary(options.words)
    counted = counted_reader(options.words, vocabulary) if options.reader == "ngram" else None
    plan = _plan(options, vocabulary, counted)
    with locked(work):
        recover(work)
        if is_done(work, plan) and not options.restart:
            clear(work)
            return Book.open(options.book)
        _check_place(options)
        begin(work, plan, options.restart)
        run = _Run(options, plan, work, vocabulary, counted, stage, {} if timings is None else timings)
        try:
            put_in_place(work, plan, run.all())
        except GenomebookError:  # the input is at fault: there is nothing to resume
            clear(work)
            raise
        except OSError as error:
            error.filename = error.filename or str(work.path)
            raise
    return Book.open(options.book)


def _check_place(options: Options) -> None:
    """Refuse a place where something is that would be lost."""
    book = options.book
    if book.exists() and not options.replace:
        raise BookError(f"{book}: exists already; choose another -o, or give --replace")
    if book.exists() and not (book / BOOK_JSON).is_file():
        raise BookError(f"{book}: is not a book, so it is not replaced; move it away or choose another -o")
    if not book.parent.is_dir():
        raise BookError(f"{book.parent}: no such folder to put the book in; make it first")


def _plan(options: Options, vocabulary: Vocabulary, counted: NgramReader | None) -> Plan:
    if options.reader not in ("ngram", "ngram-book"):
        raise BookError(f"--reader {options.reader}: no such reader; readers are ngram and ngram-book")
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
        words=vocabulary.name,
        words_digest=vocabulary.digest,
        reader="ngram" if counted else "ngram-book",
        reader_digest=counted.digest if counted else "",
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
        vocabulary: Vocabulary,
        counted: NgramReader | None,
        stage: Stage,
        timings: dict[str, float],
    ) -> None:
        self.options, self.plan, self.work = options, plan, work
        self.vocabulary, self.stage, self.timings = vocabulary, stage, timings
        self.counted = counted
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
            reader = self._reader()
            self._scores(pool, reader)
            self._sentences(pool)
            self._chapters(pool, reader)
        self.stopped.clear()
        return self._finish(reader)

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

    def _reader(self) -> NgramReader:
        if self.counted:
            return self.counted
        file = self.work.result / READER
        if not file.exists():
            with self._stage("count", self._n_words()):
                streams = (word_chunks(self.work.volume(n)) for n, _ in self._volumes())
                NgramReader.count("ngram-book", self.vocabulary, streams).write(file)
        return NgramReader.open(file, self.vocabulary)

    def _scores(self, pool: ThreadPoolExecutor, reader: NgramReader) -> None:
        with self._stage("scores", self._n_words()) as advance:
            _ = reader.tables  # made once, before the threads
            for number, _record in self._volumes():
                files = self.work.volume(number)
                if files.strength.exists():
                    advance(files.words.stat().st_size // 2)
                else:
                    score_volume(files, reader, pool, self.workers + 1, advance)

    def _sentences(self, pool: ThreadPoolExecutor) -> None:
        with self._stage("sentences", self._n_words()) as advance:

            def divide(number: int) -> None:
                files = self.work.volume(number)
                if files.table("sentences").exists():
                    advance(files.words.stat().st_size // 2)
                else:
                    divide_volume(files, self.work.volume_scratch(number), self.vocabulary, advance)

            list(pool.map(divide, [number for number, _ in self._volumes()]))

    def _chapters(self, pool: ThreadPoolExecutor, reader: NgramReader) -> None:
        with self._stage("chapters", self._letters()) as advance:
            weight = word_weights(reader)
            signs = projection(len(self.vocabulary))

            def bind(item: tuple[int, Record]) -> None:
                number, record = item
                files = self.work.volume(number)
                if not files.table("parts").exists():
                    bind_volume(files, self.work.volume_scratch(number), record.length, weight, signs)
                advance(record.length)

            list(pool.map(bind, self._volumes()))

    def _finish(self, reader: NgramReader) -> str:
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
            finish(result, content(self.plan, self.vocabulary, reader, volumes))
            advance(1)
        with self._stage("verify", self._letters()) as advance:
            book = Book.open(result)
            verify(book, raise_errors=True, advance=advance)
        return book.digest
