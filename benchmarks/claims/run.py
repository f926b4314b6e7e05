"""Measure the published claims again and write them to the file that the page Evidence shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from benchmarks.claims import edges, shortcuts, tokens, transfer, windows
from genomebook.files.atomic import aside
from genomebook.tasks.claims import SHIPPED, ClaimsFile, MeasuredClaim

CLAIMS: tuple[Callable[[], MeasuredClaim], ...] = (
    shortcuts.strand,
    shortcuts.length,
    transfer.transfer,
    edges.boundaries,
    tokens.token_table,
    tokens.motifs,
    windows.windows,
)


def run(quick: bool) -> dict[str, Any]:
    """Measure all claims; when quick only the first two, and the shipped file stays as it is."""
    claims = [measure() for measure in (CLAIMS[:2] if quick else CLAIMS)]
    if not quick:
        with aside(SHIPPED) as temporary:
            temporary.write_bytes(
                msgspec.json.format(msgspec.json.encode(ClaimsFile(claims)), indent=1) + b"\n"
            )
    return {
        "source": "the files that each claim names",
        "claims": [msgspec.to_builtins(one) for one in claims],
    }
