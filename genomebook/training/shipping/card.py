"""Model cards: what a shipped reader is, from the records of its training and measurements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from genomebook.errors import ReaderError
from genomebook.models.checkpoint import READER, Checkpoint, open_checkpoint
from genomebook.training.figures import draw_losses, read_log
from genomebook.training.output import write_text

CARD = "card.md"


def write_card(folder: Path, log: Path, figures: Mapping[str, Path], notes: Path) -> Path:
    """Write ``card.md`` and ``log.svg`` into a checkpoint folder.

    Parameters
    ----------
    folder, log, notes : Path
        Checkpoint folder; ``log.jsonl`` of its pretraining; Markdown about data, use and limits.
    figures : mapping of str to Path
        Markdown tables by heading.

    Raises
    ------
    ReaderError
        When the folder is not a checkpoint or a text is missing.
    """
    checkpoint = open_checkpoint(folder)
    try:
        texts = {heading: path.read_text(encoding="utf-8") for heading, path in figures.items()}
        said = notes.read_text(encoding="utf-8")
    except OSError as error:
        raise ReaderError(f"{error.filename}: not readable; give a Markdown file that exists") from None
    tests = [line for line in read_log(log) if any(key.startswith("test_") for key in line)]
    draw_losses(log, folder / "log.svg")
    parts = [f"# {checkpoint.name}", _numbers(checkpoint), said.strip()]
    parts += ["## Pretraining", "![Bits a word over steps](log.svg)", _curve(tests)]
    parts += [f"## {heading}\n\n{text.strip()}" for heading, text in texts.items()]
    path = folder / CARD
    write_text(path, "\n\n".join(parts) + "\n")
    return path


def _numbers(checkpoint: Checkpoint) -> str:
    meta, shape, training = checkpoint.meta, checkpoint.shape, checkpoint.meta.training
    schedule = training.schedule
    if schedule is None or training.tokens is None or training.hours is None:
        what = "training has no schedule, tokens or hours"
        raise ReaderError(
            f"{checkpoint.folder / READER}: {what}; give a model that `genomebook pretrain` made"
        )
    family = {"causal": "GPT-2 (causal)", "masked": "BERT (masked words)"}[meta.kind]
    rows = {
        "architecture": f"{family}, {shape.layers} layers, width {shape.width}, {shape.heads} heads",
        "ids": f"{shape.ids:,}",
        "window": f"{meta.window} words",
        "steps": f"{schedule.steps:,} of {schedule.rows} windows, {training.tokens:,} words in all",
        "DNA share of training": f"{schedule.dna_share:.0%}",
        "machine": f"{training.processes} x {training.device}, {training.hours:.2f} hours, "
        f"{training.precision} mixed precision, torch {training.torch}",
        "seed": str(schedule.seed),
        "weights, SHA-256": f"`{meta.weights}`",
        "graph, SHA-256": f"`{meta.onnx}`",
    }
    return "| | |\n| :-- | :-- |\n" + "\n".join(f"| {name} | {value} |" for name, value in rows.items())


def _curve(tests: Sequence[Mapping[str, float]]) -> str:
    """Held-out figures of the first, middle and last test."""
    keys = sorted({key for line in tests for key in line if key.startswith("test_")})
    head = ["step", *(key.removeprefix("test_").replace("_", " ") for key in keys)]
    kept = [tests[i] for i in sorted({0, len(tests) // 2, len(tests) - 1})]
    rows = [[f"{line['step']:,}", *(f"{line[key]:.3f}" for key in keys)] for line in kept]
    lines = [head, ["--:"] * len(head), *rows]
    return "Held-out text:\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)
