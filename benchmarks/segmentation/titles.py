"""What generated titles are worth: how often a unit is called like its own shuffle, and like another's."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.common.data import shared_data
from benchmarks.common.table import table
from benchmarks.segmentation.title_control import control_titles
from genomebook.genome.fasta import Genome, unpack
from genomebook.models.generate import load_titler
from genomebook.pipeline.book.build import Options, build

RECORDS = ("chr21:24985581-26000306", "chr2:1-2333275")
"""Exact GRCh38, on which nothing was trained."""

MAX_UNITS = 100
"""Units of a kind, evenly from the record."""


def run(quick: bool = False) -> dict[str, Any]:
    """Title sections and paragraphs of both records, and their shuffles; a few of the first when quick."""
    data = shared_data()
    titler, rows = load_titler(), []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "genome").mkdir()
        unpack(data / "genome" / "GRCh38_regions.fa.gz", folder / "genome")
        for record in RECORDS[:1] if quick else RECORDS:
            with Genome(folder / "genome") as genome:
                letters = genome.letters(record)[: 50_000 if quick else None].tobytes()
            fasta = folder / "record.fa"
            fasta.write_bytes(b">record\n" + letters + b"\n")
            volume = build(Options(fasta, folder / "book", replace=True))["record"]
            for level in ("sections", "paragraphs"):
                spans = getattr(volume, level)()[["start", "end"]].to_numpy().tolist()
                chosen = spans[:: max(1, -(-len(spans) // (3 if quick else MAX_UNITS)))]
                found = control_titles(titler, [volume.sequence(a, b).strip(b"N") for a, b in chosen])
                figures = found._asdict()
                common: str = Counter(figures.pop("titles")).most_common(1)[0][0]
                del figures["shuffled"]
                rows.append({"record": record, "level": level, **figures, "common": common})
    source = f"GRCh38 {', '.join(RECORDS)}, on which nothing was trained"
    return {"source": source, "reader": "bilingual-mini", "digest": titler.digest, "rows": rows}


def lines(result: dict[str, Any]) -> list[str]:
    """Put the result into a table."""
    head = ["record", "units", "number", "like its own shuffle", "95 %", "like another's", "the commonest"]
    rows = [
        [
            row["record"], row["level"], str(row["n"]), f"{row['same']:.1%}",
            f"{row['low']:.1%} to {row['high']:.1%}", f"{row['chance']:.1%}", row["common"],
        ]
        for row in result["rows"]
    ]  # fmt: skip
    return [
        f"Titles by {result['reader']}. The shuffle of a unit keeps its dinucleotide counts and "
        "length but not its order: similarity to the title of the unit's own shuffle cannot come from order, "
        "and similarity to that of another unit's shuffle cannot come from the unit.",
        "",
        *table(head, rows),
    ]
