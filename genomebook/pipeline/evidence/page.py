"""Measured evidence with rows about English and notes, as it ships (``precompute/evidence_page.py``)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from genomebook.annotation.evidence import Evidence
from genomebook.pipeline.evidence.book import read_english


def with_english(evidence: Evidence, english: Path | None, notes: Path) -> Evidence:
    """Put rows of English before those of each signal, and a note for each line of a text file."""
    rows = read_english(english)
    signals = {name: (*rows.get(name, ()), *own) for name, own in evidence.signals.items()}
    lines = (line.strip() for line in notes.read_text(encoding="utf-8").splitlines())
    return replace(evidence, signals=signals, notes=tuple(line for line in lines if line))
