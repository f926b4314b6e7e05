"""What the claims share: figures, sequence and the names of files."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from benchmarks.common.data import genome_files
from genomebook.stats import Estimate, wilson
from genomebook.tasks.claims import ClaimFigure
from genomebook.training.corpora.sequence import open_records

COMMAND = "python -m benchmarks claims"


def figure(what: str, estimate: Estimate | float, n: int | None = None) -> ClaimFigure:
    """A figure with the interval that it has, to six digits."""
    if isinstance(estimate, Estimate):
        value, low, high = (float(f"{x:.6g}") for x in estimate)
        return ClaimFigure(what, value, low, high, n)
    return ClaimFigure(what, float(f"{estimate:.6g}"), n=n)


def share(what: str, hits: int, n: int) -> ClaimFigure:
    """A share with the interval of Wilson."""
    return figure(what, Estimate(hits / n, *wilson(hits / n, n)), n)


def written(figures: Sequence[ClaimFigure], digits: int = 3) -> str:
    """Figures as a sentence."""
    said = []
    for one in figures:
        interval = "" if one.low is None else f" ({one.low:.{digits}f} to {one.high:.{digits}f})"
        said.append(f"{one.what} {one.value:.{digits}f}{interval}")
    return "; ".join(said) + "."


@cache
def segments(contigs: tuple[str, ...]) -> list[tuple[str, int, NDArray[np.uint8]]]:
    """Segments of contigs in GRCh38: contig, 0-based start, upper-case letters uint8[n]."""
    with open_records(genome_files(), only=contigs) as records:
        return [(r.contig, r.origin, g.letters(r.name) & np.uint8(0xDF)) for g, r in records]
