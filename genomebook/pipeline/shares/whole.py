"""All of a stage in one process: planned, made on threads, joined."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event

from genomebook.errors import GenomebookError
from genomebook.files.interrupts import stop_on_interrupt, stoppable
from genomebook.files.jobs import Job
from genomebook.files.locks import locked
from genomebook.files.progress import Advance, no_progress
from genomebook.options import check_new_path
from genomebook.pipeline.book.words import in_order
from genomebook.pipeline.shares.plan import Planned, check_room, check_same_plan, job_of, plan_of
from genomebook.pipeline.shares.work import ShareJoin, ShareWork, threads


def join_shares(planned: Planned, work: ShareJoin, job: Job, advance: Advance) -> None:
    """Join whole shares and put the output in its place; whoever calls holds the lock."""
    job.recover()
    shutil.rmtree(job.result, ignore_errors=True)
    job.result.mkdir()
    work.join(planned.rows(work), job.result, advance)
    job.finish()


@contextmanager
def _cleared_if_bare(job: Job) -> Iterator[None]:
    """Leave nothing behind after a fault of the input, unless shares are whole: they may be hours of work."""
    try:
        yield
    except GenomebookError:
        if not any(job.scratch.glob("*.share")):
            job.clear()
        raise


def run_whole(
    work: ShareWork, output: Path, shares: int, *, workers: int = 0, advance: Advance = no_progress
) -> Path:
    """Plan, make all shares on threads, and join them, in one process.

    Parameters
    ----------
    work : ShareWork
        The stage.
    output : Path
        Folder to make. The same call resumes an interrupted one, from ``OUTPUT.part``.
    shares : int
        About how many.
    workers : int
        Threads, a share each; 0: one per core.
    advance : callable
        Called with the units done.

    Raises
    ------
    OptionError
        When the output is taken or its folder does not exist.
    SharesError
        When another plan lies there, or the disk will not hold the shares.
    """
    stage = work.about.stage
    check_new_path(output, stage)
    plan, stopped = plan_of(work, work.bounds(shares)), Event()
    job = job_of(output, plan)
    with locked(job.work), stop_on_interrupt(stopped):
        check_new_path(output, stage)
        check_same_plan(job, f"or remove {job.work} to begin anew")
        check_room(job, work, "the shares and their output")
        with job.running(fault=()), _cleared_if_bare(job):
            planned, report = Planned(output, stage), stoppable(advance, stopped)

            def make(number: int) -> int:
                first, last = planned.units(number)
                if not planned.is_whole(number):
                    planned.write(work, number, 1, no_progress)
                return last - first

            with ExitStack() as stack:
                pool = ThreadPoolExecutor(threads(workers))
                stack.callback(pool.shutdown, cancel_futures=True)
                for units in in_order(pool, make, range(1, len(planned) + 1), 2 * threads(workers)):
                    report(units)
            join_shares(planned, work, job, no_progress)
    return output
