"""Fine-tune a bilingual reader on all tasks at once, in instruction form, and measure it.

python precompute/train_ask.py work --start genomebook/data/bilingual-mini --data task-data

Run it again after an interruption: training resumes from its last save. The reader is in work/reader, its
figures in work/figures.tsv.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from genomebook.tasks.data import data_folder, load
from genomebook.training.pretraining.pretrain import use_threads
from genomebook.training.tasks.ask_reader import AskReader, AskSchedule, measured
from genomebook.training.tasks.data import training_rows
from genomebook.training.tasks.fit import fitted_tasks


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, train, measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--start", type=Path, required=True, help="checkpoint folder of a causal reader")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--task", action="append", default=[], help="all with data by default")
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--rows", type=int, default=32, help="documents in a step")
    parser.add_argument("--rate", type=float, default=1e-3, help="highest learning rate")
    parser.add_argument("--letters-share", type=float, default=0.4, help="share of answers letter by letter")
    parser.add_argument("--test-rows", type=int, default=1000)
    parser.add_argument("--answers", type=int, default=100, help="of each length, letter by letter")
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args(arguments)
    use_threads(options.threads)
    folder = data_folder(options.data)
    tasks = [(task, load(task, folder)) for task in fitted_tasks(options.task, folder)]
    options.work.mkdir(parents=True, exist_ok=True)
    reader = AskReader(options.start)
    schedule = AskSchedule(options.steps, options.rows, options.rate, options.letters_share)
    train = training_rows([rows for _, rows in tasks])
    named = [(task, rows) for (task, _), rows in zip(tasks, train, strict=True)]
    reader.train(named, schedule, options.work / "state")
    if not (options.work / "reader").exists():
        reader.write(options.work / "reader")
    test = [(task, rows.of("test")) for task, rows in tasks]
    with (options.work / "figures.tsv").open("w", encoding="utf-8") as figures:
        print("task", "reached", "of", sep="\t", file=figures)
        print(f"tokens trained on\t{reader.trained}\t", file=figures)
        for name, value, count in measured(reader, test, options.test_rows, options.answers):
            print(name, f"{value:.3f}", count, sep="\t", file=figures, flush=True)


if __name__ == "__main__":
    main()
