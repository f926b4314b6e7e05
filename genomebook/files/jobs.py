"""Resumable jobs: a folder is made in ``TARGET.part`` and moves to its place when it is whole."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from genomebook.errors import GenomebookError, OptionError
from genomebook.files.atomic import aside, folder_aside, made_once, put_folder, restore_folder
from genomebook.files.digests import canonical
from genomebook.files.locks import LOCK, locked

PLAN, DONE, RESULT, SCRATCH, OLD = "plan.json", "done.json", "book", "scratch", "old"
"""Entries of a working folder, beside its lock."""


def real_folder(target: Path) -> Path:
    """Folder that a symbolic link, or a name such as ``.``, leads to: the one that is replaced."""
    return target.resolve() if target.is_symlink() or target.name in ("", "..") else target


def working_folder(target: Path) -> Path:
    """``TARGET.part``, beside the `real_folder`."""
    return Path(f"{real_folder(target)}.part")


def read_object(file: Path) -> dict[str, Any]:
    """Content of a JSON file; empty when it is missing, damaged or no object."""
    try:
        content = json.loads(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


class Job:
    """A folder in the making. Whoever uses one holds the lock of its working folder (`locked`).

    Parameters
    ----------
    target : Path
        Folder to make.
    plan : mapping
        JSON of everything that the result follows from: only a run with the same plan is resumed.
    work, old : Path, optional
        Working folder (default `working_folder`), and where a folder at ``target`` lies while it is replaced.

    Attributes
    ----------
    result, scratch : Path
        Folder that moves to ``target``; folder of intermediate files.
    """

    def __init__(
        self, target: Path, plan: Mapping[str, Any], *, work: Path | None = None, old: Path | None = None
    ) -> None:
        self.target, self.work = real_folder(target), work or working_folder(target)
        self.plan: dict[str, Any] = json.loads(canonical(plan))
        self.result, self.scratch = self.work / RESULT, self.work / SCRATCH
        self._old = old or self.work / OLD

    def recover(self) -> None:
        """Put a folder back whose replacement was interrupted between two renames.

        A job that was noted as done, but whose result never left for its place, is taken up again.
        """
        restore_folder(self.target, self._old)
        if self.result.exists() and not self.target.exists():
            (self.work / DONE).unlink(missing_ok=True)

    def is_done(self, digest: str | None) -> bool:
        """Whether this very job, with a result of this digest, was stopped after the result was in place."""
        return digest is not None and read_object(self.work / DONE) == {"plan": self.plan, "digest": digest}

    def begin(self, restart: bool | None = None) -> None:
        """Make the working folder, or take up the one of an interrupted run.

        Parameters
        ----------
        restart : bool or None
            Whether to discard an interrupted run; None discards it when its plan differs.

        Raises
        ------
        OptionError
            When ``restart`` is False and the plan of the interrupted run differs.
        """
        file = self.work / PLAN
        before = read_object(file)
        if restart or (self.work / DONE).exists() or (restart is None and before != self.plan):
            self.clear()
        elif file.exists() and before != self.plan:
            changed = sorted(key for key, value in self.plan.items() if before.get(key) != value)
            raise OptionError(
                f"{self.work}: begun with another {', '.join(changed)}; "
                "give the same FASTA and options to resume it, or --restart to begin anew"
            )
        for folder in (self.scratch, self.result):
            folder.mkdir(parents=True, exist_ok=True)
        for leftover in self.result.rglob("*.tmp"):
            leftover.unlink()
        with aside(file) as path:
            path.write_bytes(canonical(self.plan))

    def share(self, name: str, make: Callable[[Path], object]) -> Path:
        """File of the scratch folder; ``make`` writes it unless an interrupted run has."""
        return made_once(self.scratch / name, make)

    @contextmanager
    def running(
        self, restart: bool | None = None, fault: type[GenomebookError] | tuple[()] = GenomebookError
    ) -> Iterator[None]:
        """Begin, and deal with errors: after ``fault``, of the input, there is nothing to resume.

        After any other exception (a full disk, Ctrl-C) the working folder stays. An OSError without a file
        name is given that of the working folder.
        """
        self.recover()
        self.begin(restart)
        try:
            yield
        except fault:
            self.clear()
            raise
        except OSError as error:
            error.filename = error.filename or str(self.work)
            raise

    def finish(self, digest: str | None = None) -> None:
        """Move the result to its place and empty the working folder.

        Parameters
        ----------
        digest : str, optional
            Digest of the result, for `is_done`.
        """
        with aside(self.work / DONE) as path:
            path.write_bytes(canonical({"plan": self.plan, "digest": digest}))
        put_folder(self.result, self.target, self._old)
        self.clear(everything=True)

    def clear(self, everything: bool = False) -> None:
        """Empty the working folder, but for the lock: of this job's entries, or everything.

        The plan goes after what was made by it, and the note that the job is done at the very last: killed in
        between, the next run still knows what lies there. What another stage has left in the working folder
        of a book stays as long as that book does.
        """
        own = (OLD, RESULT, SCRATCH, PLAN, DONE)
        for path in sorted(self.work.iterdir(), key=lambda path: (path.name == DONE, path.name == PLAN)):
            if path.name == LOCK or not (everything or path.name in own):
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


@contextmanager
def fresh_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder; it takes the place of ``target`` when the block ends well, is removed when not.

    Raises
    ------
    BookError
        When another command is writing to the same target.
    """
    real, work = real_folder(target), working_folder(target)
    with locked(work):
        restore_folder(real, work / OLD)
        with folder_aside(real, work / RESULT, work / OLD):
            yield work / RESULT
