"""Commands that measure a book: its boundaries beside their controls, and the scores of its words."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from genomebook.cli.console import out, print_message, progress
from genomebook.cli.options import Annotation, BookPath, Output, Workers

app = typer.Typer()


@app.command()
def evidence(
    book: BookPath,
    track: Annotation = None,
    volume: Annotated[
        str,
        typer.Option(
            "--sequence", "--volume", help="Chromosome or sequence to measure; the longest by default."
        ),
    ] = "",
    reader: Annotated[
        str, typer.Option(help="Folder of the book's neural reader, if not a shipped one.")
    ] = "",
    english: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Figures measured on English, to show with the others."),
    ] = None,
    note: Annotated[
        list[str] | None, typer.Option(help="A sentence to show with the figures; may be repeated.")
    ] = None,
    shuffles: Annotated[int, typer.Option(min=1, help="Shuffled copies to compare with.")] = 3,
    workers: Workers = 0,
) -> None:
    """Measure the boundaries of a book beside their controls; adds evidence.json to the book.

    The soft mask of the genome is measured as one of the tracks.
    """
    from genomebook.pipeline.evidence.book import measure_book

    result = measure_book(
        book, track or (), volume, reader=reader, english=english, notes=note or (), shuffles=shuffles,
        threads=workers or os.cpu_count() or 1, report=print_message,
    )  # fmt: skip
    rows = sum(len(rows) for rows in result.signals.values())
    out.print(
        f"{escape(str(book))}: {rows} figures on {escape(result.what)}; "
        f"they favour {result.default or 'none'}"
    )


@app.command()
def score(
    book: BookPath,
    output: Output,
    reader: Annotated[
        str, typer.Option(help="A shipped reader, a checkpoint folder, or owner/model of the hub.")
    ] = "bilingual-mini",
    revision: Annotated[str | None, typer.Option(help="Commit of a model of the hub.")] = None,
    trust_remote_code: Annotated[
        bool,
        typer.Option("--trust-remote-code", help="Let a model of the hub run its code; needs --revision."),
    ] = False,
    device: Annotated[str, typer.Option(help="cpu, or a GPU as torch names it.")] = "cpu",
    runtime: Annotated[
        Literal["auto", "onnx", "torch"], typer.Option(help="What runs a checkpoint.")
    ] = "auto",
    hidden: Annotated[bool, typer.Option("--hidden", help="Write hidden states too.")] = False,
    workers: Workers = 0,
) -> None:
    """Score every word of a book: surprisal, and log-odds that a sentence or paragraph ends after it."""
    from genomebook.book import Book
    from genomebook.models.registry import load_reader
    from genomebook.pipeline.scores import score as run

    opened = Book.open(book)
    with progress() as stage:
        advance = stage("score", opened.meta.counts.words)
        loaded = load_reader(
            reader, revision=revision, trust_remote_code=trust_remote_code, device=device, runtime=runtime,
            words=opened.vocabulary,
        )  # fmt: skip
        run(book, loaded, output, workers, hidden, advance=advance)
    out.print(f"{escape(str(output))}: scores of {escape(loaded.name)}, digest {loaded.digest[:16]}")
