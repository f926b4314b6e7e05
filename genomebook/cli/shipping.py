"""Commands that measure and ship trained readers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from genomebook.cli.console import out, print_figures
from genomebook.cli.options import English, Output, Result, Threads, require_torch
from genomebook.errors import OptionError

app = typer.Typer()


@app.command()
def surprise(
    reader: Annotated[Path, typer.Argument(metavar="READER", help="Checkpoint folder.")],
    corpus: Annotated[Path, typer.Argument(metavar="CORPUS", help="Of its id space.")],
    result: Result,
    windows: Annotated[int, typer.Option(min=1, help="Held-out windows of each script.")] = 200,
    threads: Threads = 0,
) -> None:
    """Measure bits a word on held-out text, beside counting words and random weights."""
    require_torch()
    from genomebook.training.corpora.corpus import Corpus
    from genomebook.training.pretraining.held_out import word_figures
    from genomebook.training.pretraining.pretrain import use_threads

    use_threads(threads)
    word_figures(reader, Corpus(corpus), result, windows)
    out.print(result.with_suffix(".md").read_text(), markup=False)


@app.command()
def transfer(
    readers: Annotated[
        list[Path], typer.Argument(metavar="READER...", help="Checkpoint folders, a row each.")
    ],
    result: Result,
    pairs: Annotated[list[Path], typer.Option(metavar="TSV", help="PAWS or PAWS-X to learn from.")],
    english: English,
    dna: Annotated[Path, typer.Option(metavar="FASTA", help="Sequence to draw DNA pairs from.")],
    contig: Annotated[list[str], typer.Option(help="Contig to draw from; may be repeated.")],
    test: Annotated[
        list[Path] | None, typer.Option(metavar="TSV", help="Pairs for testing only, such as MRPC.")
    ] = None,
    homologues: Annotated[Path | None, typer.Option(metavar="TSV", help="Pairs of real homologues.")] = None,
    repeats: Annotated[Path | None, typer.Option(metavar="TSV", help="Repeat copies with family.")] = None,
    negatives: Annotated[
        Literal["swaps", "both", "unrelated"],
        typer.Option(help="English negatives: words swapped (PAWS), unrelated sentences, or half of each."),
    ] = "swaps",
    made: Annotated[int, typer.Option(min=0, help="English pairs to make from the books.")] = 6000,
    count: Annotated[int, typer.Option(min=2, help="DNA pairs of each kind.")] = 500,
    steps: Annotated[int, typer.Option(min=1, help="Steps of each fine-tuning.")] = 400,
    seeds: Annotated[int, typer.Option(min=1, help="Fine-tunings of each model.")] = 3,
    pooling: Annotated[
        Literal["last", "mean", "sides"], typer.Option(help="What the classifier sees.")
    ] = "sides",
    threads: Threads = 0,
) -> None:
    """Fine-tune on English pairs, test on English and on DNA pairs: measure what carries over."""
    require_torch()
    from genomebook.training.pairs.model import Tuning
    from genomebook.training.pairs.sets import dna_sets_of, english_sets, with_unrelated
    from genomebook.training.pairs.transfer import transfer as measure
    from genomebook.training.pretraining.pretrain import use_threads

    use_threads(threads)
    learnt, tests = english_sets(english, pairs, {path.name: path for path in test or ()}, made=made, seed=0)
    tests += dna_sets_of(dna, contig, homologues=homologues, repeats=repeats, count=count, seed=0)
    if negatives != "swaps":
        learnt = with_unrelated(learnt, 0, every=2 if negatives == "both" else 1)
    rows = {folder.name: folder for folder in readers}
    if len(rows) < len(readers):
        raise OptionError(f"{readers[0]}: two models have the same name; rename a folder")
    measure(
        rows, learnt, tests, result,
        tuning=Tuning(steps=steps, pooling=pooling), seeds=range(seeds), report=print_figures,
    )  # fmt: skip
    out.print(result.with_suffix(".md").read_text(), markup=False)


@app.command()
def ship(
    reader: Annotated[Path, typer.Argument(metavar="READER", help="Checkpoint folder.")],
    output: Output,
    graph: Annotated[
        Literal["float32", "float16", "int8"], typer.Option(help="How model.onnx keeps its weights.")
    ] = "int8",
    half: Annotated[bool, typer.Option(help="Keep model.safetensors in float16.")] = True,
    log: Annotated[Path | None, typer.Option(metavar="FILE", help="log.jsonl of its pretraining.")] = None,
    notes: Annotated[
        Path | None, typer.Option(metavar="FILE.md", help="Data, use and limits in words.")
    ] = None,
    figures: Annotated[
        list[Path] | None, typer.Option(metavar="FILE.md", help="Table for the card; may be repeated.")
    ] = None,
) -> None:
    """Copy a reader for shipping: half-size weights, an ONNX graph, a model card."""
    from genomebook.training.shipping.card import write_card
    from genomebook.training.shipping.export import ship as copy

    if (log is None) != (notes is None):
        raise OptionError(f"{reader}: a card needs both --log and --notes; give both or neither")
    copy(reader, output, graph=graph, half=half)
    if log and notes:
        write_card(output, log, _headed(figures or ()), notes)
    size = sum(path.stat().st_size for path in output.iterdir())
    out.print(f"{escape(str(output))}: {size / 1e6:.1f} MB")


def _headed(tables: Sequence[Path]) -> dict[str, Path]:
    """Tables by heading: the name of the file in words."""
    return {path.stem.replace("-", " ").capitalize(): path for path in tables}
