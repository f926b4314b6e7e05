"""The leak audit of every task whose data are at hand."""

from __future__ import annotations

from typing import Any

import msgspec

from benchmarks.common.table import table
from genomebook.stats import Estimate
from genomebook.tasks.audit import Audit, audit
from genomebook.tasks.data import data_folder, has_data
from genomebook.tasks.registry import tasks
from genomebook.tasks.shipped import results

QUICK = ("enhancer-cohn", "promoter-nontata")
SEQUENCE = ("length", "GC", "nearest copy")
FILES = ("strand", "columns", "place")
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
    """Two tables of the audit: what the sequence gives away, and what files and copies do."""
    by_sequence, by_files, shipped = [], [], results()
    for report in (msgspec.convert(row, Audit) for row in result["audits"]):
        name = f"`{report.task}`" + ("" if report.metric == "MCC" else f" ({report.metric})")
        reached = {row.feature: row.test for row in report.rows}
        floor = shipped[report.task].floor if report.task in shipped else None
        floor_test = floor.test if floor else None
        by_sequence.append([name, *(_shown(one) for one in (floor_test, *map(reached.get, SEQUENCE)))])
        left_out = "; ".join(f"{count:,} {reason}" for reason, count in report.dropped.items())
        near = f"{report.near:,} of {report.counts['test']:,}"
        by_files.append(
            [name, *(_shown(reached.get(feature)) for feature in FILES), near, left_out or "none"]
        )
    missing = [f"`{name}`: no data at hand; {fetch}." for name, fetch in result["missing"].items()]
    return [
        "What the sequence alone reaches on test (MCC where nothing else is said), with 95 % intervals:",
        "",
        *table(["task", "floor", *SEQUENCE], by_sequence),
        "",
        "What the files and copies alone reach on test; blank where the files have no such column:",
        "",
        *table(["task", *FILES, "near duplicates", "left out of train and dev"], by_files),
        "",
        *missing,
    ]


def _shown(estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    value, low, high = estimate
    return f"{value:.2f} ({low:.2f} to {high:.2f})" if low < high else f"{value:.2f}"
