"""CTCF: peaks of seven cell lines against places of the same pieces of GRCh38 with the same GC content."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from pathlib import Path

from genomebook.errors import TaskError
from genomebook.tasks.data import place_of
from genomebook.tasks.examples import ExampleRows, table_rows
from genomebook.tasks.known_sequence import FILES, KnownSequence, draw, open_sequence, split_of
from genomebook.tasks.task import DEV, TEST, TRAIN, DataFile, DataSheet, Examples, Task

LABELS = ("not bound", "bound")
COLUMNS = ("chrom", "start0", "end", "strand")
PEAKS = DataFile(
    "tasks/CTCF_ChIPseq_peaks_in_segments_201bp.tsv.gz",
    "9faabf44f1312b98c66b1cc41e9d4c7157c40fb9684e15cf640a0e6778a08f7b",
    None,
    "lift FactorNet's CTCF peaks (uci-cbcl/FactorNet, MIT; ENCODE-DREAM) to GRCh38 and cut them out of it",
)
_COUNTS: dict[str, dict[str, tuple[int, ...]]] = {
    "ctcf": {TRAIN: (1_551, 1_567), DEV: (152, 162), TEST: (572, 588)},
}  # fmt: skip
"""Examples of each label by task and split, as loaded."""

_CHOICES = 64
"""Places of which the one with the nearest GC content becomes the negative of a peak."""


def _gc(letters: str) -> int:
    return letters.count("G") + letters.count("C")


def _negative(
    known: KnownSequence, peak: tuple[str, int, int], letters: str, peaks: list[int]
) -> tuple[int, str] | None:
    """Start and letters of a place in the same piece, away from all peaks, with nearly the same GC."""
    chrom, start, end = peak
    size, wanted, best = end - start, _gc(letters), None
    for first, segment in known.around(chrom, start, end):
        for turn in range(_CHOICES):
            at = first + draw(f"{chrom}:{start}:{turn}", max(1, len(segment) - size))
            near = bisect_right(peaks, at - size)
            if near < len(peaks) and peaks[near] < at + size:
                continue
            piece = known.cut(chrom, at, at + size)
            if piece is not None and (best is None or abs(_gc(piece) - wanted) < best[0]):
                best = abs(_gc(piece) - wanted), at, piece
        break
    return best and (best[1], best[2])


def _load(folder: Path) -> Examples:
    known = open_sequence(folder)
    rows = ExampleRows(LABELS, COLUMNS)
    peaks: list[tuple[str, tuple[str, int, int], str]] = []
    by_chrom: dict[str, list[int]] = defaultdict(list)
    for where, row in table_rows(place_of(PEAKS, folder), ("chrom", "start0", "end", "sequence")):
        if not (row["start0"].isdecimal() and row["end"].isdecimal()):
            raise TaskError(f"{where}: no place (start0 and end are whole numbers); {PEAKS.fetch}")
        place = (row["chrom"], int(row["start0"]), int(row["end"]))
        peaks.append((where, place, row["sequence"]))
        insort(by_chrom[place[0]], place[1])
    for where, place, letters in peaks:
        chrom, start, end = place
        rows.add(where, letters, 1, split_of(*place), (chrom, str(start), str(end), "+"))
        other = _negative(known, place, letters.upper(), by_chrom[chrom])
        if other is not None:
            at, piece = other
            kept = (chrom, str(at), str(at + end - start), "+")
            rows.add(f"{where}: its negative", piece, 0, split_of(chrom, at, at + end - start), kept)
    return rows.examples()


TASKS = (
    Task(
        "ctcf",
        "CTCF binding",
        "Transcription factors",
        (
            "does CTCF bind here?",
            "is this a CTCF site?",
            "is this bound by CTCF?",
            "is there a CTCF binding site?",
            "can CTCF bind this?",
            "does it contain a CTCF motif?",
            "is this an insulator?",
            "would CTCF bind?",
        ),
        LABELS,
        "MCC",
        (201, 201),
        201,
        DataSheet(
            "Peaks of CTCF ChIP-seq in seven cell lines (ENCODE-DREAM as in FactorNet), lifted to GRCh38, in "
            "the pieces of it at hand; for each, a place of the same piece without a peak whose GC content "
            "is nearest among 64 drawn. Split by blocks of 250 kb",
            "MIT; ENCODE data are free to use",
            True,
            (PEAKS, *FILES),
            "Length is the same in both classes and GC content nearly so. Peaks are called at the summit: "
            "the motif stands in the middle.",
            _COUNTS["ctcf"],
        ),
        _load,
        "CTCF is a protein that binds a pattern of some 15 letters, holds loops of DNA together and keeps "
        "neighbouring genes apart.",
    ),
)
