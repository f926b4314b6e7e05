"""Ctrl-C in a stage that runs threads: heard at the next word of progress, never in the middle of a lock."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def stop_on_interrupt(stopped: threading.Event) -> Iterator[None]:
    """Let the first Ctrl-C set an event; a second one interrupts as usual.

    An interrupt that is raised wherever the main thread happens to be can leave a lock held (of numba's
    compiler, of the import system), and threads then wait for it without end; or it falls into a callback
    that drops it. Outside the main thread, where Python takes no signals, this does nothing.

    Parameters
    ----------
    stopped : threading.Event
        To be looked at by whoever reports progress, who then raises KeyboardInterrupt.
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
