"""The view of page Ask for many sequences: FASTA in, a table and TSV out, with progress and a way to stop."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from threading import Event
from typing import NamedTuple

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
from genomebook.tasks.questions import MAX_QUESTION
from genomebook.tasks.registry import tasks
from pages._address import ASK, AskState
from pages._ask_field import task_of
from pages._run import PageRun, carry_on, offer_to_continue, run_of, stop_button
from pages._shared import as_text, problem

MAX_BYTES, MAX_RECORDS = 5_000_000, 10_000
"""Bounds of the page, in letters too; the command takes more."""

SHOWN = 1_000
MAX_REFUSED = 5
RECORDS = "ask records"
"""Session state: the file of the visitor as it was read."""
TYPES = ["fa", "fasta", "fna", "ffn", "txt", "gz"]
ASKS = "In words, as in a question: translate frame 2, with the genetic code 11."


class AskedFile(NamedTuple):
    """A file of one visitor, read once: its id, the records, and a line for each that cannot be used."""

    file_id: str
    sequences: list[AskedSequence]
    refused: list[str]


def batch(book: Book, state: AskState) -> None:
    """Draw the view."""
    names = [name for name, task in tasks().items() if is_answered(task)]
    kept = st.session_state
    asked = task_of(state)  # the one that was typed for one sequence
    kept["task"] = asked.name if asked and asked.name in names else names[0]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="batch controls"):
        name = st.selectbox(
            "What to ask", names, key="task", format_func=lambda name: tasks()[name].title, width=360,
            on_change=ASK.keep, args=("task",), filter_mode="fuzzy",
        )  # fmt: skip
        kept["q"] = state.q
        st.text_input(
            "Options",
            key="q",
            max_chars=MAX_QUESTION,
            placeholder="such as frame 2",
            help=ASKS,
            on_change=ASK.keep,
            args=("q",),
            width=240,
        )
    file = st.file_uploader(
        f"FASTA, plain or gzip, at most {MAX_RECORDS:,} records and {MAX_BYTES // 10**6} MB", type=TYPES,
        key="batch file", max_upload_size=MAX_BYTES // 10**6,
    )  # fmt: skip
    if file is None:
        st.caption("Each record gets its own answer; the table can be saved as TSV.")
        return
    held: AskedFile | None = kept.get(RECORDS)
    if held is None or held.file_id != file.file_id:
        held = kept[RECORDS] = AskedFile(file.file_id, *read(file.getvalue(), file.name))
    for line in held.refused[:MAX_REFUSED]:
        problem(f"Not asked: {line}")
    if len(held.refused) > MAX_REFUSED:
        problem(f"{plural(len(held.refused) - MAX_REFUSED, 'more record')} cannot be used")
    run = run_of("ask run", (name, state.q, file.file_id))
    answer(book, run, held.sequences, name, state.q)
    show(run, len(held.sequences))


def read(data: bytes, name: str) -> tuple[list[AskedSequence], list[str]]:
    """Records of a file within the bounds of the page, and a line for each that cannot be used.

    Raises
    ------
    SequenceError
        The file is too large, has too many records, or none that can be used.
    """
    if len(data) > MAX_BYTES:
        raise SequenceError(f"{name}: larger than {MAX_BYTES // 10**6} MB; use genomebook ask")
    refused: list[str] = []
    sequences = read_batch(
        io.BytesIO(data), refused.append, name=name, max_records=MAX_RECORDS, max_letters=MAX_BYTES
    )
    return sequences, refused


def answer(
    book: Book, run: PageRun[TaskAnswer], sequences: list[AskedSequence], task: str, question: str
) -> None:
    """Answer what is not answered yet, and draw the progress."""
    if run.is_stopped or len(run.results) == len(sequences):
        return

    def work(done: int, ended: Event) -> Iterator[TaskAnswer]:
        return ask_many(task, sequences[done:], cancel=ended, question=question, book=book)

    room = st.empty()
    with room.container():
        stop_button(run, "ask run")
        bar = st.progress(0.0, "Answering")
        carry_on(run, work, lambda done: bar.progress(done / len(sequences), f"{done:,} answered"))
    room.empty()


def show(run: PageRun[TaskAnswer], total: int) -> None:
    """The table of answers, and the file."""
    if len(run.results) < total:
        left = total - len(run.results)
        offer_to_continue(run, f"Stopped: {left:,} of {plural(total, 'record')} not answered.")
    if not run.results:
        return
    labels = Counter(each.label or "an answer" for each in run.results)
    if len(labels) <= MAX_REFUSED:
        st.markdown(as_text(", ".join(f"{label}: {count:,}" for label, count in labels.items())))
    warned = sum(bool(each.warning) for each in run.results)
    if warned:
        st.caption(f"{plural(warned, 'sequence')} out of range: see the column warning.")
    st.download_button(
        "Save as TSV", lambda: "".join(tsv_lines(run.results)), f"{run.key[0]}.tsv",
        "text/tab-separated-values", icon=":material/download:", on_click="ignore",
    )  # fmt: skip
    lines = list(tsv_lines(run.results[:SHOWN]))[1:]
    rows = [line.rstrip("\n").split("\t") for line in lines]
    st.dataframe(pd.DataFrame(rows, columns=list(COLUMNS)), hide_index=True, key="answers")
    if len(run.results) > SHOWN:
        st.caption(f"The first {SHOWN:,} of {len(run.results):,}; the file has all.")
