"""A job killed at any moment of its end: it is done, and known to be, or nothing of it is left."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from genomebook.files.jobs import Job
from genomebook.files.locks import LOCK, locked

PLAN = {"input": "a.fa"}
MAX_REMOVALS = 30


class Killed(BaseException):
    """Ends the job; not an Exception, as KeyboardInterrupt is not."""


def killed_at_removal(number: int, patch: pytest.MonkeyPatch, target: Path) -> None:
    """Once the target is in place, let so many removals of files and folders pass, and no more."""
    removals = 0

    def removing(remove: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal removals
            if target.exists():
                removals += 1
                if removals > number:
                    raise Killed
            return remove(*arguments, **named)

        return call

    for name in ("unlink", "rmdir"):
        patch.setattr(os, name, removing(getattr(os, name)))


def end(target: Path) -> None:
    """Run a job to its end."""
    job = Job(target, PLAN)
    with locked(job.work), job.running():
        (job.result / "file").write_text("whole")
        for name in ("one", "two"):
            job.share(name, lambda path: path.write_text("share"))
        job.finish("digest")


def test_a_job_killed_at_any_removal_of_its_end_is_known_to_be_done(tmp_path: Path) -> None:
    killed = 0
    for number in range(MAX_REMOVALS):
        target = tmp_path / str(number)
        with pytest.MonkeyPatch.context() as patch:
            killed_at_removal(number, patch, target)
            try:
                end(target)
            except Killed:
                killed += 1
        assert (target / "file").read_text() == "whole"
        again, other = Job(target, PLAN), Job(target, {"input": "b.fa"})
        with locked(again.work):
            assert again.is_done("digest") or [path.name for path in again.work.iterdir()] == [LOCK]
            assert not other.is_done("digest")
            other.begin()
        assert not any(other.scratch.iterdir())  # nothing of the first job is taken for the second's
        assert not any(other.result.iterdir())
    assert 3 < killed < MAX_REMOVALS - 1
