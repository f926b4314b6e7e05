"""Read a track in a process of its own: ``python -m benchmarks.book.track_child FILE FOLDER``."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.common.child import peak_rss
from genomebook.annotation.track_reading import TrackReading
from genomebook.book.annex import finish_annex
from genomebook.book.feature_schema import TRACKS, TrackEntry
from genomebook.book.feature_writer import FeatureWriter, GatheredRows, tracks_about
from genomebook.genome.names import LENGTHS
from genomebook.genome.regions import Contig

DIGEST = "0" * 64
CONTIGS = [Contig(name, length, name, 0) for name, length in LENGTHS.items()]


def main(source: str, folder: str) -> None:
    began = time.perf_counter()
    place = Path(folder)
    place.mkdir()
    reading = TrackReading(Path(source), CONTIGS, "GRCh38", lambda volume, start, end: b"")
    with tempfile.TemporaryDirectory() as scratch, FeatureWriter(place, sum(LENGTHS.values())) as writer:
        rows: GatheredRows | None = None
        for chunk in reading.chunks():
            rows = rows or GatheredRows(reading.file.kind == "signal", Path(scratch))
            rows.add(chunk)
        assert rows is not None
        kind = reading.file.kind
        entry = TrackEntry(kind, kind, kind, "", DIGEST, 0, 0, 0, sorted(reading.known), {})
        entry = writer.add(rows, entry)
        rows.close()
    finish_annex(place, TRACKS, DIGEST, tracks_about([entry]))
    print(
        json.dumps(
            {
                "rows": entry.rows,
                "seconds": time.perf_counter() - began,
                "processor_seconds": time.process_time(),
                "peak_rss": peak_rss(),
                "bytes": sum(path.stat().st_size for path in place.iterdir()),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
