"""Init, share, finalise: files to files; on CPUs of one kind the same bytes for any number of shares."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from threading import Event

from genomebook.errors import BusyError, SharesError
from genomebook.files.interrupts import stop_on_interrupt, stoppable
from genomebook.files.locks import locked
from genomebook.files.progress import Advance, Stage, no_progress, no_stages
from genomebook.options import check_new_path
from genomebook.pipeline.shares.plan import Planned, job_of, ranges
from genomebook.pipeline.shares.stages import open_join, open_work
from genomebook.pipeline.shares.whole import join_shares
from genomebook.pipeline.shares.work import threads


def make_shares(
    planned: Planned,
    numbers: Iterable[int] = (),
    *,
    workers: int = 0,
    trust_remote_code: bool = False,
    advance: Advance = no_progress,
) -> list[int]:
    """Make shares of a plan, one after the other; those that are there and whole are skipped.

    Parameters
    ----------
    planned : Planned
        Opened plan.
    numbers : iterable of int
        Numbers of shares, from 1. None: all that are left; those which other processes are making are
        theirs.
    workers : int
        Threads; 0: one per core.
    trust_remote_code : bool
        Whether a model of the hub may run its own code, if the plan says so.
    advance : callable
        Called with the units done.

    Returns
    -------
    list of int
        Numbers of the shares that were made.

    Raises
    ------
    BusyError
        When another process is making a share that was asked for, or joining them.
    SharesError
        When there is no such share, an input is not that of the plan, or the plan is not there any more.
    """
    asked, stopped, made = list(dict.fromkeys(numbers)), Event(), []
    for number in asked:
        planned.units(number)
    with planned.sharing(), stop_on_interrupt(stopped):
        work = open_work(planned, trust_remote_code)
        report = stoppable(advance, stopped)
        for number in asked or range(1, len(planned) + 1):
            try:
                if planned.make(work, number, threads(workers), report):
                    made.append(number)
            except BusyError:
                if asked:
                    raise
    return made


def finalise(
    planned: Planned,
    *,
    redo: bool = False,
    workers: int = 0,
    trust_remote_code: bool = False,
    progress: Stage = no_stages,
) -> Path:
    """Check the digest of every share, join them and put the output in its place.

    Parameters
    ----------
    planned : Planned
        Opened plan; it is gone afterwards.
    redo : bool
        Whether missing and damaged shares are made here.
    workers, trust_remote_code
        As in `make_shares`.
    progress : callable
        Progress callback: of the shares made here, and of the units that are joined.

    Returns
    -------
    Path
        The output.

    Raises
    ------
    SharesError
        When shares are missing or damaged; the message says which.
    BusyError
        When another process is making shares of the plan, or joining them.
    """
    job, stopped = job_of(planned.output, planned.plan), Event()
    with locked(job.work), stop_on_interrupt(stopped):
        check_new_path(planned.output, planned.plan.stage)
        planned.check_still()
        left = [number for number in range(1, len(planned) + 1) if not planned.is_whole(number)]
        if left and not redo:
            raise SharesError(_what_is_left(planned, left))
        if left:
            work = open_work(planned, trust_remote_code)
            units = sum(last - first for first, last in map(planned.units, left))
            report = stoppable(progress("shares", units), stopped)
            for number in left:
                planned.make(work, number, threads(workers), report)
        join_shares(
            planned, open_join(planned), job, stoppable(progress("join", planned.plan.bounds[-1]), stopped)
        )
    return planned.output


def _what_is_left(planned: Planned, left: list[int]) -> str:
    missing = [number for number in left if not planned.is_there(number)]
    damaged = [number for number in left if planned.is_there(number)]
    kinds = ", ".join(
        f"{what}: {ranges(numbers)}"
        for what, numbers in (("damaged", damaged), ("missing", missing))
        if numbers
    )
    some = " ".join(map(str, left[:10]))
    return (
        f"{planned.folder}: {len(left)} of {len(planned)} shares left ({kinds}); "
        f"genomebook {planned.plan.stage} share {planned.output} {some} makes them again, or finalise --redo"
    )
