"""The published claims as sections of the docs."""

from __future__ import annotations

from typing import Any

import msgspec

from benchmarks.common.table import table
from genomebook.tasks.claims import MeasuredClaim


def lines(result: dict[str, Any]) -> list[str]:
    """A section for each claim, with its figures as a table."""
    out = []
    for claim in msgspec.convert(result["claims"], list[MeasuredClaim]):
        rows = [
            [
                one.what,
                f"{one.value:.3f}",
                "" if one.low is None else f"{one.low:.3f} to {one.high:.3f}",
                "" if one.n is None else f"{one.n:,}",
            ]
            for one in claim.figures
        ]
        out += [
            f"## {claim.claim.removesuffix('.')}",
            "",
            f"**Source.** {claim.source}. **Published.** {claim.published}.",
            "",
            f"**Missing control.** {claim.control}",
            "",
            *table(["measured here", "value", "95 %", "of"], rows),
            "",
            f"**What it says.** {claim.means}",
            "",
            f"*Data: {claim.data}. Made by `{claim.command}`.*",
            "",
        ]
    return out
