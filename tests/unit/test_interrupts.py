"""Ctrl-C in a threaded stage: the first is noted, the second interrupts; the handler before comes back."""

import signal
from threading import Event, Thread

import pytest

from genomebook.files.interrupts import stop_on_interrupt


def test_the_first_interrupt_is_noted_and_the_second_raises() -> None:
    before, stopped = signal.getsignal(signal.SIGINT), Event()
    with stop_on_interrupt(stopped):
        signal.raise_signal(signal.SIGINT)
        assert stopped.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_outside_the_main_thread_signals_are_left_alone() -> None:
    before, seen = signal.getsignal(signal.SIGINT), []

    def work() -> None:
        with stop_on_interrupt(Event()):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
