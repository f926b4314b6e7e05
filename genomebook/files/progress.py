"""Progress callbacks of long-running stages."""

from __future__ import annotations

import warnings
from collections.abc import Callable

from genomebook.errors import GenomebookWarning

Advance = Callable[[int], None]
"""Called with the amount of work just done."""

Stage = Callable[[str, int], Advance]
"""Called with the name of a stage and its total amount of work; returns the stage's `Advance`."""

ByteProgress = Callable[[int, int], None]
"""Called with the bytes done so far and the bytes in total."""

Message = Callable[[str], None]
"""Called with a line of text about what is going on."""


def no_progress(amount: int) -> None:
    """No-op progress callback."""


def no_stages(name: str, total: int) -> Advance:
    """No-op stage callback."""
    return no_progress


def no_message(text: str) -> None:
    """No-op message callback."""


def warn(text: str) -> None:
    """Message callback that raises a warning; warnings belong to the process, not to a thread."""
    warnings.warn(text, GenomebookWarning, stacklevel=3)


def total_progress(advance: Advance) -> ByteProgress:
    """Adapt an `Advance` to a caller that reports the total done so far."""
    before = 0

    def report(done: int, total: int) -> None:
        nonlocal before
        advance(done - before)
        before = done

    return report
