"""Commands to index a book and to search it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from genomebook.cli.console import err, out, printable, progress
from genomebook.cli.options import BookPath, Output, Workers
from genomebook.cli.shares import Restart, Shares, add_share_commands
from genomebook.files.progress import Advance, no_progress
from genomebook.options import check_choice

if TYPE_CHECKING:
    from genomebook.search.schema import VectorsMeta

app = typer.Typer()
group = typer.Typer(
    help="Vectors of the sentences of a book, in shares on several machines: init, share, finalise.",
    no_args_is_help=True,
)

FOR_PEOPLE = ("table", "alignments")
"""Formats in which control characters are always escaped; in the others only on a terminal."""

SHOWN = 10
"""Records that cannot be searched and are listed one by one, at most."""


@app.command()
def index(
    book: BookPath,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FOLDER", help="Make it there instead of in the book."),
    ] = None,
    encoder: Annotated[
        str,
        typer.Option(help="Encoder of sentences: sentences-mini, a folder, or none."),
    ] = "sentences-mini",
    store: Annotated[str, typer.Option(help="Store of vectors: faiss, or lance (with --output).")] = "faiss",
    vectors: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Vectors of the encoder that were made with genomebook vectors."),
    ] = None,
    workers: Workers = 0,
) -> None:
    """Index a book for search; adds the folder search to it. Interrupted, the same command resumes."""
    from genomebook.pipeline.search.index import search_index
    from genomebook.search.stores.registry import KINDS

    with progress() as stage:
        about = search_index(
            book, output, encoder=None if encoder == "none" else encoder,
            store=check_choice("--store", store, KINDS), workers=workers, vectors=vectors,
            progress=stage,
        )  # fmt: skip
    place = output or book / "search"
    out.print(
        f"{escape(str(place))}: {about.letters:,} letters, {about.seeds.items:,} seeds, "
        f"{escape(_vectors(about.vectors))}"
    )


@group.command("init")
def init_vectors(
    book: BookPath,
    output: Output,
    encoder: Annotated[str, typer.Option(help="Encoder of sentences: sentences-mini, or a folder.")] = (
        "sentences-mini"
    ),
    shares: Shares = 100,
    restart: Restart = False,
) -> None:
    """Plan the vectors of the sentences of a book in shares; it has an index for sequence search.

    Afterwards: genomebook index BOOK --vectors FOLDER.
    """
    from genomebook.pipeline.search.vector_shares import plan_vectors

    planned = plan_vectors(book, encoder, output, shares=shares, restart=restart)
    out.print(
        f"{escape(str(output))}: {len(planned):,} shares planned, {planned.plan.bounds[-1]:,} sentences"
    )


add_share_commands(group, "vectors")
app.add_typer(group, name="vectors")


def _vectors(about: VectorsMeta | None) -> str:
    """The vectors of an index, in words."""
    if about is None:
        return "no vectors"
    stores = {name: about.of(name) for name in ("sentences", "paragraphs")}
    counts = [f"{store.rows if store else 0:,} {name}" for name, store in stores.items()]
    return f"vectors of {' and '.join(counts)} by {about.encoder}"


@app.command()
def search(
    book: BookPath,
    query: Annotated[
        str,
        typer.Argument(
            metavar="QUERY", help="FASTA or bare letters; plain, gzip, bgzip or bzip2; -: standard input."
        ),
    ],
    channel: Annotated[str, typer.Option(help="sequence, embedding, or both.")] = "sequence",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most hits of each query.")] = 10,
    evalue: Annotated[float, typer.Option(min=0, help="Highest E-value of hits of sequence search.")] = 10.0,
    form: Annotated[
        str, typer.Option("--format", help="table, tsv, bed, fasta, sam or alignments.")
    ] = "table",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write to a file instead of the screen."),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--index", metavar="FOLDER", help="Index made by genomebook index --output."),
    ] = None,
    encoder: Annotated[
        str, typer.Option(metavar="FOLDER", help="Encoder of the index, if not a shipped one.")
    ] = "",
    threads: Annotated[int, typer.Option(min=0, help="Queries at once; 0: one per core.")] = 0,
) -> None:
    """Find passages similar to a sequence, on either strand: place, identity, E-value, alignment.

    A record that cannot be searched is left out with a warning; when none can, that is an error.
    """
    from genomebook.book import Book
    from genomebook.export.hits import FORMATS
    from genomebook.files.interrupts import stop_on_interrupt
    from genomebook.models.sentences import load_sentence_encoder
    from genomebook.search.channels import CHANNELS, FORMER_NAMES
    from genomebook.search.query import read_query_file, read_query_stream
    from genomebook.search.searcher import Searcher

    writer = FORMATS[check_choice("--format", form, FORMATS)]
    channels = CHANNELS[check_choice("--channel", FORMER_NAMES.get(channel, channel), CHANNELS)]
    opened = Book.open(book)
    searcher = Searcher.open(opened, folder, load_sentence_encoder(encoder) if encoder else None)
    refused: list[str] = []
    if query == "-":
        queries = read_query_stream(sys.stdin.buffer, "stdin", refused.append)
    else:
        queries = read_query_file(Path(query), refused.append)
    for line in (*refused[:SHOWN], *([f"and {len(refused) - SHOWN:,} more"] if len(refused) > SHOWN else ())):
        err.print(f"warning: not searched: {escape(printable(line))}")
    stopped = Event()
    with ExitStack() as stack:
        tell: Advance = no_progress
        if len(queries) > 1:
            tell = stack.enter_context(progress())("search", len(queries))
        results = searcher.search_many(
            queries, channels, limit=limit, evalue=evalue, tell=tell, stopped=stopped,
            threads=threads or os.cpu_count() or 1,
        )  # fmt: skip
        stack.enter_context(stop_on_interrupt(stopped))
        lines = _unless(stopped, writer(results, opened))
        if form in FOR_PEOPLE or (output is None and sys.stdout.isatty()):
            lines = (printable(line, keep="\n\t") for line in lines)
        write_lines(lines, output)
    if output is not None:
        err.print(
            f"{escape(str(output))}: {len(queries):,} quer{'y' if len(queries) == 1 else 'ies'} searched"
        )


def _unless(stopped: Event, lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines, then KeyboardInterrupt if an interruption ended them early."""
    yield from lines
    if stopped.is_set():
        raise KeyboardInterrupt


def write_lines(lines: Iterable[str], output: Path | None) -> None:
    """Write lines to a file that appears when it is complete, or to the screen until the reader closes it."""
    from genomebook.files.atomic import aside

    if output is not None:
        with aside(output) as path, path.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(lines)
        return
    try:
        for line in lines:
            sys.stdout.write(line)
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
