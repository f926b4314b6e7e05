"""Ends a command at a chosen rename as SIGKILL does: nothing after it changes a file."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from genomebook.files import atomic
from tests.support import books

CHANGING = ("replace", "rename", "unlink", "remove", "rmdir", "mkdir", "truncate")


class Killed(BaseException):
    """What ends the command; not an Exception, as KeyboardInterrupt is not."""


class Kills:
    """Renames that were done, and whether the command is dead."""

    def __init__(self, number: int, after: bool) -> None:
        self.number, self.after = number, after
        self.renames, self.dead = 0, False

    def changing(self, do: Callable[..., Any], is_rename: bool) -> Callable[..., Any]:
        """Wrap a call that changes a file."""

        def call(*arguments: Any, **named: Any) -> Any:
            if self.dead:
                raise Killed
            if not is_rename:
                return do(*arguments, **named)
            now, self.renames = self.renames == self.number, self.renames + 1
            if now and not self.after:
                self.dead = True
                raise Killed
            done = do(*arguments, **named)
            if now:
                self.dead = True
                raise Killed
            return done

        return call


@contextmanager
def killed_at(number: int, after: bool = False, exchanges: bool = True) -> Iterator[Kills]:
    """Let every rename pass but the one of this number, from 0, which is not done or is the last thing done.

    Parameters
    ----------
    number : int
        Number of the rename; more than there are for none.
    after : bool
        Whether it is done.
    exchanges : bool
        Whether the system can let two folders change names.
    """
    kills = Kills(number, after)
    with pytest.MonkeyPatch.context() as patch:
        for name in CHANGING:
            patch.setattr(os, name, kills.changing(getattr(os, name), name in ("replace", "rename")))
        exchange = atomic.exchange if exchanges else lambda one, other: False
        patch.setattr(atomic, "exchange", kills.changing(exchange, is_rename=exchanges))
        patch.setattr(os, "fsync", lambda file: None)  # what is synced, test_synced says
        with suppress(Killed):
            yield kills


def beside(book: Path) -> list[str]:
    """What lies beside a book."""
    return sorted(path.name for path in book.parent.iterdir() if path != book)


def stop_in(stage: str, arguments: list[str | Path], cwd: Path, number: int, wait: float) -> tuple[int, str]:
    """Run the program, send a signal a moment after it says that it begins a stage; exit code and stderr."""
    process = subprocess.Popen(
        books.command(*arguments), cwd=cwd, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    said = ""
    assert process.stderr is not None
    for line in process.stderr:
        said += line
        if line.startswith(stage):
            time.sleep(wait)
            process.send_signal(number)
            break
    said += process.stderr.read()
    process.stderr.close()
    return process.wait(60), said
