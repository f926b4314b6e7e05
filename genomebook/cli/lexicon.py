"""Commands about words: what annotation says of them, their glosses, senses and maps."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from genomebook.cli.console import err, out, progress

app = typer.Typer()

SomeReader = Annotated[str, typer.Option("--reader", help="A shipped reader, or a checkpoint folder.")]
Seed = Annotated[int, typer.Option(min=0, help="Decides what is drawn.")]


@app.command()
def senses(
    book: Annotated[Path, typer.Argument(metavar="BOOK", help="Folder of a book.")],
    reader: SomeReader = "bilingual-mini",
    most: Annotated[int, typer.Option(min=1, help="Words to read at most, spread over the book.")] = 500_000,
    random: Annotated[
        bool, typer.Option(help="Measure random weights too, where torch is installed.")
    ] = True,
    seed: Seed = 0,
) -> None:
    """Measure how ambiguous each word is and divide its occurrences into senses; adds both to the book."""
    from importlib.util import find_spec

    from genomebook.models.registry import load_reader
    from genomebook.pipeline.lexicon.senses_book import senses_of_book

    loaded = load_reader(reader)
    random = random and find_spec("torch") is not None
    with progress() as stage:
        table = senses_of_book(book, loaded, most=most, random=random, seed=seed, progress=stage)
    many = int((table["senses"] > 1).sum())
    means = table[["similarity", "chance"]].mean()
    alike = f"; self-similarity {means.iloc[0]:.2f}, {means.iloc[1]:.2f} between different words"
    found = f"{len(table):,} words, {many:,} of more than one sense{alike if means.notna().all() else ''}"
    out.print(f"{escape(str(book))}: {found}")


@app.command()
def atlas(
    what: Annotated[Path, typer.Argument(metavar="WHAT", help="Folder of a book, or of a reader.")],
    reader: SomeReader = "bilingual-mini",
    track: Annotated[
        list[Path] | None, typer.Option(help="For a book: annotation to group its passages; may be repeated.")
    ] = None,
    dna: Annotated[
        Path | None, typer.Option(metavar="FASTA", help="For a reader: what it learnt from.")
    ] = None,
    skip: Annotated[list[str] | None, typer.Option(help="Contig to leave out; may be repeated.")] = None,
    english: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="For a reader: .txt or .jsonl; may be repeated.")
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="Words to read at most, spread over the text.")] = 500_000,
    seed: Seed = 0,
) -> None:
    """Make maps of a book's words, sentences and paragraphs, or of a reader's words; adds them to it."""
    from genomebook.errors import OptionError
    from genomebook.models.checkpoint import READER
    from genomebook.models.registry import load_reader
    from genomebook.pipeline.atlas.book import atlas_of_book
    from genomebook.pipeline.atlas.words import words_of_reader

    is_reader = (what / READER).is_file()
    if is_reader and dna is None:
        raise OptionError(
            f"{what}: maps of a reader's words need the sequence it learnt from; give --dna FASTA"
        )
    with progress() as stage:
        if is_reader and dna is not None:
            body = words_of_reader(
                what, dna, english or (), skip=skip or (), most=most, seed=seed, progress=stage
            )
        else:
            body = atlas_of_book(what, load_reader(reader), track or (), most=most, seed=seed, progress=stage)
    for name, one in body["maps"].items():
        kept = one["preservation"]
        out.print(
            f"{escape(name)}: {one['points']:,} of {one['of']:,} points, {kept['overall']:.0%} of nearest "
            f"neighbours kept ({kept['chance']:.1%} by chance)"
        )


@app.command()
def ground(
    book: Annotated[Path, typer.Argument(metavar="BOOK", help="Folder of a book.")],
    track: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="BED, narrowPeak, GFF3, GTF, UCSC table; may be repeated."),
    ] = None,
    shifts: Annotated[int, typer.Option(min=0, help="Circular shifts; 0: as the book's size allows.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Decides the shifts.")] = 1,
    workers: Annotated[int, typer.Option(min=0, help="Threads; 0: one per core.")] = 0,
) -> None:
    """Measure in which classes of annotation each word is more often than by chance; adds it to the book."""
    from genomebook.pipeline.lexicon.ground import ground as measure

    with progress() as stage:
        found = measure(
            book, track or (), shifts=shifts, seed=seed, threads=workers or os.cpu_count() or 1,
            progress=stage,
        )  # fmt: skip
    out.print(
        f"{escape(str(book))}: {found.tagged:,} of {len(found.tags):,} words are in one of "
        f"{len(found.classes)} classes more often than by chance ({len(found.table):,} tests, "
        f"{found.shifts:,} circular shifts)"
    )


@app.command()
def gloss(
    reader: Annotated[
        Path, typer.Argument(metavar="READER", help="Checkpoint folder of a reader of two scripts.")
    ],
    dna: Annotated[list[Path], typer.Option(metavar="FASTA", help="What it learnt from; may be repeated.")],
    english: Annotated[
        list[Path], typer.Option(metavar="FILE", help=".txt or .jsonl, also .gz; may be repeated.")
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FOLDER", help="For the glosses; may be the reader's own."),
    ],
    seed_reader: Annotated[
        list[Path] | None,
        typer.Option(metavar="FOLDER", help="The same reader from another training seed; may be repeated."),
    ] = None,
    skip: Annotated[list[str] | None, typer.Option(help="Contig to leave out; may be repeated.")] = None,
    hold_out: Annotated[
        list[str] | None, typer.Option(help="Contig that was for testing only; left out too.")
    ] = None,
    seed: Seed = 0,
) -> None:
    """Give each DNA word of a reader an English word of its own, and measure what that is worth."""
    from genomebook.cli.training import require_torch
    from genomebook.pipeline.lexicon.gloss_words import require_lists
    from genomebook.pipeline.lexicon.glosses import GlossTexts, make_glosses

    require_torch()
    require_lists()
    sources = GlossTexts(tuple(dna), tuple(english), (*(skip or ()), *(hold_out or ())))
    body = make_glosses(
        reader, sources, output, seeds=seed_reader or (), seed=seed,
        tell=lambda doing: err.print(f"{escape(doing)} ..."),
    )  # fmt: skip
    found, words = body["words_of_odd_id"], body["words"]
    controls = ", ".join(f"{one['mean']:.3f} {kind}" for kind, one in found["controls"].items())
    out.print(
        f"{escape(str(output))}: {words['dna']:,} words glossed from {words['english']:,} English ones, "
        f"{body['chosen']}; mean score {found['score']['value']:.3f} ({controls})"
    )
    for one in found["seeds"]:
        out.print(
            f"  {escape(one['reader'])}: agrees {one['agreement']['value']:.1%} "
            f"({one['exchanged']['value']:.1%} with exchanged glosses)"
        )
