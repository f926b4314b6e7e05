"""A build in its own process: ``python -m benchmarks.common.child FASTA BOOK [GENES]`` prints its cost."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from genomebook.pipeline.book.build import Options, build


def peak_rss() -> int:
    """Most bytes that were in memory, of this program alone (ru_maxrss can be that of the caller)."""
    status = Path("/proc/self/status")
    if status.is_file():
        lines = [line.split() for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(lines[0][1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(fasta: str, book: str, genes: str = "") -> None:
    timings: dict[str, float] = {}
    began = time.perf_counter()
    made = build(Options(Path(fasta), Path(book), genes=Path(genes) if genes else None), timings=timings)
    seconds = time.perf_counter() - began
    print(
        json.dumps(
            {
                "letters": made.meta.counts.letters,
                "words": made.meta.counts.words,
                "digest": made.digest,
                "seconds": seconds,
                "processor_seconds": time.process_time(),
                "stages": timings,
                "peak_rss": peak_rss(),
                "book_bytes": sum(file.bytes for file in made.meta.files.values()),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
