"""The command that adds tracks to a book."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from genomebook.cli.console import err, one_line, out, progress
from genomebook.cli.options import BookPath

app = typer.Typer()

_NAMED = re.compile(r"([^=/]{1,100})=(.+)")


@app.command()
def annotate(
    book: BookPath,
    track: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[NAME=]FILE",
            help="GFF3, GTF, BED, UCSC table, RepeatMasker .out, narrowPeak, bedGraph, bigBed, bigWig, "
            "VCF or BCF; may be repeated.",
        ),
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Track to remove; may be repeated.")
    ] = None,
    anew: Annotated[bool, typer.Option("--anew", help="Without the tracks that the book has.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="List the tracks.")] = False,
) -> None:
    """Add genes, repeats, CpG islands, variants, signals and other tracks to a book.

    A track of the same name is replaced, others stay. Files of another assembly are refused.
    """
    from genomebook.book import Book
    from genomebook.errors import OptionError
    from genomebook.pipeline.annotate import TrackInput
    from genomebook.pipeline.annotate import annotate as add
    from genomebook.pipeline.overview import overview

    if not (track or remove or anew or listed):
        raise OptionError("nothing to do: give --track FILE, --remove NAME or --list")
    tracks = Book.open(book).features.tracks if listed and not anew else ()
    if track or remove or anew:
        inputs = [TrackInput(*_named(text)) for text in track or ()]
        with progress() as stage:
            result = add(
                book, inputs, remove or (), anew=anew, progress=stage,
                note=lambda line: err.print(f"note: {one_line(line)}"),
            )  # fmt: skip
            overview(book, keep=True, progress=stage)
        tracks = result.tracks if listed else result.added
        if not tracks:
            out.print(f"{escape(str(book))}: {len(result.tracks)} tracks")
        if result.transcripts:
            of = ", ".join(f"{one_line(name)} {number:,}" for name, number in result.sources.items())
            out.print(f"{escape(str(book))}: {result.transcripts:,} transcripts: {of}")
    for one in tracks:
        unit = "values" if one.kind == "signal" else "intervals"
        out.print(
            f"{one_line(one.name)}: {one.count:,} {unit}, {one.kind}, {one_line(one.label)}, "
            f"from {one_line(one.source)}"
        )


def _named(text: str) -> tuple[Path, str]:
    """``NAME=FILE`` or ``FILE``; a file whose own name has an equals sign is taken as it is."""
    match = _NAMED.fullmatch(text)
    return (Path(match[2]), match[1]) if match and not Path(text).exists() else (Path(text), "")
