"""Evidence for tests of what shows it: the numbers are made up, so none of them lies in the package."""

from __future__ import annotations

from pathlib import Path

from genomebook.annotation.evidence import (
    CONTROLS,
    LEVELS,
    ComparedTrack,
    Evidence,
    make_row,
    write_evidence,
)
from genomebook.annotation.evidence import EvidenceRow as Figures
from genomebook.book.annex import adding
from genomebook.stats import Estimate

EVIL = """"'><script>alert(1)</script><img src=x onerror=alert(1)> <a href='http://example.org'>x</a> &"""
UNITS = {"density": "per kb", "english": "F1", "enrichment": "times", "punctuation": "times"}
NO_EDGES = "the track genes has no edge in chr0:1-9000"


def rows(place: int) -> tuple[Figures, ...]:
    """Every control on both levels; the figures differ between signals by `place`."""
    found = []
    for level in LEVELS:
        for control in CONTROLS:
            unit = UNITS.get(control, "share")
            for label, value in (("near", 0.5 + 0.1 * place), ("far", 0.25)):
                figure, beside = Estimate(value, value - 0.02, value + 0.03), Estimate(0.2, 0.1, 0.3)
                found.append(make_row(control, level, label, unit, figure, beside, "moved", 1234))
        found.append(
            make_row("enrichment", level, "genes", "times", None, None, "moved", 0, NO_EDGES),
        )
    return tuple(found)


def made_up(default: str = "switch", note: str = "Not met: four times.") -> Evidence:
    """Evidence of three signals."""
    signals = {name: rows(place) for place, name in enumerate(("surprise", "switch", "shift"))}
    tracks = (ComparedTrack("repeats", 4470, "mask.bed.gz", "ab" * 32),)
    readers = ({"name": "bilingual-mini", "digest": "cd" * 32},)
    return Evidence("chr0:1-9000", 9000, "GRCh00", readers, 1, signals, default, tracks, (note,))


def put(book: Path, evidence: Evidence) -> Path:
    """Make a book anew with figures of its own."""
    with adding(book, "evidence") as draft:
        write_evidence(evidence, draft.folder / "evidence.json")
    return book / "evidence" / "evidence.json"
