"""Vocabulary: learn DNA words by byte-pair encoding, and count the n-gram reader that goes with them.

python precompute/vocabulary.py words-mine.json GRCh38.fa.gz --merges 4096 --skip chr21
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from genomebook.training.vocabularies.learn import learn


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, write the vocabulary and the counts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("output", type=Path)
    parser.add_argument("fasta", type=Path, nargs="+")
    parser.add_argument("--merges", type=int, default=4096)
    parser.add_argument("--skip", action="append", default=[], help="contig to leave out")
    options = parser.parse_args(arguments)
    vocabulary, counts = learn(options.fasta, options.merges, options.output, options.skip)
    print(f"{options.output}: {len(vocabulary.merges)} merges, digest {vocabulary.digest[:16]}; {counts}")


if __name__ == "__main__":
    main()
