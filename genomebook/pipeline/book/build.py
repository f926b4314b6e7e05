"""Making a book: plan, run the stages volume by volume, finish. An interrupted build resumes where it was."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from threading import Event

import numpy as np

from genomebook.annotation.genes import Genes, read_genes
from genomebook.annotation.grounded_titles import GroundedTitles
from genomebook.book.annex import recover
from genomebook.book.read import Book
from genomebook.book.schema import GENES, LEVELS, LEXICON, OCCURRENCES, READER, VOCABULARY, Level
from genomebook.book.verify import verify
from genomebook.book.write import finish
from genomebook.errors import GenomebookError, OptionError
from genomebook.files.atomic import aside
from genomebook.files.interrupts import stop_on_interrupt
from genomebook.files.locks import locked
from genomebook.files.progress import Advance, Stage, no_stages
from genomebook.genome.fasta import Genome, unpack
from genomebook.genome.regions import Contig
from genomebook.language.encode import Encoder
from genomebook.models.generate import Titler
from genomebook.models.ngram import NgramReader
from genomebook.models.scoring import WindowReader
from genomebook.pipeline.book.chapters import Divided, Naming, bind_volumes, word_weights
from genomebook.pipeline.book.content import content
from genomebook.pipeline.book.lexicon import copies_for, count_shuffled, count_words, write_lexicon
from genomebook.pipeline.book.made import MadeWords, divided
from genomebook.pipeline.book.options import Options, Readers, check_place, open_readers, plan_of
from genomebook.pipeline.book.plan import Plan, Workdir, begin, clear, in_book_order, is_done, put_in_place
from genomebook.pipeline.book.scores import SURPRISAL, score_volumes
from genomebook.pipeline.book.sentences import VolumeWords, divide_volumes
from genomebook.pipeline.book.stream import shelves
from genomebook.pipeline.book.tables import volume_counts, write_table, write_volumes
from genomebook.pipeline.book.titles import Wording
from genomebook.pipeline.book.words import spell_volumes, write_runs
from genomebook.segmentation.hierarchy import projection
from genomebook.segmentation.scorer import BoundaryScorer

__all__ = ["Options", "build"]


def build(options: Options, stage: Stage = no_stages, timings: dict[str, float] | None = None) -> Book:
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
    work = Workdir.of(options.book)
    if not work.path.exists():
        check_place(options)
    made_with = open_readers(options)
    plan = plan_of(options, made_with)
    with locked(work.path):
        recover(work.path, work.book)
        if is_done(work, plan) and not options.restart:
            clear(work, all_stages=True)
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
    def _stage(self, name: str, total: int) -> Iterator[Advance]:
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
        self.shelves = shelves([record.length for record in self.records])
        self._genes()
        with ExitStack() as stack:
            pool = ThreadPoolExecutor(self.workers)
            stack.callback(pool.shutdown, cancel_futures=True)
            stack.push(self._stop_after_error)
            encoder = Encoder(self.vocabulary)
            self._words(pool, encoder)
            scorer = BoundaryScorer(
                self.vocabulary, self._counts(), self.readers.letters, self.readers.neural
            )
            if self.options.signal not in scorer.signals:
                known = ", ".join(scorer.signals)
                raise OptionError(
                    f"--signal {self.options.signal}: the reader does not give it; it gives {known}"
                )
            self._scores(pool, scorer)
            self._sentences(pool)
            self._chapters(pool, scorer)
            self._shuffled(pool, encoder)
        return self._finish(scorer)

    def _stop_after_error(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.stopped.set()  # what is under way ends at its next word of progress

    def _letters(self) -> int:
        return sum(record.length for record in self.records)

    def _copies(self) -> int:
        return copies_for(sum(record.length - record.gap_letters for record in self.records))

    def _n_words(self) -> int:
        return self.work.files.words.stat().st_size // 2

    def _genes(self) -> None:
        if self.options.genes is None:
            return
        with self._stage("genes", 1) as advance:
            contigs = [Contig(r.name, r.length, r.contig, r.origin) for r in self.records]
            genes = read_genes(self.options.genes, contigs, self.options.assembly)
            Genes(genes).write(self.work.result / GENES)
            advance(1)

    def _words(self, pool: ThreadPoolExecutor, encoder: Encoder) -> None:
        files, scratch = self.work.files, self.work.scratch
        pairs = {"gaps": scratch / "gaps.i64", "case": scratch / "lower.i64"}
        appended = {"words": files.words, "index": files.index, **pairs, "counts": scratch / "words.i64"}
        stream = self.work.stream("words", appended)
        with self._stage("words", self._letters()) as advance, Genome(self.work.genome) as genome:
            advance(sum(self.records[n].length for shelf in self.shelves[: stream.done] for n in shelf))
            with stream.open() as out:
                for shelf in self.shelves[stream.done :]:
                    letters = [partial(genome.letters, self.records[number].name) for number in shelf]
                    spell_volumes(letters, out, encoder, pool, self.options.shard, self.workers + 1, advance)
                    stream.shelf_done()
            for name, path in (("gaps", files.gaps), ("case", files.case)):
                write_runs(pairs[name], path)
        self.made = MadeWords(files.words, pairs["gaps"], appended["counts"])

    def _shuffled(self, pool: ThreadPoolExecutor, encoder: Encoder) -> None:
        copies = self._copies()
        with self._stage("shuffle", self._letters() * copies) as advance, Genome(self.work.genome) as genome:
            if not self.work.shuffled.exists():
                counts = count_shuffled(
                    genome.letters, self.records, copies, encoder, pool, self.workers + 1, advance
                )
                with aside(self.work.shuffled) as path:
                    path.write_bytes(counts.astype("<i8").tobytes())

    def _counts(self) -> NgramReader:
        if self.readers.counted:
            return self.readers.counted
        file = self.work.result / READER
        if not file.exists():
            with self._stage("count", self._n_words()):
                streams = (iter([ids]) for ids in self.made.all_ids())
                NgramReader.count("ngram-book", self.vocabulary, streams).write(file)
        return NgramReader.open(file, self.vocabulary)

    def _scores(self, pool: ThreadPoolExecutor, scorer: BoundaryScorer) -> None:
        with self._stage("scores", self._n_words()) as advance:
            _ = scorer.ngram.tables, scorer.letters.tables  # made once, before the threads
            files = self.work.files
            paths = {SURPRISAL: files.surprisal} | {name: files.signal(name) for name in scorer.signals}
            stream = self.work.stream("scores", paths)
            advance(self.made.words(self.shelves[: stream.done]))
            with stream.open() as out:
                for shelf in self.shelves[stream.done :]:
                    volumes = (self.made.ids(number) for number in shelf)
                    score_volumes(volumes, out, scorer, pool, self.workers + 1, advance)
                    stream.shelf_done()

    def _sentences(self, pool: ThreadPoolExecutor) -> None:
        with self._stage("sentences", self._n_words()) as advance:
            signal = self.work.files.signal(self.plan.signal)

            def divide(number: int) -> None:
                shelf, scratch = self.shelves[number], self.work.shelf(number)
                if scratch.counts("sentences").exists():
                    advance(self.made.words([shelf]))
                    return
                volumes = (
                    VolumeWords(self.made.ids(n), self.made.odds(signal, n), self.made.gaps(n)) for n in shelf
                )
                divide_volumes(volumes, scratch, self.vocabulary, advance)

            list(pool.map(divide, range(len(self.shelves))))

    def _chapters(self, pool: ThreadPoolExecutor, scorer: BoundaryScorer) -> None:
        with self._stage("chapters", self._letters()) as advance:
            signs = projection(len(self.vocabulary))
            wording = Wording(self.vocabulary, word_weights(scorer.ngram), signs)
            neural = self.readers.neural
            titler = None
            if self.options.generated_titles and isinstance(neural, WindowReader):
                titler = Titler(neural)
            genes = self.work.result / GENES
            table = Genes.open(genes) if genes.is_file() else None

            def naming(number: int) -> Naming:
                record, grounded = self.records[number], None
                if table is not None:
                    gaps = self.made.gaps(number)
                    grounded = GroundedTitles(table, record.name, record.length, gaps=gaps)
                return Naming(wording, grounded, titler)

            def bind(number: int) -> None:
                shelf, scratch = self.shelves[number], self.work.shelf(number)
                if scratch.counts("parts").exists():
                    advance(sum(self.records[n].length for n in shelf))
                    return
                sentences, paragraphs = divided(scratch, len(shelf))
                volumes = (
                    Divided(
                        self.records[n].length, self.made.ids(n), sentences[at], paragraphs[at], naming(n)
                    )
                    for at, n in enumerate(shelf)
                )
                bind_volumes(volumes, scratch, advance)

            list(pool.map(bind, range(len(self.shelves))))
        with self._stage("tables", len(LEVELS)) as advance:
            scratches = [self.work.shelf(number) for number in range(len(self.shelves))]

            def put(level: Level) -> None:
                write_table(self.work.files.table(level), level, scratches)
                advance(1)

            list(pool.map(put, reversed(LEVELS)))
            self.counts = volume_counts(self.made.counts, scratches)
            self.counts["gap_letters"] = np.array([record.gap_letters for record in self.records], np.int64)
            write_volumes(self.work.files.volumes, self.records, self.counts)

    def _finish(self, scorer: BoundaryScorer) -> str:
        result = self.work.result
        for leftover in result.rglob("*.tmp"):
            leftover.unlink()
        with self._stage("lexicon", self._n_words()) as advance:
            counts = count_words(self.work.files.words, len(self.vocabulary), result / OCCURRENCES, advance)
            expected = np.fromfile(self.work.shuffled, "<i8") / self._copies()
            write_lexicon(result / LEXICON, self.vocabulary, counts, expected)
            self.vocabulary.write(result / VOCABULARY)
        with self._stage("digests", 1) as advance:
            totals = {"letters": self._letters(), **{name: int(of.sum()) for name, of in self.counts.items()}}
            finish(result, content(self.plan, scorer, len(self.records), totals, self._copies()))
            advance(1)
        with self._stage("verify", self._letters()) as advance:
            book = Book.open(result)
            verify(book, raise_errors=True, advance=advance)
        return book.digest
