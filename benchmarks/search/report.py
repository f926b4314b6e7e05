"""Tables of the search benchmarks, for docs/search.md."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.common.table import table
from benchmarks.search import long as search_long
from benchmarks.search.queries import BINS, KINDS, RATES, named
from benchmarks.search.tools import MEANING, WORDING

BLAST = "BLASTN"


def lines(result: dict[str, Any]) -> list[str]:
    """Put the results of ``search`` into tables."""
    book, versions = result["book"], result["versions"]
    said = ", ".join(f"{name} {version}" for name, version in versions.items())
    found = [
        f"{book['letters']:,} letters, {len(book['volumes'])} volumes, {book['sentences']:,} sentences "
        f"({book['sentences_20']:,} of 20 letters or more, {book['sentences_50']:,} of 50 or more). "
        f"{book['queries']:,} queries of 50 letters or more and {book['short']:,} of 20 to 49; all are put "
        f"to our wording channel and to BLASTN's default, every fourth to the others. {said}; "
        f"{result['threads']} threads unless stated.",
        "",
        "### Goals",
        "",
        *_goals(result),
    ]
    for kind in KINDS:
        found += ["", f"### Recall at 1 / at 10, {kind}", "", *_recall(result, kind)]
    found += ["", "### Recall at 10 by letters of the sentence, substitutions", "", *_by_length(result)]
    found += ["", "### Time and size", "", *_times(result)]
    found += ["", "### Long queries", "", *search_long.lines(result["long"])]
    found += ["", "### False hits", "", *_false(result["false"])]
    if result["natural"]:
        found += ["", "### Natural homologues", "", *_natural(result["natural"])]
    if result["families"]:
        found += ["", "### Homologues without shared words", "", *_families(result["families"])]
    return found


def _at10(result: dict[str, Any], name: str, kind: str, rate: float) -> float:
    return float(result["recall"][name][kind][f"{rate:g}"]["all"]["at10"])


def _goals(result: dict[str, Any]) -> list[str]:
    """Goals of the channel wording and of the channel meaning, and whether they are met."""
    rows = []

    def add(goal: str, kind: str, rate: float, name: str, bar: float) -> None:
        got = _at10(result, name, kind, rate)
        rows.append(
            [f"{goal}, {rate:.0%} {kind}", f"{got:.3f}", f"{bar:.3f}", "yes" if got >= bar else "**no**"]
        )

    for kind in KINDS:
        for rate in RATES[1:5]:
            less = 0.05 if rate == 0.2 else 0.0
            bar = _at10(result, BLAST, kind, rate) - less
            add("wording, at least BLASTN" + (" less 0.05" if less else ""), kind, rate, WORDING, bar)
        add("wording", kind, 0.1, WORDING, 0.99)
        add("meaning", kind, 0.1, MEANING, 0.62)
    return table(["recall at 10", "measured", "goal", "met"], rows)


def _recall(result: dict[str, Any], kind: str) -> list[str]:
    rows = []
    for name, kinds in result["recall"].items():
        rates = kinds[kind]
        cells = [
            f"{rates[f'{rate:g}']['all']['at1']:.3f} / {rates[f'{rate:g}']['all']['at10']:.3f}"
            for rate in RATES
            if f"{rate:g}" in rates
        ]
        rows.append([name, *cells])
    head = [f"{rate:.0%}" for rate in RATES if f"{rate:g}" in rates]
    return table(["program", *head], rows)


def _by_length(result: dict[str, Any]) -> list[str]:
    bins, rates = [named(one) for one in BINS], (0.1, 0.2)
    rows = []
    for name, kinds in result["recall"].items():
        by = [kinds[KINDS[0]][f"{rate:g}"] for rate in rates]
        cells = [f"{one[key]['at10']:.3f}" if key in one else "" for one in by for key in bins]
        rows.append([name, *cells])
    return table(["program", *(f"{rate:.0%}, {key}" for rate in rates for key in bins)], rows)


def spread(seconds: list[float] | None) -> str:
    """Median and 90th percentile in milliseconds."""
    if not seconds:
        return ""
    return " / ".join(f"{value * 1e3:.1f}" for value in np.percentile(seconds, [50, 90]))


def _times(result: dict[str, Any]) -> list[str]:
    rows = []
    for name, batch in result["batch"].items():
        one, index = result["latency"].get(name, {}), result["index"].get(name)
        cold = one.get("cold")
        rows.append(
            [
                name,
                f"{np.median(cold) * 1e3:.0f}" if cold else "",
                spread(one.get("warm")),
                spread(one.get("warm, threads")),
                " / ".join(f"{seconds * 1e3:.1f}" for seconds in batch.values()),
                f"{index['bytes'] / 1e6:.1f}" if index else "",
                f"{index['seconds']:.1f}" if index else "",
            ]
        )
    threads = result["threads"]
    head = [
        "program",
        "one query, cold",
        "warm, median / 90th",
        f"the same, {threads} threads",
        f"in a batch, {' / '.join(next(iter(result['batch'].values())))} threads",
        "index, MB",
        "made in, s",
    ]
    return [
        "Milliseconds a query, queries with 10 % substitutions. *Warm*: one query after the other; ours in "
        "an open book on one thread, the other programs with one process per query, as they are used. "
        "*Cold*: neither book nor index in memory, the book opened for the query. *In a batch*: mean of all "
        "queries given at once. MMseqs2 builds its index in every search, so its times include it.",
        "",
        *table(head, rows),
    ]


def _false(result: dict[str, Any]) -> list[str]:
    number = result["queries"]
    thresholds = list(next(iter(result["found"].values())))
    rows = [
        [
            "expected",
            *(
                f"{number * float(most):,.0f} / {number * -np.expm1(-float(most)):,.0f}"
                for most in thresholds
            ),
        ]
    ]
    for name, found in result["found"].items():
        cells = [f"{found[most]['hits']:,} / {found[most]['queries']:,}" for most in thresholds]
        rows.append([name, *cells])
    factors = [
        f"{name} has {found[thresholds[0]]['hits'] / number:.2f} times as many hits with E up to 1 as "
        "expected"
        for name, found in result["found"].items()
    ]
    return [
        f"{number:,} sentences, shuffled with dinucleotide counts kept "
        f"({result['mean_letters']:.0f} letters on average): hits up to an E-value (at most "
        f"{result['most']} per query) / queries with any. {'; '.join(factors)}.",
        "",
        *table(["program", *(f"E ≤ {most}" for most in thresholds)], rows),
    ]


def _natural(result: dict[str, Any]) -> list[str]:
    repeats, pairs = result["repeats"], result["pairs"]
    groups = list(repeats["copies"])
    rows = [["chance", *(f"{repeats['chance'][group]:.3f}" for group in groups)]]
    for name, found in repeats["found"].items():
        cells = [f"{found[group]['right']:.3f} of {found[group]['hits']:.1f}" for group in groups]
        rows.append([name, *cells])
    return [
        f"Repeat copies in the {repeats['letters']:,} letters with annotated repeats as queries: share of "
        "the first ten hits in copies of the same class (the copy itself left out), and the number of hits. "
        "*Chance*: a hit at a random place.",
        "",
        *table(["program", *(f"{group} ({n})" for group, n in repeats["copies"].items())], rows),
        "",
        f"Chimpanzee or mouse sequence as query for its human homologue: the {pairs['pairs']} most diverged "
        f"pairs (identity {pairs['lowest']:.3f} to {pairs['highest']:.3f}, median {pairs['median']:.3f}).",
        "",
        *table(
            ["program", "at 1", "at 10"],
            [[name, f"{one['at1']:.3f}", f"{one['at10']:.3f}"] for name, one in pairs["found"].items()],
        ),
    ]


def _families(result: dict[str, Any]) -> list[str]:
    asked = {which: one["copies"]["asked"] for which, one in result.items()}
    names = [name for name in result["all"] if name != "copies"]
    rows = [
        [name, *(f"{one[name]['nearest']:.3f} / {one[name]['of ten']:.3f}" for one in result.values())]
        for name in names
    ]
    return [
        "Neighbours among the repeat copies that share no 11-mer with the query on either strand, so that "
        "BLASTN's default has no seed: share of queries whose nearest is of the same class / share of the "
        "ten nearest that are.",
        "",
        *table(["vectors", *(f"{which} ({count:,} copies)" for which, count in asked.items())], rows),
    ]


def scale_lines(result: dict[str, Any]) -> list[str]:
    """Put the results of ``search-scale`` into tables."""
    book, latency = result["book"], result["latency"]
    rows = []
    for name, recalls in result["recall"].items():
        one, every = latency[name], recalls["all"]
        cold = f"{np.median(one['cold']) * 1e3:.0f}" if "cold" in one else ""
        found = f"{every['at1']:.3f} / {every['at10']:.3f} ({every['n']:,})"
        rows.append([name, found, cold, spread(one["warm"]), spread(one["warm, threads"])])
    mine, theirs = (float(np.median(latency[name]["warm"])) for name in (WORDING, BLAST))
    most = min(float(np.median(latency[BLAST][key])) for key in ("warm", "warm, threads"))
    build, index, size = result["build"], result["index"], result["bytes"]
    stages = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in index.items())
    threads = result["threads"]
    head = [
        "program",
        "recall at 1 / at 10 (queries)",
        "cold, ms",
        "warm, median / 90th, ms",
        f"{threads} threads",
    ]
    return [
        f"{book['letters']:,} letters, {book['sentences']:,} sentences ({book['sentences_20']:,} of 20 "
        f"letters or more): the sequence, and {result['copies']} copies of it with 10 to 40 % of the bases "
        "substituted. Queries: sentences of the sequence itself with 10 % substitutions.",
        "",
        *table(head, rows),
        "",
        f"*{threads} threads*: genomebook runs that many queries at once, BLASTN one query on that many "
        f"threads. A warm query by wording takes {mine * 1e3:.1f} ms (goal: below 50), BLASTN "
        f"{theirs * 1e3:.0f} ms with one thread and {most * 1e3:.0f} ms at its best: {most / mine:.0f} times "
        "as long (goal: 10).",
        "",
        f"The book was built in {build['seconds']:.0f} s; index: {stages}. Bytes: wording "
        f"{size['wording'] / 1e9:.2f} GB, meaning {size['meaning'] / 1e9:.2f} GB, BLASTN's database "
        f"{size[BLAST] / 1e9:.2f} GB.",
        "",
        *_compressed(result["vectors"]),
    ]


def _compressed(vectors: dict[str, Any]) -> list[str]:
    rows = []
    for unit in ("sentences", "paragraphs"):
        one = vectors[unit]
        if one is None:
            continue
        recall = one["recall"]
        found = "exact"
        if recall:
            found = f"{recall['value']:.4f} ({recall['low']:.4f} to {recall['high']:.4f})"
        rows.append([unit, one["factory"], f"{one['rows']:,}", str(one["nprobe"] or ""), found])
    return [
        f"Vectors of {vectors['width']} numbers ({vectors['encoder']}): share of the ten nearest by exact "
        "search that the compressed index also finds, with its 95 % interval.",
        "",
        *table(["of", "factory", "vectors", "lists tried", "recall"], rows),
    ]
