"""The overview: a book from the whole genome down to single letters, as data and as a browser component."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
"""Of the modules and the stylesheet of the component."""
