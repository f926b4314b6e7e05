"""Learn which task of Ask a question asks for, from questions by task and questions that no task answers.

python precompute/train_questions.py benchmarks/ask/questions.tsv -o genomebook/data/questions.safetensors

The splits train and dev of the table are learnt, with the question forms of the catalogue. Printed are the
shares right, wrong and refused, and those accepted though no task answers them, by threshold; each part of
the questions was held out in turn. The threshold is set by them; the test splits are not read.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from genomebook.tasks.questions import NONE, question_forms
from genomebook.training.tasks.questions import (
    fit_questions,
    held_out,
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
    options = parser.parse_args(arguments)
    forms = question_forms()
    labels = [*forms, NONE]
    questions = with_forms(read_known(options.questions, ("train", "dev")), forms)
    for row in threshold_table(held_out(questions, labels)):
        print(
            f"{row.threshold:.2f}: right {row.right:.3f}, wrong {row.wrong:.3f}, accepted {row.accepted:.3f}"
        )
    write_weights(fit_questions(questions, labels), options.output)


if __name__ == "__main__":
    main()
