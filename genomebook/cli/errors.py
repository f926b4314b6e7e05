"""What the command line does about errors: one line, exit code 2; Ctrl-C: exit code 130."""

from __future__ import annotations

import errno
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.markup import escape

from genomebook.cli.console import err, error_line
from genomebook.errors import GenomebookError, GenomebookWarning

_INTERRUPTED = 130
_FULL = "free some space; the same command goes on from where it was"
_FORBIDDEN = "choose a place that you may write to"
_REMEDIES = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENFILE: "close other programs",
    errno.EACCES: _FORBIDDEN,
    errno.EROFS: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
}


def run(command: Callable[[], Any]) -> None:
    """Run a command; errors of the input are one line and exit code 2, Ctrl-C is 130."""
    try:
        with _warnings_as_notes():
            command()
    except GenomebookError as error:
        error_line(str(error))
        sys.exit(2)
    except OSError as error:
        error_line(_system_line(error))
        sys.exit(2)
    except SystemExit as stop:
        if stop.code == _INTERRUPTED:
            err.print("stopped; nothing is lost: the same command goes on from where it was")
        raise


def _system_line(error: OSError) -> str:
    """One line for a full disk, a missing permission and the like, with the remedy."""
    remedy = _REMEDIES.get(error.errno or 0, "check the path")
    reason = os.strerror(error.errno) if error.errno else ", ".join(map(str, error.args))
    return f"{error.filename or 'the system'}: {reason}; {remedy}"


@contextmanager
def _warnings_as_notes() -> Iterator[None]:
    """Print each warning of this program once, as a note of one line; others as ever."""
    printed: set[str] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("always", GenomebookWarning)
        show = warnings.showwarning

        def print_note(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
            if not issubclass(category, GenomebookWarning):
                show(message, category, *where, **more)
                return
            line = "".join(letter if letter.isprintable() else " " for letter in str(message))
            if line not in printed:  # some files are read twice
                printed.add(line)
                err.print(f"note: {escape(' '.join(line.split()))}")

        warnings.showwarning = print_note
        yield
