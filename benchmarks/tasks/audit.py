"""The leak audit of every task whose data are at hand."""

from __future__ import annotations

from typing import Any

import msgspec

from benchmarks.common.table import table
from genomebook.stats import Estimate
from genomebook.tasks.audit import Audit, audit
from genomebook.tasks.data import data_folder, has_data
from genomebook.tasks.registry import tasks

QUICK = ("enhancer-cohn", "promoter-nontata")
FEATURES = ("length", "GC", "strand", "columns", "place", "nearest copy")
SOURCE = "the files of the tasks; 95 % intervals by bootstrap over the examples of test"


def run(quick: bool = False) -> dict[str, Any]:
    """Audit every task with data, or two small ones.

    Returns
    -------
    dict
        ``source``; ``audits``: the fields of each `Audit`; ``missing``: what to fetch, by task without data.
    """
    folder = data_folder()
    chosen = {name: task for name, task in tasks().items() if task.load and (not quick or name in QUICK)}
    audits = [msgspec.to_builtins(audit(task, folder)) for task in chosen.values() if has_data(task, folder)]
    missing = {name: task.sheet.files[0].fetch for name, task in chosen.items() if not has_data(task, folder)}
    return {"source": SOURCE, "audits": audits, "missing": missing}


def lines(result: dict[str, Any]) -> list[str]:
    """The table of the audit."""
    audits = [msgspec.convert(row, Audit) for row in result["audits"]]
    head = ["task", "measure", "floor", *FEATURES, "near duplicates", "left out of train and dev"]
    rows = []
    for report in audits:
        reached = {row.feature: row.test for row in report.rows}
        test = report.counts["test"]
        left_out = "; ".join(f"{count:,} {reason}" for reason, count in report.dropped.items())
        rows.append(
            [
                f"`{report.task}`",
                report.metric,
                _shown(report.floor),
                *(_shown(reached.get(feature)) for feature in FEATURES),
                f"{report.near:,} of {test:,}",
                left_out or "none",
            ]
        )
    said = [f"`{name}`: no data at hand; {fetch}." for name, fetch in result["missing"].items()]
    return [*table(head, rows), "", *said]


def _shown(estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    value, low, high = estimate
    return f"{value:.2f} ({low:.2f} to {high:.2f})" if low < high else f"{value:.2f}"
