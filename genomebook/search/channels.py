"""The two ways to search, by name."""

from __future__ import annotations

from typing import Final, Literal

Channel = Literal["sequence", "embedding"]
Channels = Literal["sequence", "embedding", "both"]
SEQUENCE: Final = "sequence"
EMBEDDING: Final = "embedding"

CHANNELS: dict[Channels, tuple[Channel, ...]] = {
    SEQUENCE: (SEQUENCE,),
    EMBEDDING: (EMBEDDING,),
    "both": (SEQUENCE, EMBEDDING),
}
"""Channels of each choice on the command line and on the Search page."""

FORMER_NAMES: dict[str, Channels] = {"wording": SEQUENCE, "meaning": EMBEDDING}
"""Choices by the names that older links and scripts use."""
