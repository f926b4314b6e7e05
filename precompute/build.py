"""Making a book: plan, run the stages volume by volume, finish. An interrupted build resumes where it was."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from threading import Event

import numpy as np

from genomebook.annotation.genes import Genes, read_genes
from genomebook.annotation.grounded_titles import GroundedTitles
from genomebook.book.read import Book
from genomebook.book.schema import GENES, LEXICON, OCCURRENCES, READER, VOCABULARY
from genomebook.book.verify import verify
from genomebook.book.write import aside, finish
from genomebook.errors import BookError, GenomebookError
from genomebook.genome.fasta import Genome, Record, unpack
from genomebook.genome.regions import Contig
from genomebook.language.encode import Encoder
from genomebook.models.generate import Titler
from genomebook.models.ngram import NgramReader
from genomebook.models.scoring import WindowReader
from genomebook.segmentation.hierarchy import projection
from genomebook.segmentation.marks import Marker
from precompute.chapters import Naming, bind_volume, word_weights
from precompute.content import content, volume_meta
from precompute.lexicon import copies_for, count_shuffled, count_words, write_lexicon
from precompute.options import Options, Readers, check_place, open_readers, plan_of
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
from precompute.stop import stop_on_interrupt
from precompute.titles import Wording
from precompute.words import spell_volume, word_chunks

__all__ = ["Options", "build"]

Stage = Callable[[str, int], Callable[[int], None]]
"""Told a stage's name and how much there is to do; gives the function to tell progress to."""


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
        check_place(options)
    made_with = open_readers(options)
    plan = plan_of(options, made_with)
    with locked(work):
        recover(work)
        if is_done(work, plan) and not options.restart:
            clear(work)
            return Book.open(options.book)
        check_place(options)
        begin(work, plan, options.restart)
        run = _Run(options, plan, work, made_with, stage, {} if timings is None else timings)
        try:
            with stop_on_interrupt(run.stopped):
                put_in_place(work, plan, run.all())
        except _Stopped:
            raise KeyboardInterrupt from None
        except GenomebookError:  # the input is at fault: there is nothing to resume
            clear(work)
            raise
        except OSError as error:
            error.filename = error.filename or str(work.path)
            raise
    return Book.open(options.book)


class _Stopped(Exception):
    """Ends the work of every thread when the build was stopped or has failed."""


class _Run:
    """One build: the stages in order, each skipping what is done."""

    def __init__(
        self,
        options: Options,
        plan: Plan,
        work: Workdir,
        readers: Readers,
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
            stack.push(self._stop_after_error)
            encoder = Encoder(self.vocabulary)
            self._words(pool, encoder)
            marker = Marker(self.vocabulary, self._counts(), self.readers.letters, self.readers.neural)
            if self.options.signal not in marker.signals:
                known = ", ".join(marker.signals)
                raise BookError(
                    f"--signal {self.options.signal}: the reader does not give it; it gives {known}"
                )
            self._scores(pool, marker)
            self._sentences(pool)
            self._chapters(pool, marker)
            self._shuffled(pool, encoder)
        return self._finish(marker)

    def _stop_after_error(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.stopped.set()  # what is under way ends at its next word of progress

    def _volumes(self) -> Iterator[tuple[int, Record]]:
        yield from enumerate(self.records, 1)

    def _letters(self) -> int:
        return sum(record.length for record in self.records)

    def _copies(self) -> int:
        return copies_for(sum(record.length - record.gap_letters for record in self.records))

    def _n_words(self) -> int:
        return sum(self.work.volume(n).words.stat().st_size // 2 for n, _ in self._volumes())

    def _genes(self) -> None:
        if self.options.genes is None:
            return
        with self._stage("genes", 1) as advance:
            contigs = [Contig(r.name, r.length, r.contig, r.origin) for r in self.records]
            genes = read_genes(self.options.genes, contigs, self.options.assembly)
            Genes(genes).write(self.work.result / GENES)
            advance(1)

    def _words(self, pool: ThreadPoolExecutor, encoder: Encoder) -> None:
        with self._stage("words", self._letters()) as advance, Genome(self.work.genome) as genome:
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

    def _shuffled(self, pool: ThreadPoolExecutor, encoder: Encoder) -> None:
        copies = self._copies()
        with self._stage("shuffle", self._letters() * copies) as advance, Genome(self.work.genome) as genome:
            if not self.work.shuffled.exists():
                counts = count_shuffled(
                    genome.letters, self.records, copies, encoder, pool, self.workers + 1, advance
                )
                with aside(self.work.shuffled) as path:
                    counts.astype("<i8").tofile(path)

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
            volumes = [self.work.volume(number) for number, _ in self._volumes()]
            counts = count_words(volumes, len(self.vocabulary), result / OCCURRENCES, advance)
            expected = np.fromfile(self.work.shuffled, "<i8") / self._copies()
            write_lexicon(result / LEXICON, self.vocabulary, counts, expected)
            self.vocabulary.write(result / VOCABULARY)
        with self._stage("digests", 1) as advance:
            made = [volume_meta(self.work, number, record) for number, record in self._volumes()]
            finish(result, content(self.plan, marker, made, self._copies()))
            advance(1)
        with self._stage("verify", self._letters()) as advance:
            book = Book.open(result)
            verify(book, raise_errors=True, advance=advance)
        return book.digest
