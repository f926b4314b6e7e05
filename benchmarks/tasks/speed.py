"""How fast tasks are answered: one sequence, many, and a scan of a million letters."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.common.table import table
from genomebook.tasks.registry import task
from genomebook.tasks.rules.base import Rule, logits_along
from genomebook.tasks.shipped import opened, results

LETTERS, STEP = 1_000_000, 12
"""Of a scan: letters in all and between windows."""

BATCH, SINGLE = 1000, 100
"""Sequences answered together; sequences answered one by one."""

GOALS = {"single": 0.01, "scan": 5.0}
"""Most processor seconds of a sequence alone, and of a scan of `LETTERS`."""

TASKS = ("tf-4", "promoter-core-all", "splice")
KINDS = ("k-mers", "gapped", "network", "combined")


def run(quick: bool = False) -> dict[str, Any]:
    """Measure the shipped rules.

    Returns
    -------
    dict
        ``source``, ``letters``; ``rows``: task, kind, and processor seconds: ``single`` and ``batch`` of a
        sequence, ``scan`` of all letters.
    """
    letters = LETTERS // 50 if quick else LETTERS
    sequence = "".join(np.random.default_rng(0).choice(list("ACGT"), letters))
    rows = []
    for name in TASKS:
        window = task(name).window
        windows = [sequence[at : at + window] for at in range(0, BATCH * STEP, STEP)][:BATCH]
        for kind in KINDS:
            if kind in results()[name].rules:
                rows.append(
                    {"task": name, "kind": kind, **_timed(opened(name, kind).rule, windows, sequence)}
                )
    return {"source": f"random letters, {letters:,} of them", "letters": letters, "rows": rows}


def _timed(rule: Rule, windows: list[str], sequence: str) -> dict[str, float]:
    rule.logits(windows[:SINGLE])  # compiles what is compiled
    single = [_seconds(partial(rule.logits, [window])) for window in windows[:SINGLE]]
    return {
        "single": float(np.median(single)),
        "batch": _seconds(partial(rule.logits, windows)) / len(windows),
        "scan": _seconds(partial(logits_along, rule, sequence, len(windows[0]), STEP)),
    }


def _seconds(work: Callable[[], object]) -> float:
    """Processor seconds of all cores."""
    began = time.process_time()
    work()
    return time.process_time() - began


def lines(result: dict[str, Any]) -> list[str]:
    """Table for the docs, and which goals are missed."""
    rows = [
        [
            row["task"], row["kind"], f"{1e3 * row['single']:.2f}", f"{1 / row['batch']:,.0f}",
            f"{row['scan']:.2f}",
        ]
        for row in result["rows"]
    ]  # fmt: skip
    missed = [
        f"{row['task']} by {row['kind']}: {what}"
        for row in result["rows"]
        for what, goal in GOALS.items()
        if row[what] > goal
    ]
    return [
        f"Processor time. Scan: {result['letters']:,} letters, a window every {STEP}. Goals: a sequence "
        f"alone in {1e3 * GOALS['single']:.0f} ms, a scan in {GOALS['scan']:.0f} s; missed: "
        f"{'; '.join(missed) or 'none'}.",
        "",
        *table(["task", "rule", "ms a sequence alone", "a second together", "scan, s"], rows),
    ]
