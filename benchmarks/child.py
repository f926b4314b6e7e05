"""A build in its own process: ``python -m benchmarks.child FASTA BOOK [GENES]`` says in JSON what it took."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from precompute.build import Options, build


def main(fasta: str, book: str, genes: str = "") -> None:
    timings: dict[str, float] = {}
    began = time.perf_counter()
    made = build(Options(Path(fasta), Path(book), genes=Path(genes) if genes else None), timings=timings)
    seconds = time.perf_counter() - began
    print(
        json.dumps(
            {
                "letters": made.meta["counts"]["letters"],
                "words": made.meta["counts"]["words"],
                "digest": made.digest,
                "seconds": seconds,
                "stages": timings,
                "peak_rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                "book_bytes": sum(file["bytes"] for file in made.meta["files"].values()),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
