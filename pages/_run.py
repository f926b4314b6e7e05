"""What a page works out in a thread for one visitor: shown as it grows, stopped and continued."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Generic, TypeVar

import streamlit as st

PULSE_S = 0.25

Result = TypeVar("Result")


@dataclass
class PageRun(Generic[Result]):
    """Work for one visitor: what it is for, the results so far, whether the visitor stopped it.

    Setting ``ended`` ends the work that runs at the moment.
    """

    key: tuple[Any, ...]
    results: list[Result] = field(default_factory=list)
    is_stopped: bool = False
    ended: Event = field(default_factory=Event)


def run_of(slot: str, key: tuple[Any, ...]) -> PageRun[Any]:
    """The run of this visitor, begun anew where something else is asked: what ran before is ended."""
    run: PageRun[Any] | None = st.session_state.get(slot)
    if run is None or run.key != key:
        if run is not None:
            run.ended.set()
        run = st.session_state[slot] = PageRun(key)
    return run


def carry_on(
    run: PageRun[Result],
    work: Callable[[int, Event], Iterable[Result]],
    report: Callable[[int], object],
) -> None:
    """Work in a thread and report the progress again and again.

    Only at a report can Streamlit end the run of a page whose visitor stops it, asks for something else or
    leaves; then the work ends, too. Results stay with the visitor, so that it continues where it was.

    Parameters
    ----------
    run : PageRun
        Gets the results.
    work : callable
        Called with the number of results that are there, and an event that ends it; gives the rest.
    report : callable
        Called with the number of results so far.
    """
    run.ended.set()
    run.ended = ended = Event()

    def gather() -> None:
        for result in work(len(run.results), ended):
            if ended.is_set():
                return
            run.results.append(result)

    with ThreadPoolExecutor(1) as aside:
        try:
            working: Future[None] = aside.submit(gather)
            while wait([working], PULSE_S).not_done:
                report(len(run.results))
            working.result()
        finally:
            ended.set()


def stop_button(run: PageRun[Any], slot: str) -> None:
    """Draw the button that stops a run."""
    st.button("Stop", icon=":material/stop_circle:", key=f"stop {slot}", on_click=_stop, args=(run,))


def offer_to_continue(run: PageRun[Any], text: str) -> None:
    """Say what a stopped run left out, with a button to continue."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(text)
        st.button("Continue", on_click=_go_on, args=(run,))


def _stop(run: PageRun[Any]) -> None:
    run.is_stopped = True
    run.ended.set()


def _go_on(run: PageRun[Any]) -> None:
    run.is_stopped = False
