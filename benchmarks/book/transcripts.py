"""Transcripts: what a place, a gene and an id cost in a book with as many as GENCODE has."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common.table import table
from genomebook.book.annex import finish_annex, open_annex
from genomebook.book.transcript import Transcript
from genomebook.book.transcript_writer import write_transcripts
from genomebook.book.transcripts import ANNEX, Transcripts

TRANSCRIPTS = 250_000
ASKED = 1000
VOLUMES = {f"chr{number}": 130_000_000 for number in range(1, 25)}
PAGE, WIDE = 2_000, 100_000


def run(quick: bool = False) -> dict[str, Any]:
    """Write made-up transcripts and ask for places, genes and ids.

    Returns
    -------
    dict
        ``source``, ``transcripts``, ``exons``, ``bytes``, processor seconds to ``write``, and ``seconds`` of
        each question by what is asked.
    """
    made = random.Random(1)
    rows = _transcripts(made, 2_000 if quick else TRANSCRIPTS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / ANNEX
        folder.mkdir()
        began = time.thread_time()
        about = write_transcripts(folder, rows, VOLUMES)
        written = time.thread_time() - began
        finish_annex(folder, ANNEX, "0" * 64, about)
        known = Transcripts(open_annex(folder, ANNEX), VOLUMES)
        asked = [made.choice(rows) for _ in range(50 if quick else ASKED)]

        def place(row: Transcript, letters: int) -> int:
            at = made.randrange(VOLUMES[row.volume] - letters)
            return len(known.overlapping(row.volume, at, at + letters))

        seconds = {
            f"a page of {PAGE:,} letters": _timed(lambda row: place(row, PAGE), asked),
            f"{WIDE:,} letters": _timed(lambda row: place(row, WIDE), asked),
            "all transcripts of a gene": _timed(lambda row: known.of_gene(row.gene_id), asked),
            "an id without version": _timed(lambda row: known.by_id(row.transcript_id.split(".")[0]), asked),
        }
        size = sum(path.stat().st_size for path in folder.iterdir())
    return {
        "source": "made-up genes on 24 chromosomes of 130 million letters",
        "transcripts": len(rows),
        "exons": about["exons"],
        "bytes": size,
        "write": written,
        "seconds": seconds,
    }


def _transcripts(made: random.Random, count: int) -> list[Transcript]:
    """Genes of 1 to 16 transcripts with 1 to 20 exons each, of lengths like those of human genes."""
    rows: list[Transcript] = []
    while len(rows) < count:
        volume, begin, number = made.choice(list(VOLUMES)), made.randrange(125_000_000), len(rows)
        reach = int(min(2_400_000, made.lognormvariate(10.2, 1.4)))
        strand = made.choice("+-")
        for copy in range(made.choice([1, 1, 2, 4, 8, 16])):
            exons = made.choice([1, 3, 6, 10, 20])
            points = sorted(made.sample(range(max(reach, 4 * exons)), 2 * exons))
            spans = tuple((begin + a, begin + b) for a, b in zip(points[::2], points[1::2], strict=True))
            rows.append(
                Transcript(
                    volume, strand, f"G{number}", f"ENSG{number:011}.1", f"ENST{len(rows):011}.2",
                    f"ENSP{len(rows):011}.2", f"G{number}-{copy}", "protein_coding", "a made-up gene", spans,
                    spans[1:-1] or spans, 0, ("basic", "MANE_Select")[: 2 if copy == 0 else 1],
                )
            )  # fmt: skip
    return rows


def _timed(ask: Callable[[Transcript], object], rows: list[Transcript]) -> list[float]:
    seconds = []
    for row in rows:
        began = time.thread_time()
        ask(row)
        seconds.append(time.thread_time() - began)
    return seconds


def lines(result: dict[str, Any]) -> list[str]:
    """Table of the result."""
    rows = [
        [what, *(f"{1000 * float(np.quantile(seconds, share)):.2f}" for share in (0.5, 0.99))]
        for what, seconds in result["seconds"].items()
    ]
    return [
        f"Milliseconds of processor time with {result['transcripts']:,} made-up transcripts and "
        f"{result['exons']:,} exons, which take {result['bytes'] / 1e6:.0f} MB and are written in "
        f"{result['write']:.0f} s.",
        "",
        *table(["what is asked", "median", "99 %"], rows),
    ]  # fmt: skip
