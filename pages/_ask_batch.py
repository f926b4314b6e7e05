"""The view of page Ask for many sequences: FASTA in, a table and TSV out, with progress and a way to stop."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from threading import Event

import pandas as pd
import streamlit as st

from genomebook.book import Book
from genomebook.errors import SequenceError
from genomebook.export.answers import COLUMNS, tsv_lines
from genomebook.render.numbers import plural
from genomebook.tasks.answer import TaskAnswer
from genomebook.tasks.answers import ask_many
from genomebook.tasks.inputs import AskedSequence, read_batch
from genomebook.tasks.learnt_answers import is_answered
from genomebook.tasks.registry import tasks
from pages._address import ASK, AskState
from pages._shared import as_text, problem

MAX_BYTES, MAX_RECORDS = 5_000_000, 10_000
"""Bounds of the page; the command takes more."""

SHOWN = 1_000
MAX_REFUSED = 5
PULSE_S = 0.25
TYPES = ["fa", "fasta", "fna", "ffn", "txt", "gz"]
ASKS = "In the words of the question you may name options, such as frame 2."


@dataclass
class AskRun:
    """A batch of one visitor: its key, the answers so far; setting ``ended`` ends it."""

    key: tuple[str, str, str]
    answers: list[TaskAnswer] = field(default_factory=list)
    ended: Event = field(default_factory=Event)
    is_stopped: bool = False


def batch(book: Book, state: AskState) -> None:
    """Draw the view."""
    names = [name for name, task in tasks().items() if is_answered(task)]
    held = st.session_state
    held["task"] = state.task if state.task in names else names[0]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="batch controls"):
        name = st.selectbox(
            "Question", names, key="task", format_func=lambda name: tasks()[name].title, width=360,
            on_change=ASK.keep, args=("task",), filter_mode="fuzzy",
        )  # fmt: skip
        held["q"] = state.q
        st.text_input(
            "Options", key="q", max_chars=100, help=ASKS, on_change=ASK.keep, args=("q",), width=240
        )
    file = st.file_uploader(
        f"FASTA, plain or gzip, at most {MAX_RECORDS:,} records and {MAX_BYTES // 10**6} MB", type=TYPES,
        key="batch file", max_upload_size=MAX_BYTES // 10**6,
    )  # fmt: skip
    if file is None:
        st.caption("Each record gets its own answer; the table can be saved as TSV.")
        return
    sequences = read(file.getvalue(), file.name)
    run = run_of((name, state.q, file.file_id))
    answer(book, run, sequences, name, state.q)
    show(run, len(sequences))


def read(data: bytes, name: str) -> list[AskedSequence]:
    """Records of a file within the bounds of the page; those that cannot be used are named.

    Raises
    ------
    SequenceError
        The file is too large, has too many records, or none that can be used.
    """
    if len(data) > MAX_BYTES:
        raise SequenceError(f"{name}: larger than {MAX_BYTES // 10**6} MB; use genomebook ask")
    refused: list[str] = []
    sequences = read_batch(io.BytesIO(data), refused.append)
    if len(sequences) > MAX_RECORDS:
        raise SequenceError(
            f"{name}: {len(sequences):,} records; give at most {MAX_RECORDS:,}, or use genomebook ask"
        )
    for line in refused[:MAX_REFUSED]:
        problem(f"Not asked: {line}")
    if len(refused) > MAX_REFUSED:
        problem(f"{plural(len(refused) - MAX_REFUSED, 'more record')} cannot be used")
    return sequences


def run_of(key: tuple[str, str, str]) -> AskRun:
    """The batch of this visitor, begun anew where something else is asked."""
    run: AskRun | None = st.session_state.get("ask run")
    if run is None or run.key != key:
        if run is not None:
            run.ended.set()
        run = st.session_state["ask run"] = AskRun(key)
    return run


def stop(run: AskRun) -> None:
    run.is_stopped = True
    run.ended.set()


def go_on(run: AskRun) -> None:
    run.is_stopped = False


def answer(book: Book, run: AskRun, sequences: list[AskedSequence], task: str, question: str) -> None:
    """Answer what is not answered yet, in a thread, and draw the progress.

    Only when the progress is drawn can Streamlit end the run of a page whose visitor stops it.
    """
    if run.is_stopped or len(run.answers) == len(sequences):
        return
    run.ended.set()
    run.ended = ended = Event()

    def gather() -> None:
        rest = sequences[len(run.answers) :]
        for each in ask_many(task, rest, cancel=ended, question=question, book=book):
            run.answers.append(each)

    room = st.empty()
    with room.container():
        st.button("Stop", icon=":material/stop_circle:", on_click=stop, args=(run,))
        bar = st.progress(0.0, "Answering")
        with ThreadPoolExecutor(1) as aside:
            try:
                asked = aside.submit(gather)
                while wait([asked], PULSE_S).not_done:
                    bar.progress(len(run.answers) / len(sequences), f"{len(run.answers):,} answered")
                asked.result()
            finally:
                ended.set()
    room.empty()


def show(run: AskRun, total: int) -> None:
    """The table of answers, and the file."""
    if len(run.answers) < total:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"Stopped: {total - len(run.answers):,} of {plural(total, 'record')} not answered.")
            st.button("Continue", on_click=go_on, args=(run,))
    if not run.answers:
        return
    labels: dict[str, int] = {}
    for each in run.answers:
        labels[each.label or "an answer"] = labels.get(each.label or "an answer", 0) + 1
    if len(labels) <= MAX_REFUSED:
        st.markdown(as_text(", ".join(f"{label}: {count:,}" for label, count in labels.items())))
    warned = sum(bool(each.warning) for each in run.answers)
    if warned:
        st.caption(f"{plural(warned, 'sequence')} out of range: see the column warning.")
    st.download_button(
        "Save as TSV", "".join(tsv_lines(run.answers)), f"{run.key[0]}.tsv", "text/tab-separated-values",
        icon=":material/download:", on_click="ignore",
    )  # fmt: skip
    lines = list(tsv_lines(run.answers[:SHOWN]))[1:]
    rows = [line.rstrip("\n").split("\t") for line in lines]
    st.dataframe(pd.DataFrame(rows, columns=list(COLUMNS)), hide_index=True, key="answers")
    if len(run.answers) > SHOWN:
        st.caption(f"The first {SHOWN:,} of {len(run.answers):,}; the file has all.")
