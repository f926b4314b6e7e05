"""Learn which task of Ask a question asks for, from questions by task and questions that no task answers.

python precompute/train_questions.py benchmarks/ask/questions.tsv -o genomebook/data/questions.safetensors \
    --figures benchmarks/ask/threshold.json

The splits train and dev of the table are learnt, with the question forms of the catalogue. The figures are
the shares right and wrong, and those accepted though no task answers them, by threshold; each part of the
questions was held out in turn. The threshold is set by them; the test splits are not read.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from genomebook.files.atomic import aside
from genomebook.tasks.questions import NONE, SharedForms, question_forms
from genomebook.training.tasks.questions import (
    fit_questions,
    held_out,
    lowest_threshold,
    read_known,
    threshold_table,
    with_forms,
    write_weights,
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, learn, write the weights."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("questions", type=Path, help="TSV: split, tasks, question")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--figures", type=Path, required=True, help="JSON: what thresholds make of them")
    options = parser.parse_args(arguments)
    forms = question_forms()
    labels = [*forms, NONE]
    questions = with_forms(read_known(options.questions, ("train", "dev")), forms)
    rows = list(threshold_table(held_out(questions, labels), SharedForms(forms)))
    taken = lowest_threshold(rows)
    figures = {"questions": len(questions), "taken": taken._asdict(), "rows": [row._asdict() for row in rows]}
    with aside(options.figures) as temporary:
        temporary.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    write_weights(fit_questions(questions, labels, taken.threshold), options.output)


if __name__ == "__main__":
    main()
