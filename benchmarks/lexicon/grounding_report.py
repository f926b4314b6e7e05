"""Tables of the grounding of DNA words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.common.table import table
from benchmarks.lexicon.grounding import LEVELS, MIN_COUNT
from genomebook.lexicon.grounded import FALSE_DISCOVERY_RATE, MIN_EXPECTED


def lines(result: dict[str, Any]) -> list[str]:
    """Put the result into tables."""
    parts: tuple[Callable[[dict[str, Any]], list[str]], ...] = (
        _overview, _by_class, _control_lines, _turned_lines, _extreme_lines, _tag_lines,
    )  # fmt: skip
    return [line for part in parts for line in [*part(result), ""]][:-1]


def _overview(result: dict[str, Any]) -> list[str]:
    large = result["large"]
    head = ["source", "letters", "words", "tests", "pairs enriched", "words enriched", "ns a word and shift"]
    rows = [
        [
            row["name"], f"{row['letters']:,}", f"{row['words']:,}", f"{row['tests']:,}",
            f"{row['pairs']:,}", f"{row['enriched']:,}", f"{row['nanoseconds_a_word']:.1f}",
        ]
        for row in result["rows"]
    ]  # fmt: skip
    return [
        f"{result['vocabulary']}, {result['shifts']:,} circular shifts, pairs with {MIN_EXPECTED:.0f} "
        f"expected occurrence or more; enriched: q below {FALSE_DISCOVERY_RATE}, lower bound above 1.",
        "",
        *table(head, rows),
        "",
        f"A made-up volume of {large['letters'] / 1e6:.0f} million letters, {large['words'] / 1e6:.0f} "
        f"million words, {large['runs'] / 1e6:.1f} million runs of annotation in {large['combinations']} "
        f"combinations of classes takes {large['nanoseconds_a_word']:.1f} ns per word and shift.",
    ]


def _by_class(result: dict[str, Any]) -> list[str]:
    rows = [
        [row["name"], one["class"], f"{one['share']:.2%}", f"{one['tests']:,}", f"{one['enriched']:,}"]
        for row in result["rows"]
        for one in row["classes"]
        if one["enriched"]
    ]
    none = [
        f"{row['name']}: {', '.join(one['class'] for one in row['classes'] if not one['enriched'])}"
        for row in result["rows"]
    ]
    return [
        *table(["source", "class", "share of places", "words tested", "words enriched"], rows),
        "",
        "No word was enriched in these classes. " + "; ".join(none) + ".",
    ]


def _control_lines(result: dict[str, Any]) -> list[str]:
    head = [
        "source",
        "pairs",
        "on the shuffle",
        "on the local shuffle",
        "of the pairs: tested there",
        "enriched there",
    ]
    rows = []
    for row in result["rows"]:
        local = row["controls"]["locally"]
        tested = max(local["of_pairs_tested"], 1)
        rows.append(
            [
                row["name"], f"{row['pairs']:,}", f"{row['controls']['shuffled']['pairs']:,}",
                f"{local['pairs']:,}", f"{local['of_pairs_tested']:,}",
                f"{local['of_pairs_enriched']:,} ({local['of_pairs_enriched'] / tested:.0%})",
            ]
        )  # fmt: skip
    return [
        "The same annotation against a shuffle of the whole sequence, and against one within windows of "
        f"{result['window']:,} letters; both keep dinucleotides.",
        "",
        *table(head, rows),
    ]


def _turned_lines(result: dict[str, Any]) -> list[str]:
    head = [
        "source",
        "expected from",
        "tests",
        *(f"p < {level:g}" for level in LEVELS),
        "intervals that hold 1",
    ]
    rows = [
        [
            row["name"], f"{one['expected']:g}", f"{one['tests']:,}",
            *(f"{share:.2g}" for share in one["below"]), f"{one['covered']:.1%}",
        ]
        for row in result["rows"]
        for one in row["turned"]["bins"]
    ]  # fmt: skip
    false = ", ".join(str(sum(row["turned"]["false_pairs"])) for row in result["rows"])
    turned = result["rows"][0]["turned"]
    return [
        f"Annotation rotated by random distances, {turned['turns']} times, {turned['shifts']} shifts each: "
        f"enriched pairs, all of them false, by source: {false}. Share of p below a level, and of intervals "
        "that contain 1:",
        "",
        *table(head, rows),
    ]


def _extreme_lines(result: dict[str, Any]) -> list[str]:
    rows = [
        [
            row["name"], one["word"], one["class"], f"{one['count']:,}", f"{one['share']:.0%}",
            f"{one['enrichment']:.1f} ({one['low']:.1f} to {one['high']:.1f})", f"{one['q']:.0e}",
        ]
        for row in result["rows"]
        for one in row["extreme"]
    ]  # fmt: skip
    said = []
    for row in result["rows"]:
        one = row["families"]
        kinds = ", ".join(f"{name} {count}" for name, count in one["half_in"].items()) or "none"
        said.append(
            f"{row['name']}: {one['half']} in one narrow class ({kinds}), {one['half_enriched']} of them "
            f"enriched there; {one['half_in_repeats']} in repeats of any kind, "
            f"{one['half_in_repeats_enriched']} of them enriched."
        )
    return [
        f"Words with more than half of their occurrences ({MIN_COUNT // 2} at least) in a class. "
        + " ".join(said),
        "",
        *table(["source", "word", "class", "in it", "share", "times chance (95 %)", "q"], rows),
    ]


def _tag_lines(result: dict[str, Any]) -> list[str]:
    rows = [[one["word"], one["tag"], one["phrase"]] for row in result["rows"] for one in row["tags"]]
    return table(["word", "tag", "phrase"], rows)
