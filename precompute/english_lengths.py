"""Length priors: measure English sentences and paragraphs, for genomebook/segmentation/priors.py.

python precompute/english_lengths.py gutenberg_books.jsonl.gz openstax_biology.jsonl.gz
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence

from genomebook.training.corpora.english_lengths import log_normal, paragraphs


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, print the fitted log-normal distributions."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("books", nargs="+", help="JSON lines, gzip: a book each, under text or content")
    measured = list(paragraphs(parser.parse_args(arguments).books))
    print("sentences, in words", log_normal(Counter(words for lengths in measured for words in lengths)))
    print("paragraphs, in sentences", log_normal(Counter(map(len, filter(None, measured)))))
    print("paragraphs of two or more", log_normal(Counter(len(x) for x in measured if len(x) > 1)))


if __name__ == "__main__":
    main()
