"""Commands that make a book from nothing, and say how far it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from genomebook.cli.console import error_line, one_line, out
from genomebook.cli.options import BookPath, Workers
from genomebook.pipeline.make.options import TRACKS

app = typer.Typer()


@app.command()
def make(
    assembly: Annotated[str, typer.Argument(metavar="ASSEMBLY", help="GRCh38.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="BOOK", help="Folder to make.")],
    chromosomes: Annotated[
        str,
        typer.Option(
            "--chromosomes",
            "--volumes",
            metavar="chr21,chr22",
            help="Only these; the whole genome by default.",
        ),
    ] = "",
    source: Annotated[str, typer.Option(help="Where the sequence is from: ucsc, ncbi or ensembl.")] = "ucsc",
    genes: Annotated[str, typer.Option(help="gencode, mane or none.")] = "gencode",
    tracks: Annotated[
        str, typer.Option(metavar="NAMES", help="Of repeats, cpg, ccres, cytobands; or none.")
    ] = ",".join(TRACKS),
    reader: Annotated[
        str, typer.Option(help="A neural model that reads the book too, as bilingual-mini; slow.")
    ] = "",
    words: Annotated[str, typer.Option(help="Vocabulary: words-600 or words-4096.")] = "words-4096",
    skip: Annotated[
        str,
        typer.Option(
            metavar="STEPS",
            help="Steps to leave out, of annotate, overview, index, ground, senses, evidence, atlas.",
        ),
    ] = "",
    addresses: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help="Another table of addresses, as of a mirror.")
    ] = None,
    workers: Workers = 0,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a book made otherwise.")] = False,
) -> None:
    """Download a genome and its annotation and make the whole book: one command from nothing.

    Interrupted, the same command goes on. What is done already is not done again.
    """
    from genomebook.cli.watch import steps_watch
    from genomebook.pipeline.make.options import MakeOptions
    from genomebook.pipeline.make.run import make as run

    options = MakeOptions(
        assembly, output, chromosomes=_names(chromosomes), source=source,
        genes="" if genes == "none" else genes,
        tracks=_names("" if tracks == "none" else tracks), reader=reader, words=words, skip=_names(skip),
        addresses=addresses, workers=workers, replace=replace,
    )  # fmt: skip
    with steps_watch() as watch:
        made = run(options, watch)
    if made.failures:
        for line in made.failures:
            error_line(line)
        error_line(f"{output}: made, but for what is named above; the same command tries that again")
        raise typer.Exit(2)
    done = f"made ({', '.join(made.ran)})" if made.ran else "nothing to do: every step is done"
    out.print(f"{escape(str(output))}: {done}")


@app.command()
def status(
    book: BookPath,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Say how far a book is: its steps, done, running and left, how fast, and what each still needs."""
    from genomebook.pipeline.make.status import status as look

    said = look(book)
    if as_json:
        out.out(json.dumps(said, indent=1))
        return
    from genomebook.cli.watch import duration

    table = Table(box=None, pad_edge=False)
    for title in ("step", "state", "took", "rate", "left", "needs"):
        table.add_column(title, no_wrap=title != "needs", overflow="fold")
    for row in said["steps"]:
        state = f"{row['state']} {row['share']:.0%}" if row["state"] == "running" else row["state"]
        rate = f"{row['letters_per_second']:,} letters/s" if row["letters_per_second"] else ""
        took = duration(row["seconds"]) if row["seconds"] is not None else ""
        left = duration(row["estimate"]) if row["estimate"] else ""
        cells = (row["step"], state, took, rate, left, ", ".join(row["needs"]))
        table.add_row(*(one_line(cell) for cell in cells))
    out.print(table)
    if said["left"]:
        how = "about {} left" if said["running"] else "nothing runs; about {} of work left"
        out.print(how.format(duration(said["left"])))


def _names(text: str) -> tuple[str, ...]:
    """Names with commas between."""
    return tuple(name.strip() for name in text.split(",") if name.strip())
