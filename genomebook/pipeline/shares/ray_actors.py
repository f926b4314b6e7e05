"""Shares by Ray: actors keep the model loaded; the share of a lost one is made again by another."""

from __future__ import annotations

import os
import socket
from collections import Counter, deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from genomebook.errors import BusyError, GenomebookError, SharesError
from genomebook.files.progress import Advance, no_progress
from genomebook.options import require_extra
from genomebook.pipeline.shares.plan import Planned
from genomebook.pipeline.shares.stages import open_work
from genomebook.pipeline.shares.work import ShareWork

LOCAL = "local"
"""Address that starts Ray on this machine."""

LOSSES = 5
"""Workers that one share may lose."""

_SECONDS = 10
"""Until a cluster that does not answer is given up."""

_STORE = 100 << 20
"""Bytes of Ray's object store, which nothing of a share goes through."""


class ShareActor:
    """A worker process of Ray: a plan and its work, opened once.

    Parameters
    ----------
    output : str
        Folder that was planned.
    stage : str
        Name of the stage.
    workers : int
        Threads.
    trust_remote_code : bool
        Whether a model of the hub may run its own code.
    """

    def __init__(self, output: str, stage: str, workers: int, trust_remote_code: bool) -> None:
        self._output, self._stage = Path(output), stage
        self._workers, self._trusted = workers, trust_remote_code
        self._opened: tuple[Planned, ShareWork]

    def open(self) -> None:
        """Open the plan and load the model; errors of the input are raised here."""
        planned = Planned(self._output, self._stage)
        self._opened = planned, open_work(planned, self._trusted)

    def make(self, number: int, asked: bool) -> bool | None:
        """Make a share; tells whether it was made, not whole already.

        None when another process is making it, which is an error if it was asked for by its number.
        """
        planned, work = self._opened
        with planned.sharing():
            try:
                return planned.make(work, number, self._workers, no_progress)
            except BusyError:
                if asked:
                    raise
        return None


def share_by_ray(
    planned: Planned,
    numbers: Iterable[int] = (),
    *,
    actors: int = 2,
    address: str = LOCAL,
    workers: int = 1,
    gpus: float = 0.0,
    trust_remote_code: bool = False,
    advance: Advance = no_progress,
) -> list[int]:
    """Make shares of a plan by actors of Ray, which see the folder of the plan at the same path.

    Parameters
    ----------
    planned : Planned
        Opened plan.
    numbers : iterable of int
        Numbers of shares, from 1. None: all that are left; those which other processes are making are
        theirs.
    actors : int
        Worker processes at once.
    address : str
        Of a cluster that runs, as Ray writes it; `LOCAL` starts one here and stops it afterwards.
    workers : int
        Threads, and processors, of an actor.
    gpus : float
        GPUs of an actor.
    trust_remote_code : bool
        Whether a model of the hub may run its own code.
    advance : callable
        Called with the units done.

    Returns
    -------
    list of int
        Numbers of the shares that were made, in the order they were done.

    Raises
    ------
    MissingExtraError
        When Ray is not installed.
    SharesError
        When a share lost `LOSSES` workers, there is no cluster at the address, or none of its machines has
        what an actor needs.
    GenomebookError
        As `genomebook.pipeline.shares.run.make_shares` does.
    """
    require_extra("making shares with Ray", "ray", "ray")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray

    asked = list(dict.fromkeys(numbers))
    for number in asked:
        planned.units(number)
    mine = not ray.is_initialized()
    if mine:
        _connect(address, actors * workers)
    try:
        return _Actors(planned, workers, gpus, trust_remote_code).run(asked, actors, advance)
    finally:
        if mine:
            ray.shutdown()


def _connect(address: str, processors: int) -> None:
    import ray

    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR", "configure_logging": True}
    if address == LOCAL:
        ray.init(num_cpus=processors, include_dashboard=False, object_store_memory=_STORE, **quiet)
        return
    try:
        host, colon, port = address.rpartition(":")
        if colon and "/" not in host and port.isdecimal():  # Ray itself tries for minutes
            socket.create_connection((host, int(port)), _SECONDS).close()
        ray.init(address=address, **quiet)
    except (OSError, ValueError, RuntimeError, OverflowError) as error:
        what = " ".join(str(error).split())[:200]
        raise SharesError(f"{address}: no cluster of Ray there ({what}); start it with ray start") from None


class _Actors:
    """Actors, what each is doing, and the shares that are left."""

    def __init__(self, planned: Planned, workers: int, gpus: float, trust_remote_code: bool) -> None:
        import ray

        self._planned = planned
        self._arguments = (str(planned.output.absolute()), planned.plan.stage, workers, trust_remote_code)
        self._needs = {"CPU": float(workers), "GPU": gpus}
        self._class = ray.remote(ShareActor).options(num_cpus=workers, num_gpus=gpus, max_restarts=0)
        self._doing: dict[Any, tuple[Any, int]] = {}
        self._idle: list[Any] = []

    def _start(self) -> None:
        """Start an actor; it is given shares when it has opened the plan."""
        self._check_room()
        actor: Any = self._class.remote(*self._arguments)
        self._doing[actor.open.remote()] = actor, 0

    def _check_room(self) -> None:
        """Refuse to wait for a machine that the cluster does not have."""
        import ray

        nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
        machines = [node["Resources"] for node in nodes if node["Alive"]]
        if not any(all(has.get(name, 0) >= n for name, n in self._needs.items()) for has in machines):
            need, output = self._needs, self._planned.output
            most = {name: max((has.get(name, 0) for has in machines), default=0) for name in self._needs}
            raise SharesError(
                f"{output}: an actor needs {need['CPU']:g} CPU and {need['GPU']:g} GPU, "
                f"the cluster has machines of at most {most['CPU']:g} CPU and {most['GPU']:g} GPU; "
                "give fewer --workers or --gpus"
            )

    def _give(self, left: deque[int], asked: bool) -> None:
        """Give shares to actors that have none."""
        while left and self._idle:
            actor, number = self._idle.pop(), left.popleft()
            self._doing[actor.make.remote(number, asked)] = actor, number

    def run(self, asked: list[int], actors: int, advance: Advance) -> list[int]:
        """Make shares, all if none are asked for; an actor that is lost is replaced where there is room."""
        import ray
        from ray.exceptions import NodeDiedError, OutOfMemoryError, RayActorError, RayTaskError

        numbers = asked or list(range(1, len(self._planned) + 1))
        left, losses, made, done = deque(numbers), Counter[int](), [], 0
        for _ in range(min(actors, len(numbers))):
            self._start()
        while done < len(numbers):
            (ref, *_), _ = ray.wait(list(self._doing), num_returns=1)
            actor, number = self._doing.pop(ref)
            try:
                was_made = ray.get(ref)
            except (RayActorError, NodeDiedError, OutOfMemoryError):
                losses[number] += 1
                if losses[number] >= LOSSES:
                    what = f"share {number}" if number else "opening the plan"
                    raise SharesError(
                        f"{self._planned.output}: {what} lost {LOSSES} workers (memory?); give fewer actors"
                    ) from None
                if number:
                    left.appendleft(number)
                self._start()
                self._give(left, bool(asked))
                continue
            except RayTaskError as error:
                cause = error.cause
                raise cause if isinstance(cause, GenomebookError) else error from None
            if number:
                done += 1
                if was_made:
                    made.append(number)
                if was_made is not None:
                    first, last = self._planned.units(number)
                    advance(last - first)
            self._idle.append(actor)
            self._give(left, bool(asked))
        return made
