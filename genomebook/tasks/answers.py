"""Ask: a question in English about a sequence, and the answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Event

from genomebook.book.read import Book
from genomebook.files.progress import Advance, no_progress
from genomebook.genome.regions import Region
from genomebook.tasks.answer import TaskAnswer
from genomebook.tasks.exact_answers import EXACT
from genomebook.tasks.generation import TASK as CONTINUATION
from genomebook.tasks.generation import continuation_answer
from genomebook.tasks.genes import GENE_TASKS, GeneAnswers
from genomebook.tasks.inputs import AskedSequence, from_book, read_sequence
from genomebook.tasks.learnt_answers import is_answered, learnt_answers
from genomebook.tasks.options import AskOptions, read_options
from genomebook.tasks.questions import intent, plain_question
from genomebook.tasks.registry import task as task_of
from genomebook.tasks.registry import tasks
from genomebook.tasks.task import Task

BATCH = 256
"""Sequences that are answered at once."""


def ask(
    question: str,
    sequence: str = "",
    *,
    book: Book | None = None,
    place: Region | None = None,
    task: str | None = None,
    weights: Path | None = None,
) -> TaskAnswer:
    """Answer a question about a sequence.

    Parameters
    ----------
    question : str
        In English: "is this a promoter?", "translate frame 2".
    sequence : str
        Letters of DNA or RNA, or FASTA of one record; empty for the passage at `place`.
    book : Book, optional
        The open book: of `place`, and of the genes that answers cite.
    place : Region, optional
        Passage of the book, local, 0-based half-open.
    task : str, optional
        Name of the task, when it is chosen and not to be read from the question.
    weights : Path, optional
        Folder made by ``train-tasks``, instead of the shipped one.

    Raises
    ------
    QuestionError
        The question is not understood; the message says what can be asked.
    SequenceError
        The sequence cannot be used; one line says why.
    TaskError
        There is no such task.
    OptionError
        The question names a frame or a genetic code that there is not.
    """
    asked = asked_sequence(sequence, book, place)
    chosen, options = understood(question, len(asked.letters), task)
    where = None if sequence.strip() else place
    return next(answers(chosen, [asked], question, options, book=book, place=where, weights=weights))


def ask_many(
    task: str,
    sequences: Iterable[AskedSequence],
    progress: Advance = no_progress,
    cancel: Event | None = None,
    *,
    question: str = "",
    book: Book | None = None,
    place: Region | None = None,
    weights: Path | None = None,
) -> Iterator[TaskAnswer]:
    """Answer a task for many sequences, in order; end early and silently once ``cancel`` is set.

    Parameters
    ----------
    task : str
        Name of the task.
    sequences : iterable of AskedSequence
        For example of `genomebook.tasks.inputs.read_batch`.
    progress : callable
        Called with the number of sequences that have been answered since.
    cancel : Event, optional
        Looked at between sequences.
    question : str
        For its options, such as frame 2.
    book : Book, optional
        Of the genes that answers cite.
    place : Region, optional
        Where the only sequence is from.
    weights : Path, optional
        Folder made by ``train-tasks``, instead of the shipped one.

    Raises
    ------
    TaskError, OptionError
        As for `ask`.
    """
    chosen, options = understood(question, 0, task)
    stopped = cancel or Event()
    waiting: list[AskedSequence] = []

    def answered() -> Iterator[TaskAnswer]:
        for answer in answers(chosen, waiting, question, options, book=book, place=place, weights=weights):
            if stopped.is_set():
                return
            progress(1)
            yield answer
        waiting.clear()

    for sequence in sequences:
        if stopped.is_set():
            return
        waiting.append(sequence)
        if len(waiting) == BATCH:
            yield from answered()
    yield from answered()


def asked_sequence(text: str, book: Book | None = None, place: Region | None = None) -> AskedSequence:
    """Read the sequence that a question is about: the text, or the passage of the book if there is no text.

    Raises
    ------
    SequenceError
        There is none, or it cannot be used.
    """
    if text.strip() or book is None or place is None:
        return read_sequence(text)
    return from_book(book, place)


def understood(question: str, length: int, task: str | None = None) -> tuple[Task, AskOptions]:
    """The task that a question asks for, and its options.

    Parameters
    ----------
    question : str
        In English; with `task` only its options are read.
    length : int
        Letters of the sequence: of tasks with the same question forms (promoters of 70 and of 300 letters)
        one that has weights and was made for this length answers. 0 if there are several.
    task : str, optional
        Name of the task.

    Raises
    ------
    QuestionError, TaskError, OptionError
        As for `ask`.
    """
    if task is not None:
        return task_of(task), read_options(plain_question(question))
    meant = intent(question)
    candidates = [tasks()[name] for name in meant.tasks]
    if len(candidates) > 1:
        candidates = list(filter(is_answered, candidates)) or candidates
        fitting = [one for one in candidates if one.lengths[0] <= length <= one.lengths[1]]
        candidates = fitting or sorted(candidates, key=lambda one: _distance(length, one.lengths))
    return candidates[0], meant.options


def _distance(length: int, lengths: tuple[int, int]) -> int:
    """How far a length lies outside the lengths of a task."""
    return max(lengths[0] - length, length - lengths[1], 0)


def answers(
    task: Task,
    sequences: list[AskedSequence],
    question: str,
    options: AskOptions,
    *,
    book: Book | None = None,
    place: Region | None = None,
    weights: Path | None = None,
) -> Iterator[TaskAnswer]:
    """Answer one task for several sequences, in order; see `ask`.

    Parameters
    ----------
    task : Task
        What is asked.
    sequences : list of AskedSequence
        About what.
    question : str
        As typed; if empty, the first question form of the task.
    options : AskOptions
        Frame, genetic code and the like.
    book, place, weights
        As for `ask`; `place` says where the only sequence is from.
    """
    line = plain_question(question) or task.questions[0]
    if task.name in EXACT:
        for asked in sequences:
            yield _exact(task, line, asked, options)
    elif task.name in GENE_TASKS:
        genes = GeneAnswers(task, line, book)
        for asked in sequences:
            yield genes.answer(asked, place)
    elif task.name == CONTINUATION:
        for asked in sequences:
            yield continuation_answer(task, line, asked, options, book, place)
    else:
        yield from learnt_answers(task, line, sequences, weights)


def _exact(task: Task, question: str, asked: AskedSequence, options: AskOptions) -> TaskAnswer:
    made = EXACT[task.name](asked.letters.encode(), options)
    return TaskAnswer(
        question, task.name, task.title, made.text, made.label or None, sequence=made.sequence,
        details=made.details, name=asked.name, notes=asked.notes,
    )  # fmt: skip
