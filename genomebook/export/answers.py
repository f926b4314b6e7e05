"""Answers as text for people, as a table (TSV) and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from genomebook.export.plain import name_cell, tsv_line
from genomebook.tasks.answer import TaskAnswer

COLUMNS = ("name", "task", "answer", "probability", "rule", "warning", "text")
"""Columns of the table."""


def text_lines(answers: Iterable[TaskAnswer]) -> Iterator[str]:
    """Answers for people: the sentence, then what it rests on, a line each."""
    for answer in answers:
        yield f"{answer.text}\n"
        if answer.sequence and answer.sequence not in answer.text:
            yield f"{answer.sequence}\n"
        for name, value in answer.details.items():
            yield f"  {name}: {value}\n"
        for fact in answer.facts:
            yield f"  {fact.text} ({fact.source})\n"
        yield f"  Answered by: {answer.rule}. {answer.trust}\n"
        for note in answer.notes:
            yield f"  Note: {note}\n"
        if answer.warning:
            yield f"  Warning: {answer.warning}\n"


def tsv_lines(answers: Iterable[TaskAnswer]) -> Iterator[str]:
    """Answers as a table with a header; tabs and line ends in a value are spaces, no name is a formula."""
    yield tsv_line(COLUMNS)
    for answer in answers:
        probability = "" if answer.probability is None else f"{answer.probability:.4f}"
        values = (
            name_cell(answer.name),
            answer.task,
            answer.label or answer.sequence,
            probability,
            answer.rule,
            answer.warning or "",
            answer.text,
        )
        yield tsv_line(" ".join(value.split()) for value in values)


def json_lines(answers: Iterable[TaskAnswer]) -> Iterator[str]:
    """Answers as a JSON array, one object a line."""
    before = "[\n"
    for answer in answers:
        yield before + json.dumps(asdict(answer), ensure_ascii=False)
        before = ",\n"
    yield "\n]\n" if before != "[\n" else "[]\n"
