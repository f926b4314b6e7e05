"""The tables of a vocabulary selection: every run, and the summary over seeds."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from genomebook.files.atomic import aside
from genomebook.training.vocabularies.kmer_places import KINDS
from genomebook.training.vocabularies.kmer_rules import ORDERS, RULES

MEASURED = ("accuracy", "bits", "random", "random_bits")


def run_rows(rules: Sequence[dict[str, Any]], runs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row per kind of place, merges, k and seed, and one with k = ``"mean"`` over all k.

    Parameters
    ----------
    rules, runs : sequence of dict
        What the jobs wrote: for each number of merges, for each of them and seed.

    Returns
    -------
    list of dict
        positions, merges, letters_per_word, k, seed, n; accuracy and bits a letter of the trained network
        and of the one with random weights; accuracy of each rule, ``markov``, that of the best Markov model,
        and its bits.
    """
    trivial = {
        (row["positions"], rule["merges"], row["k"]): (rule["letters_per_word"], row)
        for rule in rules
        for row in rule["rows"]
    }
    rows: list[dict[str, Any]] = []
    for run in runs:
        for kind in KINDS:
            own = []
            for row in run["rows"]:
                key = (row["positions"], run["merges"], row["k"])
                if row["positions"] != kind or key not in trivial:
                    continue
                size, beside = trivial[key]
                head = {"positions": kind, "merges": run["merges"], "letters_per_word": size}
                head |= {"k": row["k"], "seed": run["seed"], "n": row["n"]}
                columns = {name: row[name] for name in MEASURED} | {rule: beside[rule] for rule in RULES}
                own.append(head | columns | {"markov_bits": beside["bits"]})
            if own:
                columns = {
                    name: statistics.fmean(row[name] for row in own)
                    for name in (*MEASURED, *RULES, "markov_bits")
                }
                own.append(own[0] | {"k": "mean"} | columns)
            rows += own
    for row in rows:
        row["markov"] = max(row[f"markov-{order}"] for order in ORDERS)
    return rows


def summary_rows(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Mean, standard deviation (None for one seed), lowest and highest over seeds, beside the rules."""
    summaries: list[dict[str, Any]] = []
    keys = dict.fromkeys((row["positions"], row["merges"], row["k"]) for row in rows)
    for kind, merges, k in keys:
        seeds = [row for row in rows if (row["positions"], row["merges"], row["k"]) == (kind, merges, k)]
        summary = {name: seeds[0][name] for name in ("positions", "merges", "letters_per_word", "k", "n")}
        summary["seeds"] = len(seeds)
        for name, prefix in (("accuracy", ""), ("random", "random_")):
            values = [row[name] for row in seeds]
            summary[name] = statistics.fmean(values)
            summary[f"{prefix}sd"] = statistics.stdev(values) if len(values) > 1 else None
            summary[f"{prefix}low"], summary[f"{prefix}high"] = min(values), max(values)
        for name in ("bits", "random_bits"):
            summary[name] = statistics.fmean(row[name] for row in seeds)
        summary |= {name: seeds[0][name] for name in (*RULES, "markov", "markov_bits")}
        summaries.append(summary)
    return summaries


def best_merges(summary: Iterable[dict[str, Any]]) -> tuple[int, list[int]]:
    """Find the vocabulary with the highest mean accuracy at the places that are the same for all.

    Returns
    -------
    best : int
        Its merges; of equals the fewest.
    level : list of int
        Those, the best among them, whose best seed reaches its worst: not told apart by these seeds.
    """
    rows = [row for row in summary if row["positions"] == "alone" and row["k"] == "mean"]
    best = max(rows, key=lambda row: (row["accuracy"], -row["merges"]))
    return best["merges"], sorted(row["merges"] for row in rows if row["high"] >= best["low"])


def write_tsv(file: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows with their keys as the header; shares and bits to six places, nothing for None."""
    lines = ["\t".join(rows[0]), *("\t".join(map(_cell, row.values())) for row in rows)]
    with aside(file) as path:
        path.write_text("\n".join(lines) + "\n")


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6f}"
    return "" if value is None else str(value)
