"""Commands that make readers: corpora and pretraining."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from genomebook.cli.console import out, progress, training_progress
from genomebook.options import require_extra

app = typer.Typer()

Output = Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Folder to make.")]


def require_torch() -> None:
    """Check that the training libraries are installed."""
    require_extra("training", "train", "torch", "transformers", "accelerate")


@app.command()
def corpus(
    output: Output,
    dna: Annotated[
        list[Path] | None, typer.Option(metavar="FASTA", help="Sequence; may be repeated.")
    ] = None,
    english: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help=".txt or .jsonl, also .gz; may be repeated.")
    ] = None,
    words: Annotated[str, typer.Option(help="DNA words: words-600, words-4096, or a file.")] = "words-4096",
    vocabulary: Annotated[
        Literal["two-script", "unified"],
        typer.Option(help="Two id spaces, or one BPE over both."),
    ] = "two-script",
    english_size: Annotated[int, typer.Option(min=256, max=60000, help="Ids of the English BPE.")] = 6144,
    skip: Annotated[list[str] | None, typer.Option(help="Contig to leave out; may be repeated.")] = None,
    hold_out: Annotated[
        list[str] | None, typer.Option(help="Contig for testing only; may be repeated.")
    ] = None,
    one_script: Annotated[bool, typer.Option("--one-script", help="Allow DNA or English alone.")] = False,
) -> None:
    """Turn sequence and English text into token shards to train on."""
    from genomebook.training.corpora.corpus import SCRIPTS, CorpusSources, make_corpus

    sources = CorpusSources(tuple(dna or ()), tuple(english or ()), tuple(skip or ()), tuple(hold_out or ()))
    with progress() as stage:
        made = make_corpus(
            sources, output, words=words, kind=vocabulary, english_size=english_size, one_script=one_script,
            stage=stage,
        )  # fmt: skip
    out.print(f"{escape(str(output))}: {made.scripts.size:,} ids, digest {made.scripts.digest[:16]}")
    for script in SCRIPTS:
        for part, count in made.meta["parts"][script].items():
            out.print(f"  {script} {part}: {count['tokens']:,} tokens of {count['letters']:,} letters")


@app.command()
def pretrain(
    corpus: Annotated[Path, typer.Argument(metavar="CORPUS", help="Folder that `corpus` made.")],
    output: Output,
    size: Annotated[
        str, typer.Option(help="A size of genomebook/training/pretraining/sizes.toml, or FILE.toml:NAME.")
    ] = "mini",
    kind: Annotated[Literal["causal", "masked"], typer.Option(help="GPT-2 or BERT.")] = "causal",
    steps: Annotated[int, typer.Option(min=1, help="Steps of the optimiser.")] = 2000,
    rows: Annotated[int, typer.Option(min=1, help="Windows a step.")] = 16,
    dna_share: Annotated[float, typer.Option(min=0, max=1, help="Share of windows that are DNA.")] = 0.5,
    rate: Annotated[float, typer.Option(min=0, help="Highest learning rate.")] = 1.5e-3,
    warmup: Annotated[int, typer.Option(min=0, help="Steps until it is reached.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Decides weights and order.")] = 0,
    start: Annotated[
        Path | None, typer.Option("--from", metavar="FOLDER", help="Checkpoint to start from.")
    ] = None,
    threads: Annotated[int, typer.Option(min=0, help="Threads of a CPU; 0: all.")] = 0,
) -> None:
    """Train a reader; the same command goes on after an interruption. Several devices: accelerate launch."""
    require_torch()
    from genomebook.training.corpora.corpus import Corpus
    from genomebook.training.figures import draw_losses
    from genomebook.training.pretraining.pretrain import ModelSetup, PretrainingSchedule
    from genomebook.training.pretraining.pretrain import pretrain as train
    from genomebook.training.pretraining.sizes import read_size

    schedule = PretrainingSchedule(steps, rows, dna_share, rate, warmup, seed)
    with training_progress() as report:
        train(Corpus(corpus), output, ModelSetup(kind, read_size(size), start), schedule, report, threads)
    draw_losses(output / "log.jsonl", output / "log.svg")
    out.print(f"{escape(str(output))}: trained; its losses are in log.jsonl and log.svg")


@app.command(name="train-sentences")
def train_sentences(
    dna: Annotated[Path, typer.Argument(metavar="FASTA", help="Sequence to learn from.")],
    output: Output,
    steps: Annotated[int, typer.Option(min=1, help="Steps of the optimiser.")] = 3600,
    rows: Annotated[int, typer.Option(min=2, help="Pairs a step.")] = 256,
    motifs: Annotated[int, typer.Option(min=8, max=8192, help="Motifs that are counted.")] = 512,
    width: Annotated[int, typer.Option(min=8, max=4096, help="Dimensions of a vector.")] = 128,
    rate: Annotated[float, typer.Option(min=0, help="Highest learning rate.")] = 3e-3,
    seed: Annotated[int, typer.Option(min=0, help="Decides weights and pairs.")] = 0,
    skip: Annotated[list[str] | None, typer.Option(help="Contig to leave out; may be repeated.")] = None,
    hold_out: Annotated[
        list[str] | None, typer.Option(help="Contig for testing only; may be repeated.")
    ] = None,
) -> None:
    """Train the encoder of sentences; the same command goes on after an interruption."""
    require_torch()
    from genomebook.models.sentences import read_encoder
    from genomebook.training.sentences.model import EncoderSize
    from genomebook.training.sentences.pairs import read_text
    from genomebook.training.sentences.train import SentenceSchedule, train

    schedule = SentenceSchedule(steps, rows, rate, seed=seed)
    least = schedule.changes.longest
    text = read_text(dna, least, skip=[*(skip or ()), *(hold_out or ())])
    held_out = read_text(dna, least, only=hold_out) if hold_out else None
    with progress() as stage:
        train(text, output, EncoderSize(motifs, width), schedule, stage("pairs", steps * rows), held_out)
    for line in read_encoder(output)["training"]["log"]:
        recall = f", held out recall {line['recall']:.3f}" if "recall" in line else ""
        out.print(f"  step {line['step']:,}: loss {line['loss']:.3f}{recall}")
    out.print(f"{escape(str(output))}: trained on {len(text.codes):,} letters")
