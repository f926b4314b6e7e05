"""Select a vocabulary: how well its words predict the next k letters, over numbers of merges.

Every network sees the same number of letters (not words) and learns from the same number of places; see
`kmer_places` for the places and `kmer_rules` for the baselines. An interrupted selection
leaves ``OUTPUT.part``, with a JSON file for each vocabulary and seed; the same call resumes it.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from genomebook import __version__
from genomebook.errors import FastaError, OptionError, VocabularyError
from genomebook.files.atomic import aside
from genomebook.files.digests import manifest_text
from genomebook.files.jobs import Job, read_object
from genomebook.files.locks import locked
from genomebook.files.progress import Stage, no_stages
from genomebook.genome.fasta import Record, unpack
from genomebook.genome.names import canonical as one_name
from genomebook.language.vocabulary import MAX_WORDS, Vocabulary
from genomebook.options import check_parent, require_extra
from genomebook.training.figures import draw_selection
from genomebook.training.vocabularies.kmer_rules import ORDERS
from genomebook.training.vocabularies.selection_run import (
    Place,
    SelectionRun,
    begin_worker,
    find_windows,
    learn_words,
    measure_words,
)
from genomebook.training.vocabularies.selection_table import best_merges, run_rows, summary_rows, write_tsv
from genomebook.training.vocabularies.settings import Settings

FORMAT = "genomebook-selection-1"
TABLE = "table.json"
_NEEDED = ("torch", "transformers", "tokenizers", "matplotlib")
_POLL = 0.5


@dataclass(frozen=True)
class Selection:
    """A finished selection.

    Attributes
    ----------
    folder : Path
        ``runs.tsv``, ``summary.tsv``, ``table.json`` (both, with all settings), ``curve.svg``, ``curve.png``.
    summary : list of dict
        Rows of ``summary.tsv``.
    best : int
        Merges of the vocabulary with the highest mean accuracy where all are asked at the same places.
    level : list of int
        Merges that the seeds do not tell apart from the best, itself among them.
    """

    folder: Path
    summary: list[dict[str, Any]]
    best: int
    level: list[int]


def select_words(
    fastas: Sequence[Path],
    output: Path,
    merges: Sequence[int],
    *,
    hold_out: Sequence[str],
    skip: Sequence[str] = (),
    seeds: Sequence[int] = (1, 2, 3),
    settings: Settings | None = None,
    workers: int = 1,
    restart: bool = False,
    replace: bool = False,
    progress: Stage = no_stages,
) -> Selection:
    """Measure vocabularies by next-k-mer prediction and draw the curve.

    Parameters
    ----------
    fastas : sequence of Path
        Sequence: contigs neither skipped nor held out are trained on.
    output : Path
        Folder to make.
    merges : sequence of int
        Numbers of merges to compare.
    hold_out, skip : sequence of str
        Contigs, under any of their names, to measure on, and to leave out altogether.
    seeds : sequence of int
        One network for each and each vocabulary.
    settings : Settings
        Letters to predict, budget and size of the network.
    workers : int
        Processes, of one thread each. Any number gives the same bytes on one machine.
    restart, replace : bool
        Begin anew; put the new selection in the place of an old one.
    progress : callable
        Progress callback: stages ``unpack`` (bytes), ``merges`` (1) and ``steps`` (updates of a network).

    Returns
    -------
    Selection
        As written.

    Raises
    ------
    FastaError
        For sequence that is not usable, contigs that it does not have, or nothing left to train or test on.
    VocabularyError
        For merges that cannot be learnt from this sequence, for settings or an output that do not fit.
    OSError
        When writing fails; the working folder stays and the same call resumes.
    """
    settings = settings or Settings()
    merges, seeds = sorted(set(merges)), sorted(set(seeds))
    _check(output, merges, seeds, hold_out, workers, replace)
    job = Job(output, _plan(fastas, hold_out, skip, settings))
    try:
        with locked(job.work), job.running(restart, fault=FastaError):
            train, test, records = _records(job, fastas, hold_out, skip, settings, progress)
            todo = [(m, None) for m in merges] + [(m, seed) for seed in seeds for m in merges]
            words = job.scratch / "words.json"
            runs = [
                SelectionRun(words, train, test, settings, m, seed, _file(job, m, seed)) for m, seed in todo
            ]
            _run(runs, merges[-1], workers, progress)
            results = [read_object(run.file) for run in runs]
            selection = _write(job, results, records, settings, seeds)
            job.finish()
    except BrokenProcessPool:
        ended = "a worker process ended before its work did (out of memory?)"
        raise VocabularyError(
            f"{job.work}: {ended}; the same command, with fewer --workers, goes on"
        ) from None
    return Selection(output, *selection)


def _check(
    output: Path, merges: list[int], seeds: list[int], hold_out: Sequence[str], workers: int, replace: bool
) -> None:
    """Refuse what cannot be done before anything is."""
    require_extra("choosing words", "train", *_NEEDED)
    check_parent(output, "the selection")
    wrong = ""
    if output.exists() and not replace:
        wrong = f"{output}: exists already; choose another -o, or give --replace"
    elif output.exists() and not (output / TABLE).is_file():
        wrong = f"{output}: is not a selection, so it is not replaced; move it away or choose another -o"
    elif not merges or not seeds:
        wrong = "nothing to compare: give --merges and --seeds at least one number each"
    elif merges[0] < 1 or merges[-1] > MAX_WORDS - 4:
        wrong = f"--merges {merges[0]} to {merges[-1]}: numbers from 1 to {MAX_WORDS - 4} can be learnt"
    elif seeds[0] < 0:
        wrong = f"--seeds {seeds[0]}: a seed is 0 or more"
    elif workers < 1:
        wrong = f"--workers {workers}: at least one process is needed"
    elif not hold_out:
        wrong = "nothing is held out to measure on: name a contig of the FASTA with --hold-out"
    if wrong:
        raise OptionError(wrong)


def _plan(
    fastas: Sequence[Path], hold_out: Sequence[str], skip: Sequence[str], settings: Settings
) -> dict[str, Any]:
    """Everything a single result follows from, but for its merges and seed."""
    sources = []
    for fasta in fastas:
        try:
            stat = fasta.stat()
        except OSError as error:
            raise FastaError(f"{fasta}: {error.strerror}; check the path of the FASTA") from None
        sources.append([fasta.name, stat.st_size, stat.st_mtime_ns])
    if not sources:
        raise FastaError("no sequence: name at least one FASTA")
    versions = {name: importlib.metadata.version(name) for name in _NEEDED[:3]}
    return {
        "FASTA": sources,
        "hold_out": sorted(map(one_name, hold_out)),
        "skip": sorted(map(one_name, skip)),
        **asdict(settings),
        "versions": {"genomebook": __version__, **versions},
    }


def _records(
    job: Job,
    fastas: Sequence[Path],
    hold_out: Sequence[str],
    skip: Sequence[str],
    settings: Settings,
    progress: Stage,
) -> tuple[tuple[Place, ...], tuple[Place, ...], dict[str, list[list[str]]]]:
    """Unpack the sequence and divide its records; names and digests are kept for the table."""
    advance = progress("unpack", sum(fasta.stat().st_size for fasta in fastas))
    pairs: list[tuple[Path, Record]] = []
    for number, fasta in enumerate(fastas):
        folder = job.scratch / f"{number:03d}"
        pairs += [(folder, record) for record in unpack(fasta, folder)]
        advance(fasta.stat().st_size)
    tested, left_out = ({one_name(name) for name in names} for names in (hold_out, skip))
    known = {one_name(record.contig) for _, record in pairs}
    for option, names in (("--hold-out", hold_out), ("--skip", skip)):
        for name in names:
            if one_name(name) not in known:
                some = ", ".join(sorted({record.contig for _, record in pairs})[:8])
                raise FastaError(f"{fastas[0]}: no contig {name!r} for {option}; it has {some}")
    if both := tested & left_out:
        raise FastaError(f"{fastas[0]}: {min(both)} is both held out and skipped; drop one of the options")
    divided: dict[str, list[tuple[Path, Record]]] = {"train": [], "test": []}
    for folder, record in pairs:
        name = one_name(record.contig)
        if name not in left_out:
            divided["test" if name in tested else "train"].append((folder, record))
    train, test = (tuple((folder, record.name) for folder, record in part) for part in divided.values())
    for part, what in ((train, "train on; hold out or skip fewer"), (test, "measure on; hold out more")):
        if not find_windows(part, settings.span).windows:
            raise FastaError(f"{fastas[0]}: no {settings.span} letters in a row to {what}")
    digests = {key: [[record.name, record.refget] for _, record in part] for key, part in divided.items()}
    return train, test, digests


def _file(job: Job, merges: int, seed: int | None) -> Path:
    return job.scratch / f"merges-{merges:05d}-{'rules' if seed is None else f'seed-{seed}'}.json"


def _run(runs: list[SelectionRun], max_merges: int, workers: int, progress: Stage) -> None:
    """Do the runs that are not done yet."""
    todo = [run for run in runs if not read_object(run.file)]
    steps, words = runs[0].settings.steps, runs[0].words
    if not todo:
        return
    with _pool(workers) as (pool, counter):
        if not words.exists() or len(Vocabulary.open(words).merges) < max_merges:
            advance = progress("merges", 1)
            pool.submit(learn_words, words, runs[0].train, max_merges).result()
            advance(1)
        advance = progress("steps", steps * sum(run.seed is not None for run in runs))
        advance(steps * sum(run.seed is not None for run in runs if run not in todo))
        waiting: set[Future[None]] = {pool.submit(measure_words, run) for run in todo}
        before = 0
        while waiting:
            done, waiting = wait(waiting, _POLL)
            for future in done:
                future.result()
            now = counter.value
            advance(now - before)
            before = now


@contextmanager
def _pool(workers: int) -> Iterator[tuple[ProcessPoolExecutor, Any]]:
    """Worker processes of one thread each; they stop at their next step when the block ends."""
    context = multiprocessing.get_context("spawn")
    stopped, counter = context.Event(), context.Value("q", 0)
    pool = ProcessPoolExecutor(workers, context, begin_worker, (stopped, counter))
    try:
        yield pool, counter
    finally:
        stopped.set()
        pool.shutdown(cancel_futures=True)


def _write(
    job: Job,
    results: list[dict[str, Any]],
    records: dict[str, list[list[str]]],
    settings: Settings,
    seeds: list[int],
) -> tuple[list[dict[str, Any]], int, list[int]]:
    """Write tables and figure to the result folder."""
    runs = run_rows(
        [result for result in results if result["seed"] is None],
        [result for result in results if result["seed"] is not None],
    )
    summary = summary_rows(runs)
    best, level = best_merges(summary)
    letters = settings.steps * settings.batch * settings.context
    table = {
        "format": FORMAT,
        "settings": asdict(settings),
        "letters_seen": letters,
        "seeds": seeds,
        "markov_orders": ORDERS,
        "records": records,
        "versions": job.plan["versions"],
        "best": best,
        "level": level,
        "summary": summary,
        "runs": runs,
    }
    with aside(job.result / TABLE) as path:
        path.write_text(manifest_text(table))
    write_tsv(job.result / "runs.tsv", runs)
    write_tsv(job.result / "summary.tsv", summary)
    draw_selection([row for row in summary if row["k"] == "mean"], settings.ks, job.result)
    return summary, best, level
