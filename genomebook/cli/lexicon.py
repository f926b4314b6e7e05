"""Commands about words: their annotation, glosses, senses and maps."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from genomebook.cli.console import out, print_message, progress
from genomebook.cli.options import (
    Annotation,
    BookPath,
    HoldOut,
    ReaderName,
    Seed,
    Skip,
    Workers,
    require_torch,
)
from genomebook.errors import OptionError

app = typer.Typer()

MaxWords = Annotated[
    int, typer.Option("--most", min=1, help="Most words to read, spread evenly over the text.")
]


@app.command()
def ground(
    book: BookPath,
    track: Annotation = None,
    shifts: Annotated[int, typer.Option(min=0, help="Circular shifts; 0: as the book's size allows.")] = 0,
    seed: Seed = 1,
    workers: Workers = 0,
) -> None:
    """Find the annotation in which each word is enriched; added to the book."""
    from genomebook.pipeline.lexicon.ground import ground as measure

    with progress() as stage:
        result = measure(
            book, track or (), shifts=shifts, seed=seed, threads=workers or os.cpu_count() or 1,
            progress=stage,
        )  # fmt: skip
    out.print(
        f"{escape(str(book))}: {result.tagged:,} of {len(result.tags):,} words are in one of "
        f"{len(result.classes)} classes more often than by chance ({len(result.table):,} tests, "
        f"{result.shifts:,} circular shifts)"
    )


@app.command()
def senses(
    book: BookPath,
    reader: ReaderName = "bilingual-mini",
    most: MaxWords = 500_000,
    random: Annotated[bool, typer.Option(help="Measure random weights too, if torch is installed.")] = True,
    seed: Seed = 0,
) -> None:
    """Measure how ambiguous each word is and divide its occurrences into senses; added to the book."""
    from importlib.util import find_spec

    from genomebook.models.registry import load_reader
    from genomebook.pipeline.lexicon.senses_book import senses_of_book

    loaded = load_reader(reader, threads=os.cpu_count() or 1)
    random = random and find_spec("torch") is not None
    with progress() as stage:
        table = senses_of_book(book, loaded, most=most, random=random, seed=seed, progress=stage)
    many = int((table["senses"] > 1).sum())
    means = table[["similarity", "chance"]].mean()
    alike = f"; self-similarity {means.iloc[0]:.2f}, {means.iloc[1]:.2f} between different words"
    words = f"{len(table):,} words, {many:,} of more than one sense{alike if means.notna().all() else ''}"
    out.print(f"{escape(str(book))}: {words}")


@app.command()
def gloss(
    what: Annotated[
        Path, typer.Argument(metavar="WHAT", help="Folder of a book, or of a model of DNA and English.")
    ],
    track: Annotation = None,
    fields: Annotated[
        str,
        typer.Option(metavar="LANGUAGE", help="For a book: english, german, or a file of fields."),
    ] = "english",
    dna: Annotated[
        list[Path] | None,
        typer.Option(metavar="FASTA", help="For a model: what it learnt from; may be repeated."),
    ] = None,
    english: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="For a model: .txt or .jsonl, also .gz; may be repeated."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FOLDER",
            help="For the glosses; may be the model's own. Those of a book are added to it otherwise.",
        ),
    ] = None,
    seed_reader: Annotated[
        list[Path] | None,
        typer.Option(metavar="FOLDER", help="The same reader from another training seed; may be repeated."),
    ] = None,
    skip: Skip = None,
    hold_out: HoldOut = None,
    shifts: Annotated[
        int, typer.Option(min=0, help="For a book: circular shifts; 0: as its size allows.")
    ] = 0,
    seed: Seed = 0,
    workers: Workers = 0,
) -> None:  # fmt: skip
    """Give each DNA word an English word of its own: of a book by annotation, of a reader by embedding."""
    from genomebook.models.checkpoint import READER

    if dna or english or (what / READER).is_file():
        if not dna or not english or output is None:
            raise OptionError(f"{what}: glosses of a model need --dna, --english and --output")
        _gloss_reader(what, dna, english, output, seed_reader or (), (*(skip or ()), *(hold_out or ())), seed)
        return
    from genomebook.pipeline.lexicon.meaning import gloss_book

    with progress() as stage:
        result = gloss_book(
            what, track or (), language=fields, shifts=shifts, seed=seed or 1,
            threads=workers or os.cpu_count() or 1, output=output, progress=stage,
        )  # fmt: skip
    out.print(
        f"{escape(str(output or what))}: {result.about['words']:,} words glossed by meaning, "
        f"{result.about['glosses']:,} {escape(result.about['language'])} words, "
        f"{len(result.model.states)} kinds of passages, {result.about['shifts']:,} circular shifts"
    )


def _gloss_reader(
    reader: Path,
    dna: Sequence[Path],
    english: Sequence[Path],
    output: Path,
    seed_readers: Sequence[Path],
    skipped: tuple[str, ...],
    seed: int,
) -> None:
    """Glosses by embedding, with their evaluation."""
    from genomebook.pipeline.lexicon.gloss_words import require_lists
    from genomebook.pipeline.lexicon.glosses import GlossTexts, make_glosses

    require_torch()
    require_lists()
    sources = GlossTexts(tuple(dna), tuple(english), skipped)
    body = make_glosses(
        reader, sources, output, seeds=seed_readers, seed=seed,
        tell=print_message,
    )  # fmt: skip
    measured, words = body["words_of_odd_id"], body["words"]
    controls = ", ".join(f"{control['mean']:.3f} {kind}" for kind, control in measured["controls"].items())
    out.print(
        f"{escape(str(output))}: {words['dna']:,} words glossed from {words['english']:,} English ones, "
        f"{body['chosen']}; mean score {measured['score']['value']:.3f} ({controls})"
    )
    for other in measured["seeds"]:
        out.print(
            f"  {escape(other['reader'])}: agrees {other['agreement']['value']:.1%} "
            f"({other['exchanged']['value']:.1%} with exchanged glosses)"
        )


@app.command()
def atlas(
    what: Annotated[Path, typer.Argument(metavar="WHAT", help="Folder of a book, or of a model.")],
    reader: ReaderName = "bilingual-mini",
    track: Annotated[
        list[Path] | None, typer.Option(help="For a book: annotation to group its passages; may be repeated.")
    ] = None,
    dna: Annotated[
        Path | None, typer.Option(metavar="FASTA", help="For a model: what it learnt from.")
    ] = None,
    skip: Skip = None,
    english: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="For a model: .txt or .jsonl; may be repeated.")
    ] = None,
    most: MaxWords = 500_000,
    seed: Seed = 0,
) -> None:
    """Map the words, sentences and paragraphs of a book, or the words of a reader; added to the folder."""
    from genomebook.models.checkpoint import READER
    from genomebook.models.registry import load_reader
    from genomebook.pipeline.atlas.book import atlas_of_book
    from genomebook.pipeline.atlas.words import words_of_reader

    is_reader = (what / READER).is_file()
    if is_reader and dna is None:
        raise OptionError(
            f"{what}: maps of a model's words need the sequence it learnt from; give --dna FASTA"
        )
    with progress() as stage:
        if is_reader and dna is not None:
            body = words_of_reader(
                what, dna, english or (), skip=skip or (), most=most, seed=seed, progress=stage
            )
        else:
            model = load_reader(reader, threads=os.cpu_count() or 1)
            body = atlas_of_book(what, model, track or (), most=most, seed=seed, progress=stage)
    for name, figures in body["maps"].items():
        kept = figures["preservation"]
        out.print(
            f"{escape(name)}: {figures['points']:,} of {figures['of']:,} points, {kept['overall']:.0%} of "
            f"nearest neighbours kept ({kept['chance']:.1%} by chance)"
        )
