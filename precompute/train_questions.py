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

import numpy as np

from genomebook.tasks.questions import NONE, question_forms
from genomebook.training.tasks.questions import fit_questions, held_out, read_known, with_forms, write_weights


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, learn, write the weights."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("questions", type=Path, help="TSV: split, tasks, question")
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args(arguments)
    forms = question_forms()
    labels = [*forms, NONE]
    questions = with_forms(read_known(options.questions, ("train", "dev")), forms)
    measured = [_outcome(question.tasks, given) for question, given in held_out(questions, labels)]
    probabilities, right, asked = (np.array(values) for values in zip(*measured, strict=True))
    for threshold in np.arange(0.2, 0.9, 0.05):
        taken = probabilities >= threshold
        shares = ((taken & right)[asked].mean(), (taken & ~right)[asked].mean(), taken[~asked].mean())
        print(f"{threshold:.2f}: right {shares[0]:.3f}, wrong {shares[1]:.3f}, accepted {shares[2]:.3f}")
    write_weights(fit_questions(questions, labels), options.output)


def _outcome(names: Sequence[str], given: dict[str, float]) -> tuple[float, bool, bool]:
    """Probability of the best task, whether it is right, and whether a task answers the question at all."""
    best = max((name for name in given if name != NONE), key=lambda name: given[name])
    is_right = best in names
    return sum(given[name] for name in (names if is_right else (best,))), is_right, NONE not in names


if __name__ == "__main__":
    main()
