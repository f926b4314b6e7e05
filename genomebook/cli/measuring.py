"""Commands that measure and ship readers: boundaries, transfer, vocabularies, scores."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.markup import escape

from genomebook.cli.console import err, out, progress
from genomebook.cli.training import Output, require_torch
from genomebook.errors import OptionError

app = typer.Typer()

English = Annotated[list[Path], typer.Option(metavar="FILE", help="Plain text or .jsonl; may be repeated.")]
Result = Annotated[Path, typer.Option(metavar="FILE.json", help="Figures; a table goes beside it.")]
Seed = Annotated[int, typer.Option(min=0, help="Decides what is drawn.")]
Threads = Annotated[int, typer.Option(min=0, help="Threads of a CPU; 0: all.")]


def _lines() -> Callable[[dict[str, Any]], None]:
    """Print what a measurement tells, a line each."""

    def report(line: dict[str, Any]) -> None:
        said = (
            f"{key} {value:.3f}" if isinstance(value, float) else f"{key} {value}"
            for key, value in line.items()
        )
        err.print(escape("  ".join(said)))

    return report


@app.command()
def boundaries(
    reader: Annotated[Path, typer.Argument(metavar="READER", help="Checkpoint folder of a causal reader.")],
    english: English,
    output: Output,
    result: Result,
    corpus: Annotated[
        Path | None,
        typer.Option(metavar="CORPUS", help="Its DNA is kept in training, so that none is forgotten."),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Steps of the optimiser.")] = 600,
    rows: Annotated[int, typer.Option(min=1, help="Windows a step.")] = 16,
    published: Annotated[bool, typer.Option(help="Train the published way beside it.")] = True,
    test_words: Annotated[int, typer.Option(min=100, help="Words to test on at most.")] = 200_000,
    seed: Seed = 0,
    threads: Threads = 0,
) -> None:
    """Teach a reader where English sentences and paragraphs end, and measure it on unseen documents."""
    require_torch()
    from genomebook.training.boundaries.heads import BoundaryTuning
    from genomebook.training.boundaries.train import boundaries as learn
    from genomebook.training.corpora.corpus import Corpus, documents, is_held_out
    from genomebook.training.pretraining.pretrain import use_threads

    use_threads(threads)
    texts = [text for path in english for text in documents(path)]
    train, test = ([t for t in texts if is_held_out(t) == held] for held in (False, True))
    dna = Corpus(corpus).tokens("dna", "train") if corpus else None
    learn(
        reader, train, test, dna, output=output, result=result,
        tuning=BoundaryTuning(steps=steps, rows=rows, dna_share=0.25 if corpus else 0.0), seed=seed,
        report=_lines(), test_words=test_words, published=published,
    )  # fmt: skip
    out.print(f"{escape(str(output))}: figures in {escape(str(result.with_suffix('.md')))}")


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
    seeds: Annotated[int, typer.Option(min=1, help="Fine-tunings of each reader.")] = 3,
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
        raise OptionError(f"{readers[0]}: two readers have the same name; rename a folder")
    measure(
        rows, learnt, tests, result,
        tuning=Tuning(steps=steps, pooling=pooling), seeds=range(seeds), report=_lines(),
    )  # fmt: skip
    out.print(result.with_suffix(".md").read_text(), markup=False)


@app.command(name="select-words")
def select_words(
    fastas: Annotated[list[Path], typer.Argument(metavar="FASTA...", help="Sequence.")],
    output: Output,
    hold_out: Annotated[list[str], typer.Option(help="Contig to measure on; may be repeated.")],
    skip: Annotated[list[str] | None, typer.Option(help="Contig to leave out; may be repeated.")] = None,
    merges: Annotated[
        list[int] | None, typer.Option(min=0, help="Merges to compare; may be repeated.")
    ] = None,
    k: Annotated[list[int] | None, typer.Option(help="Letters to predict; may be repeated. 2 to 6.")] = None,
    steps: Annotated[int, typer.Option(help="Updates of each network.")] = 500,
    seeds: Annotated[int, typer.Option(min=1, help="Networks of each vocabulary.")] = 3,
    tests: Annotated[int, typer.Option(help="Held-out windows at most.")] = 8192,
    workers: Annotated[int, typer.Option(min=1, help="Processes of one thread.")] = 1,
    restart: Annotated[bool, typer.Option("--restart", help="Forget an interrupted run.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Put it in the place of an old one.")] = False,
) -> None:
    """Choose a number of merges by next-k-mer prediction: GROVER's curve, with table and figure."""
    require_torch()
    from genomebook.training.vocabularies.select_words import select_words as select
    from genomebook.training.vocabularies.settings import Settings

    settings = Settings(ks=tuple(k or (2, 3, 4, 5, 6)), steps=steps, tests=tests)
    with progress() as stage:
        select(
            fastas, output, merges or (50, 100, 200, 400, 600, 1000, 2000, 4096), hold_out=hold_out,
            skip=skip or (), seeds=range(1, seeds + 1), settings=settings, workers=workers, restart=restart,
            replace=replace, progress=stage,
        )  # fmt: skip
    out.print(f"{escape(str(output))}: " + ", ".join(sorted(path.name for path in output.iterdir())))


@app.command()
def score(
    book: Annotated[Path, typer.Argument(metavar="BOOK", help="Folder of a book.")],
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
    workers: Annotated[int, typer.Option(min=0, help="Threads; 0: one per core.")] = 0,
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


@app.command()
def evidence(
    book: Annotated[Path, typer.Argument(metavar="BOOK", help="Folder of a book.")],
    track: Annotated[
        list[Path] | None,
        typer.Option(help="BED, GFF3, GTF or TSV of annotation; may be repeated. The soft mask is one too."),
    ] = None,
    volume: Annotated[str, typer.Option(help="Which volume; the longest when not given.")] = "",
    reader: Annotated[str, typer.Option(help="Where the neural reader of the book is, if not shipped.")] = "",
    english: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Figures of English to show with the others.")
    ] = None,
    note: Annotated[list[str] | None, typer.Option(help="A sentence to show; may be repeated.")] = None,
    shuffles: Annotated[int, typer.Option(min=1, help="Shuffled copies to compare with.")] = 3,
    workers: Annotated[int, typer.Option(min=0, help="Threads of a neural reader; 0: one per core.")] = 0,
) -> None:
    """Measure the boundaries of a book beside their controls; adds evidence.json to the book."""
    from genomebook.pipeline.evidence.book import measure_book

    found = measure_book(
        book, track or (), volume, reader=reader, english=english, notes=note or (), shuffles=shuffles,
        threads=workers or os.cpu_count() or 1, report=lambda what: err.print(f"{escape(what)} ..."),
    )  # fmt: skip
    rows = sum(len(rows) for rows in found.signals.values())
    out.print(
        f"{escape(str(book))}: {rows} figures on {escape(found.what)}; they favour {found.default or 'none'}"
    )


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
