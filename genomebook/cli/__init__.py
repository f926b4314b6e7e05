"""The command line: ``genomebook COMMAND``."""

from __future__ import annotations

import errno
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from genomebook import __version__
from genomebook.cli import lexicon as cli_lexicon
from genomebook.cli import measuring as cli_measuring
from genomebook.cli import search as cli_search
from genomebook.cli import serving
from genomebook.cli import training as cli_training
from genomebook.cli.console import err, out, printable, progress
from genomebook.errors import GenomebookError, GenomebookWarning
from genomebook.files.progress import Advance
from genomebook.options import check_choice

app = typer.Typer(
    help="The human genome as a book: build it from FASTA, verify it, read it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

BookPath = Annotated[Path, typer.Argument(metavar="BOOK", help="Folder of a book.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")]

_INTERRUPTED = 130


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
        typer.Option(help="ngram: shipped counts; ngram-book: counts of this book; or a neural reader."),
    ] = "ngram",
    signal: Annotated[
        str, typer.Option(help="What places boundaries: switch, surprise, combined, transfer or shift.")
    ] = "switch",
    generated_titles: Annotated[
        bool, typer.Option("--generated-titles", help="Titles by the neural reader too; slow.")
    ] = False,
    title: Annotated[str, typer.Option(help="Title of the book.")] = "",
    assembly: Annotated[str, typer.Option(help="Name of the assembly.")] = "",
    workers: Annotated[int, typer.Option(min=0, help="Threads; 0: one per core.")] = 0,
    shard: Annotated[int, typer.Option(min=1000, help="Letters in a share of work.")] = 4_000_000,
    restart: Annotated[bool, typer.Option("--restart", help="Forget an interrupted build.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put the new book in the place of an old one.")
    ] = False,
) -> None:
    """Make a book. Interrupted, it leaves BOOK.part, and the same command goes on from there."""
    from genomebook.genome.fasta import stale_index
    from genomebook.pipeline.book.build import Options, build
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
    out.print(
        f"{escape(str(book.path))}: {book.meta.counts.words:,} words, verified, digest {book.digest[:16]}"
    )


@app.command()
def verify(book: BookPath) -> None:
    """Check every file and that the words, joined, are the reference. Exit code 2 when not."""
    from genomebook.book import Book
    from genomebook.book.verify import problems

    opened = Book.open(book)
    with progress() as stage:
        found = problems(opened, stage("verify", opened.meta.counts.letters))
    for problem in found:
        _error(problem)
    if found:
        raise typer.Exit(2)
    out.print(f"{escape(str(book))}: whole; {len(opened)} volumes give back the reference letter for letter")


@app.command()
def info(book: BookPath) -> None:
    """Say what is in a book and how it was made."""
    from genomebook.book import Book

    opened = Book.open(book)
    counts = opened.meta.counts
    out.print(f"[bold]{_line(opened.title)}[/bold]  {_line(opened.assembly)}")
    out.print(f"digest {_line(opened.digest)}")
    for what, made in (("vocabulary", opened.meta.vocabulary), ("reader", opened.meta.reader)):
        out.print(f"{what} {_line(made.name)}  digest {_line(made.digest)}")
    out.print(
        "  ".join(
            f"{getattr(counts, key):,} {key}" for key in ("letters", "words", "sentences", "paragraphs")
        )
    )
    out.print(f"signal {_line(opened.signal)}  of {_line(', '.join(opened.signals))}")
    if opened.has_genes:
        out.print(f"genes from {_line(opened.meta.source.genes)}")
    for volume in opened:
        out.print(f"\n[bold]{_line(volume.name)}[/bold]  {_line(volume.description)}".rstrip())
        out.print("  " + "  ".join(f"{n:,} {what.replace('_', ' ')}" for what, n in volume.counts.items()))
        out.print(f"  refget {_line(volume.refget)}  M5 {_line(volume.md5)}")


@app.command()
def read(
    book: BookPath,
    region: Annotated[str, typer.Argument(metavar="REGION", help="chrM:3307-4262, chrM, or a gene name.")],
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="Letters to print at most.")] = 4000,
    lines: Annotated[
        str, typer.Option(help="Under each word: surprisal, gloss, tag, or several.")
    ] = "surprisal",
    in_english: Annotated[
        bool, typer.Option("--english", help="The whole region in English instead: its glosses as a text.")
    ] = False,
) -> None:
    """Print a region as text: under each word its surprisal in bits, a full stop after each sentence.

    A word that the region cuts has an ellipsis for what lies outside. Lines are named with commas between
    them, as in gloss,tag: its English gloss, and what annotation says.
    """
    from genomebook.book import Book
    from genomebook.book.page import open_page
    from genomebook.render.page.english import english
    from genomebook.render.page.terminal import interlinear, read_lines

    opened = Book.open(book)
    asked = opened.addresses.parse(region)
    if in_english:
        for text in english(opened, asked):
            out.out(text, end="", highlight=False)
        return
    names = read_lines(opened, lines)
    page = open_page(opened, asked, limit)
    for line in interlinear(opened, page, out.width if out.is_terminal else 100, names, limit):
        out.print(line)


@app.command()
def serve(
    book: BookPath,
    port: Port = 8501,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    allow_name: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Another name of the app, as behind a proxy; * for any; may be repeated.",
        ),
    ] = None,
) -> None:
    """Open a book in the browser."""
    from genomebook.book import Book

    Book.open(book)
    serving.serve(book, port, host, allow_name or ())


@app.command()
def demo(
    port: Port = 8501,
    folder: Annotated[Path, typer.Option(help="Where to put the book.")] = Path("books"),
    serve: Annotated[bool, typer.Option(help="Open it in the browser.")] = True,
) -> None:
    """Build the book of the human mitochondrial chromosome, its lexicon and its search index; open it."""
    from genomebook.models.registry import load_reader
    from genomebook.pipeline.book.build import Options, build
    from genomebook.pipeline.lexicon.ground import ground
    from genomebook.pipeline.lexicon.senses_book import senses_of_book
    from genomebook.pipeline.search.index import search_index

    path = folder / "chrM.book"
    folder.mkdir(parents=True, exist_ok=True)
    with resources.as_file(resources.files("genomebook") / "data") as data:
        options = Options(
            data / "NC_012920.1.fa", path, genes=data / "NC_012920.1.genes.tsv",
            title="The human mitochondrial chromosome", assembly="GRCh38", reader="bilingual-mini",
            signal="surprise", generated_titles=True, replace=True,  # nothing recurs in it: switch is silent
        )  # fmt: skip
        with progress() as stage:
            book = build(options, stage)
            ground(path, progress=stage)
            senses_of_book(path, load_reader(options.reader), random=False, progress=stage)
            search_index(path, progress=stage)
    counts = book.meta.counts
    out.print(f"{escape(str(path))}: {counts.letters:,} letters, {counts.words:,} words, verified")
    if serve:
        serving.serve(path, port, "127.0.0.1")


@app.command(name="train-words")
def train_words(
    fastas: Annotated[list[Path], typer.Argument(metavar="FASTA...", help="Training sequence.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Vocabulary file to write.")],
    merges: Annotated[int, typer.Option(min=1, max=8172, help="Merges to learn.")] = 4096,
    skip: Annotated[list[str] | None, typer.Option(help="Contig to leave out; may be repeated.")] = None,
) -> None:
    """Learn a vocabulary of DNA words, and count the n-gram reader that goes with it."""
    from genomebook.training.vocabularies.learn import learn

    vocabulary, reader = learn(fastas, merges, output, skip or [])
    out.print(f"{escape(str(output))}: {len(vocabulary.merges)} merges, digest {vocabulary.digest[:16]}")
    out.print(f"{escape(str(reader))}: counts for the n-gram reader")


@app.command()
def download(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="GRCh38, or a URL.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where to put it; or a folder.")
    ],
    sha256: Annotated[str, typer.Option(help="Checksum to hold it to.")] = "",
) -> None:
    """Fetch a genome, resuming and checking it."""
    from genomebook.genome.download import SOURCES, fetch

    source = SOURCES.get(what)
    with progress() as stage:
        advance: Advance | None = None
        seen = 0

        def told(done: int, total: int) -> None:
            nonlocal advance, seen
            advance = advance or stage("download", total)
            advance(done - seen)
            seen = done

        file = fetch(
            source.url if source else what,
            output,
            md5=source.md5 if source else None,
            sha256=sha256 or None,
            progress=told,
        )
    out.print(f"{escape(str(file))}: downloaded")


app.add_typer(cli_training.app)
app.add_typer(cli_measuring.app)
app.add_typer(cli_lexicon.app)
app.add_typer(cli_search.app)


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        out.print(f"genomebook {__version__}")
        raise typer.Exit


def _system_line(error: OSError) -> str:
    """One line for a full disk, a missing permission and the like, with the remedy."""
    full = "free some space; the same command goes on from where it was"
    forbidden = "choose a place that you may write to"
    remedy = {
        errno.ENOSPC: full,
        errno.EDQUOT: full,
        errno.EMFILE: "raise the limit of open files (ulimit -n)",
        errno.ENFILE: "close other programs",
        errno.EACCES: forbidden,
        errno.EROFS: forbidden,
        errno.EPERM: forbidden,
    }.get(error.errno or 0, "check the path")
    reason = os.strerror(error.errno) if error.errno else ", ".join(map(str, error.args))
    return f"{error.filename or 'the system'}: {reason}; {remedy}"


def _line(text: str) -> str:
    """Text of a book as part of one line: no markup, line end or control in it."""
    return escape(printable(text))


def _error(line: str) -> None:
    err.print(f"error: {escape(' '.join(line.split()))}")


@contextmanager
def _warnings_as_notes() -> Iterator[None]:
    """Print each warning of this program once, as a note of one line; others as ever."""
    told: set[str] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("always", GenomebookWarning)
        show = warnings.showwarning

        def tell(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
            if issubclass(category, GenomebookWarning):
                line = "".join(letter if letter.isprintable() else " " for letter in str(message))
                if line not in told:  # some files are read twice
                    told.add(line)
                    err.print(f"note: {escape(' '.join(line.split()))}")
            else:
                show(message, category, *where, **more)

        warnings.showwarning = tell
        yield


def main() -> None:
    """Run a command; errors of the input are one line and exit code 2, Ctrl-C is 130."""
    try:
        with _warnings_as_notes():
            app()
    except GenomebookError as error:
        _error(str(error))
        sys.exit(2)
    except OSError as error:
        _error(_system_line(error))
        sys.exit(2)
    except SystemExit as stop:
        if stop.code == _INTERRUPTED:
            err.print("stopped; nothing is lost: the same command goes on from where it was")
        raise
