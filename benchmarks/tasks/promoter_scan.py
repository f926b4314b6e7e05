"""How many known starts of genes a promoter scan finds, at as many peaks for every rule.

The blocks of 250 kb are those of the test split of ``promoter-scan``. The promoters of EPDnew in them are the
starts to find. Peaks of all blocks are ordered by probability, and as many are taken as the rate allows.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.common.data import shared_data
from benchmarks.common.table import table
from genomebook.stats import wilson
from genomebook.tasks.catalogue.promoter_scan import starts
from genomebook.tasks.known_sequence import BLOCK, open_sequence, split_of
from genomebook.tasks.registry import task
from genomebook.tasks.scan import NEAR, before_start, peaks, scan, score_of
from genomebook.tasks.shipped import opened, results
from genomebook.tasks.task import TEST

STEP = 24
LOWEST = 0.02
"""Letters between windows; lowest probability of a peak that is kept."""

RATES = (0.02, 0.05, 0.1, 0.2)
"""Peaks for each 1,000 letters."""

RULES = (
    ("promoter-scan", None),
    ("promoter-scan", "composition"),
    ("promoter-core-all", None),
    ("promoter-proximal-all", None),
)
"""Tasks and kinds of rules; None: the kind that answers. Composition is the control."""


class ScanBlock(NamedTuple):
    """Letters of a block, and positions of the known starts in it."""

    letters: bytes
    starts: NDArray[np.int64]


def run(quick: bool) -> dict[str, Any]:
    """Scan the blocks with each rule.

    Returns
    -------
    dict
        ``source``, ``letters``, ``starts``; ``rows``: task, kind, and for each rate ``found`` and ``chance``,
        the share of all places that lie as near to a peak.
    """
    blocks = _blocks()[: 1 if quick else None]
    letters = sum(len(block.letters) for block in blocks)
    rows = []
    for name, kind in RULES:
        kind = kind or results()[name].chosen
        assert kind is not None
        rows.append({"task": name, "kind": kind, "rates": _found(name, kind, blocks, letters)})
    return {
        "source": f"{len(blocks)} blocks of GRCh38 that promoter-scan was not trained on; others may have "
        "been",
        "letters": letters,
        "starts": sum(len(block.starts) for block in blocks),
        "rows": rows,
    }


def _blocks() -> list[ScanBlock]:
    known, by_chrom = open_sequence(shared_data()), starts(shared_data())
    window = task("promoter-scan").window
    blocks = []
    for (chrom, first), segment in known.segments.items():
        positions = np.array([position for position, _, _ in by_chrom.get(chrom, [])], np.int64)
        for low in range(-(-first // BLOCK) * BLOCK, first + len(segment) - BLOCK + 1, BLOCK):
            if split_of(chrom, low, low + BLOCK - 1) == TEST:
                inside = (positions >= low + window) & (positions < low + BLOCK - window)
                piece = segment[low - first : low - first + BLOCK]
                blocks.append(ScanBlock(piece.encode("ascii"), positions[inside] - low))
    return blocks


def _found(name: str, kind: str, blocks: list[ScanBlock], letters: int) -> list[dict[str, float]]:
    asked, rule = task(name), opened(name, kind)
    at = [
        (peak.probability, number, peak.position)
        for number, block in enumerate(blocks)
        for peak in peaks(
            scan(score_of(rule), block.letters, asked.window, before_start(asked), STEP), LOWEST
        )
    ]
    at.sort(reverse=True)
    rates = []
    for rate in RATES:
        taken = at[: round(rate * letters / 1000)]
        found, near = 0, 0
        for number, block in enumerate(blocks):
            is_near = np.zeros(len(block.letters), bool)
            for _, where, position in taken:
                if where == number:
                    is_near[max(0, position - NEAR) : position + NEAR + 1] = True
            found += int(is_near[block.starts].sum())
            near += int(is_near.sum())
        rates.append({"rate": rate, "found": found, "chance": near / letters, "peaks": len(taken)})
    return rates


def lines(result: dict[str, Any]) -> list[str]:
    """Table for the docs."""
    rows = []
    for row in result["rows"]:
        cells = [row["task"], row["kind"]]
        for rate in row["rates"]:
            share = rate["found"] / max(1, result["starts"])
            low, high = wilson(share, max(1, result["starts"]))
            cells.append(f"{share:.0%} ({low:.0%} to {high:.0%}); {rate['chance']:.1%}")
        rows.append(cells)
    return [
        f"Share of {result['starts']:,} known starts of genes with a peak within {NEAR} letters, on either "
        f"strand (95 %); by chance, as many places lie as near to a peak. {result['letters'] / 1e6:.1f} "
        "million letters. The columns are peaks for each 1,000 letters.",
        "",
        *table(["task", "rule", *(f"{rate:g}" for rate in RATES)], rows),
    ]
