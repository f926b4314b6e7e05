"""The plan of shares: a manifest in the working folder of the output, and the state of each share."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from genomebook import __version__
from genomebook.errors import SharesError
from genomebook.files.atomic import aside, existing_parent
from genomebook.files.digests import canonical
from genomebook.files.jobs import DONE, PLAN, SCRATCH, Job, read_object, working_folder
from genomebook.files.locks import LOCK, file_locked, locked
from genomebook.files.manifest import Count, Positive, Sha256, read_json, validated
from genomebook.files.progress import Advance
from genomebook.options import check_new_path
from genomebook.pipeline.shares.work import DIGEST_BYTES, ShareJoin, ShareRows, ShareWork

FORMAT: Final = "genomebook-shares-1"
_BLOCK = 1 << 20


class SharesPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``plan.json`` of a stage that is made in shares.

    Attributes
    ----------
    program : str
        Version of the package: all shares are made by one.
    inputs, digests, parameters
        As in `genomebook.pipeline.shares.work.About`.
    bounds : list of int
        First unit of each share, ascending from 0, and at the end the total.
    row : int
        Bytes of the row of a unit.
    """

    format: Literal["genomebook-shares-1"]
    stage: str
    unit: str
    program: str
    inputs: dict[str, str]
    digests: dict[str, Sha256]
    parameters: dict[str, str | int | float | bool | None]
    bounds: list[Count]
    row: Positive


def plan_of(work: ShareWork, bounds: list[int]) -> SharesPlan:
    """Plan of a stage, with shares that begin at some units."""
    about = work.about
    return SharesPlan(
        format=FORMAT, stage=about.stage, unit=about.unit, program=__version__, inputs=dict(about.inputs),
        digests=dict(about.digests), parameters=dict(about.parameters), bounds=bounds,
        row=work.row.itemsize,
    )  # fmt: skip


def job_of(output: Path, plan: SharesPlan) -> Job:
    """Job that makes the output of a plan; the plan is kept as its own."""
    return Job(output, msgspec.to_builtins(plan))


def check_room(job: Job, work: ShareWork, what: str) -> None:
    """Refuse a plan that the disk will not hold; what its working folder has already needs no room.

    Raises
    ------
    SharesError
        When fewer bytes are free than needed; the message has both figures.
    """
    kept = [*job.scratch.glob("*.share"), *job.result.glob("*")]
    needed = work.total * work.row.itemsize + work.output_bytes - sum(path.stat().st_size for path in kept)
    free = shutil.disk_usage(existing_parent(job.target)).free
    if needed > free:
        raise SharesError(
            f"{job.target}: {what} need {needed / 1e9:,.3f} GB, the disk has {free / 1e9:,.3f} GB free; "
            "make room there or choose another --output"
        )


def check_same_plan(job: Job, remedy: str) -> None:
    """Refuse to take the place of another plan, with its shares.

    Raises
    ------
    SharesError
        When there is one; the message has the remedy.
    """
    before = read_object(job.work / PLAN)
    if before and before != job.plan:
        changed = ", ".join(sorted(key for key in job.plan if before.get(key) != job.plan[key]))
        raise SharesError(
            f"{job.work}: planned already with another {changed}; the same options go on with it, {remedy}"
        )


class Planned:
    """A plan on the disk, opened to make shares of it or to join them.

    Parameters
    ----------
    output : Path
        Folder that the plan makes; the plan is in ``OUTPUT.part``.
    stage : str
        Name of the stage that it must be of.

    Raises
    ------
    SharesError
        When there is no plan, it is damaged, of another stage or by another version of the package.
    """

    def __init__(self, output: Path, stage: str) -> None:
        self.output, self.folder = output, working_folder(output)
        file, begin = self.folder / PLAN, f"genomebook {stage} init BOOK -o {output}"
        if (self.folder / DONE).exists() and output.exists():
            raise SharesError(f"{output}: is finished already")
        try:
            body = read_json(file, f"plan it anew: {begin} --restart", SharesError)
        except (FileNotFoundError, NotADirectoryError):
            raise SharesError(f"{output}: nothing is planned here; first {begin}") from None
        if body.get("format") != FORMAT:
            raise SharesError(f"{file}: not a plan of shares; choose another --output, or {begin} --restart")
        plan = self.plan = validated(file, body, SharesPlan, f"{begin} --restart", SharesError)
        self._body, self._seed = body, canonical(body)
        if plan.stage != stage:
            raise SharesError(f"{file}: was planned by {plan.stage}; say genomebook {plan.stage}")
        if plan.program != __version__:
            raise SharesError(
                f"{file}: was planned by genomebook {plan.program}, this is {__version__}; use one version "
                f"on all machines, or {begin} --restart"
            )
        if not plan.bounds or plan.bounds[0] or any(a >= b for a, b in pairwise(plan.bounds)):
            raise SharesError(f"{file}: its shares are not in order; {begin} --restart")

    def __len__(self) -> int:
        """Count shares."""
        return len(self.plan.bounds) - 1

    def units(self, number: int) -> tuple[int, int]:
        """First and last unit (half-open) of a share of a number, from 1.

        Raises
        ------
        SharesError
            When there is no such share.
        """
        if not 1 <= number <= len(self):
            raise SharesError(f"{self.output}: no share {number}; shares are numbered from 1 to {len(self)}")
        return self.plan.bounds[number - 1], self.plan.bounds[number]

    def file(self, number: int) -> Path:
        """File of a share: its rows, then the SHA-256 of the plan and them."""
        return self.folder / SCRATCH / f"{number:05d}.share"

    def is_there(self, number: int) -> bool:
        """Whether there is a file of a share, whole or not."""
        return self.file(number).exists()

    def is_whole(self, number: int) -> bool:
        """Whether the file of a share of this plan is there and has its digest."""
        first, last = self.units(number)
        return is_whole(self.file(number), (last - first) * self.plan.row, self._seed)

    def rows(self, work: ShareJoin) -> ShareRows:
        """Rows of all shares."""
        files = [self.file(number) for number in range(1, len(self) + 1)]
        return ShareRows(files, self.plan.bounds, work.row)

    def check(self, work: ShareJoin) -> None:
        """Refuse inputs that are not those of the plan.

        Raises
        ------
        SharesError
            When the digest of one differs.
        """
        if work.row.itemsize != self.plan.row:
            raise SharesError(f"{self.folder / PLAN}: its rows have another size; plan anew with --restart")
        for name, digest in work.about.digests.items():
            if self.plan.digests.get(name) != digest:
                raise SharesError(
                    f"{self.plan.inputs.get(name, name)}: is not the {name} that {self.folder / PLAN} was "
                    "made for; restore it, or plan anew"
                )

    def check_still(self) -> None:
        """Refuse a plan that is not the one on the disk any more; whoever calls holds the lock.

        Raises
        ------
        SharesError
            When another process has joined it, or planned anew.
        """
        if read_object(self.folder / PLAN) != self._body:
            raise SharesError(f"{self.folder / PLAN}: was joined or planned anew meanwhile; start again")

    @contextmanager
    def sharing(self) -> Iterator[None]:
        """Keep others from planning or joining while shares are made.

        Raises
        ------
        BusyError
            When another process does just that.
        SharesError
            When the plan is not on the disk any more.
        """
        with ExitStack() as stack:
            with suppress(FileNotFoundError):  # the folder is gone, as is the plan
                stack.enter_context(file_locked(self.folder / LOCK, shared=True))
            self.check_still()
            yield

    def make(self, work: ShareWork, number: int, workers: int, advance: Advance) -> bool:
        """Make a share, aside and renamed, unless it is there and whole; tells whether it was made.

        Raises
        ------
        BusyError
            When another process is making the same share.
        """
        first, last = self.units(number)
        with file_locked(self.file(number).with_suffix(".lock")):
            if self.is_whole(number):
                advance(last - first)
                return False
            self.write(work, number, workers, advance)
        return True

    def write(self, work: ShareWork, number: int, workers: int, advance: Advance) -> None:
        """Make a share, aside and renamed; whoever calls holds a lock."""
        write_share(self.file(number), work, *self.units(number), workers, advance, self._seed)


def write_share(
    path: Path, work: ShareWork, first: int, last: int, workers: int, advance: Advance, seed: bytes = b""
) -> None:
    """Write the rows of the units [first, last), and the SHA-256 of a seed and them, aside and renamed."""
    digest = hashlib.sha256(seed)
    with aside(path) as temporary, temporary.open("wb") as file:
        for rows in work.rows(first, last, workers):
            content = rows.tobytes()
            digest.update(content)
            file.write(content)
            advance(len(rows))
        file.write(digest.digest())


def is_whole(path: Path, size: int, seed: bytes = b"") -> bool:
    """Whether a file has so many bytes and then the SHA-256 of a seed and them."""
    digest = hashlib.sha256(seed)
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size != size + DIGEST_BYTES:
                return False
            for at in range(0, size, _BLOCK):
                digest.update(file.read(min(_BLOCK, size - at)))
            return file.read() == digest.digest()
    except FileNotFoundError:
        return False


def ranges(numbers: Iterable[int]) -> str:
    """Ascending numbers in words.

    >>> ranges([1, 2, 3, 7])
    '1-3, 7'
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def write_plan(work: ShareWork, output: Path, shares: int, restart: bool) -> Planned:
    """Plan a stage; a plan that is there and the same is kept, with the shares that are done.

    Raises
    ------
    OptionError
        When the output is taken or its folder does not exist.
    SharesError
        When there is another plan (and not ``restart``), or the disk will not hold this one.
    BusyError
        When another process works on the output.
    """
    check_new_path(output, work.about.stage)
    bounds = work.bounds(shares)
    plan = plan_of(work, bounds)
    job = job_of(output, plan)
    with locked(job.work):
        check_new_path(output, work.about.stage)
        if not restart:
            check_same_plan(job, "--restart begins anew")
        check_room(job, work, f"{len(bounds) - 1:,} shares and their output")
        job.recover()
        job.begin(restart or None)
    return Planned(output, work.about.stage)


def plan_parameters(plan: SharesPlan, **kinds: type | tuple[type, ...]) -> dict[str, Any]:
    """Parameters of a plan, checked: names and types.

    Raises
    ------
    SharesError
        When one is missing or of another type.
    """
    for name, kind in kinds.items():
        if not isinstance(plan.parameters.get(name), kind):
            raise SharesError(f"plan of {plan.stage}: no {name}; plan it anew with --restart")
    return {name: plan.parameters[name] for name in kinds}
