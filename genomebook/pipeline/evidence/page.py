"""Stage: measured evidence to the figures that ship and the page of the docs.

``python -m genomebook.pipeline.evidence.page EVIDENCE.json... --notes TEXT [--english ROWS] --ship FILE
-o PAGE.md`` adds the rows about English, which belong to the reader and not to a sequence, and the notes to
the first file, ships that one, and writes the page of all.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from genomebook.annotation.evidence import Evidence, read_evidence, write_evidence
from genomebook.pipeline.evidence.book import read_english
from genomebook.pipeline.evidence.volume import write_page


def with_english(evidence: Evidence, english: Path | None, notes: Path) -> Evidence:
    """Put rows of English before those of each signal, and a note for each line of a text file."""
    rows = read_english(english)
    signals = {name: (*rows.get(name, ()), *own) for name, own in evidence.signals.items()}
    lines = (line.strip() for line in notes.read_text(encoding="utf-8").splitlines())
    return replace(evidence, signals=signals, notes=tuple(line for line in lines if line))


def main() -> None:
    """Read the command line, write both files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("evidence", type=Path, nargs="+")
    parser.add_argument("--english", type=Path)
    parser.add_argument("--notes", type=Path, required=True)
    parser.add_argument("--ship", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    first, *others = map(read_evidence, options.evidence)
    shipped = with_english(first, options.english, options.notes)
    write_evidence(shipped, options.ship)
    write_page([shipped, *others], options.output)


if __name__ == "__main__":
    main()
