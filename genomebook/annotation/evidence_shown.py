"""The figures that are shown beside a book: its own, or those that come with genomebook."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from genomebook.annotation import evidence
from genomebook.annotation.evidence import Evidence, read_evidence
from genomebook.book import Book
from genomebook.book.schema import EVIDENCE

SHIPPED = Path(__file__).resolve().parents[1] / "data" / EVIDENCE
"""Figures measured on real sequence, for books that bring none of their own."""


@dataclass(frozen=True)
class Row(evidence.Row):
    """A figure beside its control, and the signal it is of."""

    signal: str = ""


def all_rows(found: Evidence) -> list[Row]:
    """All figures in the order of the file."""
    return [Row(**vars(row), signal=signal) for signal, rows in found.signals.items() for row in rows]


def evidence_path(book: Book) -> tuple[Path, bool]:
    """Return the file with the figures to show beside a book, and whether it is the book's own."""
    annex = book.annex("evidence")
    return (SHIPPED, False) if annex is None else (annex.checked(EVIDENCE), True)


def evidence_of(book: Book) -> Evidence:
    """Read the figures to show beside a book.

    Raises
    ------
    DamagedBookError
        When the file is missing, not readable, or not as it was written.
    BookFormatError
        When it is of another format.
    """
    return read_evidence(evidence_path(book)[0])
