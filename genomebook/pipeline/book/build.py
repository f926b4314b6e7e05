"""Build a book: run the stages volume by volume. An interrupted build resumes."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from threading import Event

import numpy as np

from genomebook.annotation.genes import Genes, read_genes
from genomebook.annotation.grounded_titles import GroundedTitles
from genomebook.annotation.transcript_files import read_transcripts
from genomebook.book.annex import finish_annex, recover
from genomebook.book.read import Book
from genomebook.book.schema import (
    BOOK_JSON,
    GENES,
    LEVELS,
    LEXICON,
    OCCURRENCES,
    READER,
    VOCABULARY,
    BookFiles,
    Level,
)
from genomebook.book.transcript_writer import write_transcripts
from genomebook.book.transcripts import ANNEX as TRANSCRIPTS
from genomebook.book.verify import verify
from genomebook.book.write import finish
from genomebook.errors import OptionError
from genomebook.files.interrupts import stop_on_interrupt, stoppable
from genomebook.files.jobs import Job, read_object, working_folder
from genomebook.files.locks import locked
from genomebook.files.progress import Advance, Stage, no_stages, total_progress
from genomebook.genome.fasta import Genome, unpack
from genomebook.genome.names import karyotype_key
from genomebook.genome.regions import Contig
from genomebook.language.encode import Encoder
from genomebook.models.generate import Titler
from genomebook.models.ngram import NgramReader
from genomebook.models.scoring import WindowReader
from genomebook.pipeline.annotate import name_after
from genomebook.pipeline.book.book_plan import BookPlan
from genomebook.pipeline.book.chapters import TitleSources, VolumeDivisions, group_volumes, word_weights
from genomebook.pipeline.book.content import content
from genomebook.pipeline.book.lexicon import copies_for, count_shuffled, count_words, write_lexicon
from genomebook.pipeline.book.options import Options, Readers, check_place, open_readers, plan_of
from genomebook.pipeline.book.scores import SURPRISAL, score_volumes
from genomebook.pipeline.book.sentences import VolumeWords, divide_volumes
from genomebook.pipeline.book.shelves import ShelfFiles, ShelfJournal, shelves
from genomebook.pipeline.book.tables import volume_counts, write_table, write_volumes
from genomebook.pipeline.book.titles import ExtractContext
from genomebook.pipeline.book.word_files import WordFiles, read_divisions
from genomebook.pipeline.book.words import tokenize_volumes, write_runs
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
        Progress callback.
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
    work = working_folder(options.book)
    if not work.exists():
        check_place(options)
    readers = open_readers(options)
    plan = plan_of(options, readers)
    job = Job(options.book, asdict(plan))
    with locked(work):
        recover(work, job.target)
        if job.is_done(read_object(job.target / BOOK_JSON).get("digest")) and not options.restart:
            job.clear(everything=True)
            return Book.open(options.book)
        check_place(options)
        with job.running(options.restart):
            run = _Run(options, plan, job, readers, stage, {} if timings is None else timings)
            with stop_on_interrupt(run.stopped):
                job.finish(run.all())
    return Book.open(options.book)


class _Run:
    """One build: the stages in order, each skipping what is done."""

    def __init__(
        self,
        options: Options,
        plan: BookPlan,
        job: Job,
        readers: Readers,
        stage: Stage,
        timings: dict[str, float],
    ) -> None:
        self.options, self.plan, self.job = options, plan, job
        self.files, self.genome = BookFiles(job.result), job.scratch / "genome"
        self.readers, self.vocabulary = readers, readers.vocabulary
        self.stage, self.timings = stage, timings
        self.stopped = Event()
        self.workers = options.workers or os.cpu_count() or 1
        self.transcripts: dict[str, int] = {}

    @contextmanager
    def _stage(self, name: str, total: int) -> Iterator[Advance]:
        began = time.perf_counter()
        yield stoppable(self.stage(name, total), self.stopped)
        self.timings[name] = self.timings.get(name, 0.0) + time.perf_counter() - began

    def all(self) -> str:
        """Run every stage; give the digest of the book."""
        with self._stage("unpack", self.plan.source_bytes) as advance:
            records = unpack(self.options.fasta, self.genome, total_progress(advance))
        self.records = sorted(records, key=lambda record: karyotype_key(record.name))
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

    def _shelf_files(self, number: int) -> ShelfFiles:
        return ShelfFiles(self.job.scratch, number)

    def _letters(self) -> int:
        return sum(record.length for record in self.records)

    def _copies(self) -> int:
        return copies_for(sum(record.length - record.gap_letters for record in self.records))

    def _n_words(self) -> int:
        return self.files.words.stat().st_size // 2

    def _genes(self) -> None:
        if self.options.genes is None:
            return
        with self._stage("genes", 1) as advance:
            contigs = [Contig(r.name, r.length, r.contig, r.origin) for r in self.records]
            genes = read_genes(self.options.genes, contigs, self.options.assembly)
            Genes(genes).write(self.job.result / GENES)
            rows = read_transcripts(self.options.genes, contigs, self.options.assembly)
            source = name_after(self.options.genes) or "genes"
            transcripts = [replace(row, source=source) for row in rows]
            if transcripts:
                folder = self.job.scratch / TRANSCRIPTS
                folder.mkdir(exist_ok=True)
                lengths = {record.name: record.length for record in self.records}
                self.transcripts = write_transcripts(folder, transcripts, lengths)
            advance(1)

    def _words(self, pool: ThreadPoolExecutor, encoder: Encoder) -> None:
        files, scratch = self.files, self.job.scratch
        pairs = {"gaps": scratch / "gaps.i64", "case": scratch / "lower.i64"}
        appended = {"words": files.words, "index": files.index, **pairs, "counts": scratch / "words.i64"}
        journal = ShelfJournal(scratch / "words.json", appended)
        with self._stage("words", self._letters()) as advance, Genome(self.genome) as genome:
            advance(sum(self.records[n].length for shelf in self.shelves[: journal.done] for n in shelf))
            with journal.open() as out:
                for shelf in self.shelves[journal.done :]:
                    letters = [partial(genome.letters, self.records[number].name) for number in shelf]
                    tokenize_volumes(
                        letters, out, encoder, pool, self.options.shard, self.workers + 1, advance
                    )
                    journal.shelf_done()
            for name, path in (("gaps", files.gaps), ("case", files.case)):
                write_runs(pairs[name], path)
        self.made = WordFiles(files.words, pairs["gaps"], appended["counts"])

    def _shuffled(self, pool: ThreadPoolExecutor, encoder: Encoder) -> None:
        copies = self._copies()
        with self._stage("shuffle", self._letters() * copies) as advance, Genome(self.genome) as genome:

            def count(path: Path) -> None:
                ahead = self.workers + 1
                counts = count_shuffled(genome.letters, self.records, copies, encoder, pool, ahead, advance)
                path.write_bytes(counts.astype("<i8").tobytes())

            self.shuffled = self.job.share("shuffled.i64", count)

    def _counts(self) -> NgramReader:
        if self.readers.counted:
            return self.readers.counted
        file = self.job.result / READER
        if not file.exists():
            with self._stage("count", self._n_words()):
                streams = (iter([ids]) for ids in self.made.all_ids())
                NgramReader.count("ngram-book", self.vocabulary, streams).write(file)
        return NgramReader.open(file, self.vocabulary)

    def _scores(self, pool: ThreadPoolExecutor, scorer: BoundaryScorer) -> None:
        with self._stage("scores", self._n_words()) as advance:
            _ = scorer.ngram.tables, scorer.letters.tables  # made once, before the threads
            files = self.files
            paths = {SURPRISAL: files.surprisal} | {name: files.signal(name) for name in scorer.signals}
            journal = ShelfJournal(self.job.scratch / "scores.json", paths)
            advance(self.made.words(self.shelves[: journal.done]))
            with journal.open() as out:
                for shelf in self.shelves[journal.done :]:
                    volumes = (self.made.ids(number) for number in shelf)
                    score_volumes(volumes, out, scorer, pool, self.workers + 1, advance)
                    journal.shelf_done()

    def _sentences(self, pool: ThreadPoolExecutor) -> None:
        with self._stage("sentences", self._n_words()) as advance:
            signal = self.files.signal(self.plan.signal)

            def divide(number: int) -> None:
                shelf, files = self.shelves[number], self._shelf_files(number)
                if files.counts("sentences").exists():
                    advance(self.made.words([shelf]))
                    return
                volumes = (
                    VolumeWords(self.made.ids(n), self.made.odds(signal, n), self.made.gaps(n)) for n in shelf
                )
                divide_volumes(volumes, files, self.vocabulary, advance)

            list(pool.map(divide, range(len(self.shelves))))

    def _chapters(self, pool: ThreadPoolExecutor, scorer: BoundaryScorer) -> None:
        with self._stage("chapters", self._letters()) as advance:
            signs = projection(len(self.vocabulary))
            context = ExtractContext(self.vocabulary, word_weights(scorer.ngram), signs)
            neural = self.readers.neural
            titler = None
            if self.options.generated_titles and isinstance(neural, WindowReader):
                titler = Titler(neural)
            genes = self.job.result / GENES
            table = Genes.open(genes) if genes.is_file() else None

            def sources(number: int) -> TitleSources:
                record, grounded = self.records[number], None
                if table is not None:
                    gaps = self.made.gaps(number)
                    grounded = GroundedTitles(table, record.name, record.length, gaps=gaps)
                return TitleSources(context, grounded, titler)

            def group(number: int) -> None:
                shelf, files = self.shelves[number], self._shelf_files(number)
                if files.counts("parts").exists():
                    advance(sum(self.records[n].length for n in shelf))
                    return
                sentences, paragraphs = read_divisions(files, len(shelf))
                volumes = (
                    VolumeDivisions(
                        self.records[n].length, self.made.ids(n), sentences[at], paragraphs[at], sources(n)
                    )
                    for at, n in enumerate(shelf)
                )
                group_volumes(volumes, files, advance)

            list(pool.map(group, range(len(self.shelves))))
        with self._stage("tables", len(LEVELS)) as advance:
            files = [self._shelf_files(number) for number in range(len(self.shelves))]

            def put(level: Level) -> None:
                write_table(self.files.table(level), level, files)
                advance(1)

            list(pool.map(put, reversed(LEVELS)))
            self.counts = volume_counts(self.made.counts, files)
            self.counts["gap_letters"] = np.array([record.gap_letters for record in self.records], np.int64)
            write_volumes(self.files.volumes, self.records, self.counts)

    def _finish(self, scorer: BoundaryScorer) -> str:
        result = self.job.result
        with self._stage("lexicon", self._n_words()) as advance:
            counts = count_words(self.files.words, len(self.vocabulary), result / OCCURRENCES, advance)
            expected = np.fromfile(self.shuffled, "<i8") / self._copies()
            write_lexicon(result / LEXICON, self.vocabulary, counts, expected)
            self.vocabulary.write(result / VOCABULARY)
        with self._stage("digests", 1) as advance:
            totals = {"letters": self._letters(), **{name: int(of.sum()) for name, of in self.counts.items()}}
            made = finish(result, content(self.plan, scorer, len(self.records), totals, self._copies()))
            if self.transcripts:  # beside the book: its digest does not change
                folder = result / TRANSCRIPTS
                shutil.copytree(self.job.scratch / TRANSCRIPTS, folder, dirs_exist_ok=True)
                finish_annex(folder, TRANSCRIPTS, made["digest"], self.transcripts)
            advance(1)
        with self._stage("verify", self._letters()) as advance:
            book = Book.open(result)
            verify(book, raise_errors=True, advance=advance)
        return book.digest
