"""Commands that make, check and describe books."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from genomebook.cli import serving
from genomebook.cli.console import byte_progress, err, error_line, one_line, out, progress
from genomebook.cli.options import BookPath, Port, Workers
from genomebook.options import check_choice
from genomebook.render.numbers import plural
from genomebook.render.signals import SIGNALS as SHOWN

_SIGNALS = f"switch ({SHOWN['switch'].label}), surprise, shift, transfer or combined"

app = typer.Typer()


@app.command()
def demo(
    port: Port = 8501,
    folder: Annotated[Path, typer.Option(help="Where to put the book.")] = Path("books"),
    serve: Annotated[bool, typer.Option(help="Open it in the browser.")] = True,
) -> None:
    """Build the book of the human mitochondrial chromosome, its lexicon and its search index; open it."""
    from genomebook.pipeline.demo import demo_book

    with progress() as stage:
        book = demo_book(folder, stage)
    counts = book.meta.counts
    out.print(f"{escape(str(book.path))}: {counts.letters:,} letters, {counts.words:,} words, verified")
    if serve:
        serving.serve(book.path, port, "127.0.0.1")


@app.command()
def download(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="GRCh38, or a URL.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where to put it; or a folder.")
    ],
    sha256: Annotated[str, typer.Option(help="Checksum that the file must have.")] = "",
) -> None:
    """Download a genome and check it; interrupted, the same command resumes."""
    from genomebook.genome.addresses import WebAddresses
    from genomebook.genome.download import fetch

    table = WebAddresses()
    if what in table.assemblies:
        (whole,) = table.sequence(what, "ucsc")
        url, md5 = whole.url, whole.md5
    else:
        url, md5 = what, None
    with progress() as stage:
        file = fetch(url, output, md5=md5, sha256=sha256 or None, progress=byte_progress(stage, "download"))
    out.print(f"{escape(str(file))}: downloaded")


@app.command()
def build(
    fasta: Annotated[
        Path, typer.Argument(metavar="FASTA", help="Plain, gzip, bgzip or bzip2; -: standard input.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="BOOK", help="Folder to make.")],
    words: Annotated[str, typer.Option(help="Vocabulary: words-600, words-4096, or a file.")] = "words-4096",
    genes: Annotated[Path | None, typer.Option(help="GFF3, GTF, BED or TSV of genes.")] = None,
    reader: Annotated[
        str,
        typer.Option(help="ngram: shipped counts; ngram-book: counts of this book; or a neural model."),
    ] = "ngram",
    signal: Annotated[str, typer.Option(help=f"Boundary signal: {_SIGNALS}.")] = "switch",
    generated_titles: Annotated[
        bool, typer.Option("--generated-titles", help="Add titles written by the neural model; slow.")
    ] = False,
    title: Annotated[str, typer.Option(help="Title of the book.")] = "",
    assembly: Annotated[str, typer.Option(help="Name of the assembly.")] = "",
    workers: Workers = 0,
    shard: Annotated[int, typer.Option(min=1000, help="Letters per share of work.")] = 4_000_000,
    restart: Annotated[bool, typer.Option("--restart", help="Discard an interrupted build.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace an existing book.")] = False,
) -> None:
    """Make a book from FASTA. Interrupted, the same command resumes from BOOK.part."""
    from genomebook.genome.fasta import stale_index
    from genomebook.pipeline.book.build import Options, build
    from genomebook.pipeline.overview import overview
    from genomebook.segmentation.signals import SIGNALS

    note = stale_index(fasta)
    if note:
        err.print(f"note: {escape(note)}")
    options = Options(
        Path("/dev/stdin") if str(fasta) == "-" else fasta, output, words=words, reader=reader,
        signal=check_choice("--signal", signal, SIGNALS), generated_titles=generated_titles, genes=genes,
        title=title, assembly=assembly, workers=workers, shard=shard, restart=restart, replace=replace,
    )  # fmt: skip
    with progress() as stage:
        book = build(options, stage)
        overview(book.path, threads=workers or os.cpu_count() or 1, progress=stage)
    out.print(
        f"{escape(str(book.path))}: {book.meta.counts.words:,} words, verified, digest {book.digest[:16]}"
    )


@app.command()
def verify(book: BookPath) -> None:
    """Check every file, and that the joined words are the reference. Exit code 2 when something is wrong."""
    from genomebook.book import Book
    from genomebook.book.verify import problems

    opened = Book.open(book)
    with progress() as stage:
        damage = problems(opened, stage("verify", opened.meta.counts.letters))
    for problem in damage:
        error_line(problem)
    if damage:
        raise typer.Exit(2)
    of = plural(len(opened), "sequence")
    out.print(f"{escape(str(book))}: whole; {of} read back as the reference, letter for letter")


@app.command()
def info(book: BookPath) -> None:
    """Show what is in a book and how it was made."""
    from genomebook.book import Book

    opened = Book.open(book)
    counts = opened.meta.counts
    out.print(f"[bold]{one_line(opened.title)}[/bold]  {one_line(opened.assembly)}")
    out.print(f"digest {one_line(opened.digest)}")
    for what, made in (("vocabulary", opened.meta.vocabulary), ("reader", opened.meta.reader)):
        out.print(f"{what} {one_line(made.name)}  digest {one_line(made.digest)}")
    out.print(
        "  ".join(
            f"{getattr(counts, key):,} {key}" for key in ("letters", "words", "sentences", "paragraphs")
        )
    )
    out.print(f"signal {one_line(opened.signal)}  of {one_line(', '.join(opened.signals))}")
    if opened.has_genes:
        out.print(f"genes from {one_line(opened.meta.source.genes)}")
    for volume in opened:
        out.print(f"\n[bold]{one_line(volume.name)}[/bold]  {one_line(volume.description)}".rstrip())
        out.print("  " + "  ".join(f"{n:,} {what.replace('_', ' ')}" for what, n in volume.counts.items()))
        out.print(f"  refget {one_line(volume.refget)}  M5 {one_line(volume.md5)}")
