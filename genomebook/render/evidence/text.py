"""Controls and figures of Evidence in plain sentences, as a table and as TSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import fields
from typing import NamedTuple

from markupsafe import Markup

from genomebook.annotation.evidence import EvidenceRow
from genomebook.render.signals import look, named
from genomebook.render.templating import render


class Control(NamedTuple):
    """A control as a student meets it: a heading, and what is done and why."""

    heading: str
    text: str


CONTROLS = {
    "english": Control(
        "English, where the answer is known",
        "The same method reads English prose with its punctuation removed, so that every answer can be "
        "checked; F1 is 1 when it finds all ends and invents none. A method that cannot punctuate English "
        "has no claim to punctuate DNA.",
    ),
    "density": Control(
        "Boundaries in shuffled DNA",
        "The sequence is shuffled so that the count of every pair of adjacent bases stays and everything "
        "else is lost. A signal that finds as many boundaries in the shuffle as in the real sequence "
        "responds to composition alone.",
    ),
    "strand": Control(
        "Both strands",
        "DNA can be read from either strand, and which one is called forward is only a convention. "
        "A boundary that belongs to the sequence is found at the same place in both readings.",
    ),
    "offset": Control(
        "Another start",
        "The text is read again from a later start, as if the file had been cut elsewhere. A boundary that "
        "moves belonged to the start of the reading and not to the sequence.",
    ),
    "substitution": Control(
        "Substituted bases",
        "Some bases are changed at random, as mutations and sequencing errors change them. "
        "Boundaries that rest on a few bases disappear, and those that follow a longer pattern stay.",
    ),
    "enrichment": Control(
        "Edges of annotated features",
        "Repeats, genes and other features were annotated by people who knew nothing of this book; here the "
        "boundaries near their edges are counted. The count is divided by that of the same boundaries "
        "shifted along the sequence, so that 1 is chance.",
    ),
    "window": Control(
        "What the window alone explains",
        "A method that looks at one window of text at a time can put about the same number of boundaries "
        "into each, whatever the text says. The figure is the share of the lengths that the window alone "
        "explains: 1 is all, 0 is none, and it is negative where boundaries cluster.",
    ),
    "punctuation": Control(
        "The punctuation of mitochondrial genes",
        "On the mitochondrial chromosome most genes are separated by tRNA genes, much as commas separate "
        "words. The figure says how often the boundaries of a signal fall there, beside boundaries that were "
        "shifted.",
    ),
}
"""In the order of the page."""


def controls(rows: Sequence[EvidenceRow]) -> list[tuple[str, Control]]:
    """Controls of some rows in the order of `CONTROLS`; unknown ones follow under their own name."""
    names = dict.fromkeys(row.control for row in rows)
    known = [(name, control) for name, control in CONTROLS.items() if name in names]
    return known + [(name, Control(name.capitalize(), "")) for name in names if name not in CONTROLS]


def number(value: float, unit: str) -> str:
    """Write a figure: shares in per cent, others to three digits."""
    if unit == "share":
        return f"{100 * value:.4g} %" if abs(value) >= 1e-6 else "0 %"
    text = f"{value:.3g}"
    return f"{value:,.0f}" if "e+" in text else text


def spoken_unit(unit: str) -> str:
    """Name the axis of a unit."""
    return {
        "share": "share",
        "times": "times as often",
        "per kb": "boundaries per 1,000 bases",
    }.get(unit, unit)


def interval(value: float | None, low: float | None, high: float | None, unit: str) -> str:
    """Write a figure with its 95 % interval; a dash where there is none."""
    if value is None:
        return "–"
    if low is None or high is None:
        return number(value, unit)
    return f"{number(value, unit)} ({number(low, unit)} to {number(high, unit)})"


def missing(rows: Sequence[EvidenceRow]) -> list[str]:
    """One line for each missing figure: its label, the reason, the signals."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row.value is None:
            reasons.setdefault((row.label, row.why or "not measured"), []).append(row.signal)
    return [
        f"{label}: {why} ({', '.join(look(name).label for name in signals)})"
        for (label, why), signals in reasons.items()
    ]


SUMMARY_HEAD = ("Test", "What", "Figure (95 % interval)", "Control (95 % interval)", "Differs?")
HEAD = ("Signal", "What", "Figure (95 % interval)", "Control (95 % interval)", "Control is", "n", "Unit")


def table(rows: Sequence[EvidenceRow], caption: str) -> Markup:
    """The rows as an HTML table, with the reason for each missing figure."""
    lines = []
    for row in rows:
        figure = interval(row.value, row.low, row.high, row.unit)
        control = interval(row.control_value, row.control_low, row.control_high, row.unit)
        if row.value is None:
            figure = row.why or "not measured"
        cells = (row.label, figure, control, row.control_label, f"{row.n:,}", row.unit)
        lines.append((named(row.signal), "", cells))
    return render("figures.j2", caption=caption, columns=HEAD, rows=lines)


def summary(rows: Sequence[EvidenceRow], caption: str) -> Markup:
    """The figures of one signal beside their controls, and whether the two differ; equal ones once."""
    lines = []
    for name, control in controls(rows):
        seen = set[tuple[float | None, ...]]()
        for row in rows:
            if row.control != name or row.value is None or row.control_value is None:
                continue
            numbers = (row.value, row.low, row.high)
            if numbers in seen:
                continue
            seen.add(numbers)
            cells = (
                row.label,
                f"{interval(*numbers, row.unit)}{_unit(row.unit)}",
                interval(row.control_value, row.control_low, row.control_high, row.unit),
                _differs(row),
            )
            lines.append((control.heading, f"#{name}", cells))
    return render("figures.j2", caption=caption, columns=SUMMARY_HEAD, rows=lines)


def _unit(unit: str) -> str:
    return "" if unit in ("share", "F1") else f" {spoken_unit(unit)}"


def _differs(row: EvidenceRow) -> str:
    """Whether the intervals of a figure and of its control leave each other out."""
    if None in (row.low, row.high, row.control_low, row.control_high):
        return "not known"
    assert row.low is not None
    assert row.high is not None
    assert row.control_low is not None
    assert row.control_high is not None
    if row.low > row.control_high:
        return "yes, higher"
    return "yes, lower" if row.high < row.control_low else "no"


def tsv(rows: Sequence[EvidenceRow]) -> str:
    """All columns of the rows, tab-separated, one header line; empty where a number does not exist."""
    out = io.StringIO()
    write = csv.writer(out, delimiter="\t", lineterminator="\n")
    names = ("signal", *(field.name for field in fields(EvidenceRow) if field.name != "signal"))
    write.writerow(names)
    write.writerows([getattr(row, name) for name in names] for row in rows)
    return out.getvalue()
