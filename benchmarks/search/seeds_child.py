"""The cost of the seeds of a text, in a process of its own: FOLDER LETTERS SHAPE STEP WORKERS."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from benchmarks.common.child import peak_rss
from genomebook.files.progress import no_progress
from genomebook.pipeline.search.parts import write_seeds
from genomebook.search.schema import Sampling


def main(folder: str, letters: str, shape: str, step: str, workers: str) -> None:
    began = time.perf_counter()
    made = write_seeds(Path(folder), int(letters), Sampling(shape, int(step)), int(workers), no_progress)
    print(
        json.dumps(
            {
                "items": made.items,
                "seconds": time.perf_counter() - began,
                "processor_seconds": time.process_time(),
                "peak_rss": peak_rss(),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
