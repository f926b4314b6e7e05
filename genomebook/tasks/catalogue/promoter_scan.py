"""Promoter scanning: starts of transcription of EPDnew against places of the same pieces of GRCh38."""

from __future__ import annotations

from bisect import bisect_left
from pathlib import Path

from genomebook.errors import TaskError
from genomebook.tasks.data import file_lines
from genomebook.tasks.examples import ExampleRows
from genomebook.tasks.known_sequence import FILES, draw, open_sequence, split_of
from genomebook.tasks.task import DEV, TEST, TRAIN, DataFile, DataSheet, Examples, Task

LABELS = ("no start", "start of a gene")
COLUMNS = ("chrom", "start0", "end", "strand")
STARTS = DataFile(
    "tasks/EPDnew_human_hg38_29598.bed.gz",
    "32ab1b9b9db7a589dc8917c4cf2848d1b78361380955400eaf287d509ed26c33",
    "https://raw.githubusercontent.com/AIRI-Institute/GENA_LM/d338b2ec3f01faabf23f018b9b144521494776b1/downstream_tasks/clinvar_analysis/human_epdnew_fH7d2.bed",
    "fetch the human promoters of EPDnew (hg38) as BED: chromosome, start, end, name, score, strand",
)
BEFORE, AFTER = 249, 51
"""Letters before the start of transcription, and from it on: GUE's window of 300."""

_NEGATIVES = 5
_AWAY = 1_000
_FIELDS = 6


_COUNTS: dict[str, dict[str, tuple[int, ...]]] = {
    "promoter-scan": {TRAIN: (2_496, 563), DEV: (351, 93), TEST: (826, 140)},
}  # fmt: skip
"""Examples of each label by task and split, as loaded."""


def starts(folder: Path) -> dict[str, list[tuple[int, str, str]]]:
    """Starts of transcription by chromosome, ascending: position (0-based), strand and name of the promoter.

    Raises
    ------
    TaskError
        A line is not BED with six fields.
    """
    by_chrom: dict[str, list[tuple[int, str, str]]] = {}
    for where, line in file_lines(STARTS, folder):
        fields = line.split("\t")
        if len(fields) != _FIELDS or not fields[1].isdecimal() or fields[5] not in ("+", "-"):
            raise TaskError(f"{where}: not a BED record with six fields; {STARTS.fetch}")
        by_chrom.setdefault(fields[0], []).append((int(fields[1]), fields[5], fields[3]))
    return {chrom: sorted(rows) for chrom, rows in by_chrom.items()}


def _window(position: int, strand: str) -> tuple[int, int]:
    if strand == "+":
        return position - BEFORE, position + AFTER
    return position - AFTER + 1, position + BEFORE + 1


def _load(folder: Path) -> Examples:
    known = open_sequence(folder)
    by_chrom = starts(folder)
    rows = ExampleRows(LABELS, COLUMNS)
    for (chrom, first), segment in known.segments.items():
        here = by_chrom.get(chrom, [])
        positions = [position for position, _, _ in here]
        for position, strand, name in here:
            if not first <= position < first + len(segment):
                continue
            start, end = _window(position, strand)
            letters = known.cut(chrom, start, end, strand)
            if letters is None:
                continue
            rows.add(name, letters, 1, split_of(chrom, start, end), (chrom, str(start), str(end), strand))
            for turn in range(_NEGATIVES):
                at = first + draw(f"scan:{name}:{turn}", max(1, len(segment) - BEFORE - AFTER))
                near = bisect_left(positions, at - _AWAY)
                if near < len(positions) and positions[near] < at + BEFORE + AFTER + _AWAY:
                    continue
                piece = known.cut(chrom, at, at + BEFORE + AFTER, strand)
                if piece is not None:
                    kept = (chrom, str(at), str(at + BEFORE + AFTER), strand)
                    rows.add(f"{chrom}:{at + 1}", piece, 0, split_of(chrom, at, at + BEFORE + AFTER), kept)
    return rows.examples()


TASKS = (
    Task(
        "promoter-scan",
        "Promoter scan",
        "Promoters",
        (
            "where are the promoters?",
            "scan for promoters",
            "where do genes begin?",
            "find promoters in this sequence",
            "find transcription start sites",
            "where does transcription start?",
            "scan this region for promoters",
            "locate the promoters",
            "where in this sequence are promoters?",
            "where are transcription start sites?",
        ),
        LABELS,
        "MCC",
        (BEFORE + AFTER, BEFORE + AFTER),
        BEFORE + AFTER,
        DataSheet(
            "Starts of transcription of EPDnew (hg38) in the pieces of GRCh38 at hand; for each up to five "
            "places of the same piece that are 1,000 letters and more away from all of them. Split by blocks "
            "of 250 kb",
            "EPD is free to use; the table is MIT",
            True,
            (STARTS, *FILES),
            "Most promoters lie in CpG islands, so GC content alone does well. Windows have the same length.",
            _COUNTS["promoter-scan"],
        ),
        _load,
        "A window of 300 letters is moved along the sequence; each place gets the probability that a gene "
        "begins at its letter 250. The negatives are what most of the genome looks like, not shuffled "
        "promoters.",
        before=BEFORE,
    ),
)
