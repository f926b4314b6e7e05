"""How fast tasks are answered: one sequence, many, and a scan of a million letters."""

from __future__ import annotations

import time
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

TASKS = ("tf-4", "promoter-core-all", "splice")
KINDS = ("k-mers", "gapped", "network", "combined")


def run(quick: bool = False) -> dict[str, Any]:
    """Measure the shipped rules.

    Returns
    -------
    dict
        ``source``, ``letters``; ``rows``: task, kind, ``single``, ``batch`` (seconds a sequence), ``scan``
        and ``scan_processor`` (seconds).
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
    single = []
    for window in windows[:SINGLE]:
        began = time.perf_counter()
        rule.logits([window])
        single.append(time.perf_counter() - began)
    began = time.perf_counter()
    rule.logits(windows)
    batch = (time.perf_counter() - began) / len(windows)
    began, used = time.perf_counter(), time.process_time()
    logits_along(rule, sequence, len(windows[0]), STEP)
    scan, processor = time.perf_counter() - began, time.process_time() - used
    return {"single": float(np.median(single)), "batch": batch, "scan": scan, "scan_processor": processor}


def lines(result: dict[str, Any]) -> list[str]:
    """Table for the docs."""
    rows = [
        [
            row["task"], row["kind"], f"{1e3 * row['single']:.2f}", f"{1 / row['batch']:,.0f}",
            f"{row['scan']:.2f}", f"{row['scan_processor']:.2f}",
        ]
        for row in result["rows"]
    ]  # fmt: skip
    return [
        f"Scan: {result['letters']:,} letters, a window every {STEP}; *processor*: seconds of all its cores.",
        "",
        *table(["task", "rule", "ms a sequence alone", "a second together", "scan, s", "processor, s"], rows),
    ]
