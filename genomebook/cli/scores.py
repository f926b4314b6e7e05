"""Commands that score a book: at once, or in shares on several machines."""

from __future__ import annotations

from typing import Annotated, Literal

import typer
from rich.markup import escape

from genomebook.cli.console import out, progress
from genomebook.cli.options import BookPath, Output, Workers
from genomebook.cli.shares import Restart, Shares, TrustRemoteCode, WholeOrShares, add_share_commands

app = typer.Typer()
group = typer.Typer(
    cls=WholeOrShares,
    help="Score every word of a book: score BOOK; in shares on several machines: init, share, finalise.",
)

ReaderSpec = Annotated[
    str, typer.Option("--reader", help="A shipped model, a checkpoint folder, or owner/model of the hub.")
]
Revision = Annotated[str | None, typer.Option(help="Commit of a model of the hub.")]
Device = Annotated[str, typer.Option(help="cpu, or a GPU as torch names it.")]
Runtimes = Annotated[Literal["auto", "onnx", "torch"], typer.Option(help="What runs a checkpoint.")]
Precisions = Annotated[
    Literal["float32", "bfloat16"],
    typer.Option(help="Of the layers on torch: bfloat16 takes half the memory, and moves some boundaries."),
]
Hidden = Annotated[bool, typer.Option("--hidden", help="Write hidden states too.")]


@group.command(hidden=True)
def score(
    book: BookPath,
    output: Output,
    reader: ReaderSpec = "bilingual-mini",
    revision: Revision = None,
    trust_remote_code: TrustRemoteCode = False,
    device: Device = "cpu",
    runtime: Runtimes = "auto",
    precision: Precisions = "float32",
    hidden: Hidden = False,
    workers: Workers = 0,
) -> None:
    """Score every word of a book: surprisal, and log-odds that a sentence or paragraph ends after it.

    On several machines: score init, then score share on each, then score finalise.
    """
    from genomebook.book import Book
    from genomebook.models.registry import load_reader
    from genomebook.pipeline.scores import score as run

    opened = Book.open(book)
    with progress() as stage:
        advance = stage("score", opened.meta.counts.words)
        loaded = load_reader(
            reader, revision=revision, trust_remote_code=trust_remote_code, device=device, runtime=runtime,
            words=opened.vocabulary, precision=precision,
        )  # fmt: skip
        run(book, loaded, output, workers, hidden, advance=advance)
    out.print(f"{escape(str(output))}: scores of {escape(loaded.name)}, digest {loaded.digest[:16]}")


@group.command("init")
def init_scores(
    book: BookPath,
    output: Output,
    reader: ReaderSpec = "bilingual-mini",
    revision: Revision = None,
    trust_remote_code: TrustRemoteCode = False,
    device: Device = "cpu",
    runtime: Runtimes = "auto",
    precision: Precisions = "float32",
    hidden: Hidden = False,
    shares: Shares = 100,
    restart: Restart = False,
) -> None:
    """Plan the scores of a book in shares, which start at content cuts; nothing is scored yet."""
    from genomebook.pipeline.shares.readers import ReaderOf
    from genomebook.pipeline.shares.scores import plan_scores

    source = ReaderOf(name=reader, revision=revision, device=device, runtime=runtime, precision=precision)
    planned = plan_scores(
        book, source, output, hidden, shares=shares, restart=restart, trust_remote_code=trust_remote_code
    )
    out.print(f"{escape(str(output))}: {len(planned):,} shares planned, {planned.plan.bounds[-1]:,} words")


add_share_commands(group, "score")
app.add_typer(group, name="score")
