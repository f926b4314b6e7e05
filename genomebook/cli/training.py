"""Commands that train vocabularies, readers and encoders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from genomebook.cli.console import out, print_figures, progress, training_progress
from genomebook.cli.options import English, HoldOut, Output, Result, Seed, Skip, Steps, Threads, require_torch
from genomebook.options import require_extra

app = typer.Typer()


@app.command(name="train-words")
def train_words(
    fastas: Annotated[list[Path], typer.Argument(metavar="FASTA...", help="Training sequence.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Vocabulary file to write.")],
    merges: Annotated[int, typer.Option(min=1, max=8172, help="Merges to learn.")] = 4096,
    skip: Skip = None,
) -> None:
    """Learn a vocabulary of DNA words, and count the n-gram reader that goes with it."""
    from genomebook.training.vocabularies.learn import learn

    vocabulary, reader = learn(fastas, merges, output, skip or [])
    out.print(f"{escape(str(output))}: {len(vocabulary.merges)} merges, digest {vocabulary.digest[:16]}")
    out.print(f"{escape(str(reader))}: counts for the n-gram model")


@app.command(name="select-words")
def select_words(
    fastas: Annotated[list[Path], typer.Argument(metavar="FASTA...", help="Sequence.")],
    output: Output,
    hold_out: Annotated[list[str], typer.Option(help="Contig to measure on; may be repeated.")],
    skip: Skip = None,
    merges: Annotated[
        list[int] | None, typer.Option(min=0, help="Merges to compare; may be repeated.")
    ] = None,
    k: Annotated[list[int] | None, typer.Option(help="Letters to predict; may be repeated. 2 to 6.")] = None,
    steps: Annotated[int, typer.Option(help="Updates of each network.")] = 500,
    seeds: Annotated[int, typer.Option(min=1, help="Networks of each vocabulary.")] = 3,
    tests: Annotated[int, typer.Option(help="Held-out windows at most.")] = 8192,
    workers: Annotated[int, typer.Option(min=1, help="Processes of one thread.")] = 1,
    restart: Annotated[bool, typer.Option("--restart", help="Discard an interrupted run.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace an existing one.")] = False,
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
    skip: Skip = None,
    hold_out: HoldOut = None,
    one_script: Annotated[bool, typer.Option("--one-script", help="Allow DNA or English alone.")] = False,
    pairs: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Pairs that `pairs` made; may be repeated.")
    ] = None,
    scripts: Annotated[
        Path | None,
        typer.Option(
            "--vocabularies-of", metavar="FOLDER", help="Reader or corpus whose vocabularies to keep."
        ),
    ] = None,
) -> None:
    """Turn sequence and English text into token shards to train on."""
    from genomebook.training.corpora.corpus import CorpusSources, make_corpus

    sources = CorpusSources(
        tuple(dna or ()), tuple(english or ()), tuple(skip or ()), tuple(hold_out or ()), tuple(pairs or ()),
        scripts,
    )  # fmt: skip
    with progress() as stage:
        made = make_corpus(
            sources, output, words=words, kind=vocabulary, english_size=english_size, one_script=one_script,
            stage=stage,
        )  # fmt: skip
    out.print(f"{escape(str(output))}: {made.scripts.size:,} ids, digest {made.scripts.digest[:16]}")
    for stream, parts in made.meta.parts.items():
        for part, count in parts.items():
            out.print(f"  {stream} {part}: {count.tokens:,} tokens of {count.letters:,} letters")


@app.command()
def pairs(
    genes: Annotated[
        list[Path], typer.Argument(metavar="GENES...", help=".jsonl, also .gz, a gene a line: see the docs.")
    ],
    dna: Annotated[list[Path], typer.Option(metavar="FASTA", help="Sequence; may be repeated.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.jsonl", help="Pairs to write.")],
    exons: Annotated[
        Path | None, typer.Option(metavar="BED", help="Exons, with the Ensembl gene in the sixth column.")
    ] = None,
    transcripts: Annotated[
        Path | None, typer.Option(metavar="FASTA", help="mRNAs with a RefSeq accession in each header.")
    ] = None,
    summaries: Annotated[
        Path | None, typer.Option(metavar="TSV", help="Their genes: columns refseq and symbol.")
    ] = None,
) -> None:
    """Pair the sequence of genes with their descriptions, for a corpus."""
    from genomebook.training.corpora.gene_pairs import PairSources, make_gene_pairs

    sources = PairSources(tuple(genes), tuple(dna), exons, transcripts, summaries)
    count, made = make_gene_pairs(sources, output)
    out.print(f"{escape(str(output))}: {made:,} pairs of {count:,} genes")


@app.command()
def pretrain(
    corpus: Annotated[Path, typer.Argument(metavar="CORPUS", help="Folder that `corpus` made.")],
    output: Output,
    size: Annotated[
        str, typer.Option(help="A size of genomebook/training/pretraining/sizes.toml, or FILE.toml:NAME.")
    ] = "mini",
    kind: Annotated[Literal["causal", "masked"], typer.Option(help="GPT-2 or BERT.")] = "causal",
    steps: Steps = 2000,
    rows: Annotated[int, typer.Option(min=1, help="Windows a step.")] = 16,
    dna_share: Annotated[float, typer.Option(min=0, max=1, help="Share of windows that are DNA.")] = 0.5,
    pairs_share: Annotated[float, typer.Option(min=0, max=1, help="Share of windows that are pairs.")] = 0.0,
    save_every: Annotated[int, typer.Option(min=1, help="Steps between saves.")] = 200,
    rate: Annotated[float, typer.Option(min=0, help="Highest learning rate.")] = 1.5e-3,
    warmup: Annotated[int, typer.Option(min=0, help="Steps until it is reached.")] = 100,
    seed: Seed = 0,
    start: Annotated[
        Path | None, typer.Option("--from", metavar="FOLDER", help="Checkpoint to start from.")
    ] = None,
    threads: Threads = 0,
) -> None:
    """Train a reader. Interrupted, the same command resumes. Several devices: accelerate launch."""
    require_torch()
    from genomebook.training.corpora.corpus import Corpus
    from genomebook.training.figures import draw_losses
    from genomebook.training.pretraining.pretrain import ModelSetup, PretrainingSchedule
    from genomebook.training.pretraining.pretrain import pretrain as train
    from genomebook.training.pretraining.sizes import read_size

    schedule = PretrainingSchedule(
        steps, rows, dna_share, rate, warmup, seed, save_every=save_every, pairs_share=pairs_share
    )
    with training_progress() as report:
        train(Corpus(corpus), output, ModelSetup(kind, read_size(size), start), schedule, report, threads)
    draw_losses(output / "log.jsonl", output / "log.svg")
    out.print(f"{escape(str(output))}: trained; its losses are in log.jsonl and log.svg")


@app.command(name="train-sentences")
def train_sentences(
    dna: Annotated[Path, typer.Argument(metavar="FASTA", help="Sequence to learn from.")],
    output: Output,
    steps: Steps = 3600,
    rows: Annotated[int, typer.Option(min=2, help="Pairs a step.")] = 256,
    motifs: Annotated[int, typer.Option(min=8, max=8192, help="Motifs to count.")] = 512,
    width: Annotated[int, typer.Option(min=8, max=4096, help="Dimensions of a vector.")] = 128,
    rate: Annotated[float, typer.Option(min=0, help="Highest learning rate.")] = 3e-3,
    seed: Seed = 0,
    skip: Skip = None,
    hold_out: HoldOut = None,
) -> None:
    """Train the encoder of sentences. Interrupted, the same command resumes."""
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
    for line in read_encoder(output).training.get("log", []):
        recall = f", held out recall {line['recall']:.3f}" if "recall" in line else ""
        out.print(f"  step {line['step']:,}: loss {line['loss']:.3f}{recall}")
    out.print(f"{escape(str(output))}: trained on {len(text.codes):,} letters")


@app.command()
def boundaries(
    reader: Annotated[Path, typer.Argument(metavar="READER", help="Checkpoint folder of a causal model.")],
    english: English,
    output: Output,
    result: Result,
    corpus: Annotated[
        Path | None,
        typer.Option(
            metavar="CORPUS", help="Its DNA stays in training, so that the model does not forget it."
        ),
    ] = None,
    steps: Steps = 600,
    rows: Annotated[int, typer.Option(min=1, help="Windows a step.")] = 16,
    published: Annotated[bool, typer.Option(help="Train the published method too, for comparison.")] = True,
    test_words: Annotated[int, typer.Option(min=100, help="Words to test on at most.")] = 200_000,
    seed: Seed = 0,
    threads: Threads = 0,
) -> None:
    """Teach a reader where English sentences and paragraphs end; measure it on held-out documents."""
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
        report=print_figures, test_words=test_words, published=published,
    )  # fmt: skip
    out.print(f"{escape(str(output))}: figures in {escape(str(result.with_suffix('.md')))}")


@app.command(name="train-tasks")
def train_tasks(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Gets a folder a task.")],
    data: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Data of the tasks. By default that of GENOMEBOOK_TASK_DATA."),
    ] = None,
    task: Annotated[list[str] | None, typer.Option(help="Task; may be repeated. All by default.")] = None,
    rule: Annotated[
        list[str] | None, typer.Option(help="Kind of rule, such as k-mers; may be repeated. All by default.")
    ] = None,
    restart: Annotated[bool, typer.Option("--restart", help="Fit what is there anew.")] = False,
    own_use: Annotated[
        bool,
        typer.Option(
            "--own-use", help="Store weights also where the licence of the data says not to ship any."
        ),
    ] = False,
) -> None:
    """Fit the rules that answer tasks, and measure them. Interrupted, the same command resumes."""
    require_extra("train-tasks", "lexicon", "sklearn")
    from genomebook.tasks.data import data_folder
    from genomebook.training.tasks.fit import NEED_TORCH, fit_tasks, fitted_tasks

    if NEED_TORCH & set(rule or NEED_TORCH):
        require_torch()
    folder = data_folder(data)
    for step in fit_tasks(fitted_tasks(task or [], folder), folder, output, rule or [], restart, own_use):
        test, figures = step.result.test, step.result
        out.print(
            f"  {step.task}, {step.kind}: dev {figures.dev.value:.3f}, test {test.value:.3f} "
            f"({test.low:.3f} to {test.high:.3f}), calibration error {figures.ece:.3f}, "
            f"{figures.microseconds:,.0f} µs a sequence{' (was there)' if step.kept else ''}"
        )
