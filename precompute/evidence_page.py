"""Evidence: the figures that ship and docs/evidence.md, from measured evidence.json files.

python precompute/evidence_page.py EVIDENCE.json... --notes NOTES.txt --english ROWS.json \
  --ship genomebook/data/evidence.json -o docs/evidence.md

Rows about English belong to the reader, not to a sequence: they and the notes (a line each) go to the first
file, which is the one that ships. ``genomebook evidence BOOK`` measures a book.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from genomebook.annotation.evidence import read_evidence, write_evidence
from genomebook.pipeline.evidence.page import with_english
from genomebook.pipeline.evidence.volume import write_page


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, write both files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("evidence", type=Path, nargs="+")
    parser.add_argument("--english", type=Path)
    parser.add_argument("--notes", type=Path, required=True)
    parser.add_argument("--ship", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args(arguments)
    first, *others = map(read_evidence, options.evidence)
    shipped = with_english(first, options.english, options.notes)
    write_evidence(shipped, options.ship)
    write_page([shipped, *others], options.output)


if __name__ == "__main__":
    main()
