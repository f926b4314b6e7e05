"""Ctrl-C in threaded stages: acted on at the next progress callback, never while a lock is held."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from genomebook.files.progress import Advance


@contextmanager
def stop_on_interrupt(stopped: threading.Event) -> Iterator[None]:
    """Let the first Ctrl-C set ``stopped``, which `stoppable` looks at; a second one interrupts as usual.

    An interrupt raised wherever the main thread happens to be can leave a lock held (of numba's compiler, of
    the import system), for which threads then wait forever; or a callback swallows it. Outside the main
    thread, where Python handles no signals, this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def hear(number: int, frame: object) -> None:
        stopped.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, hear)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def stoppable(advance: Advance, stopped: threading.Event) -> Advance:
    """Make a progress callback raise KeyboardInterrupt, in any thread, once ``stopped`` is set."""

    def checked(amount: int) -> None:
        advance(amount)
        if stopped.is_set():
            raise KeyboardInterrupt

    return checked
