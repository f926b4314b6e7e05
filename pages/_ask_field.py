"""The field of page Ask for a sequence: what it holds, and the letters that are meant."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from genomebook.book import Book
from genomebook.errors import GenomebookError, RegionError, SearchError, SequenceError
from genomebook.genome.regions import MAX_TEXT, Region
from genomebook.search import request as asking
from genomebook.search.answers import MotifAnswer, NotUnderstood, PlaceAnswer
from genomebook.search.box import understand
from genomebook.search.query import MAX_LETTERS
from genomebook.tasks.answers import understood
from genomebook.tasks.inputs import AskedSequence, from_book, read_sequence
from genomebook.tasks.scan import gene_window
from genomebook.tasks.task import Task
from pages._address import AskState

LONG, FILE = "ask long", "ask file"
"""Session state: a sequence too long for the address bar, and the uploaded file."""

MAX_FILE = 2 * MAX_LETTERS
"""Bytes of a file."""


def holds(state: AskState) -> str:
    """What the field shows."""
    return state.loc or state.seq or str(st.session_state.get(LONG, ""))


def put_field(book: Book, state: AskState, value: str) -> AskState:
    """The state with what the field holds: a place, a short sequence, or a long one kept for the visit."""
    value = value.strip()
    st.session_state.pop(LONG, None)
    if value and is_place(book, value):
        return replace(state, loc=value, seq="")
    if len(value) > asking.MAX_IN_ADDRESS:
        st.session_state[LONG] = value
        return replace(state, loc="", seq="")
    return replace(state, loc="", seq=value)


def is_place(book: Book, text: str) -> bool:
    """Whether a text is a place or a gene of the book, or a line that names one and cannot be DNA."""
    if len(text) > MAX_TEXT or "\n" in text or text.startswith(">"):
        return False
    answer = understand(book, text)
    if isinstance(answer, MotifAnswer):  # ambiguous letters, as in ACGTRY: a sequence
        return False
    return isinstance(answer, PlaceAnswer) or asking.is_place(book, text)


def example_of(book: Book) -> str:
    """A sentence of the book as letters; the first letters where none has a good length."""
    try:
        return asking.example(book)
    except SearchError:
        volume = next(iter(book))
        return volume.sequence(0, min(volume.length, 100)).decode("ascii").upper()


def example_place(book: Book) -> str:
    """A place of the book to show as an example."""
    volume = next(iter(book))
    middle = volume.length // 2
    return book.addresses.format(Region(volume.name, middle, min(volume.length, middle + 300)))


def task_of(state: AskState) -> Task | None:
    """The task of an address; None where its question is not understood, as the answer will say."""
    try:
        return understood(state.q, 0, state.task or None)[0]
    except GenomebookError:
        return None


def place_of(book: Book, loc: str) -> PlaceAnswer:
    """The place that a text names.

    Raises
    ------
    RegionError
        It names none.
    """
    answer = understand(book, loc)
    if isinstance(answer, PlaceAnswer):
        return answer
    raise RegionError(
        answer.line
        if isinstance(answer, NotUnderstood)
        else f"'{answer.text}' is not a place; name one, or a gene"
    )


@dataclass(frozen=True)
class FieldSequence:
    """What the field means: the letters, and where they are from: the region and the strand, if a place."""

    asked: AskedSequence
    region: Region | None = None
    strand: str = "+"


def sequence_of(book: Book, state: AskState) -> FieldSequence | None:
    """Letters of the address, of the visit or of the file; None where there are none.

    Raises
    ------
    GenomebookError
        One line: why they cannot be asked about.
    """
    if state.loc:
        return _at(book, state)
    if state.seq and is_place(book, state.seq):  # a link written by hand
        return _at(book, replace(state, loc=state.seq))
    if text := state.seq or st.session_state.get(LONG, ""):
        asked = read_sequence(text)
        has_name = text.lstrip().startswith((">", "LOCUS"))
        return FieldSequence(asked if has_name else replace(asked, name=""))
    if file := st.session_state.get(FILE):
        if file.size > MAX_FILE:
            raise SequenceError(
                f"{file.name}: larger than {MAX_FILE // 10**6} MB; give a part of it, or use genomebook ask"
            )
        return FieldSequence(read_sequence(file.getvalue(), file.name))
    return None


def _at(book: Book, state: AskState) -> FieldSequence:
    """Letters of a place; of a gene on its own strand, and of a long one those around its start."""
    answer = place_of(book, state.loc)
    region, strand, note = answer.region, answer.strand if answer.kind == "gene" else "+", ""
    if answer.kind == "gene":
        task = task_of(state)
        if task is not None and task.window and region.end - region.start > task.lengths[1]:
            region, before = gene_window(book, region, strand, task)
            letters = region.end - region.start
            note = f"Of {answer.label}, the {letters:,} letters around its start: {before:,} come before it."
    asked = from_book(book, region, "-" if strand == "-" else "+")
    return FieldSequence(replace(asked, notes=(note, *asked.notes)) if note else asked, region, strand)
