"""The command that answers a question about a sequence."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from genomebook.cli.console import err, one_line, out, printable, progress
from genomebook.options import check_choice, check_parent

if TYPE_CHECKING:
    from genomebook.book import Book
    from genomebook.genome.regions import Region
    from genomebook.tasks.inputs import AskedSequence

app = typer.Typer()

SHOWN = 10
"""Records that cannot be used and are listed one by one, at most."""

MAX_FILE_NAME = 255

FORMATS = ("text", "tsv", "json")


@app.command()
def ask(
    question: Annotated[
        str,
        typer.Argument(
            metavar="QUESTION",
            help="In English, or the name of a task; without it, what can be asked is listed.",
        ),
    ] = "",
    sequence: Annotated[
        str,
        typer.Argument(
            metavar="SEQUENCE", help="FASTA file (plain, gzip, bzip2), - for standard input, or letters."
        ),
    ] = "",
    book: Annotated[Path | None, typer.Option(metavar="BOOK", help="Folder of a book.")] = None,
    place: Annotated[
        str, typer.Option(help="A place of the book instead of a sequence: chrM:1-200, or a gene.")
    ] = "",
    weights: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Made by train-tasks, instead of the shipped one.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="text, tsv or json.")] = "",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write to a file, as TSV unless named .json."),
    ] = None,
) -> None:
    """Answer a question about a sequence: "is this a promoter?", "translate frame 2".

    Of a FASTA file with several records, or with --output, each record is answered, a line of TSV each. A
    record that cannot be used is left out with a warning.
    """
    from genomebook.book import Book
    from genomebook.cli.search import write_lines
    from genomebook.export.answers import json_lines, text_lines, tsv_lines
    from genomebook.files.interrupts import stop_on_interrupt
    from genomebook.files.progress import no_progress
    from genomebook.tasks.answers import ask_many, understood
    from genomebook.tasks.registry import tasks

    if not question:
        for line in _what_can_be_asked():
            out.print(one_line(line))
        return
    if output is not None:
        check_parent(output, "the answers")
    opened = Book.open(book) if book is not None else None
    sequences, region = _sequences(sequence, opened, place)
    named = question.strip().lower() if question.strip().lower() in tasks() else None
    chosen, _ = understood("" if named else question, len(sequences[0].letters), named)
    default = "text" if output is None and len(sequences) == 1 else "tsv"
    if output is not None and output.suffix == ".json":
        default = "json"
    form = check_choice("--format", form or default, FORMATS)
    stopped = Event()
    with ExitStack() as stack:
        tell = stack.enter_context(progress())("ask", len(sequences)) if len(sequences) > 1 else no_progress
        stack.enter_context(stop_on_interrupt(stopped))
        given = ask_many(
            chosen.name, sequences, tell, stopped, question="" if named else question, book=opened,
            place=region, weights=weights,
        )  # fmt: skip
        lines = {"text": text_lines, "tsv": tsv_lines, "json": json_lines}[form](given)
        if form == "text" or (output is None and sys.stdout.isatty()):
            lines = (printable(line, keep="\n\t") for line in lines)
        write_lines(_unless(stopped, lines), output)
    if output is not None:
        err.print(one_line(f"{output}: {len(sequences):,} answered"))


def _unless(stopped: Event, lines: Iterator[str]) -> Iterator[str]:
    """Yield the lines, then KeyboardInterrupt if an interruption ended them early."""
    yield from lines
    if stopped.is_set():
        raise KeyboardInterrupt


def _what_can_be_asked() -> Iterator[str]:
    """The tasks by group, each with a question."""
    from genomebook.tasks.registry import tasks

    by_group: dict[str, list[str]] = {}
    for name, task in tasks().items():
        by_group.setdefault(task.group, []).append(f"  {name:24} {task.questions[0]}")
    for group, lines in by_group.items():
        yield from (group, *lines)


def _sequences(text: str, book: Book | None, place: str) -> tuple[list[AskedSequence], Region | None]:
    """The sequences that the question is about, and the place of the book if it is about one."""
    from genomebook.errors import OptionError
    from genomebook.search.box import find_place
    from genomebook.tasks.inputs import from_book, is_letters, read_batch, read_sequence

    if place:
        if book is None:
            raise OptionError(f"--place {place}: name the book as well, with --book")
        region = find_place(book, place)
        return [from_book(book, region)], region
    if not text:
        raise OptionError("no sequence is given; name a FASTA file, - for standard input, or letters")
    if is_letters(text) and (len(text) > MAX_FILE_NAME or not Path(text).exists()):
        return [read_sequence(text)], None
    refused: list[str] = []
    sequences = read_batch(sys.stdin.buffer if text == "-" else Path(text), refused.append)
    for line in (*refused[:SHOWN], *([f"and {len(refused) - SHOWN:,} more"] if len(refused) > SHOWN else ())):
        err.print(f"warning: left out: {one_line(line)}")
    return sequences, None
