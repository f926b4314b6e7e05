"""The two ways to search, by name."""

from __future__ import annotations

SEQUENCE, EMBEDDING = "sequence", "embedding"

CHANNELS: dict[str, tuple[str, ...]] = {
    SEQUENCE: (SEQUENCE,),
    EMBEDDING: (EMBEDDING,),
    "both": (SEQUENCE, EMBEDDING),
}
"""Channels of each choice on the command line and on the Search page."""

FORMER_NAMES = {"wording": SEQUENCE, "meaning": EMBEDDING}
"""Choices by the names that older links and scripts use."""
