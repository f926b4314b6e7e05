"""``python -m benchmarks NAME``: measure, write the tables; ``all`` is all that needs no other program."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.ask import run as ask
from benchmarks.book import build, checks, encode, genome, overview, read, tracks, transcripts
from benchmarks.claims import run as claims
from benchmarks.common.machine import describe
from benchmarks.common.report import RESULTS, docs_of, markdown, save, update
from benchmarks.lexicon import atlas, atlas_draw, gloss_meaning, glosses, grounding
from benchmarks.lexicon import words as lexicon
from benchmarks.models import counted, descriptions, gpu, heldout, readers
from benchmarks.reading import questions, remote, sessions
from benchmarks.reading import run as reading
from benchmarks.search import box, karlin, motifs
from benchmarks.search import scale as search_scale
from benchmarks.search import side_by_side as search
from benchmarks.search import size as search_size
from benchmarks.segmentation import position, segment, titles
from benchmarks.shares import run as shares
from benchmarks.tasks import audit, promoter_scan, speed, splice_peer
from benchmarks.teaching import pupils
from benchmarks.variants import joint
from benchmarks.variants import side_by_side as variants

BENCHMARKS: dict[str, Callable[[bool], dict[str, Any]]] = {
    "encode": encode.run,
    "build": build.run,
    "pages": read.run,
    "checks": checks.run,
    "tracks": tracks.run,
    "overview": overview.run,
    "transcripts": transcripts.run,
    "heldout": heldout.run,
    "readers": readers.run,
    "gpu": gpu.run,
    "segment": segment.run,
    "position": position.run,
    "titles": titles.run,
    "grounding": grounding.run,
    "lexicon": lexicon.run,
    "atlas": atlas.run,
    "glosses": glosses.run,
    "karlin": karlin.run,
    "motifs": motifs.run,
    "box": box.run,
    "tasks": audit.run,
    "ask": ask.run,
    "task-speed": speed.run,
    "splice-peer": splice_peer.run,
    "class": pupils.run,
    "sessions": sessions.run,
    "shares": shares.run,
}

LONG: dict[str, Callable[[bool], dict[str, Any]]] = {"genome": genome.run}
"""Half an hour on two cores, 20 GB of room in the temporary folder."""

BROWSER: dict[str, Callable[[bool], dict[str, Any]]] = {"atlas-draw": atlas_draw.run}
"""It needs Chromium."""

PEERS: dict[str, Callable[[bool], dict[str, Any]]] = {
    "variants": variants.run,
    "joint-variants": joint.run,
}
"""They need bcftools."""

REAL: dict[str, Callable[[bool], dict[str, Any]]] = {
    "claims": claims.run,
    "counted": counted.run,
    "gloss-meaning": gloss_meaning.run,
    "promoter-scan": promoter_scan.run,
}
"""They need the real data."""

APART: dict[str, Callable[[bool, Path | None], dict[str, Any]]] = {
    "descriptions": descriptions.run,
    "search": search.run,
    "search-scale": search_scale.run,
    "index-size": search_size.run,
    "read": reading.run,
    "read-server": questions.run,
    "read-whole": questions.whole,
    "remote": remote.run,
}
"""They need BLASTN, minimap2 and MMseqs2, or Chromium and npm, and may keep what they make in a folder."""


def main() -> None:
    """Run what was asked for; ``--quick`` tries the workings on little data and leaves the docs alone."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "what", nargs="?", default="all", choices=[*BENCHMARKS, *LONG, *BROWSER, *PEERS, *REAL, *APART, "all"]
    )
    parser.add_argument("--quick", action="store_true", help="little data; prints, and leaves the docs alone")
    parser.add_argument("--results", type=Path, help="folder of the JSON (default: benchmarks/results)")
    parser.add_argument(
        "--folder", type=Path, help=f"keep what {' and '.join(APART)} make there, and use what is there"
    )
    asked = parser.parse_args()
    if asked.quick and asked.results is None:
        parser.error("--quick needs --results FOLDER, so that it does not replace real results")
    results = asked.results or RESULTS
    for name in BENCHMARKS if asked.what == "all" else [asked.what]:
        before = describe()
        if name in APART:
            one = APART[name](asked.quick, asked.folder)
        else:
            one = (BENCHMARKS | LONG | BROWSER | PEERS | REAL)[name](asked.quick)
        save(name, one, before, results)
        print(markdown(name, results), flush=True)
        if asked.results is None:
            update(name, results, docs_of(name))


if __name__ == "__main__":
    main()
