"""How far to trust an answer: every rule of its task, published figures, calibration, the data."""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup

from genomebook.render.numbers import per_cent
from genomebook.render.templating import render
from genomebook.tasks.calibration import ReliabilityBin
from genomebook.tasks.shipped import CONTROLS, RuleResult, TaskResults
from genomebook.tasks.task import Task

FLOOR = "k-mers"

COMPOSITION = "composition"
"""Kind of rule that reads length, GC and strand alone: a control."""


class ReliabilityDot(NamedTuple):
    """A group of test answers: confidence and accuracy in shares of 100, what they are in words."""

    left: float
    bottom: float
    what: str


def rules_html(results: TaskResults) -> Markup:
    """Table of all rules of a task, the best on the dev split first.

    Parameters
    ----------
    results : TaskResults
        Measured figures.
    """
    ranked = sorted(results.rules.items(), key=lambda item: -item[1].dev.value)
    rows = [(_named(kind, rule, results), "", _cells(rule)) for kind, rule in ranked]
    columns = (
        "model or rule", f"{results.metric}, test set (95 % interval)", f"{results.metric}, development set",
        "calibration error", "surer than 90 %: test set", "surer than 90 %: shuffled sequences",
        "time per sequence", "weights",
    )  # fmt: skip
    return render(
        "figures.j2",
        caption="Everything measured on this task, the best on the development set first",
        columns=columns,
        rows=rows,
    )


def _named(kind: str, rule: RuleResult, results: TaskResults) -> str:
    roles = []
    if kind == results.chosen:
        roles.append("gives the answers" if results.ships else "the best, but not part of genomebook")
    if kind == FLOOR:
        roles.append("to be beaten")
    if kind in CONTROLS or kind == COMPOSITION:
        roles.append("control")
    return f"{rule.rule} ({', '.join(roles)})" if roles else rule.rule


def _cells(rule: RuleResult) -> tuple[str, ...]:
    return (
        str(rule.test),
        f"{rule.dev.value:.3f}",
        f"{rule.ece:.3f}",
        per_cent(rule.confident),
        per_cent(_shuffled(rule)),
        time_of(rule.microseconds),
        f"{rule.weights:,}",
    )


def _shuffled(rule: RuleResult) -> float:
    """Share of shuffles that are answered with confidence: capped, or in range where no cap was measured."""
    capped = rule.confident_shuffled_capped
    return rule.confident_shuffled_in_range if capped is None else capped


def time_of(microseconds: float) -> str:
    """Write a duration: ``12 µs``, ``3.4 ms``."""
    return f"{microseconds:.0f} µs" if microseconds < 1000 else f"{microseconds / 1000:.1f} ms"


def published_html(task: Task) -> Markup:
    """Table of the figures that were published for a task, each marked comparable or not, with the reason.

    Parameters
    ----------
    task : Task
        The task; with figures.
    """
    rows = [
        (
            figure.system,
            "",
            (
                f"{figure.metric} {figure.value:g}",
                "comparable" if figure.comparable else "not comparable",
                figure.why,
                figure.source,
            ),
        )
        for figure in task.published
    ]
    columns = ("system", "published figure", "with ours", "why", "source")
    return render(
        "figures.j2", caption="Published figures; those above 1 are times 100", columns=columns, rows=rows
    )


def reliability_html(rule: RuleResult) -> Markup:
    """Draw how often answers of like probability were right on the test split.

    Parameters
    ----------
    rule : RuleResult
        Figures of the rule that answers.
    """
    dots = [
        ReliabilityDot(100 * each.confidence, 100 * each.accuracy, _spoken(each)) for each in rule.reliability
    ]
    return render("ask_reliability.j2", dots=dots, error=rule.ece)


def _spoken(each: ReliabilityBin) -> str:
    sure, right = per_cent(each.confidence), per_cent(each.accuracy)
    return f"{each.answers:,} answers of about {sure} were right in {right}"


def sheet_rows(task: Task, results: TaskResults | None) -> dict[str, str]:
    """The data sheet of a task, by names for people.

    Parameters
    ----------
    task : Task
        The task.
    results : TaskResults or None
        Measured figures, which hold the number of examples.
    """
    sheet = task.sheet
    rows = {"What it means": task.about, "Source of the examples": sheet.source, "Licence": sheet.licence}
    if task.labels:
        rows["Possible answers"] = ", ".join(task.labels)
    if results is not None:
        rows["Examples"] = ", ".join(f"{count:,} {split}" for split, count in results.examples.items())
        rows["Out of range"] = (
            f"{per_cent(results.out_of_range_test)} of the test sequences and "
            f"{per_cent(results.out_of_range_shuffled)} of their shuffles"
        )
    low, high = task.lengths
    rows["Made for"] = f"{low:,} letters" if low == high else f"{low:,} to {high:,} letters"
    rows["What leaks"] = sheet.leaks
    rows["Weights"] = "may ship" if sheet.ships else "do not ship: the examples are for measuring only"
    return {name: value for name, value in rows.items() if value}
