"""Maps of the atlas: what they show, and the component that draws them in a browser."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
"""Of the modules and the stylesheet of the component."""
