"""How well questions are understood, and how many are answered a second."""

from __future__ import annotations

import csv
import json
import re
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.common.table import table
from genomebook.errors import GenomebookError
from genomebook.stats import wilson
from genomebook.tasks.answers import ask, ask_many
from genomebook.tasks.exact_answers import EXACT
from genomebook.tasks.inputs import AskedSequence
from genomebook.tasks.questions import intent
from genomebook.tasks.registry import task, tasks
from genomebook.tasks.shipped import results

QUESTIONS = Path(__file__).with_name("questions.tsv")
THRESHOLD = Path(__file__).with_name("threshold.json")
"""What ``precompute/train_questions.py`` measured on the learnt questions, each fifth held out in turn."""
NONE = "none"
"""Instead of a task: no task answers the question."""

SINGLE, BATCH, SEED = 100, 1_000, 15
_WORD = re.compile(r"[^\W_]+")


class HeldOutQuestion(NamedTuple):
    """A question and the tasks that may answer it; none for one that must be refused."""

    text: str
    tasks: frozenset[str]


def read_questions(split: str) -> list[HeldOutQuestion]:
    """The questions of a split: train and dev ones were learnt, those of test and test 2 were not."""
    with QUESTIONS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        HeldOutQuestion(row["question"], frozenset(row["tasks"].split("|")) - {NONE})
        for row in rows
        if row["split"] == split
    ]


def by_intent(question: str) -> frozenset[str]:
    """What Ask makes of a question; empty if it is refused."""
    try:
        return frozenset(intent(question).tasks)
    except GenomebookError:
        return frozenset()


def by_keywords(question: str) -> frozenset[str]:
    """The baseline: the task whose forms share most words, the first of equals; one word will do."""
    words = set(_WORD.findall(question.lower()))
    shared = {
        name: max(len(words & set(_WORD.findall(form.lower()))) for form in (*one.questions, one.title))
        for name, one in tasks().items()
    }
    best = max(shared, key=lambda name: shared[name])
    return frozenset([best]) if shared[best] else frozenset()


def understood(questions: Sequence[HeldOutQuestion], by: Any) -> dict[str, Any]:
    """Counts of what was understood rightly, wrongly, not at all, and of what should have been refused."""
    counts = dict.fromkeys(("right", "wrong", "refused", "asked", "accepted", "out of scope"), 0)
    for question in questions:
        answered = by(question.text)
        if question.tasks:
            counts["asked"] += 1
            is_right = bool(answered & question.tasks)
            counts["right" if is_right else "wrong" if answered else "refused"] += 1
        else:
            counts["out of scope"] += 1
            counts["accepted"] += bool(answered)
    return counts


def sequences_of(name: str, count: int) -> list[AskedSequence]:
    """Random sequences of the length that a task was made for; of 300 letters where any will do."""
    length = min(max(task(name).window or 300, task(name).lengths[0]), task(name).lengths[1])
    rng = np.random.default_rng(SEED)
    letters = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, (count, length))]
    return [AskedSequence(str(number), row.tobytes().decode()) for number, row in enumerate(letters)]


def batch_seconds(name: str, count: int) -> float:
    """Seconds of processor time in which a batch is answered, after a first one that is not counted."""
    sequences = sequences_of(name, count)
    list(ask_many(name, sequences[:10]))
    began = time.process_time()
    answered = sum(1 for _ in ask_many(name, sequences))
    assert answered == count
    return time.process_time() - began


def single_seconds(name: str, count: int) -> float:
    """Seconds of processor time in which as many are answered one by one."""
    sequences = sequences_of(name, count)
    ask("", sequences[0].letters, task=name)
    began = time.process_time()
    for one in sequences:
        ask("", one.letters, task=name)
    return time.process_time() - began


def _speed(name: str, quick: bool, pool: ProcessPoolExecutor) -> dict[str, Any]:
    single, batch = (20, 100) if quick else (SINGLE, BATCH)
    rule = "exact" if name in EXACT else next(iter(ask_many(name, sequences_of(name, 1)))).rule
    return {
        "task": name,
        "rule": rule,
        "letters": len(sequences_of(name, 1)[0].letters),
        "single": single / single_seconds(name, single),
        "batch": batch / batch_seconds(name, batch),
        "two": sum(batch / seconds for seconds in pool.map(batch_seconds, [name] * 2, [batch] * 2)),
    }


def run(quick: bool) -> dict[str, Any]:
    """Measure; quick: few sequences."""
    questions = read_questions("test") + read_questions("test 2")
    by_intent(questions[0].text)
    began = time.process_time()
    for question in questions:
        by_intent(question.text)
    seconds = (time.process_time() - began) / len(questions)
    names = [*EXACT, *(name for name, figures in results().items() if figures.ships and figures.chosen)]
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        speed = [_speed(name, quick, pool) for name in names]
    return {
        "source": "questions that were written to be held out, and random sequences",
        "threshold": json.loads(THRESHOLD.read_text(encoding="utf-8"))["taken"],
        "seconds a question": seconds,
        "learnt": len(read_questions("train")) + len(read_questions("dev")),
        "questions": {
            f"{name}, {title} set": understood(read_questions(split), by)
            for split, title in (("test", "first"), ("test 2", "second"))
            for name, by in (("Ask", by_intent), ("shared words", by_keywords))
        },
        "speed": speed,
    }


def lines(result: dict[str, Any]) -> list[str]:
    """Tables of the result."""
    rows = []
    for name, counts in result["questions"].items():
        cells = [_share(counts[key], counts["asked"]) for key in ("right", "wrong", "refused")]
        rows.append([name, *cells, _share(counts["accepted"], counts["out of scope"])])
    first, second = (result["questions"][f"Ask, {title} set"] for title in ("first", "second"))
    speed = [
        [
            one["task"],
            one["rule"],
            f"{one['letters']:,}",
            *(f"{one[key]:,.0f}" for key in ("single", "batch", "two")),
        ]
        for one in result["speed"]
    ]
    taken = result["threshold"]
    return [
        f"Of the learnt questions, a fifth held out in turn: at the threshold, a probability of "
        f"{taken['threshold']:.2f}, {100 * taken['right']:.0f} % were right, "
        f"{100 * taken['wrong']:.0f} % wrong, and {100 * taken['accepted']:.1f} % of those that no task "
        "answers were accepted.",
        "",
        f"Two sets of {first['asked']} and {second['asked']} questions over all tasks, and of "
        f"{first['out of scope']} and {second['out of scope']} that no task answers, with 95 % intervals; "
        f"{result['learnt']:,} others were learnt. A question takes "
        f"{1000 * result['seconds a question']:.1f} ms.",
        "",
        *table(["", "right", "wrong", "refused", "accepted, though no task answers it"], rows),
        "",
        "Answers a second of processor time: one by one and as a batch on one core, and by two programs at "
        "once, each with a batch, on two cores.",
        "",
        *table(["task", "rule", "letters", "one by one", "batch", "two cores"], speed),
    ]


def _share(count: int, of: int) -> str:
    low, high = wilson(count / of, of)
    return f"{100 * count / of:.0f} % ({100 * low:.0f} to {100 * high:.0f})"
