"""Counts, figures and names as people read them."""

from __future__ import annotations

import math
import re


def plural(count: int, what: str) -> str:
    """Write a count and what is counted: ``1 gap``, ``2,000 gaps``."""
    return f"{count:,} {what}{'s' * (count != 1)}"


def with_commas(places: str) -> str:
    """Write the positions of places in a text with commas: ``chr2:1-2,333,275``."""
    return re.sub(r"(?<=:)\d+-\d+\b", lambda at: "-".join(f"{int(n):,}" for n in at[0].split("-")), places)


def shortened(text: str, most: int) -> str:
    """Cut a text to at most `most` characters; an ellipsis says so."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def signed(value: float) -> str:
    """Write log-odds with their sign, to a tenth of a nat: ``+1.3``, ``−0.4``, ``0.0``."""
    text = f"{value:+.1f}"
    return "0.0" if text in {"+0.0", "-0.0"} else text.replace("-", "\u2212")


def per_cent(share: float) -> str:
    """Write a share: ``62 %``, ``0.4 %``; a dash for NaN."""
    return "–" if math.isnan(share) else f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:.0f} %"
