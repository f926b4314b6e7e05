"""Table of the benchmark descriptions."""

from __future__ import annotations

from typing import Any

from benchmarks.common.table import table


def lines(result: dict[str, Any]) -> list[str]:
    """Put the result into a table."""
    kinds = ("right", "wrong gene", "shuffled")
    rows = [
        [
            row["rule"], kind,
            *(f"{a:.1%} ({b:.1%} to {c:.1%})" for a, b, c in (row[kind]["top1"], row[kind]["top10"])),
            f"{row[kind]['mean_rank']:.1f}",
        ]
        for row in result["rows"]
        for kind in kinds
    ]  # fmt: skip
    n = result["choices"]
    return [
        f"{result['asked']} held-out genes, a piece of 480 letters of each; the descriptions of "
        f"{n} genes compete, and chance is {1 / n:.0%} and {10 / n:.0%}, with a mean rank of "
        f"{(n + 1) / 2:.1f}. *Wrong gene*: the description of another gene counts as right. *Shuffled*: the "
        "sequence keeps its dinucleotides only.",
        "",
        *table(["rule", "sequence", "first (95 %)", "among ten (95 %)", "mean rank"], rows),
    ]
